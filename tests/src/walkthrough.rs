//! One install over HTTP without a browser, in the steps of an owner. Each step is reported, without secrets.

use crate::{
    environment::Environment,
    page::{Fragment, Page},
};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, ORIGIN};
use serde_json::{Value, json};
use shared::Verifier;
use stand_in::{Owner, Request, Response, accounts::OWNER};
use std::time::Duration;

/// The app that the owner picks, one of three.
pub const APP: &str = "Corner Bakery EU";

/// Runs all steps. `report` gets each step and its result.
///
/// # Errors
///
/// The step that failed.
pub fn run(environment: &Environment, report: &mut dyn FnMut(&str, &str)) -> Result<(), String> {
    let agent = agent();
    let send = |request: Request| send(&agent, request);
    let Environment { edge, smooch_origin, partner, .. } = environment;

    let page_text = text(&send(get(partner)?)?);
    if !page_text.contains("<add-to-smooch") || !page_text.contains(&format!("{edge}/add-to-smooch.js")) {
        return Err("The partner's page has no button.".into());
    }
    let session = page_text.split(" session=\"").nth(1).and_then(|rest| rest.split('"').next());
    let session = session.ok_or("The partner's page has no session for its user.")?;
    report(
        "open the partner's page",
        "it has the button, a session for its user, and the script from the edge",
    );

    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(error_text)?;
    let verifier = Verifier::from_bytes(&random);
    let page =
        Page { origin: partner.clone(), ..Page::with_verifier("main", verifier) }.with_session(session);
    let link = page.link_between(edge, smooch_origin, false);
    report(
        "click \"Add to Smooch\"",
        "the verifier stays in the page; the link takes its challenge to Smooch",
    );

    let mut failed = None;
    let callback = Owner::new(OWNER).allow(&link, APP, |request| {
        send(request).unwrap_or_else(|error| {
            failed = Some(error);
            Response::default()
        })
    });
    let callback = failed.map_or(callback, Err)?;
    report(
        "sign in, pick the second of three apps, allow access",
        &format!("Smooch redirects to the edge with a code for {APP}"),
    );

    let redirect = send(get(&callback)?)?;
    let fragment = Fragment::from_redirect(&redirect);
    let receipt = fragment.receipt.ok_or("The callback did not redirect with a receipt.")?;
    let location = redirect.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default();
    if !location.starts_with(&format!("{partner}/#")) || fragment.state != Some(page.state.to_text()) {
        return Err("The callback redirected to another page than the partner's.".into());
    }
    report(
        "return to the partner's page",
        "the edge sealed the code into a receipt and redirected; the code is unspent, and nothing is stored",
    );

    let form = page.form(&receipt);
    let complete = http::Request::post(format!("{edge}/complete"))
        .header(ORIGIN, partner)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(CONTENT_LENGTH, form.len())
        .body(form.into_bytes())
        .map_err(error_text)?;
    let answer: Value = serde_json::from_slice(send(complete)?.body()).map_err(error_text)?;
    if answer["status"] != "connected" {
        return Err(format!("The edge did not connect: {}.", answer["code"].as_str().unwrap_or("no answer")));
    }
    let name = answer["connection"]["app"]["name"].as_str().unwrap_or_default();
    report(
        "finish the flow",
        &format!(
            "the page sent receipt and verifier; the edge exchanged the code and stored the sealed token: connected to {name}"
        ),
    );

    let body = json!({"connection": answer["connection"]["id"]}).to_string();
    let hello = http::Request::post(format!("{partner}/hello"))
        .header(CONTENT_TYPE, "application/json")
        .header(CONTENT_LENGTH, body.len())
        .body(body.into_bytes())
        .map_err(error_text)?;
    let message: Value =
        serde_json::from_slice(send(hello)?.body()).map_err(|_| "The backend sent no message.")?;
    report(
        "send \"hello\" from the partner's backend",
        "the backend called the edge with its API key, and the edge attached the token",
    );

    let shown_at = message["shown_at"].as_str().ok_or("The backend's answer has no link to the message.")?;
    let console = Owner::new(OWNER).open(shown_at, |request| send(request).unwrap_or_default())?;
    if !console.contains("hello") || !console.contains(stand_in::INTEGRATION_NAME) {
        return Err("The message is not in Smooch.".into());
    }
    report(
        "open the conversation in Smooch",
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
    http::Request::get(url).body(Vec::new()).map_err(error_text)
}

fn send(agent: &ureq::Agent, request: Request) -> Result<Response, String> {
    let (head, body) = request.into_parts();
    let answer = if body.is_empty() && head.method == http::Method::GET {
        agent.run(http::Request::from_parts(head, ()))
    } else {
        agent.run(http::Request::from_parts(head, body))
    };
    let (head, mut body) = answer.map_err(error_text)?.into_parts();
    Ok(http::Response::from_parts(head, body.read_to_vec().map_err(error_text)?))
}

fn text(answer: &Response) -> String {
    String::from_utf8_lossy(answer.body()).into_owned()
}

fn error_text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
