//! `www/openapi.json` says what the edge does, no more and no less: held against its routes, against its codes, and
//! by schemathesis against the running worker.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "where it panics, a test has failed, and then what it printed is shown"
)]

use edge::{http::Body, problem::Problem, route::Route};
use serde_json::{Value, json};
use shared::ErrorCode;
use stand_in::accounts::{CORNER_BAKERY_EU, OWNER};
use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    fmt::Write as _,
    fs::{self, File},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};
use tests::{
    page::{Fragment, Page, get, id_of, json, session},
    tools::{Process, root, tool},
    workerd::Workerd,
    world::{API_KEY, Setup, World},
};

/// The methods that a document can list for a path.
const METHODS: [&str; 8] = ["get", "head", "post", "put", "patch", "delete", "options", "trace"];

/// The connection that the document's examples name: user-42's, of Corner Bakery EU.
const EXAMPLE: &str = "5deb3bf0e3ad4e0010a3f0c2-BDi-M3NNDecr4u8z";

/// The site in the document's examples.
const SHOP: &str = "https://shop.example";

/// For each operation and phase. Boundaries and examples come on top; all of it is some 20 seconds.
const MOST_EXAMPLES: &str = "25";

/// More than it takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(150);

fn text() -> String {
    fs::read_to_string(root().join("www/openapi.json")).unwrap()
}

fn document() -> Value {
    serde_json::from_str(&text()).unwrap()
}

/// The value, or what it refers to.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let Some(reference) = value["$ref"].as_str() else { return value };
    let found = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
    found.unwrap_or_else(|| panic!("{reference} leads nowhere"))
}

/// The operations of a path, by method.
fn operations(item: &Value) -> impl Iterator<Item = (&String, &Value)> {
    item.as_object().unwrap().iter().filter(|(method, _)| METHODS.contains(&method.as_str()))
}

#[test]
fn the_document_lists_every_route_and_no_other() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.1");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    let mut names = BTreeSet::new();
    for (template, item) in document["paths"].as_object().unwrap() {
        let path = template.replace("{id}", EXAMPLE).replace("{path}", "v2/x");
        let route = Route::parse(&path).unwrap_or_else(|| panic!("{template} is no route"));
        names.insert(route.name());
        let listed: BTreeSet<String> = operations(item).map(|(method, _)| method.to_uppercase()).collect();
        let taken: BTreeSet<String> = match route {
            Route::Api(..) => METHODS.map(str::to_uppercase).into(),
            _ => route.allow().split(", ").map(String::from).collect(),
        };
        assert_eq!(listed, taken, "{template}");
        for (method, operation) in operations(item) {
            let security = operation.get("security").unwrap_or(&document["security"]);
            let open = security.as_array().unwrap().is_empty();
            assert_eq!(open, !route.needs_key(), "{method} {template}");
        }
    }
    let source = fs::read_to_string(root().join("edge/src/route.rs")).unwrap();
    let body = source.split("fn name(").nth(1).unwrap().split("fn allow(").next().unwrap();
    let all: BTreeSet<&str> = body.split('"').filter(|text| text.starts_with('/')).collect();
    // Below /v1 there is a route for what does not exist.
    assert_eq!(names, all.into_iter().filter(|name| *name != "/v1").collect());
}

#[test]
fn the_document_lists_every_code_with_its_status() {
    let document = document();
    // These are told in the browser and sent by nobody.
    let told = ["access_denied", "wrong_browser", "unsupported", "window_closed", "edge_unreachable"];
    let sent: BTreeSet<&str> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    let sent: BTreeSet<&str> = sent.into_iter().filter(|code| !told.contains(code)).collect();
    let listed = document["components"]["schemas"]["Code"]["enum"].as_array().unwrap();
    assert_eq!(listed.iter().map(|code| code.as_str().unwrap()).collect::<BTreeSet<_>>(), sent);

    let mut met = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations(item) {
            for (status, response) in operation["responses"].as_object().unwrap() {
                let response = resolved(&document, response);
                let content = &response["content"]["application/problem+json"];
                if content.is_null() {
                    continue;
                }
                let place = format!("{method} {path} {status}");
                let said = &content["schema"]["properties"];
                assert_eq!(said["status"]["const"].to_string(), *status, "{place}");
                let one = std::slice::from_ref(&said["code"]["const"]);
                let codes = said["code"]["enum"].as_array().map_or(one, Vec::as_slice);
                for code in codes {
                    let code = ErrorCode::parse(code.as_str().unwrap()).unwrap();
                    let (usual, _) = answer(code);
                    // A call that can be made again is 503 whatever it would be otherwise.
                    let later = code == ErrorCode::SmoochUnavailable && status == "503";
                    assert!(usual == *status || later, "{place}: {}", code.as_str());
                    let told = response["description"].as_str().unwrap();
                    assert!(
                        told.contains(&format!("`{}`", code.as_str())),
                        "{place} does not say {}",
                        code.as_str()
                    );
                    met.insert(code.as_str());
                }
                if let Some(example) = content["example"].as_object() {
                    let (_, body) = answer(ErrorCode::parse(example["code"].as_str().unwrap()).unwrap());
                    for name in ["title", "status", "detail", "code"] {
                        assert_eq!(example[name], body[name], "{place}");
                    }
                }
            }
        }
    }
    // No operation has the wrong method.
    met.insert("method_not_allowed");
    assert_eq!(met, sent);
}

/// The status and the body of a problem.
fn answer(code: ErrorCode) -> (String, Value) {
    let response = Problem::from(code).response("");
    let Body::Text(body) = response.body;
    (response.status.to_string(), serde_json::from_str(&body).unwrap())
}

#[test]
fn every_reference_leads_somewhere() {
    fn check(document: &Value, value: &Value, ids: &BTreeSet<&str>, parts: &mut BTreeSet<String>) {
        match value {
            Value::Object(map) => {
                resolved(document, value);
                parts.extend(map.get("$ref").and_then(Value::as_str).map(String::from));
                if let Some(links) = map.get("links").and_then(Value::as_object) {
                    for link in links.values() {
                        assert!(ids.contains(link["operationId"].as_str().unwrap()), "{link}");
                    }
                }
                map.values().for_each(|value| check(document, value, ids, parts));
            }
            Value::Array(values) => values.iter().for_each(|value| check(document, value, ids, parts)),
            _ => {}
        }
    }
    let document = document();
    let items = document["paths"].as_object().unwrap().values();
    let ids: Vec<&str> =
        items.flat_map(operations).map(|(_, operation)| operation["operationId"].as_str().unwrap()).collect();
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(unique.len(), ids.len(), "two operations have the same id");
    let mut parts = BTreeSet::new();
    check(&document, &document, &unique, &mut parts);
    for kind in ["responses", "headers", "schemas"] {
        for name in document["components"][kind].as_object().unwrap().keys() {
            assert!(
                parts.contains(&format!("#/components/{kind}/{name}")),
                "nothing refers to {kind}/{name}"
            );
        }
    }
}

/// All of its checks, with made-up requests, valid and not, and with real connections among them.
#[test]
fn the_running_worker_does_what_the_document_says() {
    let site = json!({"main": {"origin": SHOP, "return_to": format!("{SHOP}/connected")}});
    let mut world = Workerd::new(&Setup { limited: false, ..Setup::sunshine().with("SITES", site) });
    world.kv().be_immediate();
    let ids: Vec<String> =
        (1..=40).map(|seed| connect(&mut world, seed, &format!("user-{}", 41 + u32::from(seed)))).collect();
    assert_eq!(ids[0], EXAMPLE, "the document's examples are of this connection");

    let folder = tempfile::tempdir().unwrap();
    let copy = living(&mut world);
    fs::write(folder.path().join("openapi.json"), copy.to_string()).unwrap();
    fs::write(folder.path().join("schemathesis.toml"), settings(&ids)).unwrap();
    let (passed, said) = schemathesis(folder.path(), &world.edge());
    println!("{said}");
    assert!(passed, "the worker and the document disagree");

    // Each kind of success was met, so that not only refusals were looked at.
    let mut met: BTreeMap<(String, u64), usize> = BTreeMap::new();
    for line in world.log().lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        let route = line["route"].as_str().unwrap_or_default().to_owned();
        *met.entry((route, line["status"].as_u64().unwrap_or_default())).or_default() += 1;
    }
    for (route, status) in [
        ("/v1/sessions", 201),
        ("/v1/connections", 200),
        ("/v1/connections/{id}", 200),
        ("/v1/connections/{id}", 204),
        ("/v1/connections/{id}/token", 200),
        ("/v1/connections/{id}/api", 200),
        ("/v1/events", 200),
        ("/complete", 200),
        ("/callback", 303),
        ("/removed", 202),
        ("/healthz", 200),
        ("/embed.json", 200),
        ("/setup.json", 200),
    ] {
        assert!(met.contains_key(&(route.into(), status)), "{route} never answered {status}: {met:#?}");
    }
}

/// Connects Corner Bakery EU for a subject; returns the connection's id.
fn connect(world: &mut Workerd, seed: u8, subject: &str) -> String {
    id_of(&setting_out(world, seed, subject).install(world, OWNER, "Corner Bakery EU"))
}

fn setting_out(world: &mut Workerd, seed: u8, subject: &str) -> Page {
    let made = session(world, &json!({"subject": subject, "metadata": {"plan": "pro"}}));
    let sealed = json(&made)["session"].as_str().unwrap().to_owned();
    Page { origin: SHOP.into(), ..Page::new("main", seed).of(&sealed) }
}

/// The document with a receipt and a session that work, with a call that Smooch knows, and strict about what stands
/// in an answer: for a reader more may be added, and here it may not.
fn living(world: &mut Workerd) -> Value {
    let page = setting_out(world, 1, "user-42");
    let callback = page.allow(world, OWNER, "Corner Bakery EU");
    let receipt = Fragment::of(&get(world, &callback)).receipt.unwrap();
    let text = text()
        .replace("k1.receipt-from-the-fragment", &receipt)
        .replace("k1.session-from-your-backend", page.session.as_deref().unwrap());
    assert!(text.contains(page.verifier.expose()), "the example's verifier is this page's");
    let mut document: Value = serde_json::from_str(&text).unwrap();

    let api = document["paths"]["/v1/connections/{id}/api/{path}"].clone();
    let known = format!("/v1/connections/{{id}}/api/v2/apps/{CORNER_BAKERY_EU}/integrations/me/webhooks");
    let mut call = json!({"parameters": [api["parameters"][0]], "get": api["get"], "head": api["head"]});
    for method in ["get", "head"] {
        call[method].as_object_mut().unwrap().remove("operationId");
    }
    document["paths"][known] = call;

    document["components"]["schemas"].as_object_mut().unwrap().values_mut().for_each(tighten);
    for item in document["paths"].as_object_mut().unwrap().values_mut() {
        for operation in item.as_object_mut().unwrap().values_mut().filter_map(Value::as_object_mut) {
            operation.get_mut("responses").into_iter().for_each(tighten);
        }
    }
    document
}

fn tighten(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.values_mut().for_each(tighten);
            if map.get("type").is_some_and(|kind| kind == "object") && map.contains_key("properties") {
                map.entry("additionalProperties").or_insert(Value::Bool(false));
            }
        }
        Value::Array(values) => values.iter_mut().for_each(tighten),
        _ => {}
    }
}

/// The settings, and the ids of real connections to ask for half of the time.
fn settings(ids: &[String]) -> String {
    let mut settings = fs::read_to_string(root().join("tests/tests/schemathesis.toml")).unwrap();
    write!(settings, "\n[parameters]\n\"path.id\" = {{ dictionary = \"connections\", probability = 0.5 }}\n")
        .unwrap();
    write!(settings, "\n[dictionaries.connections]\nvalues = {ids:?}\n").unwrap();
    settings
}

/// Whether it found nothing, and what it said.
fn schemathesis(folder: &Path, edge: &str) -> (bool, String) {
    let seed = env::var("SEED").unwrap_or_else(|_| "1".into());
    println!("SEED={seed} repeats this run, as far as answers are the same");
    let said = folder.join("said");
    let file = File::create(&said).unwrap();
    let mut command = Command::new(tool("SCHEMATHESIS"));
    command
        .args(["--config-file", "schemathesis.toml", "run", "openapi.json", "--url", edge])
        .args(["--checks", "all", "--seed", &seed, "--max-examples", MOST_EXAMPLES])
        .args(["--generation-database", "none", "--warnings", "off", "--no-color", "--continue-on-failure"])
        .current_dir(folder)
        .env("API_KEY", API_KEY)
        .stdin(Stdio::null())
        .stdout(file.try_clone().unwrap())
        .stderr(file);
    let mut process = Process::start(&mut command);
    let step = Duration::from_millis(100);
    let mut waited = Duration::ZERO;
    let passed = loop {
        if let Some(status) = process.0.try_wait().unwrap() {
            break status.success();
        }
        assert!(waited < PATIENCE, "schemathesis does not end");
        thread::sleep(step);
        waited += step;
    };
    (passed, fs::read_to_string(said).unwrap())
}
