//! Compares a return page with the settings. It does no I/O.

use super::{
    csp::{Policies, ScriptTag},
    html::{Tag, after, tags},
};
use crate::{platform::Document, settings::Settings, sites::SiteSettings};
use shared::{
    Endpoint, Provider, Site,
    facts::{Attribute, HtmlFacts, PageFact, SESSION_PLACEHOLDER, ScriptFact},
};
use url::Url;

/// The settings that a page is compared with.
pub(super) struct PageContext<'a> {
    /// The settings of the deployment.
    pub(super) settings: &'a Settings,
    /// The name of the page's site.
    pub(super) name: &'a Site,
    /// The settings of the page's site.
    pub(super) site: &'a SiteSettings,
    /// The origin of the edge.
    pub(super) edge: &'a str,
}

/// The result of the check of the button's tag.
struct Button {
    /// `true` if the tag names the checked site.
    is_of_site: bool,
    wrong: Vec<Attribute>,
}

/// The facts about a loaded page:
///
/// 1. Check the status and the type.
/// 2. Collect the content security policies of the headers and the `meta` tags.
/// 3. Find the script tag and the button's tag. If there are several, the best script and the button of this site
///    count.
/// 4. Check which requests of the button the policies block.
pub(super) fn page_fact(document: &Document, context: &PageContext<'_>) -> PageFact {
    match document.status {
        200..=299 if document.header("content-type").is_some_and(|kind| after(kind, "html").is_some()) => {}
        200..=299 => return PageFact::OtherType,
        status @ 300..=399 => return PageFact::Redirect { status },
        status => return PageFact::Error { status },
    }
    // Both are valid URLs: one comes from the settings, the other from the request.
    let (Ok(page), Ok(edge)) = (Url::parse(context.site.return_to.as_str()), Url::parse(context.edge)) else {
        return PageFact::Unreachable;
    };
    let mut base = page.clone();
    let mut policies = Policies::default();
    for (_, value) in document.headers.iter().filter(|(name, _)| name == "content-security-policy") {
        policies.add(value);
    }
    let mut script: Option<(ScriptFact, ScriptTag)> = None;
    let mut button: Option<Button> = None;
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
            let found = src.and_then(|src| script_fact(&tag, src, &edge));
            let best = script.as_ref().map_or(u8::MAX, |(fact, _)| severity(*fact));
            if found.as_ref().is_some_and(|(fact, _)| severity(*fact) < best) {
                script = found;
            }
        } else if tag.is("add-to-smooch") {
            let site = tag.attribute("site").filter(|site| !site.is_empty());
            let is_of_site = site.as_deref().unwrap_or("main") == context.name.as_str();
            if button.as_ref().is_none_or(|known| is_of_site && !known.is_of_site) {
                button = Some(Button { is_of_site, wrong: wrong_attributes(&tag, is_of_site, context) });
            }
        }
    }
    let blocked = policies.blocked(&page, &edge, script.as_ref().map(|(_, tag)| tag));
    PageFact::Html(HtmlFacts {
        cut: document.is_cut,
        script: script.map_or(ScriptFact::Missing, |(fact, _)| fact),
        button: button.is_some(),
        wrong: button.map(|button| button.wrong).unwrap_or_default(),
        blocked,
    })
}

/// The kind of a script tag with this `src`. `None` if it does not load the button.
fn script_fact(tag: &Tag<'_>, src: Url, edge: &Url) -> Option<(ScriptFact, ScriptTag)> {
    if !src.path().ends_with("/add-to-smooch.js") {
        return None;
    }
    let integrity = tag.attribute("integrity").filter(|digest| !digest.trim().is_empty());
    let is_module = tag.attribute("type").is_some_and(|kind| kind.trim().eq_ignore_ascii_case("module"));
    let fact = if src.origin() != edge.origin() {
        ScriptFact::Elsewhere
    } else if !is_module {
        ScriptFact::NotModule
    } else if src.path().starts_with("/embed/") {
        ScriptFact::Pinned
    } else if integrity.is_some() {
        ScriptFact::FloatingWithDigest
    } else {
        ScriptFact::Floating
    };
    let nonce = tag.attribute("nonce").map(Into::into);
    Some((fact, ScriptTag { url: src, nonce, integrity: integrity.map(Into::into) }))
}

/// Orders scripts: 0 works, higher is worse.
const fn severity(fact: ScriptFact) -> u8 {
    match fact {
        ScriptFact::Floating | ScriptFact::Pinned => 0,
        ScriptFact::FloatingWithDigest => 1,
        ScriptFact::NotModule => 2,
        ScriptFact::Elsewhere => 3,
        ScriptFact::Missing => 4,
    }
}

/// The attributes of the button's tag that differ from the settings.
fn wrong_attributes(tag: &Tag<'_>, is_of_site: bool, context: &PageContext<'_>) -> Vec<Attribute> {
    let PageContext { settings, site, .. } = context;
    let filled = |name| tag.attribute(name).filter(|value| !value.is_empty());
    let authorize_url = filled("authorize-url");
    let authorize_url = Endpoint::parse(authorize_url.as_deref().unwrap_or(Provider::Smooch.authorize()));
    let has_session = filled("session").is_some_and(|session| session != SESSION_PLACEHOLDER);
    [
        (Attribute::Site, is_of_site),
        (Attribute::ClientId, filled("client-id").as_deref() == Some(&settings.client_id)),
        (Attribute::AuthorizeUrl, authorize_url.as_ref() == Ok(&settings.authorize_url)),
        (Attribute::Pkce, tag.attribute("pkce").is_some() == settings.pkce),
        (Attribute::Session, has_session || !site.require_session),
    ]
    .into_iter()
    .filter_map(|(attribute, is_right)| (!is_right).then_some(attribute))
    .collect()
}
