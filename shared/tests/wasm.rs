//! Runs the rules that client and edge share in a browser, compiled to wasm.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use shared::{AuthorizationRequest, Challenge, ErrorCode, Site, State, Verifier};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

// RFC 7636, appendix B.
const OCTETS: [u8; 32] = [
    116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214,
    191, 240, 91, 88, 5, 88, 83, 132, 141, 121,
];
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const DIGEST: [u8; 32] = [
    19, 211, 30, 150, 26, 26, 216, 236, 47, 22, 177, 12, 76, 152, 46, 8, 118, 168, 120, 173, 109, 241, 68,
    86, 110, 225, 137, 74, 203, 112, 249, 195,
];

#[wasm_bindgen_test]
fn the_example_of_rfc_7636_appendix_b_holds() {
    assert_eq!(Verifier::from_bytes(&OCTETS).expose(), VERIFIER);
    assert_eq!(Challenge::from_digest(&DIGEST).as_str(), CHALLENGE);
}

#[wasm_bindgen_test]
fn a_state_round_trips() {
    let text = ["1.main.", CHALLENGE].concat();
    let state = State::parse(&text).unwrap();
    assert_eq!((state.site.as_str(), state.challenge.as_str()), ("main", CHALLENGE));
    assert_eq!(state.to_text(), text);
    for other in ["", "1.main", "2.main.", "1.Main.", "1.https://evil.example."] {
        assert_eq!(State::parse(&[other, CHALLENGE].concat()), None, "{other:?}");
    }
}

#[wasm_bindgen_test]
fn the_link_has_the_parameters_of_rfc_6749() {
    let state = State { site: Site::parse("main").unwrap(), challenge: Challenge::from_digest(&DIGEST) };
    let request = AuthorizationRequest {
        client_id: "shop lifter",
        redirect_uri: "https://connect.partner.example/callback",
        state: &state.to_text(),
        code_challenge: None,
    };
    let expected = "https://app.smooch.io/oauth/authorize?response_type=code&client_id=shop%20lifter\
                    &redirect_uri=https%3A%2F%2Fconnect.partner.example%2Fcallback\
                    &state=1.main.E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    assert_eq!(request.url("https://app.smooch.io/oauth/authorize"), expected);
}

#[wasm_bindgen_test]
fn every_code_round_trips() {
    for &code in ErrorCode::ALL {
        assert_eq!(ErrorCode::parse(code.as_str()), Some(code));
    }
}
