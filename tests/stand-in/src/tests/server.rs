//! The HTTP server.

use super::{AUTHORIZE, NOW, new_smooch};
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

/// Sends raw bytes and returns all that the server sends until it closes the connection.
fn send_raw(server: &Server, request: &str) -> String {
    let mut stream = open(server);
    stream.write_all(request.as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

/// A server that responds with the method, the URI and the body of the request.
fn echo_server() -> Server {
    let handler = |request: crate::Request| {
        let body = String::from_utf8_lossy(request.body()).into_owned();
        Response::new(format!("{} {} {body}", request.method(), request.uri()).into_bytes())
    };
    serve(any_port(), handler).unwrap()
}

#[test]
fn the_stand_in_can_be_served_over_a_socket() {
    let shared = Arc::new(Mutex::new(new_smooch()));
    let server = serve_smooch(any_port(), Arc::clone(&shared), || NOW).unwrap();
    let (_, path) = AUTHORIZE.split_once(".io").unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    let response = send_raw(&server, &request);
    assert!(response.starts_with("HTTP/1.1 303"), "{response}");
    assert!(response.contains("location: /login?next="), "{response}");
    assert_eq!(shared.lock().unwrap().count(crate::Endpoint::Page), 1);
}

#[test]
fn a_chunked_token_request_is_411_and_one_with_a_length_is_read() {
    let server = serve_smooch(any_port(), Arc::new(Mutex::new(new_smooch())), || NOW).unwrap();
    let head = "POST /oauth/token HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
                content-type: application/x-www-form-urlencoded\r\n";
    let chunked =
        send_raw(&server, &format!("{head}transfer-encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\n\r\n"));
    assert!(chunked.starts_with("HTTP/1.1 411"), "{chunked}");
    let whole = send_raw(&server, &format!("{head}content-length: 3\r\n\r\na=b"));
    assert!(whole.starts_with("HTTP/1.1 401"), "{whole}");
}

#[test]
fn a_port_in_use_is_an_error() {
    let server = echo_server();
    let error = serve(server.address(), |_| Response::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
}

#[test]
fn dropping_a_server_frees_its_port_even_with_open_connections() {
    let server = echo_server();
    let address = server.address();
    let _idle = open(&server);
    drop(server);
    assert!(TcpStream::connect(address).is_err());
    assert!(serve(address, |_| Response::default()).is_ok());
}

#[test]
fn a_connection_serves_several_requests_and_head_gets_no_body() {
    let server = echo_server();
    let requests = "POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nhi\
                    HEAD /b HTTP/1.1\r\nhost: x\r\n\r\n\
                    GET /c?d HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let responses = send_raw(&server, requests);
    assert_eq!(responses.matches("HTTP/1.1 200").count(), 3, "{responses}");
    assert!(
        responses.contains("POST /a hi")
            && !responses.contains("HEAD /b ")
            && responses.ends_with("GET /c?d ")
    );
}

#[test]
fn a_malformed_request_is_400_and_a_too_large_one_is_413() {
    let server = echo_server();
    assert!(send_raw(&server, "what?\r\n\r\n").starts_with("HTTP/1.1 400"));
    let bad = "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n";
    assert!(send_raw(&server, bad).starts_with("HTTP/1.1 400"));
    let too_large = "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 67108865\r\n\r\n";
    assert!(send_raw(&server, too_large).starts_with("HTTP/1.1 413"));
}

/// A server that breaks every connection in this way.
fn broken_server(broken: Broken) -> Server {
    let handler = move |_| {
        let mut response = Response::new(b"late".to_vec());
        response.extensions_mut().insert(broken);
        response
    };
    serve(any_port(), handler).unwrap()
}

const GET: &str = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

#[test]
fn a_broken_extension_breaks_the_connection() {
    assert_eq!(send_raw(&broken_server(Broken::Reset), GET), "");
    assert!(send_raw(&broken_server(Broken::Slow(50)), GET).ends_with("late"));
    let hanging = broken_server(Broken::Hang);
    let mut stream = open(&hanging);
    stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    stream.write_all(GET.as_bytes()).unwrap();
    let timeout = stream.read(&mut [0; 1]).unwrap_err();
    assert!(matches!(timeout.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut));
}

#[test]
fn a_panic_in_the_handler_is_500_and_the_server_keeps_running() {
    let handler = |request: crate::Request| {
        assert_ne!(request.uri(), "/bad", "this path makes the handler panic");
        Response::new(b"fine".to_vec())
    };
    let server = serve(any_port(), handler).unwrap();
    assert!(send_raw(&server, &GET.replace("/ ", "/bad ")).starts_with("HTTP/1.1 500"));
    assert!(send_raw(&server, GET).ends_with("fine"));
}
