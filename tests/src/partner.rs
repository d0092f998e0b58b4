//! A partner's site with a backend of its own: a page with the embed, and a backend that holds the API key, sees
//! the connections and sends "hello" through one.
//!
//! It is what an integration partner would write, and stands in for theirs in the demo and in the browser tests.

mod backend;
mod pages;

use backend::Backend;
use http::{Method, StatusCode};
use stand_in::{Request, Response};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// Where browsers report what a page's policy forbids, for pages whose policy names it.
pub const REPORTS: &str = "/reports";

/// A partner's site.
#[derive(Debug)]
pub struct Partner {
    backend: Backend,
    edge: String,
    authorize_url: String,
    added: Mutex<BTreeMap<String, Response>>,
    reports: Mutex<Vec<String>>,
}

/// A message that the backend has sent, for whoever watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// What the connection's app is called, or its id.
    pub app: String,
    /// What was said.
    pub text: String,
    /// Where the owner sees it.
    pub shown_at: String,
}

impl Partner {
    /// A site whose edge is at `edge` and whose Smooch is at `smooch`. `api_key` is one of the edge's.
    #[must_use]
    pub fn new(edge: &str, smooch: &str, api_key: &str) -> Self {
        Self {
            backend: Backend::new(edge, smooch, api_key),
            edge: edge.into(),
            authorize_url: format!("{smooch}/oauth/authorize"),
            added: Mutex::default(),
            reports: Mutex::default(),
        }
    }

    /// Answers with this at `path` from now on, in the place of what was there.
    pub fn serve(&self, path: &str, answer: Response) {
        self.added.lock().unwrap_or_else(PoisonError::into_inner).insert(path.into(), answer);
    }

    /// What came to [`REPORTS`].
    #[must_use]
    pub fn reports(&self) -> Vec<String> {
        self.reports.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All connections there are, of this user or not.
    #[must_use]
    pub fn connections(&self) -> Vec<serde_json::Value> {
        self.backend.all_connections()
    }

    /// Another user is before the page from now on.
    pub fn log_in(&self, user: &str) {
        self.backend.log_in(user);
    }

    /// Answers a request. What the backend did meanwhile is told to `watch`.
    pub fn handle(&self, request: &Request, watch: &dyn Fn(&Sent)) -> Response {
        let path = request.uri().path();
        let added = self.added.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        if let Some(answer) = added {
            return answer;
        }
        match (request.method(), path) {
            (&Method::GET, "/" | "/pricing") => {
                pages::page(&self.edge, &self.authorize_url, path, self.backend.session().as_deref())
            }
            (&Method::GET, "/events") => pages::json(&self.backend.events().into()),
            (&Method::GET, "/connections") => pages::json(&self.backend.connections().into()),
            (&Method::GET, "/shop.js") => pages::file("text/javascript", include_str!("partner/shop.js")),
            (&Method::GET, "/shop.css") => pages::file("text/css", include_str!("partner/shop.css")),
            (&Method::GET, "/watch.js") => pages::file("text/javascript", include_str!("partner/watch.js")),
            (&Method::POST, REPORTS) => {
                let report = String::from_utf8_lossy(request.body()).into_owned();
                self.reports.lock().unwrap_or_else(PoisonError::into_inner).push(report);
                pages::text(StatusCode::OK, "")
            }
            (&Method::POST, "/hello") => self.hello(request, watch),
            _ => pages::text(StatusCode::NOT_FOUND, "There is nothing here."),
        }
    }

    /// The page names a connection; the backend asks the edge for it with its own key, and believes nothing else.
    fn hello(&self, request: &Request, watch: &dyn Fn(&Sent)) -> Response {
        // A page of another origin cannot send this type without a preflight, which nobody answers here.
        let json = request.headers().get("content-type").is_some_and(|value| value == "application/json");
        let body: serde_json::Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let Some(id) = body["connection"].as_str().filter(|_| json) else {
            return pages::text(StatusCode::BAD_REQUEST, "Name a connection.");
        };
        match self.backend.hello(id) {
            Ok(sent) => {
                watch(&sent);
                pages::json(&serde_json::json!({"text": sent.text, "shown_at": sent.shown_at}))
            }
            Err(error) => pages::text(StatusCode::BAD_GATEWAY, &error),
        }
    }
}
