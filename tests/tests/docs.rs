//! `docs/backend.md`, run as it stands: each command by bash, in order, against the running worker, and each answer
//! held against the one that the page shows.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "where it panics, a test has failed"
)]

use edge::problem::Problem;
use serde_json::Value;
use shared::ErrorCode;
use stand_in::accounts::OWNER;
use std::{collections::BTreeSet, fs, path::Path, process::Command};
use tests::{
    page::Page,
    tools::root,
    workerd::Workerd,
    world::{API_KEY, Setup, World},
};

/// Longer than the feed waits for KV, in milliseconds.
const SETTLED: u64 = 80_000;

/// A readable page, and no more.
const MOST_LINES: usize = 250;

fn page() -> String {
    fs::read_to_string(root().join("docs/backend.md")).unwrap()
}

/// A command, and the answer that stands below it.
struct Step {
    command: String,
    shown: String,
}

/// Every command on the page. Each has an answer.
fn steps(page: &str) -> Vec<Step> {
    let mut blocks = page.split("\n```").collect::<Vec<_>>().into_iter().skip(1).step_by(2);
    let mut steps = Vec::new();
    while let Some(block) = blocks.next() {
        let command = block.strip_prefix("sh\n").unwrap_or_else(|| panic!("an answer to nothing: {block}"));
        let shown = blocks.next().and_then(|block| block.split_once('\n')).map(|(_, shown)| shown);
        let shown = shown.unwrap_or_else(|| panic!("no answer is shown to {command}"));
        steps.push(Step { command: command.into(), shown: shown.into() });
    }
    steps
}

#[test]
fn every_command_on_the_page_does_what_the_page_says() {
    let mut world = Workerd::new(&Setup::sunshine());
    let folder = tempfile::tempdir().unwrap();
    let mut called = BTreeSet::new();
    for Step { command, shown } in steps(&page()) {
        let said = run(&command, &world.edge(), folder.path());
        match (serde_json::from_str::<Value>(&shown), serde_json::from_str::<Value>(&said)) {
            (Ok(shown), Ok(said)) => {
                compare(&shown, &said, "", &command);
                if let Some(session) = said["session"].as_str() {
                    connect(&mut world, session);
                }
            }
            (Err(_), Err(_)) => assert_eq!(shown.trim(), said.trim(), "{command}"),
            _ => panic!("{command}\nshown: {shown}\nsaid: {said}"),
        }
        called.extend(calls(&command));
    }
    // Each call of a backend is on the page.
    let document = fs::read_to_string(root().join("www/openapi.json")).unwrap();
    let document: Value = serde_json::from_str(&document).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            // HEAD is GET without a body, and has no command of its own.
            let through =
                method == "head" || path.ends_with("{path}") && !["get", "post"].contains(&method.as_str());
            if operation["tags"][0] == "backend" && !through {
                let path = path.replace("{id}", "$ID").replace("/{path}", "");
                assert!(
                    called.contains(&(method.to_uppercase(), path.clone())),
                    "{method} {path}: {called:?}"
                );
            }
        }
    }
}

#[test]
fn every_code_is_in_a_table_with_its_status() {
    let page = page();
    let rows: Vec<Vec<&str>> =
        page.lines().filter(|line| line.starts_with("| `")).map(|line| line.split('|').collect()).collect();
    // These happen in the browser.
    let told = ["access_denied", "wrong_browser", "unsupported", "window_closed", "edge_unreachable"];
    for &code in ErrorCode::ALL {
        let quoted = format!("`{}`", code.as_str());
        let row = rows.iter().find(|row| row[1].contains(&quoted));
        if told.contains(&code.as_str()) {
            assert!(row.is_none() && page.contains(&quoted), "{quoted}");
        } else {
            let status = Problem::from(code).response("").status.to_string();
            let row = row.unwrap_or_else(|| panic!("{quoted} is in no table"));
            assert!(row[2].contains(&status), "{quoted} is {status}");
        }
    }
    assert!(page.lines().count() <= MOST_LINES, "it is not one page any more");
}

/// What a reader does who copies it into a shell, the same shell for the whole page.
fn run(command: &str, edge: &str, folder: &Path) -> String {
    let variables = folder.join("variables");
    let script = format!(
        "set -euo pipefail\nset -a\n[ ! -f '{kept}' ] || . '{kept}'\n{command}\nexport -p >'{kept}'\n",
        kept = variables.display()
    );
    let output = Command::new("bash")
        .args(["--noprofile", "--norc", "-c", &script])
        .env("EDGE", edge)
        .env("API_KEY", API_KEY)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && errors.is_empty(), "{command}\n{}\n{errors}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

/// The methods and paths that a command calls, without queries and without what stands behind `/api`.
fn calls(command: &str) -> Vec<(String, String)> {
    let mut calls = Vec::new();
    for curl in command.split("curl ").skip(1) {
        let path = curl.split("$EDGE").nth(1).unwrap().split(['"', '?']).next().unwrap();
        let path = path.split_inclusive("/api").next().unwrap();
        let method = match curl.split_once("-X ") {
            Some((_, rest)) => rest.split(' ').next().unwrap(),
            None if curl.contains("-d ") => "POST",
            None => "GET",
        };
        calls.push((method.into(), path.into()));
    }
    calls
}

/// The owner comes to the page that has the session, and connects; and then it is a while ago.
fn connect(world: &mut Workerd, session: &str) {
    let connected = Page::new("main", 1).of(session).install(world, OWNER, "Corner Bakery EU");
    assert_eq!(connected.status(), 200);
    let now = world.now();
    let mut kv = world.kv();
    let (events, _) = kv.list("event/", None, 10, now).unwrap();
    for (key, metadata) in events {
        let random = &key[key.len() - 16..];
        let earlier = format!("event/{}{random}", time_of_ulid(now - SETTLED));
        kv.delete(&key).unwrap();
        kv.put(&earlier, "", metadata.as_deref(), None, now).unwrap();
    }
}

/// The first ten characters of a ULID.
fn time_of_ulid(milliseconds: u64) -> String {
    let digit = |place: u32| {
        b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"[usize::try_from(milliseconds >> (5 * place) & 31).unwrap()]
    };
    (0..10).rev().map(|place| char::from(digit(place))).collect()
}

/// The same, but for what is another each time.
fn compare(shown: &Value, said: &Value, name: &str, command: &str) {
    let differs = || panic!("{command}\n{name}\nshown: {shown}\nsaid: {said}");
    match (shown, said) {
        (Value::Object(shown), Value::Object(said)) => {
            if !shown.keys().eq(said.keys()) {
                differs();
            }
            for (name, shown) in shown {
                compare(shown, &said[name], name, command);
            }
        }
        (Value::Array(shown), Value::Array(said)) => {
            if shown.len() != said.len() {
                differs();
            }
            shown.iter().zip(said).for_each(|(shown, said)| compare(shown, said, name, command));
        }
        (Value::String(shown), Value::String(said)) => match name {
            "session" | "access_token" => assert!(said.len() > 40, "{command}"),
            "id" | "next" | "request_id" | "received" if shown.len() == said.len() => {}
            _ if shown == said => {}
            _ => differs(),
        },
        (Value::Number(_), Value::Number(_)) => {}
        _ if shown == said => {}
        _ => differs(),
    }
}
