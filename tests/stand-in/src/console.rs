//! The console, where an owner sees their apps and conversations and removes an integration.

use crate::form::posted_form;
use crate::login::redirect_to_login;
use crate::pages;
use crate::request::Request;
use crate::response::{self, Response};
use crate::smooch::Smooch;
use http::StatusCode;

/// `GET /console`. Lists the owner's apps.
pub(crate) fn show_apps(smooch: &Smooch, request: &Request) -> Response {
    let Some((session, account)) = smooch.signed_in(request) else {
        return redirect_to_login(request);
    };
    let apps: Vec<_> =
        smooch.apps_of(&account).into_iter().map(|app| (smooch.integrations.get(&app.id), app)).collect();
    pages::console::apps(&apps, &account, &session.csrf).into_response(StatusCode::OK, &smooch.options)
}

/// `GET /console/apps/{id}`. Shows an app's conversations.
pub(crate) fn show_conversations(smooch: &Smooch, request: &Request, app_id: &str) -> Response {
    let Some((session, account)) = smooch.signed_in(request) else {
        return redirect_to_login(request);
    };
    let owned = account.apps.contains(&app_id);
    match smooch.apps.get(app_id).filter(|_| owned) {
        Some(app) => {
            let integration = smooch.integrations.get(app_id);
            let page = pages::console::conversations(app, integration, &account, &session.csrf);
            page.into_response(StatusCode::OK, &smooch.options)
        }
        None => pages::not_found().into_response(StatusCode::NOT_FOUND, &smooch.options),
    }
}

/// `POST /console/apps/{id}/remove` with `csrf`. Removes the integration, which ends the authorization.
pub(crate) fn remove_integration(
    smooch: &mut Smooch,
    request: &Request,
    app_id: &str,
    now_ms: u64,
) -> Response {
    let session = match posted_form(smooch, request) {
        Ok((session, _)) => session,
        Err(error_page) => return *error_page,
    };
    match smooch.account(&session) {
        Some(account) if account.apps.contains(&app_id) => {
            smooch.end_authorization(app_id, now_ms);
            response::see_other("/console")
        }
        Some(_) => pages::not_found().into_response(StatusCode::NOT_FOUND, &smooch.options),
        None => response::see_other("/login"),
    }
}
