//! The outcome of a fault: what the person and the partner see, and where the token is.

use crate::{
    page::{Page, call_v1, get_v1, json},
    world::{Response, World},
};
use client::text::Text;
use shared::ErrorCode;
use stand_in::{
    Endpoint,
    accounts::{NIGHT_MARKET, OWNER},
};

/// The outcome of a fault, as the columns of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The text that the page shows in the end, and whether it retried by itself.
    pub person: String,
    /// The outcome in the log, and the connection in `/v1`.
    pub partner: String,
    /// The state of the token.
    pub token: TokenState,
}

/// The state of a flow's token after one fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenState {
    /// It is in KV: listed, readable and active.
    Stored,
    /// It is in the escrow receipt that the page has. A retry stores it and requests no other token.
    Held,
    /// It was revoked at Smooch.
    Revoked,
    /// Smooch has issued none.
    NeverIssued,
    /// Smooch has issued one and nobody has it. It ends with the app's authorization.
    Lost,
    /// It is in KV, in a record that cannot be opened.
    Unreadable,
}

impl TokenState {
    /// The text of the table.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Held => "held in the escrow receipt, and stored when the page retries",
            Self::Revoked => "revoked",
            Self::NeverIssued => "never issued",
            Self::Lost => {
                "lost: nobody has it; the next install works, and removing that connection ends both"
            }
            Self::Unreadable => "stored, and unreadable until the app is connected again",
        }
    }
}

/// Lets the page and the partner go on as they do after a fault, and checks what they find.
pub(super) fn observe(world: &mut dyn World, page: &Page, answer: &Response) -> Outcome {
    let body = json(answer);
    let code = body["code"].as_str().unwrap_or("connected").to_owned();
    let outcome = format!("`{code}` ({})", answer.status().as_u16());
    assert!(world.log().contains(&format!("\"outcome\":\"{code}\"")), "the log has no outcome {code}");
    let retry_receipt = body["receipt"].as_str().map(str::to_owned);
    let issued = world.smooch().issued_tokens().len();
    let has_event = world.kv().keys().iter().any(|key| key.starts_with("event/"));
    let view = partner_view(world);
    let partner = match &view {
        PartnerView::Usable if !has_event => format!("{outcome}; the connection, and no event"),
        PartnerView::Usable => format!("{outcome}; the connection"),
        PartnerView::Unusable(problem) => format!("{outcome}; the connection, and {problem} when it is used"),
        PartnerView::NoList(problem) => format!("{outcome}; {problem} for the list"),
        PartnerView::NoConnection => format!("{outcome}; no connection"),
    };
    let can_open = match view {
        // A KV fault strikes once, so the partner's retry shows the record itself.
        PartnerView::Unusable(_) | PartnerView::NoList(_) => {
            world.advance(61_000);
            partner_view(world) == PartnerView::Usable
        }
        PartnerView::Usable => true,
        PartnerView::NoConnection => false,
    };
    let connected = "Connected".to_owned();
    let (mut person, mut token) = match retry_receipt {
        None if answer.status() == 200 => {
            (connected, if can_open { TokenState::Stored } else { TokenState::Unreadable })
        }
        None => (message(&code), if can_open { TokenState::Stored } else { TokenState::NeverIssued }),
        // The page retries with the receipt that it got. The fault is over.
        Some(receipt) => {
            let requests = world.smooch().count(Endpoint::Token);
            world.advance(2_000);
            let second = if can_open && has_event {
                page.complete_again(world, &receipt)
            } else {
                page.complete(world, &receipt)
            };
            let is_reused = world.smooch().count(Endpoint::Token) == requests;
            assert_eq!(is_reused, issued == 1, "an issued token is not requested again");
            if second.status() == 200 {
                let token = match (can_open && has_event, is_reused) {
                    (true, _) => TokenState::Stored,
                    (false, true) => TokenState::Held,
                    (false, false) => TokenState::NeverIssued,
                };
                ("\"Still working…\", then Connected".to_owned(), token)
            } else {
                let code = json(&second)["code"].as_str().expect("a code").to_owned();
                (format!("\"Still working…\", then {}", message(&code)), TokenState::NeverIssued)
            }
        }
    };
    if token == TokenState::NeverIssued && issued > 0 {
        token = if world.smooch().live_tokens().is_empty() { TokenState::Revoked } else { TokenState::Lost };
    }
    // After any fault a new flow connects, and removing the connection leaves no active token.
    if matches!(
        token,
        TokenState::NeverIssued | TokenState::Revoked | TokenState::Lost | TokenState::Unreadable
    ) {
        world.advance(2_000);
        assert_eq!(Page::new("main", 2).install(world, OWNER, "Night Market").status(), 200);
        if person == "Connected" {
            person.push_str("; connecting again repairs it");
        }
    }
    world.advance(61_000);
    let all = json(&get_v1(world, "/v1/connections"));
    for connection in all["connections"].as_array().expect("a list of connections") {
        let id = connection["id"].as_str().expect("an id");
        let removed = call_v1(world, "DELETE", &format!("/v1/connections/{id}"), "").status().as_u16();
        assert!(
            token == TokenState::Unreadable || removed == 204,
            "the connection cannot be removed: {removed}"
        );
        world.advance(61_000);
    }
    let active = world.smooch().live_tokens().into_iter().filter(|live| live.app_id == NIGHT_MARKET).count();
    assert!(
        token == TokenState::Unreadable || active == 0,
        "{active} tokens are active after the app's last connection was removed"
    );
    Outcome { person, partner, token }
}

/// The connection as the partner's backend finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum PartnerView {
    /// It is listed, and its token is returned and active.
    Usable,
    /// It is listed, and the request for its token has this problem.
    Unusable(String),
    /// The request for the list has this problem.
    NoList(String),
    /// It is not listed.
    NoConnection,
}

fn partner_view(world: &mut dyn World) -> PartnerView {
    let problem = |answer: &Response| {
        format!("{} `{}`", answer.status().as_u16(), json(answer)["code"].as_str().unwrap_or_default())
    };
    let listed = get_v1(world, "/v1/connections");
    if listed.status() != 200 {
        return PartnerView::NoList(problem(&listed));
    }
    let listed = json(&listed);
    let Some(id) = listed["connections"][0]["id"].as_str() else { return PartnerView::NoConnection };
    let opened = get_v1(world, &format!("/v1/connections/{id}/token"));
    if opened.status() != 200 {
        return PartnerView::Unusable(problem(&opened));
    }
    let (token, smooch) = (json(&opened)["access_token"].clone(), world.smooch());
    assert!(
        smooch.live_tokens().iter().any(|live| token == live.access_token.as_str()),
        "the stored token is not active"
    );
    PartnerView::Usable
}

/// The text that the client shows for a code, in quotes.
fn message(code: &str) -> String {
    let code = ErrorCode::parse(code).expect("an error code");
    format!("\"{}\"", Text::Code(code).english())
}
