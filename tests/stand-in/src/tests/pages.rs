//! The pages, their forms and their sessions.

use super::{
    AUTHORIZE, NOW, ORIGIN, allow, body_text, call, connect, get, header, new_smooch, query_parameter, send,
    smooch_with,
};
use crate::accounts::{CORNER_BAKERY, HARBOUR_CLINIC, OWNER, SINGLE, VICTIM};
use crate::{Options, Owner, Response, Smooch};

/// All pages of a visit to sign-in, the app picker, Allow and Deny, the console and the error pages.
fn every_page(smooch: &mut Smooch) -> Vec<Response> {
    let mut responses = Vec::new();
    let mut transport = |request| {
        let response = smooch.handle(&request, NOW);
        responses.push(response.clone());
        response
    };
    let mut owner = Owner::new(OWNER);
    owner.allow(AUTHORIZE, "Corner Bakery", &mut transport).unwrap();
    owner.open(&format!("{ORIGIN}/console"), &mut transport).unwrap();
    owner.open(&format!("{ORIGIN}/console/apps/{CORNER_BAKERY}"), &mut transport).unwrap();
    owner.open(&format!("{ORIGIN}/nothing"), &mut transport).unwrap_err();
    owner.open(&format!("{ORIGIN}/oauth/authorize"), &mut transport).unwrap_err();
    Owner::with_password(OWNER, "wrong").allow(AUTHORIZE, "Corner Bakery", &mut transport).unwrap_err();
    responses.into_iter().filter(|response| !response.body().is_empty()).collect()
}

#[test]
fn every_page_says_that_it_is_a_stand_in_and_forbids_scripts_and_framing() {
    let pages = every_page(&mut new_smooch());
    assert!(pages.len() >= 8);
    for page in &pages {
        let html = body_text(page);
        assert!(html.contains("This is not Smooch"), "{html}");
        assert!(html.starts_with("<!DOCTYPE html><html lang=\"en\">"));
        assert!(html.contains("<h1>") && html.contains("<main"));
        assert!(!html.contains("<script") && !html.contains("style=\""));
        assert!(html.split('<').all(|tag| tag.matches(" class=\"").count() <= 1), "{html}");
        let policy = header(page, "content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
        assert_eq!(header(page, "x-frame-options"), "DENY");
        assert_eq!(header(page, "cache-control"), "no-store");
        assert_eq!(header(page, "referrer-policy"), "no-referrer");
        assert_eq!(header(page, "x-content-type-options"), "nosniff");
        assert_eq!(header(page, "cross-origin-opener-policy"), "");
        // With `form-action`, Chromium would not follow the redirect to the integration.
        assert_eq!(policy.contains("form-action"), !html.contains("id=\"allow\""));
    }
}

#[test]
fn pages_have_the_coop_header_if_the_option_is_on() {
    for page in every_page(&mut smooch_with(Options { coop: true, ..Options::default() })) {
        assert_eq!(header(&page, "cross-origin-opener-policy"), "same-origin");
    }
}

#[test]
fn pages_have_the_elements_that_browser_tests_use() {
    let pages: String = every_page(&mut new_smooch()).iter().map(body_text).collect();
    for id in ["email", "password", "login", "continue", "allow", "deny", "pick"] {
        assert!(pages.contains(&format!("id=\"{id}\"")), "{id}");
    }
    assert!(pages.contains(&format!("type=\"radio\" name=\"app\" value=\"{CORNER_BAKERY}\"")));
    assert!(
        pages.contains("name=\"decision\" value=\"allow\"")
            && pages.contains("name=\"decision\" value=\"deny\"")
    );
}

#[test]
fn hostile_names_and_messages_are_escaped() {
    let mut smooch = new_smooch();
    let hostile = "<script>alert(1)</script>\"'&amp;";
    hostile.clone_into(&mut smooch.app_mut(CORNER_BAKERY).unwrap().name);
    let token = connect(&mut smooch, hostile);
    let id = smooch.apps[CORNER_BAKERY].conversations[0].id.clone();
    let message =
        serde_json::json!({"author": {"type": "business"}, "content": {"type": "text", "text": hostile}});
    let uri = format!("/v2/apps/{CORNER_BAKERY}/conversations/{id}/messages");
    assert_eq!(call(&mut smooch, "POST", &uri, &token, &message.to_string()).status(), 201);

    let mut owner = Owner::new(OWNER);
    for path in ["/console".to_owned(), format!("/console/apps/{CORNER_BAKERY}")] {
        let page = owner.open(&format!("{ORIGIN}{path}"), |request| smooch.handle(&request, NOW)).unwrap();
        assert!(!page.contains("<script"), "{page}");
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;'&amp;amp;"), "{page}");
    }
    let state = "%22%3E%3Cscript%3E";
    let url = format!("{ORIGIN}/oauth/authorize?client_id=shoplifter&response_type=code&state={state}");
    assert_eq!(query_parameter(&allow(&mut smooch, &url, hostile), "state").as_deref(), Some("\"><script>"));
    let failed = Owner::with_password("\"><script>", "x").open(&url, |request| smooch.handle(&request, NOW));
    assert!(failed.unwrap_err().contains("do not match"));
}

/// Starts a session, signed in if there is an e-mail address. Returns the cookie and the CSRF token.
fn start_session(smooch: &mut Smooch, email: Option<&'static str>) -> (String, String) {
    let session = smooch.sessions.start(&mut smooch.random, email);
    (format!("smooch_stand_in={}", session.id), session.csrf)
}

const QUERY: &str = "client_id=shoplifter&response_type=code";

#[test]
fn a_form_without_the_csrf_token_of_its_session_has_no_effect() {
    let mut smooch = new_smooch();
    connect(&mut smooch, "Corner Bakery");
    let codes = smooch.issued_codes().len();
    let (cookie, csrf) = start_session(&mut smooch, Some(OWNER));
    let (_, other_csrf) = start_session(&mut smooch, Some(OWNER));
    let forms = [
        (format!("/oauth/authorize/apps/{CORNER_BAKERY}?{QUERY}"), "decision=allow"),
        (format!("/oauth/authorize?{QUERY}"), "app=5deb3bf0e3ad4e0010a3f0c1"),
        (format!("/console/apps/{CORNER_BAKERY}/remove"), ""),
        ("/logout".to_owned(), ""),
        ("/login".to_owned(), "email=owner@example.com&password=demo"),
    ];
    for (uri, fields) in forms {
        for csrf in ["", "&csrf=", "&csrf=wrong", &format!("&csrf={other_csrf}")] {
            let headers =
                [("cookie", cookie.as_str()), ("content-type", "application/x-www-form-urlencoded")];
            let response = send(&mut smooch, "POST", &uri, &headers, &format!("{fields}{csrf}"));
            assert_eq!(response.status(), 403, "{uri} {csrf}");
        }
        // The right CSRF token without the session cookie.
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let response = send(&mut smooch, "POST", &uri, &headers, &format!("{fields}&csrf={csrf}"));
        assert_eq!(response.status(), 403, "{uri}");
    }
    assert_eq!(smooch.issued_codes().len(), codes);
    assert_eq!(smooch.live_tokens().len(), 1);
}

/// Posts a form of a signed-in owner, with the right CSRF token.
fn post_form(
    smooch: &mut Smooch,
    email: &'static str,
    uri: &str,
    content_type: &str,
    fields: &str,
) -> Response {
    let (cookie, csrf) = start_session(smooch, Some(email));
    let headers = [("cookie", cookie.as_str()), ("content-type", content_type)];
    send(smooch, "POST", uri, &headers, &format!("csrf={csrf}&{fields}"))
}

#[test]
fn a_form_needs_the_right_content_type_and_unique_valid_fields() {
    const FORM: &str = "application/x-www-form-urlencoded";
    let decide = format!("/oauth/authorize/apps/{CORNER_BAKERY}?{QUERY}");
    let mut smooch = new_smooch();
    assert_eq!(post_form(&mut smooch, OWNER, &decide, "text/plain", "decision=allow").status(), 415);
    assert_eq!(post_form(&mut smooch, OWNER, &decide, FORM, "decision=deny&decision=allow").status(), 400);
    assert_eq!(post_form(&mut smooch, OWNER, &decide, FORM, "decision=perhaps").status(), 400);
    assert_eq!(post_form(&mut smooch, VICTIM, &decide, FORM, "decision=allow").status(), 404);
    assert_eq!(post_form(&mut smooch, OWNER, &format!("/oauth/authorize?{QUERY}"), FORM, "").status(), 400);
    let other_app = format!("app={HARBOUR_CLINIC}");
    assert_eq!(
        post_form(&mut smooch, OWNER, &format!("/oauth/authorize?{QUERY}"), FORM, &other_app).status(),
        404
    );
    assert!(smooch.issued_codes().is_empty());
    assert_eq!(post_form(&mut smooch, OWNER, &decide, FORM, "decision=allow").status(), 302);
}

#[test]
fn sign_in_starts_a_new_session_in_an_http_only_cookie() {
    let mut smooch = new_smooch();
    let page = get(&mut smooch, "/login?next=/console");
    let before = header(&page, "set-cookie").to_owned();
    assert!(before.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{before}");
    let (cookie, _) = before.split_once(';').unwrap();
    let html = body_text(&page);
    let (_, rest) = html.split_once("name=\"csrf\" value=\"").unwrap();
    let (csrf, _) = rest.split_once('"').unwrap();

    let headers = [("cookie", cookie), ("content-type", "application/x-www-form-urlencoded")];
    let fields = format!("csrf={csrf}&email=single%40example.com&password=demo&next=%2F%2Fevil.example");
    let response = send(&mut smooch, "POST", "/login", &headers, &fields);
    assert_eq!(response.status(), 303);
    assert_eq!(header(&response, "location"), "/console");
    assert_ne!(header(&response, "set-cookie"), before);
    // The session from before sign-in no longer exists.
    assert_eq!(send(&mut smooch, "GET", "/console", &headers, "").status(), 303);
    assert_eq!(send(&mut smooch, "POST", "/login", &headers, &fields).status(), 403);
}

#[test]
fn a_wrong_password_or_an_unknown_account_cannot_sign_in() {
    let mut smooch = new_smooch();
    for (email, password) in [(OWNER, "wrong"), (OWNER, ""), ("stranger@example.com", "demo")] {
        let mut owner = Owner::with_password(email, password);
        let error = owner.allow(AUTHORIZE, "Corner Bakery", |request| smooch.handle(&request, NOW));
        assert!(error.unwrap_err().starts_with("401"));
    }
}

#[test]
fn sign_out_ends_the_session() {
    let mut smooch = new_smooch();
    let (cookie, csrf) = start_session(&mut smooch, Some(SINGLE));
    let headers = [("cookie", cookie.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(send(&mut smooch, "GET", "/console", &headers, "").status(), 200);
    assert_eq!(send(&mut smooch, "POST", "/logout", &headers, &format!("csrf={csrf}")).status(), 303);
    assert_eq!(send(&mut smooch, "GET", "/console", &headers, "").status(), 303);
}

#[test]
fn an_owner_cannot_see_an_app_of_another_account() {
    let mut smooch = new_smooch();
    let page = format!("{ORIGIN}/console/apps/{CORNER_BAKERY}");
    let error = Owner::new(VICTIM).open(&page, |request| smooch.handle(&request, NOW)).unwrap_err();
    assert!(error.starts_with("404"), "{error}");
}

#[test]
fn a_page_rejects_unsupported_methods() {
    let mut smooch = new_smooch();
    for (method, uri, allow) in [
        ("DELETE", "/oauth/authorize", "GET, HEAD, POST"),
        ("PUT", "/login", "GET, HEAD, POST"),
        ("POST", "/console", "GET, HEAD"),
        ("GET", "/logout", "POST"),
    ] {
        let response = send(&mut smooch, method, uri, &[], "");
        assert_eq!((response.status().as_u16(), header(&response, "allow")), (405, allow), "{method} {uri}");
    }
    let head = send(&mut smooch, "HEAD", "/login", &[], "");
    assert_eq!(head.status(), 200);
    assert!(head.body().is_empty());
    assert_eq!(header(&get(&mut smooch, "/stand-in.css"), "content-type"), "text/css; charset=utf-8");
}
