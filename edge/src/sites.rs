//! The partner's sites: which pages may start and finish a flow, and where people are sent back to.
//!
//! Where a person lands is fixed here and by nothing that a request carries.

use crate::settings::Fault;
use shared::{Endpoint, Json, Origin, Site};

/// All sites, by name.
#[derive(Debug)]
pub struct Sites(Vec<(Site, SiteSettings)>);

/// A site as it is set.
struct Described {
    origin: String,
    return_to: String,
    require_session: bool,
}

/// What is set of a site.
#[derive(Debug)]
pub struct SiteSettings {
    /// The origin of its pages.
    pub origin: Origin,
    /// The page that finishes the flow, on that origin.
    pub return_to: Endpoint,
    /// Whether its users must be vouched for by a session.
    pub require_session: bool,
}

impl Described {
    fn from_json(mut json: Json) -> Option<Self> {
        if !json.has_only(&["origin", "return_to", "require_session"]) {
            return None;
        }
        let (origin, return_to) = (json.take("origin")?.text()?, json.take("return_to")?.text()?);
        let require_session = match json.take("require_session")? {
            Json::Absent => false,
            Json::Flag(flag) => flag,
            _ => return None,
        };
        Some(Self { origin, return_to, require_session })
    }
}

impl Sites {
    /// No site: nobody can start a flow.
    #[must_use]
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Reads the object of the setting `SITES`.
    ///
    /// # Errors
    ///
    /// All that is wrong, each with the path of what it is about.
    pub fn read(json: Json) -> Result<Self, Vec<Fault>> {
        let Json::Object(described) = json else { return Err(vec![("SITES".into(), "must be an object")]) };
        let mut sites = Vec::new();
        let mut faults: Vec<Fault> = Vec::new();
        for (name, value) in described {
            let Some(site) = Site::parse(&name).filter(|site| site.as_str() != Site::HOSTED) else {
                faults.push(("SITES".into(), "a site's name is 1 to 32 of a-z, 0-9 and -, and not `hosted`"));
                continue;
            };
            if sites.iter().any(|(known, _)| *known == site) {
                faults.push((["SITES.", &name].concat(), "stands there twice"));
                continue;
            }
            let Some(described) = Described::from_json(value) else {
                faults.push((["SITES.", &name].concat(), "must be {origin, return_to, require_session?}"));
                continue;
            };
            let origin = Origin::parse(&described.origin)
                .map_err(|error| faults.push((["SITES.", &name, ".origin"].concat(), error.says())));
            let return_to = Endpoint::parse(&described.return_to)
                .map_err(|error| faults.push((["SITES.", &name, ".return_to"].concat(), error.says())));
            let (Ok(origin), Ok(return_to)) = (origin, return_to) else { continue };
            if return_to.origin() != origin {
                faults.push((["SITES.", &name, ".return_to"].concat(), "must be on the site's own origin"));
                continue;
            }
            sites
                .push((site, SiteSettings { origin, return_to, require_session: described.require_session }));
        }
        if faults.is_empty() { Ok(Self(sites)) } else { Err(faults) }
    }

    /// The settings of a site.
    #[must_use]
    pub fn get(&self, site: &Site) -> Option<&SiteSettings> {
        self.0.iter().find(|(name, _)| name == site).map(|(_, settings)| settings)
    }

    /// Whether any site has this origin.
    #[must_use]
    pub fn have(&self, origin: &str) -> bool {
        self.0.iter().any(|(_, settings)| settings.origin.as_str() == origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[expect(clippy::needless_pass_by_value, reason = "so that a case is one line")]
    fn read(value: Value) -> Result<Sites, Vec<Fault>> {
        Sites::read(Json::parse(value.to_string().as_bytes()).unwrap())
    }

    #[test]
    fn a_site_is_found_by_its_name() {
        let sites = read(json!({
            "main": {"origin": "https://a.example", "return_to": "https://a.example/done?x=1", "require_session": true},
            "local": {"origin": "http://127.0.0.1:8789", "return_to": "http://127.0.0.1:8789/"},
        }));
        let sites = sites.unwrap();
        let main = sites.get(&Site::parse("main").unwrap()).unwrap();
        assert_eq!(main.return_to.as_str(), "https://a.example/done?x=1");
        assert!(main.require_session);
        assert!(sites.get(&Site::parse("other").unwrap()).is_none());
        assert!(sites.have("http://127.0.0.1:8789"));
        assert!(!sites.have("http://127.0.0.1:8790"));
    }

    #[track_caller]
    fn check(origin: &str, return_to: &str, expected: &str) {
        let faults = read(json!({"main": {"origin": origin, "return_to": return_to}})).unwrap_err();
        let names: Vec<&str> = faults.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, [expected], "{origin} {return_to}");
    }

    #[test]
    fn nobody_is_sent_off_their_site() {
        const ORIGIN: &str = "https://a.example";
        let off = |return_to| check(ORIGIN, return_to, "SITES.main.return_to");
        off("https://b.example/");
        off("https://a.example.b.example/");
        off("https://a.example@b.example/");
        off("https://a.example:8443/");
        off("https:\\\\b.example/");
        off("//b.example/");
        off("http://a.example/");
        off("javascript:alert(1)");
        off("https://a.example/#x");
        off("https://b.example\\@a.example/");
        off("\thttps://b.example/");
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
            off(elsewhere);
        }
        check("https://a.example/", "https://a.example/", "SITES.main.origin");
        check("*", "https://a.example/", "SITES.main.origin");
    }

    #[test]
    fn a_name_or_a_shape_that_is_none_is_refused() {
        let site = json!({"origin": "https://a.example", "return_to": "https://a.example/"});
        assert!(read(json!({"Main": site})).is_err());
        assert!(read(json!({"hosted": site})).is_err());
        assert!(read(json!({"main": {"origin": "https://a.example"}})).is_err());
        assert!(
            read(json!({"main": {"origin": "https://a.example", "return_to": "https://a.example/", "x": 1}}))
                .is_err()
        );
        assert!(read(json!([])).is_err());
    }
}
