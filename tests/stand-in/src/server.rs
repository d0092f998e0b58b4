//! An HTTP/1.1 server with keep-alive for any function from request to response. It runs on its own thread.

use crate::fault::Broken;
use crate::request::Request;
use crate::response::Response;
use crate::smooch::Smooch;
use http::StatusCode;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::oneshot;

/// The largest request body, in bytes. No test sends more.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// The time that a running handler gets to finish after [`Server`] is dropped.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

/// A running server. Dropping it stops the server and frees its port.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Serves `handler` at `address`. Port 0 chooses a free port. The handler may block.
///
/// If a response has a [`Broken`] extension, the server applies it to the connection.
///
/// # Errors
///
/// The operating system's error, for example if the port is in use.
pub fn serve<H>(address: SocketAddr, handler: H) -> io::Result<Server>
where
    H: Fn(Request) -> Response + Send + Sync + 'static,
{
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let (stop, stopped) = oneshot::channel();
    let thread = std::thread::Builder::new().name(format!("serve {address}")).spawn(move || {
        runtime.block_on(async {
            tokio::spawn(accept(listener, Arc::new(handler)));
            // A message and a dropped sender both mean that the server is dropped.
            let _ = stopped.await;
        });
        runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
    })?;
    Ok(Server { address, stop: Some(stop), thread: Some(thread) })
}

/// Serves a stand-in that the caller shares and can inspect. `clock` returns milliseconds since 1970.
///
/// # Errors
///
/// The same as for [`serve`].
pub fn serve_smooch<C>(address: SocketAddr, smooch: Arc<Mutex<Smooch>>, clock: C) -> io::Result<Server>
where
    C: Fn() -> u64 + Send + Sync + 'static,
{
    serve(address, move |request| {
        // A test that panics while it holds the lock does not leave the stand-in half changed.
        smooch.lock().unwrap_or_else(PoisonError::into_inner).handle(&request, clock())
    })
}

impl Server {
    /// The address that the server listens on, with the chosen port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // Sending fails only if the thread has already ended.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn accept<H>(listener: TcpListener, handler: Arc<H>)
where
    H: Fn(Request) -> Response + Send + Sync + 'static,
{
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        return;
    };
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(serve_connection(stream, Arc::clone(&handler)));
            }
            // For example, the process has no free file descriptors. Wait until other connections close.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn serve_connection<H>(stream: TcpStream, handler: Arc<H>)
where
    H: Fn(Request) -> Response + Send + Sync + 'static,
{
    // Nagle's algorithm would only delay the small responses.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| handle_request(request, Arc::clone(&handler)));
    // Idle connections have no timeout: if the server closed one while the client sends its next request, the
    // test would see a false connection error. Errors of the connection itself concern only the client.
    let _ = hyper::server::conn::http1::Builder::new()
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// Reads the whole request, runs the handler on a blocking thread, and returns its response.
async fn handle_request<H>(
    request: hyper::Request<Incoming>,
    handler: Arc<H>,
) -> io::Result<http::Response<Full<Bytes>>>
where
    H: Fn(Request) -> Response + Send + Sync + 'static,
{
    let (head, body) = request.into_parts();
    if body.size_hint().lower() > BODY_LIMIT as u64 {
        return Ok(empty_response(StatusCode::PAYLOAD_TOO_LARGE));
    }
    let body = match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => body.to_bytes().to_vec(),
        Err(error) if error.is::<LengthLimitError>() => {
            return Ok(empty_response(StatusCode::PAYLOAD_TOO_LARGE));
        }
        Err(_) => return Ok(empty_response(StatusCode::BAD_REQUEST)),
    };
    let request = Request::from_parts(head, body);
    let response = tokio::task::spawn_blocking(move || handler(request)).await;
    // The handler panicked. The panic hook has printed the message.
    let Ok(response) = response else {
        return Ok(empty_response(StatusCode::INTERNAL_SERVER_ERROR));
    };
    match response.extensions().get::<Broken>() {
        None => {}
        Some(Broken::Reset) => return Err(io::ErrorKind::ConnectionReset.into()),
        Some(Broken::Hang) => std::future::pending().await,
        Some(Broken::Slow(ms)) => tokio::time::sleep(Duration::from_millis(*ms)).await,
    }
    Ok(response.map(|body| Full::new(Bytes::from(body))))
}

fn empty_response(status: StatusCode) -> http::Response<Full<Bytes>> {
    let mut response = http::Response::default();
    *response.status_mut() = status;
    response
}
