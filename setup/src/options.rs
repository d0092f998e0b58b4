//! What a partner enters for their button, and what is wrong with it before anybody is asked.

use shared::Site;

/// Everything that can be chosen. Texts are as they were entered, without the space around them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// As Smooch gave it.
    pub client_id: String,
    /// The site's name in the deployment's settings.
    pub site: String,
    /// Another text for the button; empty for its own.
    pub label: String,
    /// Whether Smooch is opened in a window of its own.
    pub popup: bool,
    /// `light` or `dark`; empty for whatever the person's system prefers.
    pub theme: String,
    /// Which of the two buttons.
    pub variant: Variant,
    /// The button's language; empty for the page's.
    pub lang: String,
    /// Whether connections belong to logged-in users, whom a session vouches for.
    pub session: bool,
    /// Whether the link carries a challenge for the server too (RFC 7636).
    pub pkce: bool,
    /// Where owners allow access; empty for the usual place.
    pub authorize_url: String,
}

/// Which of the two buttons.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Variant {
    /// "Add to Smooch", 165×40.
    #[default]
    Smooch,
    /// "Add to Sunshine Conversations", 278×40.
    Sunshine,
}

impl Variant {
    /// What the button says by itself.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Smooch => "Add to Smooch",
            Self::Sunshine => "Add to Sunshine Conversations",
        }
    }
}

/// What is wrong with a client id, if anything.
#[must_use]
pub fn client_id_problem(client_id: &str) -> Option<&'static str> {
    if client_id.is_empty() {
        return Some("Enter the client id that Smooch gave you.");
    }
    let odd = |letter: char| letter.is_whitespace() || letter.is_control();
    client_id.contains(odd).then_some("A client id has no spaces in it. Was something else pasted along?")
}

/// What is wrong with a site's name, if anything.
#[must_use]
pub fn site_problem(site: &str) -> Option<&'static str> {
    if site.is_empty() {
        return Some("Enter the name that your site has in the setting SITES.");
    }
    match Site::parse(site) {
        Some(site) if site.as_str() != Site::HOSTED => None,
        Some(_) => Some("This name is taken by the server’s own page /install. Choose another."),
        None if site.contains("://") || site.contains('.') => {
            Some("This is the site’s name in the setting SITES, like main, and not its address.")
        }
        None => Some("A name has up to 32 small letters a–z, digits and hyphens."),
    }
}

/// What is wrong with the origin that was made of what was entered as an address, if anything.
#[must_use]
pub fn origin_problem(origin: Option<&str>) -> Option<&'static str> {
    let Some(origin) = origin else { return Some("Enter your page’s address, like https://shop.example") };
    let host = origin.split_once("://").map_or("", |(_, host)| host);
    let is_loopback = ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|known| host.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with(':')))
        || host.split(':').next().is_some_and(|name| name.ends_with(".localhost"));
    match origin.split_once("://").map(|(scheme, _)| scheme) {
        Some("https") => None,
        Some("http") if is_loopback => None,
        Some("http") => Some("Your page must be served by https. Only on your own machine, http is allowed."),
        _ => Some("This is not the address of a web page."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_id_is_one_word() {
        assert_eq!(client_id_problem("shoplifter"), None);
        assert!(client_id_problem("").is_some_and(|said| said.starts_with("Enter")));
        assert!(client_id_problem("client id: x").is_some());
        assert!(client_id_problem("x\n").is_some());
    }

    #[test]
    fn a_site_is_a_name_of_the_settings() {
        assert_eq!(site_problem("main"), None);
        assert_eq!(site_problem("eu-1"), None);
        assert!(site_problem("https://shop.example").is_some_and(|said| said.contains("not its address")));
        assert!(site_problem("shop.example").is_some_and(|said| said.contains("not its address")));
        assert!(site_problem("Main").is_some_and(|said| said.contains("small letters")));
        assert!(site_problem("hosted").is_some_and(|said| said.contains("/install")));
        assert!(site_problem("").is_some());
    }

    #[test]
    fn a_page_is_https_or_on_this_machine() {
        for fits in [
            "https://shop.example",
            "http://localhost",
            "http://127.0.0.1:8789",
            "http://[::1]:1",
            "http://a.localhost:1",
        ] {
            assert_eq!(origin_problem(Some(fits)), None, "{fits}");
        }
        for open in ["http://shop.example", "http://localhost.evil.example", "http://127.0.0.1.evil.example"]
        {
            assert!(origin_problem(Some(open)).is_some_and(|said| said.contains("https")), "{open}");
        }
        for none in [Some("null"), Some("ftp://shop.example"), None] {
            assert!(origin_problem(none).is_some(), "{none:?}");
        }
    }
}
