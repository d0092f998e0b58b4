//! The partner's options for the button, and their validation in the page.

use shared::{Site, is_secure_url};

/// Every option. Texts are as entered, trimmed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The client id, as Smooch issued it.
    pub client_id: String,
    /// The site's name in the deployment's settings.
    pub site: String,
    /// The button's label; empty for the default.
    pub label: String,
    /// Smooch opens in a popup window.
    pub popup: bool,
    /// `light` or `dark`; empty for the system's preference.
    pub theme: String,
    /// One of the two buttons.
    pub variant: Variant,
    /// The button's language; empty for the page's.
    pub lang: String,
    /// Connections belong to logged-in users, so the element needs a session.
    pub session: bool,
    /// The link carries the challenge for PKCE (RFC 7636).
    pub pkce: bool,
    /// The authorization endpoint; empty for Smooch's own.
    pub authorize_url: String,
}

/// One of the two buttons.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Variant {
    /// "Add to Smooch", 165×40.
    #[default]
    Smooch,
    /// "Add to Sunshine Conversations", 278×40.
    Sunshine,
}

impl Variant {
    /// The default label.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Smooch => "Add to Smooch",
            Self::Sunshine => "Add to Sunshine Conversations",
        }
    }
}

/// The problem of a client id, if it has one.
#[must_use]
pub fn client_id_problem(client_id: &str) -> Option<&'static str> {
    if client_id.is_empty() {
        return Some("Enter the client id that Smooch gave you.");
    }
    let is_blank = |letter: char| letter.is_whitespace() || letter.is_control();
    client_id
        .contains(is_blank)
        .then_some("A client id contains no spaces. Did you paste something else with it?")
}

/// The problem of a site's name, if it has one.
#[must_use]
pub fn site_problem(site: &str) -> Option<&'static str> {
    if site.is_empty() {
        return Some("Enter your site’s name from the setting SITES.");
    }
    match Site::parse(site) {
        Some(site) if site.as_str() != Site::HOSTED => None,
        Some(_) => Some("The server’s own page /install has this name. Choose another."),
        None if site.contains("://") || site.contains('.') => {
            Some("Enter the site’s name from the setting SITES, such as main, not its address.")
        }
        None => Some("A name has up to 32 characters: lower-case letters a–z, digits and hyphens."),
    }
}

/// The problem of the page's origin, if it has one. `None` stands for an address that has no origin.
#[must_use]
pub fn origin_problem(origin: Option<&str>) -> Option<&'static str> {
    let Some(origin) = origin else {
        return Some("Enter your page’s address, such as https://shop.example");
    };
    if is_secure_url(origin) {
        None
    } else if origin.starts_with("http://") {
        Some("Your page needs https. Only pages on your own machine may use http.")
    } else {
        Some("This is not the address of a web page.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_id_is_one_word() {
        assert_eq!(client_id_problem("shoplifter"), None);
        assert!(client_id_problem("").is_some_and(|problem| problem.starts_with("Enter")));
        assert!(client_id_problem("client id: x").is_some());
        assert!(client_id_problem("x\n").is_some());
    }

    #[test]
    fn a_site_is_a_name_from_the_settings() {
        assert_eq!(site_problem("main"), None);
        assert_eq!(site_problem("eu-1"), None);
        assert!(
            site_problem("https://shop.example").is_some_and(|problem| problem.contains("not its address"))
        );
        assert!(site_problem("shop.example").is_some_and(|problem| problem.contains("not its address")));
        assert!(site_problem("Main").is_some_and(|problem| problem.contains("lower-case letters")));
        assert!(site_problem("hosted").is_some_and(|problem| problem.contains("/install")));
        assert!(site_problem("").is_some());
    }

    #[test]
    fn a_page_uses_https_or_runs_on_this_machine() {
        for valid in [
            "https://shop.example",
            "http://localhost",
            "http://127.0.0.1:8789",
            "http://[::1]:1",
            "http://a.localhost:1",
        ] {
            assert_eq!(origin_problem(Some(valid)), None, "{valid}");
        }
        for open in ["http://shop.example", "http://localhost.evil.example", "http://127.0.0.1.evil.example"]
        {
            assert!(origin_problem(Some(open)).is_some_and(|problem| problem.contains("https")), "{open}");
        }
        for none in [Some("null"), Some("ftp://shop.example"), None] {
            assert!(origin_problem(none).is_some(), "{none:?}");
        }
    }
}
