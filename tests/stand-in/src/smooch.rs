//! The stand-in's state, the look-ups that several endpoints share, and the methods with which a test inspects and
//! changes it.
//!
//! It imports no endpoint: `dispatch` calls the endpoints, and each endpoint takes the state as an argument.

use crate::accounts::{self, Account, App, Message};
use crate::credentials::{Code, Token};
use crate::fault::{Fault, FaultQueue};
use crate::integration::{Integration, Removal};
use crate::options::Options;
use crate::random::Random;
use crate::request::Request;
use crate::request_log::{Endpoint, Received, RequestLog};
use crate::session::{Session, Sessions};
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
    pub(crate) faults: FaultQueue,
    pub(crate) request_log: RequestLog,
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
}

/// Look-ups and changes that several endpoints share.
impl Smooch {
    /// The session and the account of the browser that sent `request`. `None` if it is not signed in.
    pub(crate) fn signed_in(&self, request: &Request) -> Option<(Session, Account)> {
        let session = self.sessions.find(request)?;
        let account = self.account(&session)?;
        Some((session, account))
    }

    /// The signed-in account of a session.
    pub(crate) fn account(&self, session: &Session) -> Option<Account> {
        let email = session.email?;
        self.accounts.iter().find(|account| account.email == email).cloned()
    }

    /// The apps of an account, in the account's order.
    pub(crate) fn apps_of(&self, account: &Account) -> Vec<App> {
        account.apps.iter().filter_map(|id| self.apps.get(*id)).cloned().collect()
    }

    /// Revokes the app's tokens, invalidates its codes, uninstalls the integration, and records the call to the
    /// Remove URL.
    pub(crate) fn end_authorization(&mut self, app_id: &str, now_ms: u64) {
        self.revoke_tokens(app_id);
        for code in self.codes.values_mut().filter(|code| code.app_id == app_id) {
            code.used = true;
        }
        if let Some(integration) = self.integrations.remove(app_id) {
            let (app_id, integration_id) = (app_id.to_owned(), integration.id);
            self.removals.push(Removal { app_id, integration_id, removed_ms: now_ms });
        }
    }

    pub(crate) fn revoke_tokens(&mut self, app_id: &str) {
        for token in self.tokens.values_mut().filter(|token| token.app_id == app_id) {
            token.revoked = true;
        }
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
