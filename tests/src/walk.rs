//! One install from the terminal, as an owner would do it with a browser, over the same sockets: each step is told
//! as it is done, and no secret is.

use crate::{
    page::{Fragment, Page},
    stage::Stage,
};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, ORIGIN};
use serde_json::{Value, json};
use shared::Verifier;
use stand_in::{Owner, Request, Response, accounts::OWNER};
use std::time::Duration;

/// The app that the owner picks of the three.
pub const APP: &str = "Corner Bakery EU";

/// What the owner does, one step after the other. `tell` gets what was done and what came of it.
///
/// # Errors
///
/// A sentence on the step that did not come out as it should.
pub fn walk(stage: &Stage, tell: &mut dyn FnMut(&str, &str)) -> Result<(), String> {
    let agent = agent();
    let send = |request: Request| send(&agent, request);
    let Stage { edge, smooch_origin, partner, .. } = stage;

    let shown = text(&send(get(partner)?)?);
    if !shown.contains("<add-to-smooch") || !shown.contains(&format!("{edge}/add-to-smooch.js")) {
        return Err("The partner's page has no button.".into());
    }
    let session = shown.split(" session=\"").nth(1).and_then(|rest| rest.split('"').next());
    let session = session.ok_or("The partner's page has no session for its user.")?;
    tell("open the partner's page", "it has the button, a session of its user, and the script from the edge");

    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(say)?;
    let verifier = Verifier::from_bytes(&random);
    let page = Page { origin: partner.clone(), ..Page::with_verifier("main", verifier) }.of(session);
    let link = page.link_between(edge, smooch_origin, false);
    tell(
        "click \"Add to Smooch\"",
        "a verifier stays in the page; its challenge goes with the link, to Smooch",
    );

    let mut failed = None;
    let callback = Owner::new(OWNER).allow(&link, APP, |request| {
        send(request).unwrap_or_else(|error| {
            failed = Some(error);
            Response::default()
        })
    });
    let callback = failed.map_or(callback, Err)?;
    tell(
        "sign in, pick the second of three apps, allow",
        &format!("Smooch sends a code for {APP} to the edge"),
    );

    let bounce = send(get(&callback)?)?;
    let fragment = Fragment::of(&bounce);
    let receipt = fragment.receipt.ok_or("The edge did not bounce with a receipt.")?;
    let back = bounce.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default();
    if !back.starts_with(&format!("{partner}/#")) || fragment.state != Some(page.state.to_text()) {
        return Err("The edge bounced to another place than the partner's page.".into());
    }
    tell(
        "come back",
        "the edge sealed the code and bounced to the partner's page; nothing is spent or stored yet",
    );

    let form = page.form(&receipt);
    let complete = http::Request::post(format!("{edge}/complete"))
        .header(ORIGIN, partner)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(CONTENT_LENGTH, form.len())
        .body(form.into_bytes())
        .map_err(say)?;
    let answer: Value = serde_json::from_slice(send(complete)?.body()).map_err(say)?;
    if answer["status"] != "connected" {
        return Err(format!("The edge did not connect: {}.", answer["code"].as_str().unwrap_or("no answer")));
    }
    let name = answer["connection"]["app"]["name"].as_str().unwrap_or_default();
    tell(
        "finish",
        &format!("the page proved that it set out; exchanged, sealed and stored: connected to {name}"),
    );

    let body = json!({"connection": answer["connection"]["id"]}).to_string();
    let hello = http::Request::post(format!("{partner}/hello"))
        .header(CONTENT_TYPE, "application/json")
        .header(CONTENT_LENGTH, body.len())
        .body(body.into_bytes())
        .map_err(say)?;
    let message: Value =
        serde_json::from_slice(send(hello)?.body()).map_err(|_| "The backend sent no message.")?;
    tell(
        "send \"hello\" from the partner's backend",
        "through the edge, with its API key; the token was attached there",
    );

    let shown_at = message["shown_at"].as_str().ok_or("The backend did not say where the message is.")?;
    let seen = Owner::new(OWNER).open(shown_at, |request| send(request).unwrap_or_default())?;
    if !seen.contains("hello") || !seen.contains(stand_in::INTEGRATION_NAME) {
        return Err("The message is not in Smooch.".into());
    }
    tell(
        "look in Smooch",
        &format!("the owner sees \"hello\", via {}, at {shown_at}", stand_in::INTEGRATION_NAME),
    );
    Ok(())
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(Duration::from_secs(30)))
        .build()
        .new_agent()
}

fn get(url: &str) -> Result<Request, String> {
    http::Request::get(url).body(Vec::new()).map_err(say)
}

fn send(agent: &ureq::Agent, request: Request) -> Result<Response, String> {
    let (head, body) = request.into_parts();
    let answer = if body.is_empty() && head.method == http::Method::GET {
        agent.run(http::Request::from_parts(head, ()))
    } else {
        agent.run(http::Request::from_parts(head, body))
    };
    let (head, mut body) = answer.map_err(say)?.into_parts();
    Ok(http::Response::from_parts(head, body.read_to_vec().map_err(say)?))
}

fn text(answer: &Response) -> String {
    String::from_utf8_lossy(answer.body()).into_owned()
}

fn say(error: impl std::fmt::Display) -> String {
    error.to_string()
}
