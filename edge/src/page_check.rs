//! `GET /setup.json`: what the setup page cannot see by itself, as a browser does not show one site's page to another:
//! whether a site is in the settings, and whether its return page is there and has the button.
//!
//! What is asked for is only ever a `return_to` of the settings, which `/callback` tells anybody who names the site. It
//! is asked for once, without anything of ours, no redirect is followed, and nothing of its content is told.

use crate::{
    connections::query,
    csp::{Policies, Wanted},
    html::{Tag, behind, tags},
    http::{Response, Target},
    log::Report,
    platform::{Document, FetchError, Outgoing, Platform},
    problem::Problem,
    settings::Settings,
    sites::{SiteError, SiteSettings},
};
use shared::{
    Endpoint, ErrorCode, Provider, Site,
    facts::{Attribute, Facts, HtmlFacts, PageFact, SESSION_PLACEHOLDER, ScriptFact, SiteFact},
};
use url::Url;

/// A person waits, and a page that takes longer is not well either.
const TIMEOUT: u32 = 5_000;

/// Pages that carry their data inline are long; of those that are longer, the beginning has to do.
pub const LONGEST_PAGE: usize = 512 * 1024;

/// A host's name has 253 characters at the most, and there is a port.
const LONGEST_HOST: usize = 260;

/// Answers with [`Facts`] about the site of `?site=` and `?origin=`.
///
/// 1. A site is spoken of only to whom names it and its origin.
/// 2. Its return page is asked for, once.
/// 3. What stands there is held against the settings.
///
/// # Errors
///
/// `invalid_request` if one of the two is missing or has another shape, or if there is anything else.
pub async fn check(
    settings: &Settings,
    platform: &impl Platform,
    target: &Target<'_>,
    report: &mut Report,
) -> Result<Response, Problem> {
    let [name, origin] = query(target.query, ["site", "origin"])?;
    let name = name.as_deref().and_then(Site::parse);
    let (Some(name), Some(origin)) = (name, origin.filter(|origin| is_like_an_origin(origin))) else {
        return Err(ErrorCode::InvalidRequest.into());
    };
    let sites = &settings.sites;
    let answer = |site, require_session, page| {
        let facts = Facts { site, require_session, page };
        Ok(Response::json(200, &facts))
    };
    let site = match sites.find(&name) {
        Ok(site) => site,
        Err(SiteError::Closed) => return Err(ErrorCode::Misconfigured.into()),
        Err(SiteError::Unknown) if sites.has_origin(&origin) => {
            return answer(SiteFact::OtherName, None, None);
        }
        Err(SiteError::Unknown) => return answer(SiteFact::Unknown, None, None),
    };
    if site.origin.as_str() != origin {
        return answer(SiteFact::OtherOrigin, None, None);
    }
    report.site = Some(name.as_str().into());
    let page = if target.is_own(&origin) {
        PageFact::OnTheEdge
    } else {
        let started = platform.now();
        let headers = [("accept", "text/html")];
        let url = site.return_to.as_str();
        let request = Outgoing { method: "GET", url, headers: &headers, body: None, timeout: TIMEOUT };
        let document = platform.load(request, LONGEST_PAGE).await;
        report.upstream += platform.now().saturating_sub(started);
        page(document, settings, (&name, site), target.origin)
    };
    answer(SiteFact::Known, Some(site.require_session), Some(page))
}

/// Whether a text could be an origin. Which one it is, is a matter of comparing.
fn is_like_an_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| {
        (1..=LONGEST_HOST).contains(&host.len()) && host.bytes().all(|byte| byte.is_ascii_graphic())
    })
}

fn page(
    document: Result<Document, FetchError>,
    settings: &Settings,
    (name, site): (&Site, &SiteSettings),
    edge: &str,
) -> PageFact {
    let Ok(document) = document else { return PageFact::Unreachable };
    match document.status {
        200..=299 if document.header("content-type").is_some_and(|kind| behind(kind, "html").is_some()) => {}
        200..=299 => return PageFact::OtherType,
        status @ 300..=399 => return PageFact::Redirect { status },
        status => return PageFact::Error { status },
    }
    // Both were read as URLs before.
    let (Ok(page), Ok(edge)) = (Url::parse(site.return_to.as_str()), Url::parse(edge)) else {
        return PageFact::Unreachable;
    };
    let mut base = page.clone();
    let mut policies = Policies::default();
    for (_, value) in document.headers.iter().filter(|(name, _)| name == "content-security-policy") {
        policies.add(value);
    }
    let mut script: Option<(ScriptFact, Wanted)> = None;
    let mut button: Option<(bool, Vec<Attribute>)> = None;
    for tag in tags(&String::from_utf8_lossy(&document.body)) {
        if tag.is("base") {
            let href = tag.attribute("href");
            base = href.and_then(|href| page.join(&href).ok()).unwrap_or(base);
        } else if tag.is("meta") {
            let kind = tag.attribute("http-equiv").unwrap_or_default();
            if kind.eq_ignore_ascii_case("content-security-policy") {
                policies.add(&tag.attribute("content").unwrap_or_default());
            }
        } else if tag.is("script") {
            let src = tag.attribute("src").and_then(|src| base.join(src.trim()).ok());
            let found = src.and_then(|src| loaded(&tag, src, &edge));
            // The one that does the most counts, as two of them do no harm.
            if found
                .as_ref()
                .is_some_and(|(fact, _)| script.as_ref().is_none_or(|(known, _)| rank(*fact) < rank(*known)))
            {
                script = found;
            }
        } else if tag.is("add-to-smooch") {
            let site_named = tag.attribute("site").filter(|site| !site.is_empty());
            let is_ours = site_named.as_deref().unwrap_or("main") == name.as_str();
            if button.as_ref().is_none_or(|(known, _)| is_ours && !known) {
                button = Some((is_ours, wrong(&tag, is_ours, settings, site)));
            }
        }
    }
    let blocked = policies.blocked(&page, &edge, script.as_ref().map(|(_, wanted)| wanted));
    PageFact::Html(HtmlFacts {
        cut: document.is_cut,
        script: script.map_or(ScriptFact::Missing, |(fact, _)| fact),
        button: button.is_some(),
        wrong: button.map(|(_, wrong)| wrong).unwrap_or_default(),
        blocked,
    })
}

/// Which of our scripts a tag loads, if it is one.
fn loaded(tag: &Tag<'_>, url: Url, edge: &Url) -> Option<(ScriptFact, Wanted)> {
    if !url.path().ends_with("/add-to-smooch.js") {
        return None;
    }
    let integrity = tag.attribute("integrity").filter(|digest| !digest.trim().is_empty());
    let is_module = tag.attribute("type").is_some_and(|kind| kind.trim().eq_ignore_ascii_case("module"));
    let fact = if url.origin() != edge.origin() {
        ScriptFact::Elsewhere
    } else if !is_module {
        ScriptFact::NotModule
    } else if url.path().starts_with("/embed/") {
        ScriptFact::Pinned
    } else if integrity.is_some() {
        ScriptFact::FloatingWithDigest
    } else {
        ScriptFact::Floating
    };
    let nonce = tag.attribute("nonce").map(Into::into);
    Some((fact, Wanted { url, nonce, integrity: integrity.map(Into::into) }))
}

const fn rank(fact: ScriptFact) -> u8 {
    match fact {
        ScriptFact::Floating | ScriptFact::Pinned => 0,
        ScriptFact::FloatingWithDigest => 1,
        ScriptFact::NotModule => 2,
        ScriptFact::Elsewhere => 3,
        ScriptFact::Missing => 4,
    }
}

/// The attributes of an element that are not as the settings ask for.
fn wrong(tag: &Tag<'_>, is_ours: bool, settings: &Settings, site: &SiteSettings) -> Vec<Attribute> {
    let filled = |name| tag.attribute(name).filter(|value| !value.is_empty());
    let authorize_url = filled("authorize-url");
    let authorize_url = Endpoint::parse(authorize_url.as_deref().unwrap_or(Provider::Smooch.authorize()));
    let vouched = filled("session").is_some_and(|session| session != SESSION_PLACEHOLDER);
    [
        (Attribute::Site, is_ours),
        (Attribute::ClientId, filled("client-id").as_deref() == Some(&settings.client_id)),
        (Attribute::AuthorizeUrl, authorize_url.as_ref() == Ok(&settings.authorize_url)),
        (Attribute::Pkce, tag.attribute("pkce").is_some() == settings.pkce),
        (Attribute::Session, vouched || !site.require_session),
    ]
    .into_iter()
    .filter_map(|(attribute, is_right)| (!is_right).then_some(attribute))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::facts::Blocked;

    /// What is written here is what the setup page reads, for every code there is.
    #[track_caller]
    fn check(site: SiteFact, page: Option<PageFact>) {
        let facts = Facts { site, require_session: page.as_ref().map(|_| true), page };
        assert_eq!(serde_json::from_str::<Facts>(&shared::to_json(&facts)).unwrap(), facts);
    }

    #[test]
    fn what_is_written_is_read() {
        for site in [SiteFact::Known, SiteFact::OtherOrigin, SiteFact::OtherName, SiteFact::Unknown] {
            check(site, None);
        }
        let (redirect, error) = (PageFact::Redirect { status: 302 }, PageFact::Error { status: 404 });
        for page in [PageFact::OtherType, redirect, error, PageFact::Unreachable, PageFact::OnTheEdge] {
            check(SiteFact::Known, Some(page));
        }
        for script in [
            ScriptFact::Floating,
            ScriptFact::Pinned,
            ScriptFact::FloatingWithDigest,
            ScriptFact::NotModule,
            ScriptFact::Elsewhere,
            ScriptFact::Missing,
        ] {
            let wrong = [
                Attribute::Site,
                Attribute::ClientId,
                Attribute::AuthorizeUrl,
                Attribute::Pkce,
                Attribute::Session,
            ];
            let (wrong, blocked) = (wrong.into(), [Blocked::Script, Blocked::Wasm, Blocked::Connect].into());
            check(
                SiteFact::Known,
                Some(PageFact::Html(HtmlFacts { cut: true, script, button: false, wrong, blocked })),
            );
        }
    }
}
