use super::{AUTHORIZE, NOW, ORIGIN, allowed, connect, get, header, parameter, send, smooch, text, with};
use crate::accounts::{CORNER_BAKERY, HARBOUR_CLINIC, OWNER, SINGLE, VICTIM};
use crate::{Options, Owner, Response, Smooch};

/// Every page that someone meets on the way through sign-in, choice, decision and console.
fn every_page(smooch: &mut Smooch) -> Vec<Response> {
    let mut seen = Vec::new();
    let mut transport = |request| {
        let response = smooch.handle(&request, NOW);
        seen.push(response.clone());
        response
    };
    let mut owner = Owner::new(OWNER);
    owner.allow(AUTHORIZE, "Corner Bakery", &mut transport).unwrap();
    owner.look(&format!("{ORIGIN}/console"), &mut transport).unwrap();
    owner.look(&format!("{ORIGIN}/console/apps/{CORNER_BAKERY}"), &mut transport).unwrap();
    owner.look(&format!("{ORIGIN}/nothing"), &mut transport).unwrap_err();
    owner.look(&format!("{ORIGIN}/oauth/authorize"), &mut transport).unwrap_err();
    Owner::with_password(OWNER, "wrong").allow(AUTHORIZE, "Corner Bakery", &mut transport).unwrap_err();
    seen.into_iter().filter(|response| !response.body().is_empty()).collect()
}

#[test]
fn every_page_says_that_it_is_a_stand_in_and_shuts_out_scripts_and_frames() {
    let pages = every_page(&mut smooch());
    assert!(pages.len() >= 8);
    for page in &pages {
        let html = text(page);
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
        // Chromium would not follow the redirect out of the decision otherwise.
        assert_eq!(policy.contains("form-action"), !html.contains("id=\"allow\""));
    }
}

#[test]
fn pages_cut_the_opener_where_that_is_chosen() {
    for page in every_page(&mut with(Options { coop: true, ..Options::default() })) {
        assert_eq!(header(&page, "cross-origin-opener-policy"), "same-origin");
    }
}

#[test]
fn the_elements_that_browser_tests_use_are_there() {
    let pages: String = every_page(&mut smooch()).iter().map(text).collect();
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
fn what_others_wrote_is_shown_and_not_obeyed() {
    let mut smooch = smooch();
    let hostile = "<script>alert(1)</script>\"'&amp;";
    hostile.clone_into(&mut smooch.app_mut(CORNER_BAKERY).unwrap().name);
    let token = connect(&mut smooch, hostile);
    let id = smooch.apps[CORNER_BAKERY].conversations[0].id.clone();
    let message =
        serde_json::json!({"author": {"type": "business"}, "content": {"type": "text", "text": hostile}});
    let uri = format!("/v2/apps/{CORNER_BAKERY}/conversations/{id}/messages");
    assert_eq!(super::call(&mut smooch, "POST", &uri, &token, &message.to_string()).status(), 201);

    let mut owner = Owner::new(OWNER);
    for path in ["/console".to_owned(), format!("/console/apps/{CORNER_BAKERY}")] {
        let page = owner.look(&format!("{ORIGIN}{path}"), |request| smooch.handle(&request, NOW)).unwrap();
        assert!(!page.contains("<script"), "{page}");
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;'&amp;amp;"), "{page}");
    }
    let state = "%22%3E%3Cscript%3E";
    let url = format!("{ORIGIN}/oauth/authorize?client_id=shoplifter&response_type=code&state={state}");
    assert_eq!(parameter(&allowed(&mut smooch, &url, hostile), "state").as_deref(), Some("\"><script>"));
    let tried = Owner::with_password("\"><script>", "x").look(&url, |request| smooch.handle(&request, NOW));
    assert!(tried.unwrap_err().contains("do not match"));
}

/// The cookie and the CSRF token of someone who is signed in, or of a stranger.
fn session(smooch: &mut Smooch, email: Option<&'static str>) -> (String, String) {
    let session = smooch.sessions.start(&mut smooch.random, email);
    (format!("smooch_stand_in={}", session.id), session.csrf)
}

const QUERY: &str = "client_id=shoplifter&response_type=code";

#[test]
fn a_form_without_the_token_of_its_session_does_nothing() {
    let mut smooch = smooch();
    connect(&mut smooch, "Corner Bakery");
    let codes = smooch.issued_codes().len();
    let (cookie, csrf) = session(&mut smooch, Some(OWNER));
    let (_, others) = session(&mut smooch, Some(OWNER));
    let forms = [
        (format!("/oauth/authorize/apps/{CORNER_BAKERY}?{QUERY}"), "decision=allow"),
        (format!("/oauth/authorize?{QUERY}"), "app=5deb3bf0e3ad4e0010a3f0c1"),
        (format!("/console/apps/{CORNER_BAKERY}/remove"), ""),
        ("/logout".to_owned(), ""),
        ("/login".to_owned(), "email=owner@example.com&password=demo"),
    ];
    for (uri, fields) in forms {
        for csrf in ["", "&csrf=", "&csrf=wrong", &format!("&csrf={others}")] {
            let headers =
                [("cookie", cookie.as_str()), ("content-type", "application/x-www-form-urlencoded")];
            let response = send(&mut smooch, "POST", &uri, &headers, &format!("{fields}{csrf}"));
            assert_eq!(response.status(), 403, "{uri} {csrf}");
        }
        // The token alone, without the cookie that it belongs to.
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let response = send(&mut smooch, "POST", &uri, &headers, &format!("{fields}&csrf={csrf}"));
        assert_eq!(response.status(), 403, "{uri}");
    }
    assert_eq!(smooch.issued_codes().len(), codes);
    assert_eq!(smooch.live_tokens().len(), 1);
}

/// What a signed-in owner's form answers.
fn post(smooch: &mut Smooch, email: &'static str, uri: &str, content_type: &str, fields: &str) -> Response {
    let (cookie, csrf) = session(smooch, Some(email));
    let headers = [("cookie", cookie.as_str()), ("content-type", content_type)];
    send(smooch, "POST", uri, &headers, &format!("csrf={csrf}&{fields}"))
}

#[test]
fn a_form_is_a_form_whose_fields_come_once() {
    const FORM: &str = "application/x-www-form-urlencoded";
    let decide = format!("/oauth/authorize/apps/{CORNER_BAKERY}?{QUERY}");
    let mut smooch = smooch();
    assert_eq!(post(&mut smooch, OWNER, &decide, "text/plain", "decision=allow").status(), 415);
    assert_eq!(post(&mut smooch, OWNER, &decide, FORM, "decision=deny&decision=allow").status(), 400);
    assert_eq!(post(&mut smooch, OWNER, &decide, FORM, "decision=perhaps").status(), 400);
    assert_eq!(post(&mut smooch, VICTIM, &decide, FORM, "decision=allow").status(), 404);
    assert_eq!(post(&mut smooch, OWNER, &format!("/oauth/authorize?{QUERY}"), FORM, "").status(), 400);
    let others = format!("app={HARBOUR_CLINIC}");
    assert_eq!(post(&mut smooch, OWNER, &format!("/oauth/authorize?{QUERY}"), FORM, &others).status(), 404);
    assert!(smooch.issued_codes().is_empty());
    assert_eq!(post(&mut smooch, OWNER, &decide, FORM, "decision=allow").status(), 302);
}

#[test]
fn signing_in_starts_a_session_of_its_own_in_a_cookie_no_script_reads() {
    let mut smooch = smooch();
    let page = get(&mut smooch, "/login?next=/console");
    let before = header(&page, "set-cookie").to_owned();
    assert!(before.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{before}");
    let (cookie, _) = before.split_once(';').unwrap();
    let html = text(&page);
    let (_, rest) = html.split_once("name=\"csrf\" value=\"").unwrap();
    let (csrf, _) = rest.split_once('"').unwrap();

    let headers = [("cookie", cookie), ("content-type", "application/x-www-form-urlencoded")];
    let fields = format!("csrf={csrf}&email=single%40example.com&password=demo&next=%2F%2Fevil.example");
    let response = send(&mut smooch, "POST", "/login", &headers, &fields);
    assert_eq!(response.status(), 303);
    assert_eq!(header(&response, "location"), "/console");
    assert_ne!(header(&response, "set-cookie"), before);
    // The session from before is gone, signed in or not.
    assert_eq!(send(&mut smooch, "GET", "/console", &headers, "").status(), 303);
    assert_eq!(send(&mut smooch, "POST", "/login", &headers, &fields).status(), 403);
}

#[test]
fn a_wrong_password_or_a_stranger_stays_outside() {
    let mut smooch = smooch();
    for (email, password) in [(OWNER, "wrong"), (OWNER, ""), ("stranger@example.com", "demo")] {
        let mut owner = Owner::with_password(email, password);
        let stopped = owner.allow(AUTHORIZE, "Corner Bakery", |request| smooch.handle(&request, NOW));
        assert!(stopped.unwrap_err().starts_with("401"));
    }
}

#[test]
fn signing_out_ends_the_session() {
    let mut smooch = smooch();
    let (cookie, csrf) = session(&mut smooch, Some(SINGLE));
    let headers = [("cookie", cookie.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(send(&mut smooch, "GET", "/console", &headers, "").status(), 200);
    assert_eq!(send(&mut smooch, "POST", "/logout", &headers, &format!("csrf={csrf}")).status(), 303);
    assert_eq!(send(&mut smooch, "GET", "/console", &headers, "").status(), 303);
}

#[test]
fn an_owner_sees_no_app_of_someone_else() {
    let mut smooch = smooch();
    let page = format!("{ORIGIN}/console/apps/{CORNER_BAKERY}");
    let stopped = Owner::new(VICTIM).look(&page, |request| smooch.handle(&request, NOW)).unwrap_err();
    assert!(stopped.starts_with("404"), "{stopped}");
}

#[test]
fn a_page_takes_only_the_methods_it_is_for() {
    let mut smooch = smooch();
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
