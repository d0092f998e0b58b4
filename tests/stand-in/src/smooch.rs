//! The stand-in's state, the dispatch of requests, and the methods with which a test inspects and changes it.

use crate::accounts::{self, Account, App, Message};
use crate::authorization::{Integration, Removal, Token};
use crate::authorize::Code;
use crate::fault::{Fault, FaultQueue};
use crate::options::Options;
use crate::random::Random;
use crate::request_log::{Endpoint, Received, RequestLog};
use crate::route::Route;
use crate::session::Sessions;
use crate::{Request, Response, api, pages, response};
use http::{Method, StatusCode};
use std::collections::BTreeMap;

/// The whole stand-in as a value: accounts, apps, sessions, authorization codes and access tokens.
#[derive(Debug)]
pub struct Smooch {
    pub(crate) options: Options,
    pub(crate) random: Random,
    pub(crate) accounts: Vec<Account>,
    /// The apps by id.
    pub(crate) apps: BTreeMap<String, App>,
    pub(crate) sessions: Sessions,
    /// Every authorization code ever issued, by its value.
    pub(crate) codes: BTreeMap<String, Code>,
    /// Every access token ever issued, by its value.
    pub(crate) tokens: BTreeMap<String, Token>,
    /// The installed integrations, by app id.
    pub(crate) integrations: BTreeMap<String, Integration>,
    /// The calls to the Remove URL that are due.
    pub(crate) removals: Vec<Removal>,
    faults: FaultQueue,
    request_log: RequestLog,
}

impl Smooch {
    /// Creates a stand-in with the accounts of [`accounts`] and no connected integration. The same seed gives
    /// the same codes, tokens and ids.
    #[must_use]
    pub fn new(seed: u64, options: Options) -> Self {
        Self {
            options,
            random: Random::new(seed),
            accounts: accounts::accounts(),
            apps: accounts::apps(),
            sessions: Sessions::default(),
            codes: BTreeMap::new(),
            tokens: BTreeMap::new(),
            integrations: BTreeMap::new(),
            removals: Vec::new(),
            faults: FaultQueue::default(),
            request_log: RequestLog::default(),
        }
    }

    /// Handles `request` at the time `now_ms`, in milliseconds since 1970. The URI may be absolute or start at
    /// the path; its host is ignored.
    ///
    /// A fault can add a [`Broken`](crate::Broken) extension to the response. The caller then has to apply it to the
    /// connection.
    pub fn handle(&mut self, request: &Request, now_ms: u64) -> Response {
        let route = Route::parse(request.uri().path());
        let endpoint = route.endpoint();
        let mut response = match self.faults.pop(endpoint) {
            None => self.dispatch(route, request, now_ms),
            Some(fault) => fault.apply(|| self.dispatch(route, request, now_ms)),
        };
        self.request_log.record(endpoint, request, now_ms, response.status());
        if request.method() == Method::HEAD {
            response.body_mut().clear();
        }
        response
    }

    fn dispatch(&mut self, route: Route, request: &Request, now_ms: u64) -> Response {
        // RFC 9110 §9.3.2: HEAD is GET without the response body.
        let get = matches!(*request.method(), Method::GET | Method::HEAD);
        let post = *request.method() == Method::POST;
        match route {
            Route::Home if get => response::see_other("/console"),
            Route::Stylesheet if get => pages::stylesheet(),
            Route::Login if get => self.show_login(request),
            Route::Login if post => self.login(request),
            Route::Logout if post => self.logout(request),
            Route::Console if get => self.show_apps(request),
            Route::Conversations(app_id) if get => self.show_conversations(request, &app_id),
            Route::RemoveIntegration(app_id) if post => self.remove_integration(request, &app_id, now_ms),
            Route::Authorize if get => self.show_authorize(request),
            Route::Authorize if post => self.choose_app(request),
            Route::AuthorizeApp(app_id) if get => self.show_decision(request, &app_id),
            Route::AuthorizeApp(app_id) if post => self.decide(request, &app_id, now_ms),
            Route::Token => self.token(request, now_ms),
            Route::TokenInfo => self.token_info(request),
            Route::Authorization => self.delete_authorization(request, now_ms),
            Route::V1(path) => self.api(api::Version::V1, &path, request, now_ms),
            Route::V2(path) => self.api(api::Version::V2, &path, request, now_ms),
            Route::Unknown => self.page(StatusCode::NOT_FOUND, pages::not_found()),
            Route::Home | Route::Stylesheet | Route::Console | Route::Conversations(_) => {
                self.method_not_allowed("GET, HEAD")
            }
            Route::Login | Route::Authorize | Route::AuthorizeApp(_) => {
                self.method_not_allowed("GET, HEAD, POST")
            }
            Route::Logout | Route::RemoveIntegration(_) => self.method_not_allowed("POST"),
        }
    }

    fn method_not_allowed(&self, allowed: &'static str) -> Response {
        let text = "This page does not support that kind of request.";
        let page = pages::error("Request not supported", text);
        response::with_allow(self.page(StatusCode::METHOD_NOT_ALLOWED, page), allowed)
    }

    /// Makes the response that sends `page`.
    pub(crate) fn page(&self, status: StatusCode, page: pages::Page) -> Response {
        page.into_response(status, self.options.coop)
    }
}

/// Methods for tests: they configure the stand-in, inject faults and inspect its state.
impl Smooch {
    /// The options, for changes while the stand-in runs.
    pub fn options_mut(&mut self) -> &mut Options {
        &mut self.options
    }

    /// Registers a redirect URI. The first registered one is the default.
    pub fn register_redirect_uri(&mut self, uri: impl Into<String>) {
        self.options.redirect_uris.push(uri.into());
    }

    /// Queues a fault for `endpoint`. Each request to the endpoint uses up one fault, oldest first.
    pub fn on_next(&mut self, endpoint: Endpoint, fault: Fault) {
        self.faults.push(endpoint, fault);
    }

    /// Discards all queued faults.
    pub fn clear_faults(&mut self) {
        self.faults.clear();
    }

    /// The received requests, oldest first, without those for pages.
    #[must_use]
    pub fn requests(&self) -> &[Received] {
        self.request_log.requests()
    }

    /// Discards the received requests, so that a long run does not use more and more memory. The counts stay.
    pub fn clear_requests(&mut self) {
        self.request_log.clear_requests();
    }

    /// The number of requests that `endpoint` has received, including those that met a fault.
    #[must_use]
    pub fn count(&self, endpoint: Endpoint) -> usize {
        self.request_log.count(endpoint)
    }

    /// The access tokens that are not revoked.
    #[must_use]
    pub fn live_tokens(&self) -> Vec<&Token> {
        self.tokens.values().filter(|token| !token.revoked).collect()
    }

    /// Every access token ever issued. Leak tests search for them.
    #[must_use]
    pub fn issued_tokens(&self) -> Vec<&Token> {
        self.tokens.values().collect()
    }

    /// Every authorization code ever issued. Leak tests search for them.
    #[must_use]
    pub fn issued_codes(&self) -> Vec<&Code> {
        self.codes.values().collect()
    }

    /// The app with this id.
    #[must_use]
    pub fn app(&self, app_id: &str) -> Option<&App> {
        self.apps.get(app_id)
    }

    /// The app with this id, for changes. Tests use it to give an app a hostile name or subdomain.
    pub fn app_mut(&mut self, app_id: &str) -> Option<&mut App> {
        self.apps.get_mut(app_id)
    }

    /// The messages in all conversations of an app, oldest first. Empty if there is no such app.
    #[must_use]
    pub fn messages(&self, app_id: &str) -> Vec<&Message> {
        let conversations = self.apps.get(app_id).into_iter().flat_map(|app| &app.conversations);
        let mut messages: Vec<&Message> =
            conversations.flat_map(|conversation| &conversation.messages).collect();
        messages.sort_by_key(|message| message.received_ms);
        messages
    }

    /// Takes the calls to the integration's Remove URL that have become due since the last call of this method,
    /// oldest first. The test harness makes the calls.
    pub fn take_removals(&mut self) -> Vec<Removal> {
        std::mem::take(&mut self.removals)
    }
}
