//! `www/openapi.json` matches the edge: its routes, its error codes, and, with schemathesis, the answers of the real Worker.

mod live;

use crate::CLIENT_CODES;
use edge::{http::Body, problem::Problem, route::Route};
use serde_json::Value;
use shared::ErrorCode;
use std::{
    collections::BTreeSet,
    env,
    fs::{self},
};
use tests::tools::root;

/// The methods that an `OpenAPI` path can have.
const METHODS: [&str; 8] = ["get", "head", "post", "put", "patch", "delete", "options", "trace"];

/// The connection in the document's examples: Corner Bakery EU, connected by user-42.
const EXAMPLE: &str = "5deb3bf0e3ad4e0010a3f0c2-BDi-M3NNDecr4u8z";

fn text() -> String {
    fs::read_to_string(root().join("www/openapi.json")).unwrap()
}

fn document() -> Value {
    serde_json::from_str(&text()).unwrap()
}

/// The value, or the target of its `$ref`.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let Some(reference) = value["$ref"].as_str() else { return value };
    let found = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
    found.unwrap_or_else(|| panic!("{reference} does not resolve"))
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
        assert_eq!(
            listed, taken,
            "www/openapi.json lists the left methods of {template}, route.rs the right ones"
        );
        for (method, operation) in operations(item) {
            let security = operation.get("security").unwrap_or(&document["security"]);
            let open = security.as_array().unwrap().is_empty();
            assert_eq!(open, !route.needs_key(), "`security` of {method} {template} in www/openapi.json");
        }
    }
    let source = fs::read_to_string(root().join("edge/src/route.rs")).unwrap();
    let body = source.split("fn name(").nth(1).unwrap().split("fn allow(").next().unwrap();
    let all: BTreeSet<&str> = body.split('"').filter(|text| text.starts_with('/')).collect();
    // `/v1` is the route of unknown paths below it.
    let missing: Vec<_> = all.into_iter().filter(|name| *name != "/v1" && !names.contains(name)).collect();
    assert!(missing.is_empty(), "www/openapi.json lacks {missing:?}");
}

#[test]
fn the_document_lists_every_error_code_with_its_status() {
    let document = document();
    let sent: BTreeSet<&str> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    let sent: BTreeSet<&str> = sent.into_iter().filter(|code| !CLIENT_CODES.contains(code)).collect();
    let listed = document["components"]["schemas"]["Code"]["enum"].as_array().unwrap();
    assert_eq!(listed.iter().map(|code| code.as_str().unwrap()).collect::<BTreeSet<_>>(), sent);

    let mut seen = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations(item) {
            for (status, response) in operation["responses"].as_object().unwrap() {
                let response = resolved(&document, response);
                let content = &response["content"]["application/problem+json"];
                if content.is_null() {
                    continue;
                }
                let place = format!("{method} {path} {status}");
                let output = &content["schema"]["properties"];
                assert_eq!(output["status"]["const"].to_string(), *status, "{place}");
                let one = std::slice::from_ref(&output["code"]["const"]);
                let codes = output["code"]["enum"].as_array().map_or(one, Vec::as_slice);
                for code in codes {
                    let code = ErrorCode::parse(code.as_str().unwrap()).unwrap();
                    let (status_of_code, _) = answer(code);
                    // A call that can be retried has 503.
                    let is_retry = code == ErrorCode::SmoochUnavailable && status == "503";
                    assert!(status_of_code == *status || is_retry, "{place}: {}", code.as_str());
                    let description = response["description"].as_str().unwrap();
                    assert!(
                        description.contains(&format!("`{}`", code.as_str())),
                        "{place} does not mention {}",
                        code.as_str()
                    );
                    seen.insert(code.as_str());
                }
                if let Some(example) = content["example"].as_object() {
                    let (_, body) = answer(ErrorCode::parse(example["code"].as_str().unwrap()).unwrap());
                    for name in ["title", "status", "detail", "code"] {
                        assert_eq!(
                            example[name], body[name],
                            "the example of {place} in www/openapi.json (left) is not what the edge answers (right)"
                        );
                    }
                }
            }
        }
    }
    // No documented operation has a wrong method.
    seen.insert("method_not_allowed");
    let missing: Vec<_> = sent.difference(&seen).collect();
    assert!(missing.is_empty(), "no response in www/openapi.json has the codes {missing:?}");
}

/// The status and the body of a problem.
fn answer(code: ErrorCode) -> (String, Value) {
    let response = Problem::from(code).response("");
    let Body::Text(body) = response.body;
    (response.status.to_string(), serde_json::from_str(&body).unwrap())
}

#[test]
fn every_reference_of_the_document_resolves() {
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
