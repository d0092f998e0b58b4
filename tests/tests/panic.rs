//! A panic ends one request, not the Worker. The real Worker in workerd, on a platform that fails when a test says so.
#![expect(clippy::unwrap_used, reason = "where it panics, a test has failed")]

use stand_in::accounts::OWNER;
use std::net::TcpListener;
use tests::{
    page::{Fragment, Page, completion, get, id_of, request},
    wire::Wire,
    workerd::Workerd,
    world::{API_KEY, Request, Setup, World as _},
};

/// Stands in front of the Worker and disturbs its platform for one request, as its header says:
///
/// - `x-breaks: log` makes the next line of the log throw a JavaScript exception;
/// - `x-breaks: random N` makes the Nth call for randomness fail. Rust panics then, and the wasm traps (`unreachable`).
///
/// `x-instances` asks how many instances of the wasm there were.
const AROUND: &str = r#"
import Worker from "index.js";
const { Instance } = WebAssembly, { log } = console, { getRandomValues } = Crypto.prototype;
let breaks = "", calls = 0, instances = 1;
WebAssembly.Instance = class extends Instance {
  constructor(...how) { super(...how); instances += 1; }
};
console.log = (line) => {
  if (breaks === "log") { breaks = ""; throw new Error("no log, a test says"); }
  log(line);
};
Crypto.prototype.getRandomValues = function (bytes) {
  calls += 1;
  if (breaks === `random ${calls}`) { breaks = ""; throw new Error("no randomness, a test says"); }
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
    Setup { around: Some(AROUND), limited: false, ..Setup::smooch() }
}

fn with(mut request: Request, name: &'static str, value: &'static str) -> Request {
    request.headers_mut().insert(name, value.parse().unwrap());
    request
}

fn health(world: &mut Workerd) -> u16 {
    let url = world.edge() + "/healthz";
    get(world, &url).status().as_u16()
}

fn health_while(world: &mut Workerd, breaks: &'static str) -> u16 {
    let request = request("GET", &(world.edge() + "/healthz"));
    world.send(with(request, "x-breaks", breaks)).status().as_u16()
}

fn instances(world: &mut Workerd) -> usize {
    let request = request("GET", &(world.edge() + "/"));
    let answer = world.send(with(request, "x-instances", "1"));
    String::from_utf8(answer.into_body()).unwrap().parse().unwrap()
}

#[test]
fn a_trap_costs_its_own_request_and_the_next_one_works() {
    let mut world = Workerd::new(&setup());
    for round in 1..20 {
        assert_eq!(health(&mut world), 200);
        assert_eq!(instances(&mut world), round, "an instance that works is kept");
        assert_eq!(health_while(&mut world, "random 1"), 500);
    }
    let connected = Page::new("main", 1).install(&mut world, OWNER, "Night Market");
    assert_eq!(connected.status(), 200);
}

#[test]
fn a_log_that_throws_costs_nothing() {
    let mut world = Workerd::new(&setup());
    assert_eq!(health_while(&mut world, "log"), 200);
    assert_eq!(health(&mut world), 200);
    assert_eq!(instances(&mut world), 1);
}

#[test]
fn a_trap_after_a_wait_costs_its_own_request_and_the_next_one_works() {
    let mut world = Workerd::new(&setup());
    let page = Page::new("main", 1);
    let callback = page.allow(&mut world, OWNER, "Night Market");
    let receipt = Fragment::of(&get(&mut world, &callback)).receipt.unwrap();
    // The second call makes the nonce of the record, after Smooch has been waited for. The promise of this request stays
    // open then, and workerd gives it up when nothing is left that could settle it: after the timeout of the token request.
    let finish = completion(&world, &page.origin, &page.form(&receipt));
    assert_eq!(world.send(with(finish, "x-breaks", "random 2")).status(), 500);
    assert_eq!(Page::new("main", 2).install(&mut world, OWNER, "Night Market").status(), 200);
    assert_eq!(instances(&mut world), 2);
}

#[test]
fn a_request_in_flight_while_another_traps_ends_and_harms_nothing() {
    let api = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = format!("http://{}", api.local_addr().unwrap());
    let mut world = Workerd::new(&setup().with("SMOOCH_API_URL", address));
    let id = id_of(&Page::new("main", 1).install(&mut world, OWNER, "Night Market"));
    let host = world.edge().replace("http://", "");
    let mut caller = Wire::connect(&host).unwrap();
    let head = format!(
        "GET /v1/connections/{id}/api/v2/x HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {API_KEY}\r\n\r\n"
    );
    caller.send(head.as_bytes()).unwrap();
    let mut smooch = Wire::new(api.accept().unwrap().0).unwrap();
    assert!(smooch.head().unwrap().starts_with("GET /v2/x HTTP/1.1\r\n"));

    assert_eq!(health_while(&mut world, "random 1"), 500);
    assert_eq!(health(&mut world), 200);
    assert_eq!(instances(&mut world), 2);

    smooch.send(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwhole").unwrap();
    // It belongs to the instance that is gone, so its answer is lost. It ends all the same.
    assert_eq!(caller.answer("GET").unwrap().status, 500);
    assert_eq!(health(&mut world), 200);
    assert_eq!(Page::new("main", 2).install(&mut world, OWNER, "Night Market").status(), 200);
    assert_eq!(instances(&mut world), 2, "the request in flight has ended no instance");
}
