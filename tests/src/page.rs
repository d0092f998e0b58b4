//! A partner's page and its user without a browser: starts a flow with a verifier, returns with a receipt, and finishes, as
//! the client does. Also requests to the edge.

use crate::world::{API_KEY, PARTNER, Request, Response, World};
use form_urlencoded::Serializer;
use serde_json::Value;
use shared::{AuthorizationRequest, Site, State, Verifier};
use stand_in::Owner;

/// One flow of one page.
#[derive(Clone, Debug)]
pub struct Page {
    /// The page's origin.
    pub origin: String,
    /// The verifier. Only this page has it.
    pub verifier: Verifier,
    /// The `state` of the button's link.
    pub state: State,
    /// The session of the page that finishes the flow.
    pub session: Option<String>,
    /// The session of the page that started the flow.
    pub started_session: Option<String>,
}

/// The parameters in the fragment with which the callback redirects to a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fragment {
    /// `smooch.receipt`
    pub receipt: Option<String>,
    /// `smooch.state`
    pub state: Option<String>,
    /// `smooch.error`
    pub error: Option<String>,
}

impl Page {
    /// A page of `site` whose verifier is 32 times the byte `seed`.
    #[must_use]
    pub fn new(site: &str, seed: u8) -> Self {
        Self::with_verifier(site, Verifier::from_bytes(&[seed; 32]))
    }

    /// A page of `site` with a verifier.
    #[must_use]
    pub fn with_verifier(site: &str, verifier: Verifier) -> Self {
        let site = Site::parse(site).expect("the site's name is valid");
        let state = State { site, challenge: verifier.challenge() };
        Self { origin: PARTNER.into(), verifier, state, session: None, started_session: None }
    }

    /// The same page with a session, at the start and at the end of the flow.
    #[must_use]
    pub fn with_session(self, session: &str) -> Self {
        Self { session: Some(session.into()), started_session: Some(session.into()), ..self }
    }

    /// The button's link.
    #[must_use]
    pub fn link(&self, world: &dyn World, pkce: bool) -> String {
        self.link_between(&world.edge(), &world.smooch_origin(), pkce)
    }

    /// The button's link for an edge and a Smooch at these origins.
    #[must_use]
    pub fn link_between(&self, edge: &str, smooch: &str, pkce: bool) -> String {
        let redirect_uri = format!("{edge}/callback");
        let endpoint = format!("{smooch}/oauth/authorize");
        AuthorizationRequest {
            client_id: stand_in::CLIENT_ID,
            redirect_uri: &redirect_uri,
            state: &self.state.to_text(),
            code_challenge: pkce.then(|| self.state.challenge.as_str()),
        }
        .url(&endpoint)
    }

    /// Follows the link, and allows access for `app` as the owner `email`. Returns the URL of the callback.
    #[must_use]
    pub fn allow(&self, world: &mut dyn World, email: &str, app: &str) -> String {
        let link = self.link(world, false);
        Owner::new(email).allow(&link, app, |request| world.visit(request)).expect("the owner can allow")
    }

    /// Sends `receipt` to `/complete`.
    pub fn complete(&self, world: &mut dyn World, receipt: &str) -> Response {
        let form = self.form(receipt);
        complete(world, &self.origin, &form)
    }

    /// Sends `receipt` to `/complete` as a retry of an earlier attempt whose answer was lost.
    pub fn complete_again(&self, world: &mut dyn World, receipt: &str) -> Response {
        let form = self.form(receipt) + "&again=1";
        complete(world, &self.origin, &form)
    }

    /// The form that the page sends to `/complete`.
    #[must_use]
    pub fn form(&self, receipt: &str) -> String {
        let mut form = Serializer::new(String::new());
        form.append_pair("receipt", receipt).append_pair("verifier", self.verifier.expose());
        if let Some(session) = &self.session {
            form.append_pair("session", session);
        }
        if let Some(session) = &self.started_session {
            form.append_pair("started_session", session);
        }
        form.finish()
    }

    /// The whole flow: consent, callback, `/complete`.
    pub fn install(&self, world: &mut dyn World, email: &str, app: &str) -> Response {
        let callback = self.allow(world, email, app);
        let receipt =
            Fragment::from_redirect(&get(world, &callback)).receipt.expect("the callback gives a receipt");
        self.complete(world, &receipt)
    }
}

impl Fragment {
    /// Reads the fragment of the callback's `Location`.
    #[must_use]
    pub fn from_redirect(redirect: &Response) -> Self {
        let mut fragment = Self::default();
        let location = header(redirect, "location").unwrap_or_default();
        let Some((_, text)) = location.split_once('#') else { return fragment };
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            match name.as_ref() {
                "smooch.receipt" => fragment.receipt = Some(value.into_owned()),
                "smooch.state" => fragment.state = Some(value.into_owned()),
                "smooch.error" => fragment.error = Some(value.into_owned()),
                _ => {}
            }
        }
        fragment
    }
}

/// Posts a form to `/complete` from a page of `origin`.
pub fn complete(world: &mut dyn World, origin: &str, form: &str) -> Response {
    let request = complete_request(world, origin, form);
    world.send(request)
}

/// The request that [`complete`] sends.
pub fn complete_request(world: &dyn World, origin: &str, form: &str) -> Request {
    let request = http::Request::post(format!("{}/complete", world.edge()))
        .header("origin", origin)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.as_bytes().to_vec());
    request.expect("the request is valid")
}

/// Gets a URL, or a path of the edge.
pub fn get(world: &mut dyn World, url: &str) -> Response {
    let request = request("GET", &absolute(world, url));
    world.send(request)
}

/// Gets a path with the API key of the backend.
pub fn get_v1(world: &mut dyn World, path: &str) -> Response {
    let mut request = request("GET", &absolute(world, path));
    let key = format!("Bearer {API_KEY}").parse().expect("the header is valid");
    request.headers_mut().insert("authorization", key);
    world.send(request)
}

/// Calls a path with the API key of the backend.
pub fn call_v1(world: &mut dyn World, method: &str, path: &str, body: &str) -> Response {
    let mut request = request(method, &absolute(world, path));
    let key = format!("Bearer {API_KEY}").parse().expect("the header is valid");
    request.headers_mut().insert("authorization", key);
    if !body.is_empty() {
        request.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
        *request.body_mut() = body.as_bytes().to_vec();
    }
    world.send(request)
}

/// The id in the answer of `/complete`.
#[must_use]
pub fn connection_id(connected: &Response) -> String {
    json(connected)["connection"]["id"].as_str().expect("a connection").to_owned()
}

/// Creates a session with the API key of the backend.
pub fn create_session(world: &mut dyn World, body: &Value) -> Response {
    let request = http::Request::post(format!("{}/v1/sessions", world.edge()))
        .header("authorization", format!("Bearer {API_KEY}"))
        .header("content-type", "application/json")
        .body(body.to_string().into_bytes());
    world.send(request.expect("the request is valid"))
}

/// A request without a body.
#[must_use]
pub fn request(method: &str, url: &str) -> Request {
    http::Request::builder().method(method).uri(url).body(Vec::new()).expect("the request is valid")
}

/// A header of an answer.
#[must_use]
pub fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

/// An answer's JSON.
#[must_use]
pub fn json(response: &Response) -> Value {
    serde_json::from_slice(response.body()).unwrap_or_default()
}

fn absolute(world: &dyn World, url: &str) -> String {
    if url.starts_with('/') { world.edge() + url } else { url.into() }
}
