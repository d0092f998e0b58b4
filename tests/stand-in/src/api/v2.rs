//! API v2: users, conversations and messages of the token's app. Other resources are forbidden or not found.

use super::body::{json_object, optional_string, required_string};
use super::error::{ApiError, ApiResult, bad_request, error, forbidden, method_not_allowed, not_found};
use crate::accounts::{App, Author, Conversation, Message, User};
use crate::datetime;
use crate::params::Params;
use crate::random::Random;
use crate::request::Request;
use crate::smooch::Smooch;
use http::{Method, StatusCode};
use serde_json::{Value, json};

/// The number of messages in a list.
const PAGE_SIZE: usize = 100;

/// Handles a call. `path` holds the segments after `v2`.
pub(super) fn call(
    smooch: &mut Smooch,
    app_id: &str,
    path: &[&str],
    request: &Request,
    now_ms: u64,
) -> ApiResult {
    let ["apps", path_app_id, rest @ ..] = path else {
        // Only account tokens can list and create apps.
        return Err(if path == ["apps"] { forbidden() } else { not_found("Resource") });
    };
    let random = &mut smooch.random;
    let Some(app) = smooch.apps.get_mut(app_id).filter(|app| app.id == *path_app_id) else {
        return Err(forbidden());
    };
    match (request.method(), rest) {
        (&Method::GET | &Method::HEAD, ["users"]) => list_users(app, request),
        (&Method::POST, ["users"]) => create_user(app, random, request, now_ms),
        (&Method::GET | &Method::HEAD, ["users", id]) => {
            let user = app.user(id).ok_or_else(|| not_found("User"))?;
            Ok((StatusCode::OK, json!({"user": user_json(user)})))
        }
        (&Method::GET | &Method::HEAD, ["conversations"]) => list_conversations(app, request),
        (&Method::POST, ["conversations"]) => create_conversation(app, random, request),
        (&Method::GET | &Method::HEAD, ["conversations", id]) => {
            let conversation = app.conversation(id).ok_or_else(|| not_found("Conversation"))?;
            Ok((StatusCode::OK, json!({"conversation": conversation_json(conversation)})))
        }
        (&Method::GET | &Method::HEAD, ["conversations", id, "messages"]) => list_messages(app, id),
        (&Method::POST, ["conversations", id, "messages"]) => send_message(app, random, id, request, now_ms),
        // An integration can list its own webhooks. The stand-in has none.
        (&Method::GET | &Method::HEAD, ["integrations", "me", "webhooks"]) => {
            Ok((StatusCode::OK, json!({"webhooks": []})))
        }
        (_, ["users" | "conversations"] | ["conversations", _, "messages"]) => {
            Err(method_not_allowed("GET, HEAD, POST"))
        }
        (_, ["users" | "conversations", _] | ["integrations", "me", "webhooks"]) => {
            Err(method_not_allowed("GET, HEAD"))
        }
        (_, [] | ["integrations" | "keys" | "switchboards", ..]) => Err(forbidden()),
        _ => Err(not_found("Resource")),
    }
}

/// Lists users by e-mail address, the only filter that Smooch supports.
fn list_users(app: &App, request: &Request) -> ApiResult {
    let params = query(request)?;
    let Some(email) = params.get("filter[identities.email]") else {
        return Err(bad_request("filter[identities.email] is required"));
    };
    let users: Vec<Value> =
        app.users.iter().filter(|user| user.email.as_deref() == Some(email)).map(user_json).collect();
    Ok((StatusCode::OK, json!({"users": users, "meta": {"hasMore": false}, "links": {}})))
}

fn create_user(app: &mut App, random: &mut Random, request: &Request, now_ms: u64) -> ApiResult {
    let body = json_object(request)?;
    let external_id = required_string(body.get("externalId"), "externalId")?.to_owned();
    if app.user(&external_id).is_some() {
        return Err(error(StatusCode::CONFLICT, "conflict", "A user with this externalId exists"));
    }
    let profile = body.get("profile");
    let profile_field = |name| optional_string(profile.and_then(|profile| profile.get(name)));
    let (given_name, email) = (profile_field("givenName"), profile_field("email"));
    let user =
        User { id: random.id(), external_id: Some(external_id), given_name, email, signed_up_ms: now_ms };
    let json = user_json(&user);
    app.users.push(user);
    Ok((StatusCode::CREATED, json!({"user": json})))
}

/// Lists the conversations of one user. Smooch requires a filter by user.
fn list_conversations(app: &App, request: &Request) -> ApiResult {
    let params = query(request)?;
    let user = match (params.get("filter[userId]"), params.get("filter[userExternalId]")) {
        (Some(id), None) => app.users.iter().find(|user| user.id == id),
        (None, Some(id)) => app.users.iter().find(|user| user.external_id.as_deref() == Some(id)),
        _ => return Err(bad_request("filter[userId] or filter[userExternalId] is required")),
    };
    let user = user.ok_or_else(|| not_found("User"))?;
    let user_conversations = app.conversations.iter().filter(|conversation| conversation.user_id == user.id);
    let conversations: Vec<Value> = user_conversations.map(conversation_json).collect();
    Ok((StatusCode::OK, json!({"conversations": conversations, "meta": {"hasMore": false}, "links": {}})))
}

fn create_conversation(app: &mut App, random: &mut Random, request: &Request) -> ApiResult {
    let body = json_object(request)?;
    if body.get("type").and_then(Value::as_str) != Some("personal") {
        return Err(bad_request("type must be personal"));
    }
    let Some([participant]) = body.get("participants").and_then(Value::as_array).map(Vec::as_slice) else {
        return Err(bad_request("participants must have one element"));
    };
    let id = match (participant.get("userId"), participant.get("userExternalId")) {
        (id @ Some(_), None) => required_string(id, "userId")?,
        (None, id @ Some(_)) => required_string(id, "userExternalId")?,
        _ => return Err(bad_request("a participant needs userId or userExternalId")),
    };
    let user_id = app.user(id).ok_or_else(|| not_found("User"))?.id.clone();
    let display_name = optional_string(body.get("displayName"));
    let conversation = Conversation { id: random.id(), user_id, display_name, messages: Vec::new() };
    let json = conversation_json(&conversation);
    app.conversations.push(conversation);
    Ok((StatusCode::CREATED, json!({"conversation": json})))
}

/// Lists the newest messages of a conversation, oldest first.
fn list_messages(app: &App, id: &str) -> ApiResult {
    let messages = &app.conversation(id).ok_or_else(|| not_found("Conversation"))?.messages;
    let omitted = messages.len().saturating_sub(PAGE_SIZE);
    let page: Vec<Value> = messages.iter().skip(omitted).map(message_json).collect();
    Ok((StatusCode::OK, json!({"messages": page, "meta": {"hasMore": omitted > 0}, "links": {}})))
}

fn send_message(app: &mut App, random: &mut Random, id: &str, request: &Request, now_ms: u64) -> ApiResult {
    let conversation = app.conversation_mut(id).ok_or_else(|| not_found("Conversation"))?;
    let body = json_object(request)?;
    let text = business_text(&Value::Object(body))?;
    let message = Message::from_business(random.id(), &text, now_ms);
    let json = message_json(&message);
    conversation.messages.push(message);
    Ok((StatusCode::CREATED, json!({"messages": [json]})))
}

/// Validates a message from the business and returns its text.
fn business_text(body: &Value) -> Result<String, ApiError> {
    let field = |pointer| body.pointer(pointer);
    if field("/author/type").and_then(Value::as_str) != Some("business") {
        return Err(bad_request("author.type must be business"));
    }
    if field("/content/type").and_then(Value::as_str) != Some("text") {
        return Err(bad_request("content.type must be text"));
    }
    required_string(field("/content/text"), "content.text").map(str::to_owned)
}

fn query(request: &Request) -> Result<Params, ApiError> {
    let query = request.uri().query().unwrap_or_default();
    Params::parse(query.as_bytes()).map_err(|_| bad_request("A parameter occurs more than once"))
}

fn user_json(user: &User) -> Value {
    json!({
        "id": user.id,
        "externalId": user.external_id,
        "signedUpAt": datetime::iso8601(user.signed_up_ms),
        "profile": {"givenName": user.given_name, "email": user.email},
        "metadata": {},
        "identities": [],
        "hasPaymentInfo": false,
    })
}

fn conversation_json(conversation: &Conversation) -> Value {
    let last = conversation.messages.last().map(|message| datetime::iso8601(message.received_ms));
    json!({
        "id": conversation.id,
        "type": "personal",
        "displayName": conversation.display_name,
        "isDefault": false,
        "metadata": {},
        "lastUpdatedAt": last,
    })
}

fn message_json(message: &Message) -> Value {
    let author = match &message.author {
        Author::Customer(name) => json!({"type": "user", "displayName": name}),
        Author::Business(name) => json!({"type": "business", "displayName": name}),
    };
    json!({
        "id": message.id,
        "received": datetime::iso8601(message.received_ms),
        "author": author,
        "content": {"type": "text", "text": message.text},
        "source": {"type": "api:conversations"},
    })
}
