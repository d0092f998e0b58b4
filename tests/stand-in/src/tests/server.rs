use super::{AUTHORIZE, NOW, smooch};
use crate::{Broken, Response, Server, serve, serve_smooch};
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn any_port() -> SocketAddr {
    ([127, 0, 0, 1], 0).into()
}

fn open(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

/// Everything the server says until it closes the connection.
fn talk(server: &Server, request: &str) -> String {
    let mut stream = open(server);
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Answers with what it was asked.
fn echo() -> Server {
    let handler = |request: crate::Request| {
        let body = String::from_utf8_lossy(request.body()).into_owned();
        Response::new(format!("{} {} {body}", request.method(), request.uri()).into_bytes())
    };
    serve(any_port(), handler).unwrap()
}

#[test]
fn the_stand_in_answers_over_a_socket() {
    let shared = Arc::new(Mutex::new(smooch()));
    let server = serve_smooch(any_port(), Arc::clone(&shared), || NOW).unwrap();
    let (_, path) = AUTHORIZE.split_once(".io").unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    let answer = talk(&server, &request);
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    assert!(answer.contains("location: /login?next="), "{answer}");
    assert_eq!(shared.lock().unwrap().count(crate::Endpoint::Page), 1);
}

#[test]
fn a_chunked_token_request_is_refused_and_one_of_known_length_is_read() {
    let server = serve_smooch(any_port(), Arc::new(Mutex::new(smooch())), || NOW).unwrap();
    let head = "POST /oauth/token HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
                content-type: application/x-www-form-urlencoded\r\n";
    let chunked = talk(&server, &format!("{head}transfer-encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\n\r\n"));
    assert!(chunked.starts_with("HTTP/1.1 411"), "{chunked}");
    let whole = talk(&server, &format!("{head}content-length: 3\r\n\r\na=b"));
    assert!(whole.starts_with("HTTP/1.1 401"), "{whole}");
}

#[test]
fn a_taken_port_is_the_systems_error() {
    let server = echo();
    let taken = serve(server.address(), |_| Response::default()).unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::AddrInUse);
}

#[test]
fn a_dropped_server_frees_its_port_even_with_connections_open() {
    let server = echo();
    let address = server.address();
    let _idle = open(&server);
    drop(server);
    assert!(TcpStream::connect(address).is_err());
    assert!(serve(address, |_| Response::default()).is_ok());
}

#[test]
fn a_connection_carries_request_after_request_and_head_has_no_body() {
    let server = echo();
    let requests = "POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nhi\
                    HEAD /b HTTP/1.1\r\nhost: x\r\n\r\n\
                    GET /c?d HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let answers = talk(&server, requests);
    assert_eq!(answers.matches("HTTP/1.1 200").count(), 3, "{answers}");
    assert!(
        answers.contains("POST /a hi") && !answers.contains("HEAD /b ") && answers.ends_with("GET /c?d ")
    );
}

#[test]
fn what_is_no_request_is_400_and_too_much_of_one_is_413() {
    let server = echo();
    assert!(talk(&server, "what?\r\n\r\n").starts_with("HTTP/1.1 400"));
    let bad = "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n";
    assert!(talk(&server, bad).starts_with("HTTP/1.1 400"));
    let huge = "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 67108865\r\n\r\n";
    assert!(talk(&server, huge).starts_with("HTTP/1.1 413"));
}

/// A server whose every answer is broken in this way.
fn broken(broken: Broken) -> Server {
    let handler = move |_| {
        let mut response = Response::new(b"late".to_vec());
        response.extensions_mut().insert(broken);
        response
    };
    serve(any_port(), handler).unwrap()
}

const GET: &str = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

#[test]
fn a_broken_answer_breaks_the_connection() {
    assert_eq!(talk(&broken(Broken::Reset), GET), "");
    assert!(talk(&broken(Broken::Slow(50)), GET).ends_with("late"));
    let hanging = broken(Broken::Hang);
    let mut stream = open(&hanging);
    stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    stream.write_all(GET.as_bytes()).unwrap();
    let waited = stream.read(&mut [0; 1]).unwrap_err();
    assert!(matches!(waited.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut));
}

#[test]
fn a_handler_that_panics_is_500_and_the_server_goes_on() {
    let handler = |request: crate::Request| {
        assert_ne!(request.uri(), "/bad", "on purpose");
        Response::new(b"fine".to_vec())
    };
    let server = serve(any_port(), handler).unwrap();
    assert!(talk(&server, &GET.replace("/ ", "/bad ")).starts_with("HTTP/1.1 500"));
    assert!(talk(&server, GET).ends_with("fine"));
}
