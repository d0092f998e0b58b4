//! Serves the stand-in on loopback so that its pages can be viewed in a browser:
//! `cargo run -p stand-in --example serve [port]`. The default port is 8788.

use stand_in::{Options, Smooch};
use std::sync::{Arc, Mutex};

fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok()).unwrap_or(8788);
    let mut smooch = Smooch::new(1, Options::default());
    smooch.register_redirect_uri("http://localhost:8787/callback");
    let server = stand_in::serve_smooch(([127, 0, 0, 1], port).into(), Arc::new(Mutex::new(smooch)), now_ms)?;
    let origin = format!("http://{}", server.address());
    eprintln!("console     {origin}/console");
    eprintln!("authorize   {origin}/oauth/authorize?client_id=shoplifter&response_type=code&state=x");
    loop {
        std::thread::park();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the stand-in has no clock; the program that serves it provides one"
)]
fn now_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
