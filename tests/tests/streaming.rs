//! Calls through the edge hold no body: what one side has sent reaches the other before the rest exists. By the real
//! worker in workerd, with an API of Smooch's that each test serves by hand.
#![expect(clippy::unwrap_used, reason = "where it panics, a test has failed")]

use stand_in::accounts::OWNER;
use std::{net::TcpListener, thread, time::Duration};
use tests::{
    page::{Page, get_v1, id_of},
    wire::Wire,
    workerd::Workerd,
    world::{API_KEY, Setup, World as _},
};

const FIRST: &str = "the first half, ";
const SECOND: &str = "and the second";

/// Waits for chunks as long as `text` together. Where a body is held until it is whole, none comes.
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

/// A connection whose API is served by this test, and a call of its path `/v2/x` up to the empty line.
fn begin(method: &str, headers: &str) -> (Workerd, TcpListener, Wire) {
    let api = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let mut world = Workerd::new(
        &Setup::smooch().with("SMOOCH_API_URL", format!("http://{}", api.local_addr().unwrap())),
    );
    let id = id_of(&Page::new("main", 1).install(&mut world, OWNER, "Night Market"));
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
fn an_answer_is_passed_on_while_it_comes() {
    let (_world, api, mut caller) = begin("GET", "");
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
fn an_upload_is_passed_on_while_it_comes() {
    let (_world, api, mut caller) =
        begin("POST", "content-type: text/plain\r\ntransfer-encoding: chunked\r\n");
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

/// Statuses that a response cannot be made of, bodies where there can be none, headers that are no text: whatever stands
/// where Smooch should, it is told as a failure of Smooch's or passed on, and hurts no other request.
#[test]
fn an_answer_that_no_response_can_be_made_of_hurts_nobody() {
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
        let (mut world, api, mut caller) = begin("GET", "");
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
