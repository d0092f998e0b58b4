//! What holds for every parser that faces the network, whatever it is given: it does not panic, what it takes is within
//! its limits, and what it has read, written down again, is read as the same.
//!
//! `tests/fuzz` gives these functions bytes that look for trouble; the tests replay what was found worth keeping.
#![expect(
    clippy::missing_panics_doc,
    reason = "all of this is test code: where it panics, a property does not hold"
)]

use edge::{
    api::path::upstream_url,
    page_check::{csp::Policies, html::tags},
    proof::Completion,
    receipt::Receipt,
    seal::{Keyring, NONCE, Purpose},
    session::Session,
    sites::Sites,
    vars::JsonText,
};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use shared::{Callback, CallbackError, Site, app_in_token, push_parameter, read_token, read_token_info};
use std::collections::BTreeSet;
use url::Url;

/// A property of a parser. It panics where it does not hold.
pub type Property = fn(&[u8]);

/// Every parser that faces the network, by the name of its fuzz target.
pub const ALL: [(&str, Property); 9] = [
    ("callback", callback),
    ("form", form),
    ("receipt", receipt),
    ("session", session),
    ("token", token),
    ("token_info", token_info),
    ("path", path),
    ("sites", sites),
    ("document", document),
];

const CLIENT: &str = "shoplifter";
const BASE: &str = "https://corner.zendesk.com/sc";

/// The query of `/callback`.
pub fn callback(data: &[u8]) {
    let Ok(query) = str::from_utf8(data) else { return };
    let Ok(read) = Callback::parse(query) else { return };
    let mut written = form_urlencoded::Serializer::new(String::new());
    if let Some(state) = &read.state {
        written.append_pair("state", &state.to_text());
    }
    if let Some(issuer) = &read.issuer {
        written.append_pair("iss", issuer);
    }
    match &read.result {
        Ok(code) => {
            assert!(
                !code.expose().is_empty() && code.expose().bytes().all(|byte| (0x20..=0x7e).contains(&byte))
            );
            written.append_pair("code", code.expose());
        }
        Err(error) => {
            let name = match error {
                CallbackError::Denied => "access_denied",
                CallbackError::Unavailable => "server_error",
                CallbackError::Client => "unauthorized_client",
                // What has no shape has none to be written in.
                CallbackError::Malformed(_) => return,
            };
            written.append_pair("error", name);
        }
    }
    let written = written.finish();
    // Written down it may be three times as long, which the limit of a query then refuses.
    let Ok(again) = Callback::parse(&written) else {
        assert!(written.len() > query.len(), "{written}");
        return;
    };
    assert_eq!(again.state, read.state);
    assert_eq!(again.issuer, read.issuer);
    let code = |callback: &Callback| {
        callback.result.as_ref().map(|code| code.expose().to_owned()).map_err(|error| *error)
    };
    assert_eq!(code(&again), code(&read));
}

/// The body of `/complete`.
pub fn form(data: &[u8]) {
    let known = ["receipt", "verifier", "session", "started_session", "again"];
    let pairs: Vec<_> =
        form_urlencoded::parse(data).filter(|(name, _)| known.contains(&name.as_ref())).collect();
    let names: BTreeSet<_> = pairs.iter().map(|(name, _)| name).collect();
    let Ok(read) = Completion::parse(data) else {
        assert!(names.len() < pairs.len(), "a form that says nothing twice is refused");
        return;
    };
    assert_eq!(names.len(), pairs.len(), "a parameter that stands there twice");
    for name in known {
        let sent = pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_ref());
        assert_eq!(field(&read, name), sent, "{name}");
    }
    // Written as the page writes it.
    let mut written = String::new();
    for name in known {
        if let Some(value) = field(&read, name) {
            push_parameter(&mut written, name, value);
        }
    }
    let again = Completion::parse(written.as_bytes()).expect("what is written is read");
    for name in known {
        assert_eq!(field(&again, name), field(&read, name), "{name}");
    }
}

fn field<'a>(completion: &'a Completion, name: &str) -> Option<&'a str> {
    let field = match name {
        "receipt" => &completion.receipt,
        "verifier" => &completion.verifier,
        "session" => &completion.session,
        "started_session" => &completion.started_session,
        _ => &completion.again,
    };
    field.as_deref()
}

/// A receipt: no text opens that was not sealed; and what was sealed is read as it is written.
pub fn receipt(data: &[u8]) {
    let keyring = keyring();
    if let Ok(text) = str::from_utf8(data) {
        assert!(Receipt::open(&keyring, CLIENT, text).is_err(), "a forgery opens");
    }
    let sealed = keyring.seal(Purpose::Receipt, CLIENT, data, &[7; NONCE]);
    assert!(Session::open(&keyring, CLIENT, &sealed).is_err(), "a receipt is no session");
    let Ok(read) = Receipt::open(&keyring, CLIENT, &sealed) else { return };
    let written = read.seal(&keyring, CLIENT, &[8; NONCE]);
    let again =
        Receipt::open(&keyring, CLIENT, &written).map(|again| again.seal(&keyring, CLIENT, &[8; NONCE]));
    assert_eq!(again.as_ref(), Ok(&written));
}

/// A session, likewise.
pub fn session(data: &[u8]) {
    let keyring = keyring();
    if let Ok(text) = str::from_utf8(data) {
        assert!(Session::open(&keyring, CLIENT, text).is_err(), "a forgery opens");
    }
    let sealed = keyring.seal(Purpose::Session, CLIENT, data, &[7; NONCE]);
    assert!(Receipt::open(&keyring, CLIENT, &sealed).is_err(), "a session is no receipt");
    let Ok(read) = Session::open(&keyring, CLIENT, &sealed) else { return };
    let written = read.seal(&keyring, CLIENT, &[8; NONCE]);
    let again =
        Session::open(&keyring, CLIENT, &written).map(|again| again.seal(&keyring, CLIENT, &[8; NONCE]));
    assert_eq!(again.as_ref(), Ok(&written));
}

/// The answer of the token endpoint; the first byte chooses its status.
pub fn token(data: &[u8]) {
    let Some((first, body)) = data.split_first() else { return };
    let status = status(*first);
    let Ok(token) = read_token(status, body) else { return };
    assert!([200, 201].contains(&status) && token.expose().len() <= body.len());
    assert!(!token.expose().contains(|letter: char| letter.is_whitespace() || letter.is_control()));
    let written = json!({"access_token": token.expose(), "token_type": "Bearer"}).to_string();
    let again = read_token(200, written.as_bytes()).map(|again| again.expose().to_owned());
    assert_eq!(again.as_deref(), Ok(token.expose()));
    let _hint = app_in_token(&token);
}

/// The answer of tokenInfo; the first byte chooses its status.
pub fn token_info(data: &[u8]) {
    let Some((first, body)) = data.split_first() else { return };
    let Ok(app) = read_token_info(status(*first), body) else { return };
    let (name, subdomain) = (app.name.as_deref(), app.subdomain.as_ref().map(shared::Subdomain::as_str));
    assert!(
        subdomain.is_none_or(|label| label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
    );
    assert!(name.is_none_or(|name| !name.contains(char::is_control)));
    let written =
        json!({"app": {"id": app.id.as_str(), "displayName": name, "subdomain": subdomain}}).to_string();
    assert_eq!(read_token_info(200, written.as_bytes()).ok(), Some(app));
}

/// The path of a call through the edge, and after a line's end its query.
pub fn path(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let (path, query) = text.split_once('\n').unwrap_or((text, ""));
    let Some(written) = upstream_url(BASE, path, query) else { return };
    assert!(written.len() <= BASE.len() + 2 + 3 * text.len());
    let url = Url::parse(&written).expect("an address is a URL");
    assert_eq!((url.scheme(), url.host_str(), url.port()), ("https", Some("corner.zendesk.com"), None));
    assert_eq!((url.username(), url.password(), url.fragment()), ("", None, None));
    let below = url.path().strip_prefix("/sc/").expect("it is below the base");
    for segment in below.split('/') {
        let decoded = percent_decode_str(segment).decode_utf8_lossy();
        assert!(
            !["..", "."].contains(&decoded.as_ref()) && !decoded.contains(['/', '\\', '\0']),
            "{written}"
        );
    }
    // An empty query is written without its mark.
    let without_mark = written.strip_suffix('?').filter(|_| url.query() == Some(""));
    let again = upstream_url(BASE, below, url.query().unwrap_or_default());
    assert_eq!(again.as_deref(), Some(without_mark.unwrap_or(&written)));
}

/// The setting `SITES`.
pub fn sites(data: &[u8]) {
    let Some(json) = str::from_utf8(data).ok().and_then(JsonText::new) else { return };
    let Ok(value) = serde_json::from_slice::<Value>(data) else { return };
    let names: Vec<Site> =
        value.as_object().into_iter().flatten().filter_map(|(name, _)| Site::parse(name)).collect();
    let Some(sites) = Sites::read(&json) else { return };
    let names: Vec<_> = names.iter().filter(|name| sites.find(name).is_ok()).collect();
    let mut written = serde_json::Map::new();
    for &name in &names {
        let site = sites.find(name).expect("filtered above");
        let (origin, return_to) = (site.origin.as_str(), site.return_to.as_str());
        assert_eq!(Url::parse(return_to).expect("a URL").origin().ascii_serialization(), origin);
        let described =
            json!({"origin": origin, "return_to": return_to, "require_session": site.require_session});
        written.insert(name.as_str().into(), described);
    }
    let written = JsonText::new(&Value::Object(written).to_string()).expect("what is written is JSON");
    let again = Sites::read(&written).expect("it is an object");
    assert!(again.faults().is_empty(), "what was taken is taken again");
    for name in names {
        let of = |sites: &Sites| {
            sites.find(name).ok().map(|site| {
                (site.origin.as_str().to_owned(), site.return_to.as_str().to_owned(), site.require_session)
            })
        };
        assert_eq!(of(&again), of(&sites));
    }
}

/// A return page: its policy, and after a line's end its HTML.
pub fn document(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let (policy, html) = text.split_once('\n').unwrap_or((text, ""));
    let (mut policies, mut again) = (Policies::default(), Policies::default());
    policies.add(policy);
    again.add(&policies.text());
    assert_eq!(again.text(), policies.text());
    let url = |text| Url::parse(text).expect("a URL");
    let (page, edge) = (url("https://shop.example/done"), url(BASE));
    assert_eq!(again.blocked(&page, &edge, None), policies.blocked(&page, &edge, None));

    let read = |html: &str| -> Vec<(String, Vec<(String, String)>)> {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        tags(html).map(|tag| (tag.name().to_owned(), tag.attributes().map(owned).collect())).collect()
    };
    let all = read(html);
    assert!(all.len() <= html.matches('<').count());
    let mut written = String::new();
    for (name, attributes) in &all {
        written.extend(["<", name]);
        for (name, value) in attributes {
            let quote = ["\"", "'"].into_iter().find(|quote| !value.contains(quote)).unwrap_or_default();
            written.extend([" ", name, "=", quote, value, quote]);
        }
        written.push('>');
        // The content of some elements is text up to their end tag. A name with a `<` is of none of them, and would begin
        // another tag there.
        if !name.contains('<') {
            written.extend(["</", name, ">"]);
        }
    }
    assert_eq!(read(&written), all, "{written}");
}

fn keyring() -> Keyring {
    Keyring::parse("k1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=").expect("a key")
}

const fn status(byte: u8) -> u16 {
    match byte {
        b'0' => 400,
        b'1' => 401,
        b'2' => 201,
        b'3' => 302,
        b'5' => 500,
        _ => 200,
    }
}
