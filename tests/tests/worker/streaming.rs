//! API calls through the edge are streamed: the first half of a body arrives before the second half is sent. The real Worker
//! in workerd, with an API that each test serves over a socket.

use stand_in::accounts::OWNER;
use std::{net::TcpListener, thread, time::Duration};
use tests::{
    page::{Page, connection_id, get_v1},
    wire::Wire,
    workerd::Workerd,
    world::{API_KEY, Setup, World as _},
};

const FIRST: &str = "the first half, ";
const SECOND: &str = "and the second";

/// Receives chunks until they have the length of `text`. If the edge buffered the body, none would arrive.
#[track_caller]
fn expect_chunks(wire: &mut Wire, text: &str) {
    let mut body = Vec::new();
    while body.len() < text.len() {
        let chunk = wire.chunk().unwrap();
        assert!(!chunk.is_empty(), "the body has ended");
        body.extend(chunk);
    }
    assert_eq!(String::from_utf8_lossy(&body), text);
}

/// Connects an app whose API this test serves, and sends the head of a call of `/v2/x`.
fn start_call(method: &str, headers: &str) -> (Workerd, TcpListener, Wire) {
    let api = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let mut world = Workerd::new(
        &Setup::smooch().with("SMOOCH_API_URL", format!("http://{}", api.local_addr().unwrap())),
    );
    let id = connection_id(&Page::new("main", 1).install(&mut world, OWNER, "Night Market"));
    let host = world.edge().replace("http://", "");
    let mut caller = Wire::connect(&host).unwrap();
    let head = format!(
        "{method} /v1/connections/{id}/api/v2/x HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {API_KEY}\r\n{headers}\r\n"
    );
    caller.send(head.as_bytes()).unwrap();
    (world, api, caller)
}

#[track_caller]
fn accept(api: &TcpListener) -> Wire {
    Wire::new(api.accept().unwrap().0).unwrap()
}

#[test]
fn an_answer_is_streamed() {
    let (_world, api, mut caller) = start_call("GET", "");
    let mut smooch = accept(&api);
    assert!(smooch.head().unwrap().starts_with("GET /v2/x HTTP/1.1\r\n"));
    smooch
        .send(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n")
        .unwrap();
    smooch.send_chunk(FIRST).unwrap();

    let head = caller.head().unwrap();
    assert!(
        head.starts_with("HTTP/1.1 200") && head.to_lowercase().contains("content-type: text/plain"),
        "{head}"
    );
    expect_chunks(&mut caller, FIRST);
    smooch.send_chunk(SECOND).unwrap();
    expect_chunks(&mut caller, SECOND);
    smooch.send(b"0\r\n\r\n").unwrap();
    assert!(caller.chunk().unwrap().is_empty());
}

#[test]
fn an_upload_is_streamed() {
    let (_world, api, mut caller) =
        start_call("POST", "content-type: text/plain\r\ntransfer-encoding: chunked\r\n");
    caller.send_chunk(FIRST).unwrap();
    let mut smooch = accept(&api);
    let head = smooch.head().unwrap();
    assert!(
        head.starts_with("POST /v2/x HTTP/1.1\r\n")
            && head.to_lowercase().contains("content-type: text/plain"),
        "{head}"
    );
    expect_chunks(&mut smooch, FIRST);

    caller.send_chunk(SECOND).unwrap();
    expect_chunks(&mut smooch, SECOND);
    caller.send(b"0\r\n\r\n").unwrap();
    assert!(smooch.chunk().unwrap().is_empty());
    smooch.send(b"HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n").unwrap();
    assert!(caller.head().unwrap().starts_with("HTTP/1.1 201"));
}

/// Statuses that a `Response` cannot have, bodies of statuses without a body, and headers that are not text. The edge forwards
/// such an answer or reports that Smooch failed, and other requests still work.
#[test]
fn an_invalid_http_answer_harms_no_other_request() {
    for answer in [
        "HTTP/1.1 999 No\r\ncontent-length: 2\r\n\r\nno",
        "HTTP/1.1 600 No\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 199 No\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
        "HTTP/1.1 205 Reset Content\r\ncontent-length: 2\r\n\r\nno",
        "HTTP/1.1 304 Not Modified\r\ncontent-length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx-name: \u{20ac}\r\ncontent-length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nx-name: \u{1}\r\ncontent-length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nx y: z\r\ncontent-length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\ncontent-length: 2, 3\r\n\r\nok",
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\nno",
        "HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok",
        "nonsense\r\n\r\n",
    ] {
        let (mut world, api, mut caller) = start_call("GET", "");
        let mut smooch = accept(&api);
        smooch.head().unwrap();
        smooch.send(answer.as_bytes()).unwrap();
        drop(smooch);
        let head = caller.head().unwrap();
        let status: u16 = head.split(' ').nth(1).unwrap().parse().unwrap();
        assert_ne!(status, 500, "{answer:?}");
        let logged = || world.log().contains("/v1/connections/{id}/api");
        for _wait in 0..250 {
            if logged() {
                break;
            }
            thread::sleep(Duration::from_millis(20));
        }
        assert!(logged(), "{answer:?}: {}", world.log());
        assert_eq!(get_v1(&mut world, "/v1/connections").status(), 200);
    }
}
