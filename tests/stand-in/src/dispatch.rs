//! Handles each request: finds its route, applies a queued fault, calls the endpoint, and logs the request.

use crate::api::Version;
use crate::request::Request;
use crate::response::Response;
use crate::route::Route;
use crate::smooch::Smooch;
use crate::{api, authorization, authorize, console, login, pages, response, token};
use http::{Method, StatusCode};

impl Smooch {
    /// Handles `request` at the time `now_ms`, in milliseconds since 1970. The URI may be absolute or start at
    /// the path; its host is ignored.
    ///
    /// A fault can add a [`Broken`](crate::Broken) extension to the response. The caller then has to apply it to the
    /// connection.
    pub fn handle(&mut self, request: &Request, now_ms: u64) -> Response {
        let route = Route::parse(request.uri().path());
        let endpoint = route.endpoint();
        let mut response = match self.faults.pop(endpoint) {
            None => dispatch(self, route, request, now_ms),
            Some(fault) => fault.apply(|| dispatch(self, route, request, now_ms)),
        };
        self.request_log.record(endpoint, request, now_ms, response.status());
        if request.method() == Method::HEAD {
            response.body_mut().clear();
        }
        response
    }
}

fn dispatch(smooch: &mut Smooch, route: Route, request: &Request, now_ms: u64) -> Response {
    // RFC 9110 §9.3.2: HEAD is GET without the response body.
    let get = matches!(*request.method(), Method::GET | Method::HEAD);
    let post = *request.method() == Method::POST;
    match route {
        Route::Home if get => response::see_other("/console"),
        Route::Stylesheet if get => pages::stylesheet(),
        Route::Login if get => login::show(smooch, request),
        Route::Login if post => login::sign_in(smooch, request),
        Route::Logout if post => login::sign_out(smooch, request),
        Route::Console if get => console::show_apps(smooch, request),
        Route::Conversations(app_id) if get => console::show_conversations(smooch, request, &app_id),
        Route::RemoveIntegration(app_id) if post => {
            console::remove_integration(smooch, request, &app_id, now_ms)
        }
        Route::Authorize if get => authorize::show(smooch, request),
        Route::Authorize if post => authorize::choose_app(smooch, request),
        Route::AuthorizeApp(app_id) if get => authorize::show_decision(smooch, request, &app_id),
        Route::AuthorizeApp(app_id) if post => authorize::decide(smooch, request, &app_id, now_ms),
        Route::Token => token::exchange(smooch, request, now_ms),
        Route::TokenInfo => authorization::token_info(smooch, request),
        Route::Authorization => authorization::revoke(smooch, request, now_ms),
        Route::V1(path) => api::call(smooch, Version::V1, &path, request, now_ms),
        Route::V2(path) => api::call(smooch, Version::V2, &path, request, now_ms),
        Route::Unknown => pages::not_found().into_response(StatusCode::NOT_FOUND, &smooch.options),
        Route::Home | Route::Stylesheet | Route::Console | Route::Conversations(_) => {
            method_not_allowed(smooch, "GET, HEAD")
        }
        Route::Login | Route::Authorize | Route::AuthorizeApp(_) => {
            method_not_allowed(smooch, "GET, HEAD, POST")
        }
        Route::Logout | Route::RemoveIntegration(_) => method_not_allowed(smooch, "POST"),
    }
}

fn method_not_allowed(smooch: &Smooch, allowed: &'static str) -> Response {
    let text = "This page does not support that kind of request.";
    let page = pages::error("Request not supported", text);
    response::with_allow(page.into_response(StatusCode::METHOD_NOT_ALLOWED, &smooch.options), allowed)
}
