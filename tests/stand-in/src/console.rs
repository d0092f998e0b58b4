//! The console, where an owner sees their apps and conversations and removes an integration.

use crate::smooch::Smooch;
use crate::{Request, Response, pages, response};
use http::StatusCode;

impl Smooch {
    /// `GET /console`. Lists the owner's apps.
    pub(crate) fn show_apps(&self, request: &Request) -> Response {
        let Some((session, account)) = self.signed_in(request) else {
            return Self::redirect_to_login(request);
        };
        let apps: Vec<_> =
            self.apps_of(&account).into_iter().map(|app| (self.integrations.get(&app.id), app)).collect();
        self.page(StatusCode::OK, pages::console::apps(&apps, &account, &session.csrf))
    }

    /// `GET /console/apps/{id}`. Shows an app's conversations.
    pub(crate) fn show_conversations(&self, request: &Request, app_id: &str) -> Response {
        let Some((session, account)) = self.signed_in(request) else {
            return Self::redirect_to_login(request);
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

    /// `POST /console/apps/{id}/remove` with `csrf`. Removes the integration, which ends the authorization.
    pub(crate) fn remove_integration(&mut self, request: &Request, app_id: &str, now_ms: u64) -> Response {
        let session = match self.posted_form(request) {
            Ok((session, _)) => session,
            Err(error_page) => return *error_page,
        };
        match self.account(&session) {
            Some(account) if account.apps.contains(&app_id) => {
                self.end_authorization(app_id, now_ms);
                response::see_other("/console")
            }
            Some(_) => self.page(StatusCode::NOT_FOUND, pages::not_found()),
            None => response::see_other("/login"),
        }
    }
}
