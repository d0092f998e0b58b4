//! Reads the edge's answer from the fragment of the address that a person comes back to. It treats no part of it as a URL
//! or as markup.

use shared::{Site, State};

/// Every parameter of ours in a fragment starts like this.
const PREFIX: &str = "smooch.";

/// The edge's answer to an authorization. Exactly one element of the page claims it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returned<'a> {
    /// The state that the flow started with, or `None` for a direct install from Smooch.
    pub state: Option<State>,
    /// The receipt that finishes the flow, or the error code that ended it. With a state, both are believed only if this
    /// browser has the state's verifier.
    pub result: Result<&'a str, &'a str>,
}

impl<'a> Returned<'a> {
    /// Reads the parameters `smooch.receipt`, `smooch.error` and `smooch.state` of a fragment without its `#`.
    /// `None` if they are absent or contradict each other.
    #[must_use]
    pub fn parse(fragment: &'a str) -> Option<Self> {
        let result = match (parameter(fragment, "receipt"), parameter(fragment, "error")) {
            (Some(receipt), None) => Ok(receipt),
            (None, Some(error)) => Err(error),
            (None, None) | (Some(_), Some(_)) => return None,
        };
        let state = match parameter(fragment, "state") {
            Some(state) => Some(State::parse(state)?),
            None => None,
        };
        Some(Self { state, result })
    }

    /// True if the element of this site may claim the answer. A direct install belongs to the hosted page.
    #[must_use]
    pub fn is_for(&self, site: &str) -> bool {
        self.state.as_ref().map_or(Site::HOSTED, |state| state.site.as_str()) == site
    }
}

/// The value of `smooch.{name}`, unless it is empty or repeated (RFC 6749 §3.1: parameters must not be included more than
/// once).
fn parameter<'a>(fragment: &'a str, name: &str) -> Option<&'a str> {
    let value = |part: &'a str| part.strip_prefix(PREFIX)?.strip_prefix(name)?.strip_prefix('=');
    let mut values = fragment.split('&').filter_map(value);
    values.next().filter(|value| !value.is_empty() && values.next().is_none())
}

/// The fragment without our parameters, with a leading `#` unless it is empty.
#[must_use]
pub fn without_parameters(fragment: &str) -> String {
    let mut rest = String::new();
    for part in fragment.split('&').filter(|part| !part.is_empty() && !part.starts_with(PREFIX)) {
        rest.push(if rest.is_empty() { '#' } else { '&' });
        rest.push_str(part);
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATE: &str = "1.main.E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[track_caller]
    fn check(fragment: &str, state: Option<&str>, result: Result<&str, &str>) {
        let state = state.map(|state| State::parse(state).unwrap());
        assert_eq!(Returned::parse(fragment), Some(Returned { state, result }), "{fragment}");
    }

    #[test]
    fn a_receipt_or_an_error_is_read() {
        check(&format!("smooch.receipt=r1.k.abc&smooch.state={STATE}"), Some(STATE), Ok("r1.k.abc"));
        check(
            &format!("top&smooch.state={STATE}&smooch.error=access_denied"),
            Some(STATE),
            Err("access_denied"),
        );
        check("smooch.receipt=r1", None, Ok("r1"));
        check("smooch.error=something_new", None, Err("something_new"));
    }

    #[test]
    fn an_ambiguous_fragment_is_ignored() {
        for fragment in [
            "",
            "top",
            "smooch.receipt=",
            "smooch.receipts=r1",
            &format!("smooch.state={STATE}"),
            &format!("smooch.receipt=a&smooch.error=rate_limited&smooch.state={STATE}"),
            "smooch.receipt=a&smooch.receipt=a",
            "smooch.receipt=a&smooch.state=2.main.x",
        ] {
            assert_eq!(Returned::parse(fragment), None, "{fragment}");
        }
    }

    #[test]
    fn an_answer_belongs_to_one_site() {
        let bound = format!("smooch.receipt=r&smooch.state={STATE}");
        let bound = Returned::parse(&bound).unwrap();
        assert!(bound.is_for("main") && !bound.is_for("hosted"));
        for direct in ["smooch.receipt=r", "smooch.error=rate_limited"] {
            let direct = Returned::parse(direct).unwrap();
            assert!(direct.is_for("hosted") && !direct.is_for("main"));
        }
    }

    #[test]
    fn the_rest_of_the_fragment_stays() {
        assert_eq!(without_parameters("smooch.receipt=r&smooch.state=s"), "");
        assert_eq!(without_parameters("top&smooch.receipt=r&tab=2"), "#top&tab=2");
        assert_eq!(without_parameters(""), "");
    }
}
