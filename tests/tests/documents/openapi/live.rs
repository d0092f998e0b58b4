//! The running Worker does what the document says, checked with schemathesis.

use super::{EXAMPLE, text};
use serde_json::{Value, json};
use stand_in::accounts::{CORNER_BAKERY_EU, OWNER};
use std::{
    collections::BTreeMap,
    env,
    fmt::Write as _,
    fs::{self, File},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};
use tests::{
    page::{Fragment, Page, connection_id, create_session, get, json},
    tools::{Process, root, tool},
    workerd::Workerd,
    world::{API_KEY, Setup, World},
};

/// The site in the document's examples.
const SHOP: &str = "https://shop.example";

/// Per operation and phase, in addition to boundary values and the document's examples. A run takes about 20 seconds.
const MAX_EXAMPLES: &str = "25";

/// The longest run, on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(150);

/// Runs all checks of schemathesis with generated requests, valid and invalid, and with the ids of real connections.
#[test]
fn the_running_worker_does_what_the_document_says() {
    let site = json!({"main": {"origin": SHOP, "return_to": format!("{SHOP}/connected")}});
    let mut world = Workerd::new(&Setup { rate_limited: false, ..Setup::sunshine().with("SITES", site) });
    world.kv().lift_limits();
    let ids: Vec<String> =
        (1..=40).map(|seed| connect(&mut world, seed, &format!("user-{}", 41 + u32::from(seed)))).collect();
    assert_eq!(ids[0], EXAMPLE, "the document's examples have another connection");

    let folder = tempfile::tempdir().unwrap();
    let document = working_document(&mut world);
    fs::write(folder.path().join("openapi.json"), document.to_string()).unwrap();
    fs::write(folder.path().join("schemathesis.toml"), settings(&ids)).unwrap();
    let (passed, output) = schemathesis(folder.path(), &world.edge());
    println!("{output}");
    assert!(passed, "the worker and the document disagree");

    // Every operation has succeeded at least once, so the checks did not only see errors.
    let mut seen: BTreeMap<(String, u64), usize> = BTreeMap::new();
    for line in world.log().lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        let route = line["route"].as_str().unwrap_or_default().to_owned();
        *seen.entry((route, line["status"].as_u64().unwrap_or_default())).or_default() += 1;
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
        assert!(seen.contains_key(&(route.into(), status)), "{route} never answered {status}: {seen:#?}");
    }
}

/// Connects Corner Bakery EU for a subject. Returns the connection's id.
fn connect(world: &mut Workerd, seed: u8, subject: &str) -> String {
    connection_id(&new_page(world, seed, subject).install(world, OWNER, "Corner Bakery EU"))
}

fn new_page(world: &mut Workerd, seed: u8, subject: &str) -> Page {
    let created = create_session(world, &json!({"subject": subject, "metadata": {"plan": "pro"}}));
    let sealed = json(&created)["session"].as_str().unwrap().to_owned();
    Page { origin: SHOP.into(), ..Page::new("main", seed).with_session(&sealed) }
}

/// The document with a working receipt and session, with an API path that the stand-in has, and without additional properties
/// in answers. Readers must ignore new properties, but here one would be undocumented.
fn working_document(world: &mut Workerd) -> Value {
    let page = new_page(world, 1, "user-42");
    let callback = page.allow(world, OWNER, "Corner Bakery EU");
    let receipt = Fragment::from_redirect(&get(world, &callback)).receipt.unwrap();
    let text = text()
        .replace("k1.receipt-from-the-fragment", &receipt)
        .replace("k1.session-from-your-backend", page.session.as_deref().unwrap());
    assert!(text.contains(page.verifier.expose()), "the example has another verifier");
    let mut document: Value = serde_json::from_str(&text).unwrap();

    let api = document["paths"]["/v1/connections/{id}/api/{path}"].clone();
    let known = format!("/v1/connections/{{id}}/api/v2/apps/{CORNER_BAKERY_EU}/integrations/me/webhooks");
    let mut call = json!({"parameters": [api["parameters"][0]], "get": api["get"], "head": api["head"]});
    for method in ["get", "head"] {
        call[method].as_object_mut().unwrap().remove("operationId");
    }
    document["paths"][known] = call;

    document["components"]["schemas"]
        .as_object_mut()
        .unwrap()
        .values_mut()
        .for_each(forbid_additional_properties);
    for item in document["paths"].as_object_mut().unwrap().values_mut() {
        for operation in item.as_object_mut().unwrap().values_mut().filter_map(Value::as_object_mut) {
            operation.get_mut("responses").into_iter().for_each(forbid_additional_properties);
        }
    }
    document
}

fn forbid_additional_properties(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.values_mut().for_each(forbid_additional_properties);
            if map.get("type").is_some_and(|kind| kind == "object") && map.contains_key("properties") {
                map.entry("additionalProperties").or_insert(Value::Bool(false));
            }
        }
        Value::Array(values) => values.iter_mut().for_each(forbid_additional_properties),
        _ => {}
    }
}

/// The settings of schemathesis. Half of the path ids are of real connections.
fn settings(ids: &[String]) -> String {
    let mut settings = fs::read_to_string(root().join("tests/tests/documents/schemathesis.toml")).unwrap();
    write!(settings, "\n[parameters]\n\"path.id\" = {{ dictionary = \"connections\", probability = 0.5 }}\n")
        .unwrap();
    write!(settings, "\n[dictionaries.connections]\nvalues = {ids:?}\n").unwrap();
    settings
}

/// Runs schemathesis. Returns true if it found nothing, and its output.
fn schemathesis(folder: &Path, edge: &str) -> (bool, String) {
    let seed = env::var("SEED").unwrap_or_else(|_| "1".into());
    println!("SEED={seed} repeats this run, if the answers are the same");
    let output = folder.join("said");
    let file = File::create(&output).unwrap();
    let mut command = Command::new(tool("SCHEMATHESIS"));
    command
        .args(["--config-file", "schemathesis.toml", "run", "openapi.json", "--url", edge])
        .args(["--checks", "all", "--seed", &seed, "--max-examples", MAX_EXAMPLES])
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
        assert!(waited < TIMEOUT, "schemathesis does not end");
        thread::sleep(step);
        waited += step;
    };
    (passed, fs::read_to_string(output).unwrap())
}
