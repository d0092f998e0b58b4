//! The edge's answer, as it stands in the fragment of the address that a person comes back to.
//!
//! Nothing in a fragment is ever treated as a URL or as markup.

use crate::runtime::cut;
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
    /// Reads `location.hash`, or `None` if nothing in it is ours or it does not make sense.
    #[must_use]
    pub fn parse(hash: &'a str) -> Option<Self> {
        let [mut receipt, mut error, mut state] = [""; 3];
        let mut parts = hash.strip_prefix("#")?;
        while !parts.is_empty() {
            let (part, others) = cut(parts, b'&');
            let (name, value) = cut(part, b'=');
            parts = others;
            let slot = match name {
                "smooch.receipt" => &mut receipt,
                "smooch.error" => &mut error,
                "smooch.state" => &mut state,
                _ => continue,
            };
            // RFC 6749 §3.1: parameters must not be included more than once.
            if !slot.is_empty() {
                return None;
            }
            *slot = value;
        }
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
    use alloc::format;

    const STATE: &str = "1.main.E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[track_caller]
    fn check(hash: &str, state: Option<&str>, receipt: Result<&str, &str>) {
        let state = state.map(|text| State::of(text).unwrap());
        assert_eq!(Arrival::parse(hash), Some(Arrival { state, receipt }), "{hash:?}");
    }

    #[test]
    fn a_return_is_read() {
        check(&format!("#smooch.receipt=r1.k.abc&smooch.state={STATE}"), Some(STATE), Ok("r1.k.abc"));
        let denied = Err("access_denied");
        check(&format!("#smooch.error=access_denied&smooch.state={STATE}"), Some(STATE), denied);
        check("#smooch.receipt=r1", None, Ok("r1"));
        check("#smooch.error=something_new", None, Err("something_new"));
    }

    #[test]
    fn what_is_not_ours_is_passed_over() {
        check("#top&smooch.receipt=r", None, Ok("r"));
        check("#a=1&smooch.receipt=r&b=2", None, Ok("r"));
        check("#/route?x&smooch.later=1&smooch.receipt=r", None, Ok("r"));
    }

    #[track_caller]
    fn refused(hash: &str) {
        assert_eq!(Arrival::parse(hash), None, "{hash:?}");
    }

    #[test]
    fn what_is_not_ours_or_says_two_things_is_no_arrival() {
        refused("");
        refused("#");
        refused("#top");
        refused("#receipt=r");
        refused("#xsmooch.receipt=r");
        refused("#smooch.");
        refused("#smooch.receipt=");
        refused(&format!("#smooch.state={STATE}"));
        refused(&format!("#smooch.receipt=a&smooch.error=rate_limited&smooch.state={STATE}"));
        refused("#smooch.receipt=a&smooch.receipt=b");
        refused("#smooch.receipt=a&smooch.state=2.main.x");
    }

    #[test]
    fn each_arrival_is_for_one_site() {
        let bound = format!("#smooch.receipt=r&smooch.state={STATE}");
        let bound = Arrival::parse(&bound).unwrap();
        assert!(bound.is_for("main") && !bound.is_for("hosted"));
        for hash in ["#smooch.receipt=r", "#smooch.error=rate_limited"] {
            let direct = Arrival::parse(hash).unwrap();
            assert!(direct.is_for("hosted") && !direct.is_for("main"));
        }
    }
}
