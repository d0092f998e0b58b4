//! The partner's sites: the pages that may start and finish a flow, and the page that people return to.
//!
//! Only the settings decide where a browser is redirected to. No part of a request does.

use crate::{fault::Fault, vars::VarObject};
use serde::Deserialize;
use shared::{Endpoint, EndpointError, ErrorCode, Origin, Site};

/// All sites, by name. A site whose settings are wrong is closed; the others work.
#[derive(Debug, Default)]
pub struct Sites {
    open: Vec<(Site, SiteSettings)>,
    closed: Vec<Site>,
    faults: Vec<Fault>,
}

/// The settings of one site.
#[derive(Debug)]
pub struct SiteSettings {
    /// The origin of its pages.
    pub origin: Origin,
    /// The page that finishes the flow. It is on `origin`.
    pub return_to: Endpoint,
    /// `true` if a flow of this site needs a session.
    pub require_session: bool,
}

/// The settings of one site as the partner writes them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SiteVar {
    origin: String,
    return_to: String,
    #[serde(default)]
    require_session: bool,
}

impl Sites {
    /// Parses the setting `SITES`: `{name: {origin, return_to, require_session?}}`. `None` if it is not an object.
    #[must_use]
    pub fn read(object: &impl VarObject) -> Option<Self> {
        let mut sites = Self::default();
        for (name, value) in object.entries()? {
            sites.add(&name, value.read());
        }
        Some(sites)
    }

    fn add(&mut self, name: &str, site: Option<SiteVar>) {
        let Some(id) = Site::parse(name).filter(|site| site.as_str() != Site::HOSTED) else {
            return self
                .fault("SITES", "must name each site with 1 to 32 of a-z, 0-9 and -, and not `hosted`");
        };
        if self.find(&id).is_ok() || self.closed.contains(&id) {
            return self.fault(&format!("SITES.{name}"), "is set twice; the second is ignored");
        }
        match self.check(name, site) {
            Some(settings) => self.open.push((id, settings)),
            None => self.closed.push(id),
        }
    }

    /// The checked settings of a site, or `None` and its faults.
    fn check(&mut self, name: &str, site: Option<SiteVar>) -> Option<SiteSettings> {
        let Some(SiteVar { origin, return_to, require_session }) = site else {
            self.fault(&format!("SITES.{name}"), "must be {origin, return_to, require_session?}");
            return None;
        };
        let origin = Origin::parse(&origin).map_err(EndpointError::message);
        let origin = origin.map_err(|problem| self.fault(&format!("SITES.{name}.origin"), problem));
        let return_to = Endpoint::parse(&return_to).map_err(EndpointError::message);
        let return_to = return_to.map_err(|problem| self.fault(&format!("SITES.{name}.return_to"), problem));
        let (Ok(origin), Ok(return_to)) = (origin, return_to) else { return None };
        if return_to.origin() != origin {
            self.fault(&format!("SITES.{name}.return_to"), "must be on the site's own origin");
            return None;
        }
        Some(SiteSettings { origin, return_to, require_session })
    }

    fn fault(&mut self, setting: &str, problem: &'static str) {
        self.faults.push(Fault::new(setting, problem));
    }

    /// The settings of a site.
    ///
    /// # Errors
    ///
    /// [`SiteError::Closed`] if its settings are wrong, [`SiteError::Unknown`] if there is no such site.
    pub fn find(&self, site: &Site) -> Result<&SiteSettings, SiteError> {
        match self.open.iter().find(|(name, _)| name == site) {
            Some((_, settings)) => Ok(settings),
            None if self.closed.contains(site) => Err(SiteError::Closed),
            None => Err(SiteError::Unknown),
        }
    }

    /// `true` if an open site has this origin.
    #[must_use]
    pub fn has_origin(&self, origin: &str) -> bool {
        self.open.iter().any(|(_, settings)| settings.origin.as_str() == origin)
    }

    /// All faults of the setting SITES.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }
}

/// A site cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SiteError {
    /// The settings have no site of this name.
    Unknown,
    /// Its settings are wrong; `/healthz` and the log name them.
    Closed,
}

impl SiteError {
    /// The error code of the response: `misconfigured` for a closed site, `unknown` for a site that does not exist.
    #[must_use]
    pub const fn code(self, unknown: ErrorCode) -> ErrorCode {
        match self {
            Self::Unknown => unknown,
            Self::Closed => ErrorCode::Misconfigured,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vars::JsonText;
    use serde_json::{Value, json};

    #[expect(clippy::needless_pass_by_value, reason = "so that a case is one line")]
    fn read(sites: Value) -> Sites {
        Sites::read(&sites).unwrap()
    }

    fn site(name: &str) -> Site {
        Site::parse(name).unwrap()
    }

    #[test]
    fn a_site_is_found_by_its_name() {
        let sites = read(json!({
            "main": {"origin": "https://a.example", "return_to": "https://a.example/done?x=1", "require_session": true},
            "local": {"origin": "http://127.0.0.1:8789", "return_to": "http://127.0.0.1:8789/"},
        }));
        let main = sites.find(&site("main")).unwrap();
        assert_eq!(main.return_to.as_str(), "https://a.example/done?x=1");
        assert!(main.require_session);
        assert_eq!(sites.find(&site("other")).err(), Some(SiteError::Unknown));
        assert!(sites.has_origin("http://127.0.0.1:8789"));
        assert!(!sites.has_origin("http://127.0.0.1:8790"));
        assert_eq!(sites.faults(), []);
    }

    #[track_caller]
    fn check(origin: &str, return_to: &str, expected: &str) {
        let sites = read(json!({"main": {"origin": origin, "return_to": return_to}}));
        let names: Vec<&str> = sites.faults().iter().map(|fault| fault.setting.as_str()).collect();
        assert_eq!(names, [expected], "{origin} {return_to}");
        assert_eq!(sites.find(&site("main")).err(), Some(SiteError::Closed));
    }

    #[test]
    fn a_return_page_on_another_origin_is_refused() {
        const ORIGIN: &str = "https://a.example";
        let rejected = |return_to| check(ORIGIN, return_to, "SITES.main.return_to");
        rejected("https://b.example/");
        rejected("https://a.example.b.example/");
        rejected("https://a.example@b.example/");
        rejected("https://a.example:8443/");
        rejected("https:\\\\b.example/");
        rejected("//b.example/");
        rejected("http://a.example/");
        rejected("javascript:alert(1)");
        rejected("https://a.example/#x");
        rejected("https://b.example\\@a.example/");
        rejected("\thttps://b.example/");
        for elsewhere in [
            "https:b.example",
            "https:/b.example",
            "https:///b.example",
            "https://b.example\\.a.example/",
            "https://a.example\u{3002}b.example/",
            "https://a.example%2eb.example/",
            "https://a.example%00.b.example/",
            "https://a.example%2f@b.example/",
            "https://a.example:@b.example/",
            "https://a.example:443@b.example/",
            "https://a.exam\nple.b.example/",
            "https://a.example.:443/",
            "https://A.EXAMPLE.b.example/",
            "https://\u{ff41}.example.b.example/",
            "https://[::ffff:127.0.0.1]/",
            "data:text/html,https://a.example/",
            "blob:https://a.example/x",
            "ftp://a.example/",
            "/connected",
            "",
        ] {
            rejected(elsewhere);
        }
        check("https://a.example/", "https://a.example/", "SITES.main.origin");
        check("*", "https://a.example/", "SITES.main.origin");
    }

    #[test]
    fn a_wrong_name_or_shape_closes_the_site() {
        let right = json!({"origin": "https://a.example", "return_to": "https://a.example/"});
        let faults =
            |sites: Value| read(sites).faults().iter().map(|fault| fault.setting.clone()).collect::<Vec<_>>();
        assert_eq!(faults(json!({"Main": right})), ["SITES"]);
        assert_eq!(faults(json!({"hosted": right})), ["SITES"]);
        assert_eq!(faults(json!({"main": {"origin": "https://a.example"}})), ["SITES.main"]);
        assert_eq!(faults(json!({"main": ["https://a.example", "https://a.example/"]})), ["SITES.main"]);
        let mut unknown_field = right.clone();
        unknown_field["returnTo"] = json!("https://a.example/");
        assert_eq!(faults(json!({"main": unknown_field, "shop": right})), ["SITES.main"]);
        assert!(Sites::read(&json!([])).is_none());
    }

    #[test]
    fn a_repeated_site_is_named_and_the_first_is_used() {
        let text = r#"{"main":{"origin":"https://a.example","return_to":"https://a.example/"},
            "main":{"origin":"https://b.example","return_to":"https://b.example/"}}"#;
        let sites = Sites::read(&JsonText::new(text).unwrap()).unwrap();
        assert_eq!(sites.find(&site("main")).unwrap().origin.as_str(), "https://a.example");
        assert_eq!(
            sites.faults().iter().map(|fault| fault.setting.as_str()).collect::<Vec<_>>(),
            ["SITES.main"]
        );
    }
}
