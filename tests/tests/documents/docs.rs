//! `docs/backend.md`: bash runs each command against the real Worker, in order, and each answer is compared with the documented
//! one.

use crate::CLIENT_CODES;
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

/// Longer than the delay of the feed, in milliseconds.
const SETTLED: u64 = 80_000;

/// The longest pages that people still read, in lines.
const MAX_LINES: [(&str, usize); 2] = [("docs/backend.md", 250), ("docs/embed.md", 300)];

fn page() -> String {
    fs::read_to_string(root().join("docs/backend.md")).unwrap()
}

/// A command and its documented answer.
struct Step {
    command: String,
    documented: String,
}

/// All commands of the page. Each has an answer.
fn steps(page: &str) -> Vec<Step> {
    let mut blocks = page.split("\n```").collect::<Vec<_>>().into_iter().skip(1).step_by(2);
    let mut steps = Vec::new();
    while let Some(block) = blocks.next() {
        let command =
            block.strip_prefix("sh\n").unwrap_or_else(|| panic!("an answer without a command: {block}"));
        let documented =
            blocks.next().and_then(|block| block.split_once('\n')).map(|(_, documented)| documented);
        let documented = documented.unwrap_or_else(|| panic!("{command} has no answer"));
        steps.push(Step { command: command.into(), documented: documented.into() });
    }
    steps
}

#[test]
fn every_command_of_the_backend_guide_gives_the_documented_answer() {
    let mut world = Workerd::new(&Setup::sunshine());
    let folder = tempfile::tempdir().unwrap();
    let mut called = BTreeSet::new();
    for Step { command, documented } in steps(&page()) {
        let actual = run(&command, &world.edge(), folder.path());
        match (serde_json::from_str::<Value>(&documented), serde_json::from_str::<Value>(&actual)) {
            (Ok(documented), Ok(actual)) => {
                compare(&documented, &actual, "", &command);
                if let Some(session) = actual["session"].as_str() {
                    connect(&mut world, session);
                }
            }
            (Err(_), Err(_)) => assert_eq!(documented.trim(), actual.trim(), "{command}"),
            _ => panic!("{command}\ndocumented: {documented}\nactual: {actual}"),
        }
        called.extend(calls(&command));
    }
    // The page has a command for each operation of the backend.
    let document = fs::read_to_string(root().join("www/openapi.json")).unwrap();
    let document: Value = serde_json::from_str(&document).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            // HEAD is GET without a body and has no command of its own.
            let is_forwarded =
                method == "head" || path.ends_with("{path}") && !["get", "post"].contains(&method.as_str());
            if operation["tags"][0] == "backend" && !is_forwarded {
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
fn every_error_code_is_documented_with_its_status() {
    let page = page();
    let rows: Vec<Vec<&str>> =
        page.lines().filter(|line| line.starts_with("| `")).map(|line| line.split('|').collect()).collect();
    for &code in ErrorCode::ALL {
        let quoted = format!("`{}`", code.as_str());
        let row = rows.iter().find(|row| row[1].contains(&quoted));
        if CLIENT_CODES.contains(&code.as_str()) {
            assert!(row.is_none() && page.contains(&quoted), "{quoted}");
        } else {
            let status = Problem::from(code).response("").status.to_string();
            let row = row.unwrap_or_else(|| panic!("{quoted} is in no table"));
            assert!(row[2].contains(&status), "{quoted} has status {status}");
        }
    }
}

#[test]
fn the_guides_are_not_too_long() {
    for (path, limit) in MAX_LINES {
        let lines = fs::read_to_string(root().join(path)).unwrap().lines().count();
        assert!(lines <= limit, "{path} has {lines} lines; the limit is {limit}");
    }
}

/// Runs a command as a reader does in one shell: variables stay for the next command.
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

/// The methods and paths that a command calls, without queries and without the part after `/api`.
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

/// An owner connects an app with the session. Then the events are made old enough for the feed.
fn connect(world: &mut Workerd, session: &str) {
    let connected = Page::new("main", 1).with_session(session).install(world, OWNER, "Corner Bakery EU");
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

/// The timestamp of a ULID: its first ten characters.
fn time_of_ulid(milliseconds: u64) -> String {
    let digit = |place: u32| {
        b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"[usize::try_from(milliseconds >> (5 * place) & 31).unwrap()]
    };
    (0..10).rev().map(|place| char::from(digit(place))).collect()
}

/// Compares two answers, except for ids, times and secrets.
fn compare(documented: &Value, actual: &Value, name: &str, command: &str) {
    let differs = || panic!("{command}\n{name}\ndocumented: {documented}\nactual: {actual}");
    match (documented, actual) {
        (Value::Object(documented), Value::Object(actual)) => {
            if !documented.keys().eq(actual.keys()) {
                differs();
            }
            for (name, documented) in documented {
                compare(documented, &actual[name], name, command);
            }
        }
        (Value::Array(documented), Value::Array(actual)) => {
            if documented.len() != actual.len() {
                differs();
            }
            documented
                .iter()
                .zip(actual)
                .for_each(|(documented, actual)| compare(documented, actual, name, command));
        }
        (Value::String(documented), Value::String(actual)) => match name {
            "session" | "access_token" => assert!(actual.len() > 40, "{command}"),
            "id" | "next" | "request_id" | "received" if documented.len() == actual.len() => {}
            _ if documented == actual => {}
            _ => differs(),
        },
        (Value::Number(_), Value::Number(_)) => {}
        _ if documented == actual => {}
        _ => differs(),
    }
}
