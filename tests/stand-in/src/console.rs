//! The console: where an owner sees apps and conversations, and takes an integration out again.

use crate::smooch::Smooch;
use crate::{Request, Response, answer, pages};
use http::StatusCode;

impl Smooch {
    /// `GET /console`.
    pub(crate) fn show_apps(&self, request: &Request) -> Response {
        let Some((session, account)) = self.signed_in(request) else {
            return Self::sign_in_first(request);
        };
        let apps: Vec<_> =
            self.apps_of(&account).into_iter().map(|app| (self.integrations.get(&app.id), app)).collect();
        self.page(StatusCode::OK, pages::console::apps(&apps, &account, &session.csrf))
    }

    /// `GET /console/apps/{id}`.
    pub(crate) fn show_conversations(&self, request: &Request, app_id: &str) -> Response {
        let Some((session, account)) = self.signed_in(request) else {
            return Self::sign_in_first(request);
        };
        let owned = account.apps.contains(&app_id);
        match self.apps.get(app_id).filter(|_| owned) {
            Some(app) => {
                let integration = self.integrations.get(app_id);
                let page = pages::console::conversations(app, integration, &account, &session.csrf);
                self.page(StatusCode::OK, page)
            }
            None => self.page(StatusCode::NOT_FOUND, pages::not_found()),
        }
    }

    /// `POST /console/apps/{id}/remove` with `csrf`.
    pub(crate) fn remove(&mut self, request: &Request, app_id: &str, now_ms: u64) -> Response {
        let session = match self.posted_form(request) {
            Ok((session, _)) => session,
            Err(refused) => return *refused,
        };
        match self.account(&session) {
            Some(account) if account.apps.contains(&app_id) => {
                self.end_authorization(app_id, now_ms);
                answer::see_other("/console")
            }
            Some(_) => self.page(StatusCode::NOT_FOUND, pages::not_found()),
            None => answer::see_other("/login"),
        }
    }
}
