//! A panic fails one request and not the Worker. The real Worker in workerd, on a platform that fails on demand.

use stand_in::accounts::OWNER;
use std::net::TcpListener;
use tests::{
    kv::Fault as KvFault,
    page::{Fragment, Page, complete_request, connection_id, get, request},
    wire::Wire,
    workerd::Workerd,
    world::{API_KEY, Request, Setup, World as _},
};

/// Wraps the Worker and breaks its platform for one request, as a header says:
///
/// - `x-breaks: log` makes the next log line throw a JavaScript exception;
/// - `x-breaks: random N` makes the Nth request for random bytes fail. Rust panics then, and the wasm traps (`unreachable`).
///
/// `x-instances` returns the number of wasm instances so far.
const WRAPPER: &str = r#"
import Worker from "index.js";
const { Instance } = WebAssembly, { log } = console, { getRandomValues } = Crypto.prototype;
let breaks = "", calls = 0, instances = 1;
WebAssembly.Instance = class extends Instance {
  constructor(...how) { super(...how); instances += 1; }
};
console.log = (line) => {
  if (breaks === "log") { breaks = ""; throw new Error("the log is broken"); }
  log(line);
};
Crypto.prototype.getRandomValues = function (bytes) {
  calls += 1;
  if (breaks === `random ${calls}`) { breaks = ""; throw new Error("randomness is broken"); }
  return getRandomValues.call(this, bytes);
};
export default class extends Worker {
  fetch(request) {
    if (request.headers.has("x-instances")) return new Response(String(instances));
    const asked = request.headers.get("x-breaks");
    if (asked) [breaks, calls] = [asked, 0];
    return super.fetch(request);
  }
}
"#;

fn setup() -> Setup {
    Setup { wrapper: Some(WRAPPER), rate_limited: false, ..Setup::smooch() }
}

fn with_header(mut request: Request, name: &'static str, value: &'static str) -> Request {
    request.headers_mut().insert(name, value.parse().unwrap());
    request
}

fn health(world: &mut Workerd) -> u16 {
    let url = world.edge() + "/healthz";
    get(world, &url).status().as_u16()
}

fn health_with_fault(world: &mut Workerd, breaks: &'static str) -> u16 {
    let request = request("GET", &(world.edge() + "/healthz"));
    world.send(with_header(request, "x-breaks", breaks)).status().as_u16()
}

fn instances(world: &mut Workerd) -> usize {
    let request = request("GET", &(world.edge() + "/"));
    let answer = world.send(with_header(request, "x-instances", "1"));
    String::from_utf8(answer.into_body()).unwrap().parse().unwrap()
}

#[test]
fn a_trap_fails_one_request_and_the_next_one_works() {
    let mut world = Workerd::new(&setup());
    for round in 1..20 {
        assert_eq!(health(&mut world), 200);
        assert_eq!(instances(&mut world), round, "a working instance is replaced");
        assert_eq!(health_with_fault(&mut world, "random 1"), 500);
    }
    let connected = Page::new("main", 1).install(&mut world, OWNER, "Night Market");
    assert_eq!(connected.status(), 200);
}

#[test]
fn a_log_that_throws_fails_no_request() {
    let mut world = Workerd::new(&setup());
    assert_eq!(health_with_fault(&mut world, "log"), 200);
    assert_eq!(health(&mut world), 200);
    assert_eq!(instances(&mut world), 1);
}

#[test]
fn a_trap_after_an_await_fails_one_request_and_the_next_one_works() {
    let mut world = Workerd::new(&setup());
    let page = Page::new("main", 1);
    let callback = page.allow(&mut world, OWNER, "Night Market");
    let receipt = Fragment::from_redirect(&get(&mut world, &callback)).receipt.unwrap();
    // KV fails, so the token goes into an escrow receipt. Its nonce is the second request for random bytes, after the awaits
    // of Smooch and KV. The promise of this request then stays pending. workerd cancels it when nothing is left that could
    // settle it, which is after the timeout of the token request.
    for _put in 0..3 {
        world.kv().fail_put("connection/", KvFault::Before);
    }
    let complete = complete_request(&world, &page.origin, &page.form(&receipt));
    assert_eq!(world.send(with_header(complete, "x-breaks", "random 2")).status(), 500);
    assert_eq!(Page::new("main", 2).install(&mut world, OWNER, "Night Market").status(), 200);
    assert_eq!(instances(&mut world), 2);
}

#[test]
fn a_request_in_flight_during_a_trap_fails_and_harms_no_other() {
    let api = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = format!("http://{}", api.local_addr().unwrap());
    let mut world = Workerd::new(&setup().with("SMOOCH_API_URL", address));
    let id = connection_id(&Page::new("main", 1).install(&mut world, OWNER, "Night Market"));
    let host = world.edge().replace("http://", "");
    let mut caller = Wire::connect(&host).unwrap();
    let head = format!(
        "GET /v1/connections/{id}/api/v2/x HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {API_KEY}\r\n\r\n"
    );
    caller.send(head.as_bytes()).unwrap();
    let mut smooch = Wire::new(api.accept().unwrap().0).unwrap();
    assert!(smooch.head().unwrap().starts_with("GET /v2/x HTTP/1.1\r\n"));

    assert_eq!(health_with_fault(&mut world, "random 1"), 500);
    assert_eq!(health(&mut world), 200);
    assert_eq!(instances(&mut world), 2);

    smooch.send(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwhole").unwrap();
    // The request belongs to the old instance, so its answer is lost. It fails instead of hanging.
    assert_eq!(caller.answer("GET").unwrap().status, 500);
    assert_eq!(health(&mut world), 200);
    assert_eq!(Page::new("main", 2).install(&mut world, OWNER, "Night Market").status(), 200);
    assert_eq!(instances(&mut world), 2, "the request in flight has ended an instance");
}
