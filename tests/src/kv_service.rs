//! [`Kv`] over HTTP, in the protocol of workerd's `kvNamespace` binding. It gives the real Worker a KV whose limits, cache,
//! faults and counts the tests control.

use crate::kv::{Kv, NO_ANSWER, Rejection};
use http::Method;
use percent_encoding::percent_decode_str;
use serde_json::json;
use stand_in::{Broken, Request, Response};

/// Answers one request of the binding.
pub fn handle(kv: &mut Kv, request: &Request, now_ms: u64) -> Response {
    let query: Vec<(String, String)> =
        form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()).into_owned().collect();
    let parameter =
        |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let path = request.uri().path().trim_start_matches('/');
    let Ok(key) = percent_decode_str(path).decode_utf8() else { return answer(400, Vec::new()) };
    let result = match *request.method() {
        Method::GET if key.is_empty() => {
            let limit = parameter("key_count_limit").and_then(|limit| limit.parse().ok()).unwrap_or(1_000);
            list(kv, parameter("prefix").unwrap_or_default(), parameter("cursor"), limit, now_ms)
        }
        Method::GET => get(kv, &key, now_ms),
        Method::PUT => {
            let metadata = request
                .headers()
                .get("cf-kv-metadata")
                .map(|value| String::from_utf8_lossy(value.as_bytes()));
            let ttl_s = parameter("expiration_ttl").and_then(|seconds| seconds.parse().ok());
            let value = String::from_utf8_lossy(request.body());
            kv.put(&key, &value, metadata.as_deref(), ttl_s, now_ms).map(|()| answer(200, Vec::new()))
        }
        Method::DELETE => kv.delete(&key).map(|()| answer(200, Vec::new())),
        _ => Ok(answer(405, Vec::new())),
    };
    result.unwrap_or_else(|rejection| {
        if rejection == NO_ANSWER {
            let mut hanging = answer(200, Vec::new());
            hanging.extensions_mut().insert(Broken::Hang);
            return hanging;
        }
        answer(rejection.status, rejection.text.into())
    })
}

fn get(kv: &mut Kv, key: &str, now_ms: u64) -> Result<Response, Rejection> {
    let Some(entry) = kv.get(key, now_ms)? else { return Ok(answer(404, Vec::new())) };
    let mut found = answer(200, entry.value.into_bytes());
    if let Some(metadata) = entry.metadata.and_then(|metadata| metadata.parse().ok()) {
        found.headers_mut().insert("cf-kv-metadata", metadata);
    }
    Ok(found)
}

fn list(
    kv: &mut Kv,
    prefix: &str,
    cursor: Option<&str>,
    limit: usize,
    now_ms: u64,
) -> Result<Response, Rejection> {
    let (keys, cursor) = kv.list(prefix, cursor, limit, now_ms)?;
    let keys: Vec<_> = keys
        .into_iter()
        .map(|(name, metadata)| match metadata {
            Some(metadata) => json!({"name": name, "metadata": metadata}),
            None => json!({"name": name}),
        })
        .collect();
    let page = match cursor {
        Some(cursor) => json!({"keys": keys, "list_complete": false, "cursor": cursor, "cacheStatus": null}),
        None => json!({"keys": keys, "list_complete": true, "cacheStatus": null}),
    };
    Ok(answer(200, page.to_string().into_bytes()))
}

fn answer(status: u16, body: Vec<u8>) -> Response {
    let mut answer = Response::new(body);
    *answer.status_mut() = status.try_into().unwrap_or_default();
    answer
}
