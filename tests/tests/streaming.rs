//! Calls through the edge hold no body: what one side has sent reaches the other before the rest exists. By the real
//! worker in workerd, with an API of Smooch's that each test serves by hand.
#![expect(clippy::unwrap_used, reason = "where it panics, a test has failed")]

use stand_in::accounts::OWNER;
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    time::Duration,
};
use tests::{
    page::{Page, id_of},
    workerd::Workerd,
    world::{API_KEY, Setup, World as _},
};

/// A test that waits longer has failed: a body was held until it was whole.
const PATIENCE: Duration = Duration::from_secs(20);

const FIRST: &str = "the first half, ";
const SECOND: &str = "and the second";

/// One end of a connection, and what has come over it.
struct Wire(BufReader<TcpStream>);

impl Wire {
    fn new(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    fn send(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).unwrap();
    }

    fn send_chunk(&mut self, text: &str) {
        self.send(&format!("{:x}\r\n{text}\r\n", text.len()));
    }

    /// The head of a request or an answer, in lower case.
    #[track_caller]
    fn head(&mut self) -> String {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(self.0.read_line(&mut head).unwrap() > 0, "the connection has ended: {head:?}");
        }
        head.to_ascii_lowercase()
    }

    /// The next chunks, until they are as long as `text`.
    #[track_caller]
    fn expect_chunks(&mut self, text: &str) {
        let mut body = String::new();
        while body.len() < text.len() {
            let mut size = String::new();
            self.0.read_line(&mut size).unwrap();
            let size = usize::from_str_radix(size.trim(), 16).unwrap();
            assert!(size > 0, "the body has ended after {body:?}");
            let mut chunk = vec![0; size];
            self.0.read_exact(&mut chunk).unwrap();
            body.push_str(std::str::from_utf8(&chunk).unwrap());
            self.0.read_exact(&mut [0; 2]).unwrap();
        }
        assert_eq!(body, text);
    }

    #[track_caller]
    fn expect_end(&mut self) {
        let mut end = [0; 5];
        self.0.read_exact(&mut end).unwrap();
        assert_eq!(&end, b"0\r\n\r\n");
    }
}

/// A connection whose API is served by this test, and a call of its path `/v2/x` up to the empty line.
fn begin(method: &str, headers: &str) -> (Workerd, TcpListener, Wire) {
    let api = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let mut world = Workerd::new(
        &Setup::smooch().with("SMOOCH_API_URL", format!("http://{}", api.local_addr().unwrap())),
    );
    let id = id_of(&Page::new("main", 1).install(&mut world, OWNER, "Night Market"));
    let host = world.edge().replace("http://", "");
    let mut caller = Wire::new(TcpStream::connect(&host).unwrap());
    caller.send(&format!(
        "{method} /v1/connections/{id}/api/v2/x HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {API_KEY}\r\n{headers}\r\n"
    ));
    (world, api, caller)
}

#[track_caller]
fn accept(api: &TcpListener) -> Wire {
    Wire::new(api.accept().unwrap().0)
}

#[test]
fn an_answer_is_passed_on_while_it_comes() {
    let (_world, api, mut caller) = begin("GET", "");
    let mut smooch = accept(&api);
    assert!(smooch.head().starts_with("get /v2/x http/1.1\r\n"));
    smooch.send("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n");
    smooch.send_chunk(FIRST);

    let head = caller.head();
    assert!(head.starts_with("http/1.1 200") && head.contains("content-type: text/plain"), "{head}");
    caller.expect_chunks(FIRST);
    smooch.send_chunk(SECOND);
    caller.expect_chunks(SECOND);
    smooch.send("0\r\n\r\n");
    caller.expect_end();
}

#[test]
fn an_upload_is_passed_on_while_it_comes() {
    let (_world, api, mut caller) =
        begin("POST", "content-type: text/plain\r\ntransfer-encoding: chunked\r\n");
    caller.send_chunk(FIRST);
    let mut smooch = accept(&api);
    let head = smooch.head();
    assert!(
        head.starts_with("post /v2/x http/1.1\r\n") && head.contains("content-type: text/plain"),
        "{head}"
    );
    smooch.expect_chunks(FIRST);

    caller.send_chunk(SECOND);
    smooch.expect_chunks(SECOND);
    caller.send("0\r\n\r\n");
    smooch.expect_end();
    smooch.send("HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n");
    assert!(caller.head().starts_with("http/1.1 201"));
}
