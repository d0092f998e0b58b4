//! Rust that stops in the middle of a request costs that request and no other. By the real worker, byte for byte, on a
//! platform whose log fails when it is told to: that ends the Rust half where it is, as a panic does, with all that it
//! had begun left half done.
#![expect(clippy::unwrap_used, reason = "where it panics, a test has failed")]

use stand_in::accounts::OWNER;
use std::net::TcpListener;
use tests::{
    page::{Fragment, Page, completion, get, id_of, request},
    wire::Wire,
    workerd::Workerd,
    world::{API_KEY, Request, Setup, World as _},
};

/// Makes the next line of the log fail if a header says so, and says how many instances there were.
const AROUND: &str = r#"
import worker from "index.js";
const { Instance } = WebAssembly, { log } = console;
let breaks = false, instances = 1;
WebAssembly.Instance = class extends Instance {
  constructor(...how) { super(...how); instances += 1; }
};
console.log = (line) => {
  if (!breaks) return log(line);
  breaks = false;
  throw new Error("no log, a test says");
};
export default {
  ...worker,
  fetch: (request, ...rest) => {
    if (request.headers.has("x-instances")) return new Response(String(instances));
    breaks ||= request.headers.has("x-breaks");
    return worker.fetch(request, ...rest);
  },
};
"#;

fn setup() -> Setup {
    Setup { around: Some(AROUND), limited: false, ..Setup::smooch() }
}

fn with(mut request: Request, name: &'static str, value: &'static str) -> Request {
    request.headers_mut().insert(name, value.parse().unwrap());
    request
}

fn well(world: &mut Workerd) -> u16 {
    let url = world.edge() + "/healthz";
    get(world, &url).status().as_u16()
}

fn broken(world: &mut Workerd) -> u16 {
    let request = request("GET", &(world.edge() + "/healthz"));
    world.send(with(request, "x-breaks", "1")).status().as_u16()
}

fn instances(world: &mut Workerd) -> usize {
    let request = request("GET", &(world.edge() + "/"));
    let answer = world.send(with(request, "x-instances", "1"));
    String::from_utf8(answer.into_body()).unwrap().parse().unwrap()
}

#[test]
fn a_panic_costs_its_own_request_and_the_next_one_works() {
    let mut world = Workerd::new(&setup());
    for round in 1..20 {
        assert_eq!(well(&mut world), 200);
        assert_eq!(instances(&mut world), round, "a worker that is well stays");
        assert_eq!(broken(&mut world), 500);
    }
    let connected = Page::new("main", 1).install(&mut world, OWNER, "Night Market");
    assert_eq!(connected.status(), 200);
}

#[test]
fn a_panic_after_a_wait_costs_its_own_request_alone() {
    let mut world = Workerd::new(&setup());
    let page = Page::new("main", 1);
    let callback = page.allow(&mut world, OWNER, "Night Market");
    let receipt = Fragment::of(&get(&mut world, &callback)).receipt.unwrap();
    // The line is written at the end, after Smooch and KV have been waited for.
    let finish = completion(&world, &page.origin, &page.form(&receipt));
    assert_eq!(world.send(with(finish, "x-breaks", "1")).status(), 500);
    assert_eq!(Page::new("main", 2).install(&mut world, OWNER, "Night Market").status(), 200);
    assert_eq!(instances(&mut world), 2);
}

#[test]
fn who_waits_while_another_panics_is_answered() {
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
    assert!(smooch.head().unwrap().starts_with("get /v2/x http/1.1\r\n"));

    assert_eq!(broken(&mut world), 500);
    assert_eq!(well(&mut world), 200);
    assert_eq!(instances(&mut world), 2);

    smooch.send(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwhole").unwrap();
    let (head, body) = caller.answer("GET").unwrap();
    assert_eq!((head.status, body.as_slice()), (200, b"whole".as_slice()));
    assert_eq!(well(&mut world), 200);
    assert_eq!(instances(&mut world), 2, "who waited has ended no instance");
}
