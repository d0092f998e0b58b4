//! Serves any function from request to response over a socket, on a thread of its own. HTTP/1.1 with keep-alive.

use crate::smooch::Smooch;
use crate::{Request, Response};
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

/// More than any answer or upload that a test makes.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// How long a handler that is at work may take to end after [`Server`] is dropped.
const PATIENCE: Duration = Duration::from_secs(1);

/// A server that runs until this is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Put among a response's extensions, breaks the connection instead of sending the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// The connection is closed without an answer.
    Reset,
    /// No answer ever comes.
    Hang,
    /// The answer comes after so many milliseconds.
    Slow(u64),
}

/// Serves `handler` at `address`, whose port may be 0 for a free one. The handler may block.
///
/// # Errors
///
/// What the system says, for one that the port is taken.
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
            // It ends by the word or by its sender's end: both mean that the server is dropped.
            let _ = stopped.await;
        });
        runtime.shutdown_timeout(PATIENCE);
    })?;
    Ok(Server { address, stop: Some(stop), thread: Some(thread) })
}

/// Serves a stand-in that others look into meanwhile. `clock` gives milliseconds since 1970.
///
/// # Errors
///
/// As [`serve`].
pub fn serve_smooch<C>(address: SocketAddr, smooch: Arc<Mutex<Smooch>>, clock: C) -> io::Result<Server>
where
    C: Fn() -> u64 + Send + Sync + 'static,
{
    serve(address, move |request| {
        // A test that panicked while looking in has not left it half changed.
        smooch.lock().unwrap_or_else(PoisonError::into_inner).handle(&request, clock())
    })
}

impl Server {
    /// Where it listens, with the port that was free if it was asked for 0.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // It fails only if the thread has ended already.
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
                tokio::spawn(converse(stream, Arc::clone(&handler)));
            }
            // Out of file descriptors, say: others will be closed.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn converse<H>(stream: TcpStream, handler: Arc<H>)
where
    H: Fn(Request) -> Response + Send + Sync + 'static,
{
    // Small answers to one client at a time: waiting to fill a packet would only cost.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| answer(request, Arc::clone(&handler)));
    // An idle connection stays open: one closed from here just as it is used again would look like a fault. One
    // that breaks is the other side's affair.
    let _ = hyper::server::conn::http1::Builder::new()
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// Reads a request whole, has it answered off the thread that serves all connections, and sends the answer.
async fn answer<H>(
    request: hyper::Request<Incoming>,
    handler: Arc<H>,
) -> io::Result<http::Response<Full<Bytes>>>
where
    H: Fn(Request) -> Response + Send + Sync + 'static,
{
    let (head, body) = request.into_parts();
    if body.size_hint().lower() > BODY_LIMIT as u64 {
        return Ok(refusal(StatusCode::PAYLOAD_TOO_LARGE));
    }
    let body = match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => body.to_bytes().to_vec(),
        Err(error) if error.is::<LengthLimitError>() => return Ok(refusal(StatusCode::PAYLOAD_TOO_LARGE)),
        Err(_) => return Ok(refusal(StatusCode::BAD_REQUEST)),
    };
    let request = Request::from_parts(head, body);
    let response = tokio::task::spawn_blocking(move || handler(request)).await;
    // The handler panicked: it has said so on standard error.
    let Ok(response) = response else {
        return Ok(refusal(StatusCode::INTERNAL_SERVER_ERROR));
    };
    match response.extensions().get::<Broken>() {
        None => {}
        Some(Broken::Reset) => return Err(io::ErrorKind::ConnectionReset.into()),
        Some(Broken::Hang) => std::future::pending().await,
        Some(Broken::Slow(ms)) => tokio::time::sleep(Duration::from_millis(*ms)).await,
    }
    Ok(response.map(|body| Full::new(Bytes::from(body))))
}

fn refusal(status: StatusCode) -> http::Response<Full<Bytes>> {
    let mut response = http::Response::default();
    *response.status_mut() = status;
    response
}
