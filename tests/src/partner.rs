//! A partner's site, for the demo and the browser tests: a page with the embed, and a backend that has the API key, lists the
//! connections and sends "hello" through one. An integration partner would write the same.

mod backend;
mod pages;

pub use backend::SentMessage;

use backend::Backend;
use http::{Method, StatusCode};
use stand_in::{Request, Response};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// The path of the `report-uri` of a page's Content-Security-Policy.
pub const REPORTS: &str = "/reports";

/// A partner's site.
#[derive(Debug)]
pub struct Partner {
    backend: Backend,
    edge: String,
    authorize_url: String,
    replaced: Mutex<BTreeMap<String, Response>>,
    reports: Mutex<Vec<String>>,
}

impl Partner {
    /// A site for the edge and the Smooch at these origins, with an API key of the edge.
    #[must_use]
    pub fn new(edge: &str, smooch: &str, api_key: &str) -> Self {
        Self {
            backend: Backend::new(edge, smooch, api_key),
            edge: edge.into(),
            authorize_url: format!("{smooch}/oauth/authorize"),
            replaced: Mutex::default(),
            reports: Mutex::default(),
        }
    }

    /// Makes the site answer with `answer` at `path`.
    pub fn serve(&self, path: &str, answer: Response) {
        self.replaced.lock().unwrap_or_else(PoisonError::into_inner).insert(path.into(), answer);
    }

    /// The bodies of the requests to [`REPORTS`].
    #[must_use]
    pub fn reports(&self) -> Vec<String> {
        self.reports.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The connections of all users.
    #[must_use]
    pub fn connections(&self) -> Vec<serde_json::Value> {
        self.backend.all_connections()
    }

    /// Logs another user in.
    pub fn log_in(&self, user: &str) {
        self.backend.log_in(user);
    }

    /// Answers a request. A message that the backend sends goes to `watch`.
    pub fn handle(&self, request: &Request, watch: &dyn Fn(&SentMessage)) -> Response {
        let path = request.uri().path();
        let replaced = self.replaced.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        if let Some(answer) = replaced {
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
            _ => pages::text(StatusCode::NOT_FOUND, "Not found."),
        }
    }

    /// The page names a connection, and the backend looks it up at the edge, because a page can send any id.
    fn hello(&self, request: &Request, watch: &dyn Fn(&SentMessage)) -> Response {
        // CSRF: a page of another origin needs a CORS preflight for this content type, and this site answers none.
        let json = request.headers().get("content-type").is_some_and(|value| value == "application/json");
        let body: serde_json::Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let Some(id) = body["connection"].as_str().filter(|_| json) else {
            return pages::text(StatusCode::BAD_REQUEST, "The request names no connection.");
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
