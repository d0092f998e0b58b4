//! The stand-in itself: what it knows, and which part of it answers which request.

use crate::accounts::{self, Account, App, Message};
use crate::authorization::{Integration, Removal, Token};
use crate::authorize::Code;
use crate::observe::{Endpoint, Fault, Observed, Received};
use crate::options::Options;
use crate::random::Random;
use crate::route::Route;
use crate::session::Sessions;
use crate::{Request, Response, answer, api, pages};
use http::{Method, StatusCode};
use std::collections::BTreeMap;

/// A whole Smooch as a value.
#[derive(Debug)]
pub struct Smooch {
    pub(crate) options: Options,
    pub(crate) random: Random,
    pub(crate) accounts: Vec<Account>,
    pub(crate) apps: BTreeMap<String, App>,
    pub(crate) sessions: Sessions,
    pub(crate) codes: BTreeMap<String, Code>,
    pub(crate) tokens: BTreeMap<String, Token>,
    /// The integration as installed, by the app it is installed in.
    pub(crate) integrations: BTreeMap<String, Integration>,
    pub(crate) removals: Vec<Removal>,
    observed: Observed,
}

impl Smooch {
    /// A Smooch with the accounts of [`accounts`] and nothing connected. The same seed gives the same codes,
    /// tokens and ids.
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
            observed: Observed::default(),
        }
    }

    /// Answers `request` at `now_ms`, in milliseconds since 1970. The URI may be absolute or begin at the path;
    /// its host does not matter.
    ///
    /// A response that a fault broke carries a [`Broken`](crate::Broken) among its extensions: whoever carries
    /// it to the caller has to break the connection accordingly.
    pub fn handle(&mut self, request: &Request, now_ms: u64) -> Response {
        let route = Route::of(request.uri().path());
        let endpoint = route.endpoint();
        let mut response = match self.observed.next_fault(endpoint) {
            None => self.answer(route, request, now_ms),
            Some(fault) => {
                let real = fault.processes().then(|| self.answer(route, request, now_ms));
                fault.spoil(real)
            }
        };
        self.observed.note(endpoint, request, now_ms, response.status());
        if request.method() == Method::HEAD {
            response.body_mut().clear();
        }
        response
    }

    fn answer(&mut self, route: Route, request: &Request, now_ms: u64) -> Response {
        // HEAD is GET without the body (RFC 9110 §9.3.2).
        let get = matches!(*request.method(), Method::GET | Method::HEAD);
        let post = *request.method() == Method::POST;
        match route {
            Route::Home if get => answer::see_other("/console"),
            Route::Style if get => pages::style(),
            Route::Login if get => self.show_login(request),
            Route::Login if post => self.login(request),
            Route::Logout if post => self.logout(request),
            Route::Console if get => self.show_apps(request),
            Route::Conversations(app_id) if get => self.show_conversations(request, &app_id),
            Route::Remove(app_id) if post => self.remove(request, &app_id, now_ms),
            Route::Authorize if get => self.show_authorize(request),
            Route::Authorize if post => self.pick_app(request),
            Route::AuthorizeApp(app_id) if get => self.show_decision(request, &app_id),
            Route::AuthorizeApp(app_id) if post => self.decide(request, &app_id, now_ms),
            Route::Token => self.token(request, now_ms),
            Route::TokenInfo => self.token_info(request),
            Route::Authorization => self.delete_authorization(request, now_ms),
            Route::V1(path) => self.api(api::Version::V1, &path, request, now_ms),
            Route::V2(path) => self.api(api::Version::V2, &path, request, now_ms),
            Route::Unknown => self.page(StatusCode::NOT_FOUND, pages::not_found()),
            Route::Home | Route::Style | Route::Console | Route::Conversations(_) => {
                self.wrong_method("GET, HEAD")
            }
            Route::Login | Route::Authorize | Route::AuthorizeApp(_) => self.wrong_method("GET, HEAD, POST"),
            Route::Logout | Route::Remove(_) => self.wrong_method("POST"),
        }
    }

    fn wrong_method(&self, methods: &'static str) -> Response {
        let page = pages::refused("Not like that", "This page does not take that kind of request.");
        answer::allowing(self.page(StatusCode::METHOD_NOT_ALLOWED, page), methods)
    }

    /// Makes a page's answer.
    pub(crate) fn page(&self, status: StatusCode, page: pages::Page) -> Response {
        page.into_response(status, self.options.coop)
    }
}

/// What a test sees and arranges.
impl Smooch {
    /// How this Smooch behaves, to change.
    pub fn options_mut(&mut self) -> &mut Options {
        &mut self.options
    }

    /// Registers a redirect URI. The first one registered is the default.
    pub fn register_redirect_uri(&mut self, uri: impl Into<String>) {
        self.options.redirect_uris.push(uri.into());
    }

    /// Queues a fault: the next request to `endpoint` that has none queued before it gets this answer.
    pub fn on_next(&mut self, endpoint: Endpoint, fault: Fault) {
        self.observed.queue(endpoint, fault);
    }

    /// Drops the faults that no request has met yet.
    pub fn clear_faults(&mut self) {
        self.observed.clear_faults();
    }

    /// Every request that was not for a page, oldest first.
    #[must_use]
    pub fn requests(&self) -> &[Received] {
        &self.observed.requests
    }

    /// Forgets the requests seen so far, which a long run would otherwise pile up. The counts stay.
    pub fn forget_requests(&mut self) {
        self.observed.requests.clear();
    }

    /// How many requests of a kind have come, faults included.
    #[must_use]
    pub fn count(&self, endpoint: Endpoint) -> usize {
        self.observed.count(endpoint)
    }

    /// The tokens that work now.
    #[must_use]
    pub fn live_tokens(&self) -> Vec<&Token> {
        self.tokens.values().filter(|token| !token.revoked).collect()
    }

    /// Every token ever issued: what must be found nowhere it does not belong.
    #[must_use]
    pub fn issued_tokens(&self) -> Vec<&Token> {
        self.tokens.values().collect()
    }

    /// Every code ever issued: what must be found nowhere it does not belong.
    #[must_use]
    pub fn issued_codes(&self) -> Vec<&Code> {
        self.codes.values().collect()
    }

    /// The app of this id.
    #[must_use]
    pub fn app(&self, app_id: &str) -> Option<&App> {
        self.apps.get(app_id)
    }

    /// The app of this id, to give it a name or a subdomain that no owner should choose.
    pub fn app_mut(&mut self, app_id: &str) -> Option<&mut App> {
        self.apps.get_mut(app_id)
    }

    /// The messages in all conversations of an app, oldest first. None if there is no such app.
    #[must_use]
    pub fn messages(&self, app_id: &str) -> Vec<&Message> {
        let conversations = self.apps.get(app_id).into_iter().flat_map(|app| &app.conversations);
        let mut messages: Vec<&Message> =
            conversations.flat_map(|conversation| &conversation.messages).collect();
        messages.sort_by_key(|message| message.received_ms);
        messages
    }

    /// The calls of the integration's Remove URL that are due since this was last asked, oldest first. The
    /// harness makes them.
    pub fn take_removals(&mut self) -> Vec<Removal> {
        std::mem::take(&mut self.removals)
    }
}
