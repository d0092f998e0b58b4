//! `GET /setup.json`: checks a site's return page for the setup page, which cannot read pages of other origins
//! itself.
//!
//! It requests only the `return_to` of a site in the settings; `/callback` redirects anybody there anyway. It sends one
//! request without any credentials, follows no redirect, and responds with facts, never with content of the page.

pub mod csp;
pub mod html;
mod page;

use crate::{
    http::{Response, Target},
    log::Report,
    platform::{Outgoing, Platform},
    problem::Problem,
    query,
    settings::Settings,
    sites::{SiteError, SiteSettings},
};
use page::{PageContext, page_fact};
use shared::{
    ErrorCode, Site,
    facts::{Facts, PageFact, SiteFact},
};

/// Timeout for the return page in milliseconds. A person is waiting, and a slower page is a problem in itself.
const TIMEOUT: u32 = 5_000;

/// Maximum number of bytes of the return page that are read. Pages with inline data can be longer; then only the
/// beginning is checked.
pub const MAX_PAGE: usize = 512 * 1024;

/// Maximum length of host and port in characters: a host name has at most 253.
const MAX_HOST: usize = 260;

/// Responds with the [`Facts`] about a site: `?site=&origin=`.
///
/// 1. Parse the query.
/// 2. Find the site. If name and origin do not both match, respond only with the part that matches, if any.
/// 3. Request the return page.
/// 4. Compare the page with the settings.
///
/// # Errors
///
/// `invalid_request` for a missing, unknown or malformed parameter, `misconfigured` for a site with wrong settings.
pub async fn check(
    settings: &Settings,
    platform: &impl Platform,
    target: &Target<'_>,
    report: &mut Report,
) -> Result<Response, Problem> {
    let [name, origin] = query::parse(target.query, ["site", "origin"])?;
    let name = name.as_deref().and_then(Site::parse).ok_or(ErrorCode::InvalidRequest)?;
    let origin = origin.filter(|origin| looks_like_origin(origin)).ok_or(ErrorCode::InvalidRequest)?;
    let only_site = |site| Ok(Response::json(200, &Facts { site, require_session: None, page: None }));
    let site = match settings.sites.find(&name) {
        Ok(site) if site.origin.as_str() == origin => site,
        Ok(_) => return only_site(SiteFact::OtherOrigin),
        Err(SiteError::Closed) => return Err(ErrorCode::Misconfigured.into()),
        Err(SiteError::Unknown) if settings.sites.has_origin(&origin) => {
            return only_site(SiteFact::OtherName);
        }
        Err(SiteError::Unknown) => return only_site(SiteFact::Unknown),
    };
    report.site = Some(name.as_str().into());
    let page = if target.is_own_origin(&origin) {
        PageFact::OnTheEdge
    } else {
        let context = PageContext { settings, name: &name, site, edge: target.origin };
        check_page(platform, site, &context, report).await
    };
    let facts =
        Facts { site: SiteFact::Known, require_session: Some(site.require_session), page: Some(page) };
    Ok(Response::json(200, &facts))
}

async fn check_page(
    platform: &impl Platform,
    site: &SiteSettings,
    context: &PageContext<'_>,
    report: &mut Report,
) -> PageFact {
    let headers = [("accept", "text/html")];
    let url = site.return_to.as_str();
    let request = Outgoing { method: "GET", url, headers: &headers, body: None, timeout: TIMEOUT };
    let started = platform.now();
    let document = platform.load(request, MAX_PAGE).await;
    report.upstream += platform.now().saturating_sub(started);
    document.map_or(PageFact::Unreachable, |document| page_fact(&document, context))
}

/// `true` if a text has roughly the form of an origin. It is only compared with the origins in the settings.
fn looks_like_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| {
        (1..=MAX_HOST).contains(&host.len()) && host.bytes().all(|byte| byte.is_ascii_graphic())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::facts::{Attribute, Blocked, HtmlFacts, ScriptFact};

    /// The setup page parses exactly the JSON that the edge writes.
    #[track_caller]
    fn check(site: SiteFact, page: Option<PageFact>) {
        let facts = Facts { site, require_session: page.as_ref().map(|_| true), page };
        assert_eq!(serde_json::from_str::<Facts>(&shared::to_json(&facts)).unwrap(), facts);
    }

    #[test]
    fn all_facts_parse_back_from_their_json() {
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
