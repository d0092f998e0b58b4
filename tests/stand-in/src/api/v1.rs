//! API v1, the legacy version: app users and their messages. The token determines the app.

use super::body::{json_object, optional_string, required_string};
use super::error::{ApiResult, bad_request, error, forbidden, method_not_allowed, not_found};
use crate::accounts::{App, Author, Conversation, Message, User};
use crate::datetime;
use crate::random::Random;
use crate::request::Request;
use crate::smooch::Smooch;
use http::{Method, StatusCode};
use serde_json::{Value, json};

/// Handles a call. `path` holds the segments after `v1`.
pub(super) fn call(
    smooch: &mut Smooch,
    app_id: &str,
    path: &[&str],
    request: &Request,
    now_ms: u64,
) -> ApiResult {
    let random = &mut smooch.random;
    let app = smooch.apps.get_mut(app_id).ok_or_else(|| not_found("App"))?;
    match (request.method(), path) {
        (&Method::POST, ["appusers"]) => create_user(app, random, request, now_ms),
        (_, ["appusers"]) => Err(method_not_allowed("POST")),
        (&Method::GET | &Method::HEAD, ["appusers", id]) => {
            let user = app.user(id).ok_or_else(|| not_found("User"))?;
            Ok((StatusCode::OK, json!({"appUser": user_json(user)})))
        }
        (&Method::GET | &Method::HEAD, ["appusers", id, "messages"]) => list_messages(app, id),
        (&Method::POST, ["appusers", id, "messages"]) => send_message(app, random, id, request, now_ms),
        (_, ["appusers", _, "messages"]) => Err(method_not_allowed("GET, HEAD, POST")),
        // An integration can list its own webhooks. The stand-in has none.
        (&Method::GET | &Method::HEAD, ["webhooks"]) => Ok((StatusCode::OK, json!({"webhooks": []}))),
        (_, ["appusers", _] | ["webhooks"]) => Err(method_not_allowed("GET, HEAD")),
        (_, ["apps" | "integrations" | "menu" | "templates", ..]) => Err(forbidden()),
        _ => Err(not_found("Resource")),
    }
}

fn create_user(app: &mut App, random: &mut Random, request: &Request, now_ms: u64) -> ApiResult {
    let body = json_object(request)?;
    let external_id = required_string(body.get("userId"), "userId")?.to_owned();
    if app.user(&external_id).is_some() {
        return Err(error(StatusCode::CONFLICT, "conflict", "A user with this userId exists"));
    }
    let (given_name, email) = (optional_string(body.get("givenName")), optional_string(body.get("email")));
    let user =
        User { id: random.id(), external_id: Some(external_id), given_name, email, signed_up_ms: now_ms };
    let json = user_json(&user);
    app.users.push(user);
    Ok((StatusCode::CREATED, json!({"appUser": json})))
}

fn list_messages(app: &App, id: &str) -> ApiResult {
    let user = app.user(id).ok_or_else(|| not_found("User"))?;
    let conversation = app.conversations.iter().find(|conversation| conversation.user_id == user.id);
    let messages = conversation.map(|conversation| conversation.messages.as_slice()).unwrap_or_default();
    let messages: Vec<Value> = messages.iter().map(message_json).collect();
    let id = conversation.map(|conversation| &conversation.id);
    Ok((StatusCode::OK, json!({"conversation": {"_id": id}, "messages": messages, "previous": null})))
}

/// Sends a message to the user's first conversation. Creates the conversation if there is none.
fn send_message(app: &mut App, random: &mut Random, id: &str, request: &Request, now_ms: u64) -> ApiResult {
    let user = app.user(id).ok_or_else(|| not_found("User"))?;
    let (user_id, user_name) = (user.id.clone(), user.display_name().to_owned());
    let body = json_object(request)?;
    if body.get("role").and_then(Value::as_str) != Some("appMaker") {
        return Err(bad_request("role must be appMaker"));
    }
    if body.get("type").is_some_and(|kind| kind.as_str() != Some("text")) {
        return Err(bad_request("type must be text"));
    }
    let text = required_string(body.get("text"), "text")?;
    let message = Message::from_business(random.id(), text, now_ms);
    let json = message_json(&message);
    if !app.conversations.iter().any(|conversation| conversation.user_id == user_id) {
        let (id, user_id, display_name) = (random.id(), user_id.clone(), Some(user_name));
        app.conversations.push(Conversation { id, user_id, display_name, messages: Vec::new() });
    }
    let conversation = app.conversations.iter_mut().find(|conversation| conversation.user_id == user_id);
    let conversation = conversation.ok_or_else(|| not_found("Conversation"))?;
    conversation.messages.push(message);
    let response = json!({"message": json, "extraMessages": [], "conversation": {"_id": conversation.id}});
    Ok((StatusCode::CREATED, response))
}

fn user_json(user: &User) -> Value {
    json!({
        "_id": user.id,
        "userId": user.external_id,
        "signedUpAt": datetime::iso8601(user.signed_up_ms),
        "givenName": user.given_name,
        "email": user.email,
        "properties": {},
        "clients": [],
    })
}

fn message_json(message: &Message) -> Value {
    let (role, name) = match &message.author {
        Author::Customer(name) => ("appUser", name),
        Author::Business(name) => ("appMaker", name),
    };
    json!({
        "_id": message.id,
        "role": role,
        "name": name,
        "type": "text",
        "text": message.text,
        "received": seconds(message.received_ms),
        "source": {"type": "api"},
    })
}

/// Seconds since 1970, with the milliseconds as decimals.
fn seconds(ms: u64) -> Value {
    format!("{}.{:03}", ms / 1000, ms % 1000).parse::<f64>().map_or(Value::Null, Value::from)
}
