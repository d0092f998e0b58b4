//! The edge's answer, as it stands in the fragment of the address that a person comes back to.
//!
//! Nothing in a fragment is ever treated as a URL or as markup.

use shared::{Site, State};

/// Something for one element of the page to take up, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival<'a> {
    /// What set out, or `None` for a direct install: Smooch sent someone who never set out from a page of ours.
    pub state: Option<State<&'a str>>,
    /// What finishes, or the error code that says why nothing can. With a state it is worth nothing without the verifier.
    pub receipt: Result<&'a str, &'a str>,
}

impl<'a> Arrival<'a> {
    /// Reads the fragment's parameters `smooch.receipt`, `smooch.error` and `smooch.state`, each empty if it is not there
    /// or there twice (RFC 6749 §3.1: parameters must not be included more than once). `None` if they do not make sense.
    #[must_use]
    pub fn read(receipt: &'a str, error: &'a str, state: &'a str) -> Option<Self> {
        if receipt.is_empty() == error.is_empty() {
            return None;
        }
        let state = if state.is_empty() { None } else { Some(State::of(state)?) };
        Some(Self { state, receipt: if error.is_empty() { Ok(receipt) } else { Err(error) } })
    }

    /// Whether the element of that site may take this up. What has no state is for the hosted page alone.
    #[must_use]
    pub fn is_for(&self, site: &str) -> bool {
        self.state.as_ref().map_or(Site::HOSTED, |state| state.site.as_str()) == site
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATE: &str = "1.main.E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn a_return_is_read() {
        let state = Some(State::of(STATE).unwrap());
        let arrival = |state, receipt| Some(Arrival { state, receipt });
        assert_eq!(Arrival::read("r1.k.abc", "", STATE), arrival(state, Ok("r1.k.abc")));
        assert_eq!(Arrival::read("", "access_denied", STATE), arrival(state, Err("access_denied")));
        assert_eq!(Arrival::read("r1", "", ""), arrival(None, Ok("r1")));
        assert_eq!(Arrival::read("", "something_new", ""), arrival(None, Err("something_new")));
    }

    #[test]
    fn what_says_nothing_or_two_things_is_no_arrival() {
        assert_eq!(Arrival::read("", "", ""), None);
        assert_eq!(Arrival::read("", "", STATE), None);
        assert_eq!(Arrival::read("a", "rate_limited", STATE), None);
        assert_eq!(Arrival::read("a", "", "2.main.x"), None);
    }

    #[test]
    fn each_arrival_is_for_one_site() {
        let bound = Arrival::read("r", "", STATE).unwrap();
        assert!(bound.is_for("main") && !bound.is_for("hosted"));
        for direct in [Arrival::read("r", "", ""), Arrival::read("", "rate_limited", "")] {
            let direct = direct.unwrap();
            assert!(direct.is_for("hosted") && !direct.is_for("main"));
        }
    }
}
