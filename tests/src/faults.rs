//! What can fail on the way to a connection, each by itself, and what is seen to come of it: by the person, by the
//! partner, and where the token is then. Nothing here says what should come of it; that is looked at.

use crate::{
    kv::{Fault as KvFault, Operation},
    page::{Fragment, Page, call_v1, completion, get, get_v1, id_of, json, session},
    scenarios::Start,
    world::{Response, Setup, World},
};
use client::text::Text;
use serde_json::json;
use shared::{AppId, ConnectionId, ErrorCode, Subject};
use stand_in::{
    Broken, Endpoint, Fault,
    accounts::{NIGHT_MARKET, OWNER},
};

/// One fault.
pub struct Case {
    /// What it happens to.
    pub of: &'static str,
    /// What it is.
    pub name: &'static str,
    /// Whether the edge's own clock must jump for it.
    pub jumps: bool,
    way: Way,
}

/// How it comes about.
enum Way {
    /// Smooch's next answer of this endpoint is another one.
    Answer(Endpoint, Fault),
    /// So many writes of keys that begin so fail.
    Put(&'static str, KvFault, usize),
    /// The page has not heard the first answer, and asks again.
    LostAnswer,
    /// The same, and KV does not say what it has under keys that begin so.
    LostAnswerAnd(&'static str),
    /// The same, so much later.
    LostAnswerLate(u64),
    /// The page is gone when the Worker has begun, and asks again when it is back.
    Left,
    /// KV does not do this, once, for keys that begin so, when the partner's backend asks.
    Asked(Operation, &'static str),
    /// The same form comes twice, one after the other.
    Twice,
    /// It comes twice at once, as from two tabs.
    AtOnce,
    /// The Worker's process ends before it writes such keys, and the page, which heard nothing, asks again.
    Dies(&'static [&'static str]),
    /// The same, and KV remembers that nothing was completed.
    StaleRead,
    /// So long passes between the way back from Smooch and `/complete`, in milliseconds.
    Late(u64),
    /// The token cannot be stored, and the page comes back with it after so long.
    HeldLate(u64),
    /// The same, and KV does not say which connections the app has.
    HeldLateAnd(u64),
    /// All clocks are set back by so much before `/complete`.
    Early(u64),
    /// The token cannot be stored, and all clocks are set back before the page comes back with it.
    HeldEarly(u64),
    /// Afterwards something has been done to the record.
    Tampered(fn(&mut dyn World, &str)),
}

/// What was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What the page shows in the end, and whether it asked again by itself.
    pub person: String,
    /// What the log says, and what `/v1` shows.
    pub partner: String,
    /// Where the token is.
    pub token: Token,
}

/// Where the token of a flow is, after one fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// In KV: it is listed, opens and lives.
    Stored,
    /// Sealed in the receipt that the page has; sent again, it is stored, and no other token is asked for.
    Held,
    /// Ended at Smooch.
    Revoked,
    /// Smooch has made none.
    NeverIssued,
    /// Smooch has made one and its answer was lost: nobody has it. It is ended with the app's authorization.
    Lost,
    /// In KV, in a record that does not open.
    Unreadable,
}

impl Token {
    /// As the table has it.
    #[must_use]
    pub const fn says(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Held => "held in the escrow receipt, and stored when the page asks again",
            Self::Revoked => "revoked",
            Self::NeverIssued => "never issued",
            Self::Lost => {
                "lost on its way: nobody has it; the next install works, and removing that ends both"
            }
            Self::Unreadable => "stored, and not readable until it is made again",
        }
    }
}

/// All of them.
#[must_use]
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let case = |of, name, way| Case { of, name, jumps: false, way };
    for (of, endpoint) in
        [("Smooch's token endpoint", Endpoint::Token), ("Smooch's tokenInfo", Endpoint::TokenInfo)]
    {
        for (name, fault) in answers() {
            cases.push(case(of, name, Way::Answer(endpoint, fault)));
        }
    }
    let kv = |name, way| Case { of: "KV", name, jumps: false, way };
    cases.extend([
        kv("a write of the record fails once", Way::Put("connection/", KvFault::Before, 1)),
        kv("every write of the record fails", Way::Put("connection/", KvFault::Before, 3)),
        kv("every write of the record fails, and was made", Way::Put("connection/", KvFault::After, 3)),
        kv("KV answers 429 once", Way::Put("connection/", KvFault::Busy, 1)),
        kv("KV answers 429 each time", Way::Put("connection/", KvFault::Busy, 3)),
        kv("the index by subject is not written", Way::Put("subject/", KvFault::Before, 3)),
        kv("the note that it is completed is not written", Way::Put("completed/", KvFault::Before, 3)),
        kv("the event is not written", Way::Put("event/", KvFault::Before, 3)),
        kv("reads a minute old, when the page asks again", Way::StaleRead),
        kv("whether it is completed is not read, when the page asks again", Way::LostAnswerAnd("completed/")),
        kv("the connection is not read, when the page asks again", Way::LostAnswerAnd("connection/")),
        kv("the list is not read, when the partner asks", Way::Asked(Operation::List, "connection/")),
        kv("the record is not read, when the partner asks", Way::Asked(Operation::Get, "connection/")),
        kv(
            "the record has lost its metadata",
            Way::Tampered(|world, key| world.kv().tamper(key, |entry| entry.metadata = None)),
        ),
        kv(
            "the record does not open",
            Way::Tampered(|world, key| world.kv().tamper(key, |entry| entry.value = "k1.AAAA".into())),
        ),
        kv(
            "the record is sealed under a key that is gone",
            Way::Tampered(|world, key| {
                world.kv().tamper(key, |entry| entry.value = entry.value.replacen("k1", "k0", 1));
            }),
        ),
        case("the page and the Worker", "the answer of `/complete` is lost", Way::LostAnswer),
        case("the page and the Worker", "the page is gone when the Worker has sent the code", Way::Left),
        case("the page and the Worker", "`/complete` is sent twice", Way::Twice),
        case("the page and the Worker", "`/complete` is sent twice at once", Way::AtOnce),
        case(
            "the page and the Worker",
            "the Worker dies with the token in hand, before it stores the record",
            Way::Dies(&["connection/"]),
        ),
        case(
            "the page and the Worker",
            "the Worker dies when the record is stored and nothing is noted",
            Way::Dies(&["event/", "completed/"]),
        ),
    ]);
    let minutes = 60_000;
    for (name, way) in [
        ("eleven minutes pass before `/complete`", Way::Late(11 * minutes)),
        ("eleven minutes pass while the token is held", Way::HeldLate(11 * minutes)),
        ("two minutes pass while the token is held", Way::HeldLate(2 * minutes)),
        (
            "eleven minutes pass while the token is held, and KV is not read then",
            Way::HeldLateAnd(11 * minutes),
        ),
        (
            "the answer is lost, and the page asks again after eleven minutes",
            Way::LostAnswerLate(11 * minutes),
        ),
        ("the clocks are set back an hour before `/complete`", Way::Early(60 * minutes)),
        ("the clocks are set back an hour while the token is held", Way::HeldEarly(60 * minutes)),
    ] {
        cases.push(Case { of: "the clock", name, jumps: true, way });
    }
    cases
}

fn answers() -> Vec<(&'static str, Fault)> {
    let answer = |status, content_type: &str, body: &str| {
        let answer = http::Response::builder().status(status).header("content-type", content_type);
        answer.body(body.as_bytes().to_vec()).expect("an answer")
    };
    let broken = |how| {
        let mut answer = stand_in::Response::default();
        answer.extensions_mut().insert(how);
        answer
    };
    let json = "application/json";
    let long = format!(r#"{{"access_token":"a","padding":"{}"}}"#, "a".repeat(10 * 1024 * 1024));
    vec![
        ("takes two seconds", Fault::slow(2_000)),
        ("hangs", Fault::before(broken(Broken::Hang))),
        ("hangs, having done its work", Fault::after(broken(Broken::Hang))),
        ("breaks off before it has read the request", Fault::before(broken(Broken::Reset))),
        ("breaks off, having done its work", Fault::after(broken(Broken::Reset))),
        ("429", Fault::before(answer(429, json, "{}"))),
        ("500", Fault::before(answer(500, json, "{}"))),
        ("502 with HTML", Fault::before(answer(502, "text/html", "<h1>Bad Gateway</h1>"))),
        ("503", Fault::before(answer(503, json, "{}"))),
        ("500, having done its work", Fault::after(answer(500, json, "{}"))),
        ("200 with garbage, having done its work", Fault::after(answer(200, json, "}{"))),
        ("200 with garbage", Fault::before(answer(200, json, "}{"))),
        ("200 of 10 MB", Fault::before(answer(200, json, &long))),
        ("the right answer by the name of `text/html`", Fault::with_content_type("text/html")),
        ("200 of another content type", Fault::before(answer(200, "text/html", "<p>welcome</p>"))),
        (
            "a token of another type",
            Fault::before(answer(200, json, r#"{"access_token":"a","token_type":"mac"}"#)),
        ),
        ("no token, no app", Fault::before(answer(200, json, r#"{"token_type":"Bearer"}"#))),
    ]
}

/// Plays one fault and looks at what comes of it.
///
/// # Panics
///
/// If a token is nowhere that it may be.
pub fn play(start: Start<'_>, case: &Case) -> Seen {
    let setup = Setup::sunshine();
    let mut world = start(&setup);
    let world = &mut *world;
    let made = session(world, &json!({"subject": "ann"}));
    let page = Page::new("main", 1).of(json(&made)["session"].as_str().expect("a session"));
    let callback = page.allow(world, OWNER, "Night Market");
    let receipt = Fragment::of(&get(world, &callback)).receipt.expect("a receipt");
    let answer = match &case.way {
        Way::Answer(endpoint, fault) => {
            world.smooch().on_next(*endpoint, fault.clone());
            page.complete(world, &receipt)
        }
        Way::Put(prefix, fault, count) => {
            fail(world, prefix, *fault, *count);
            page.complete(world, &receipt)
        }
        Way::LostAnswer => {
            assert_eq!(page.complete(world, &receipt).status(), 200);
            page.complete_again(world, &receipt)
        }
        Way::LostAnswerAnd(prefix) => {
            assert_eq!(page.complete(world, &receipt).status(), 200);
            world.kv().fail(Operation::List, prefix, KvFault::Before);
            page.complete_again(world, &receipt)
        }
        Way::LostAnswerLate(milliseconds) => {
            assert_eq!(page.complete(world, &receipt).status(), 200);
            world.pass(*milliseconds);
            page.complete_again(world, &receipt)
        }
        Way::Left => {
            let request = completion(world, &page.origin, &page.form(&receipt));
            world.send_and_leave(request);
            page.complete_again(world, &receipt)
        }
        Way::Asked(operation, prefix) => {
            let connected = page.complete(world, &receipt);
            world.kv().fail(*operation, prefix, KvFault::Before);
            connected
        }
        Way::Early(milliseconds) => {
            world.set_back(*milliseconds);
            page.complete(world, &receipt)
        }
        Way::Twice => {
            assert_eq!(page.complete(world, &receipt).status(), 200);
            page.complete(world, &receipt)
        }
        Way::AtOnce => {
            let both = [(); 2].map(|()| completion(world, &page.origin, &page.form(&receipt)));
            let [one, other] = both;
            let mut answers = world.send_both(one, other);
            answers.sort_by_key(Response::status);
            // A code is taken once. Who came second hears of the connection if it is written by then.
            let [first, second] = answers;
            let code = json(&second)["code"].as_str().unwrap_or("connected").to_owned();
            assert!(["connected", "code_rejected"].contains(&code.as_str()), "the second: {code}");
            first
        }
        Way::Dies(prefixes) => {
            let request = completion(world, &page.origin, &page.form(&receipt));
            world.send_and_die(request, prefixes, &setup);
            page.complete_again(world, &receipt)
        }
        Way::StaleRead => {
            // Somebody has asked whether it is completed, and for the connection, just before they were there.
            let (subject, app) = (Subject::parse("ann"), AppId::parse(NIGHT_MARKET).expect("an app's id"));
            let id = ConnectionId::new(stand_in::CLIENT_ID, &app, subject.as_ref());
            let now = world.now();
            for key in [format!("completed/{}", page.state.challenge.as_str()), format!("connection/{id}")] {
                assert!(world.kv().get(&key, now).expect("a key").is_none());
            }
            assert_eq!(page.complete(world, &receipt).status(), 200);
            page.complete_again(world, &receipt)
        }
        Way::Late(milliseconds) => {
            world.pass(*milliseconds);
            page.complete(world, &receipt)
        }
        Way::HeldLate(milliseconds) => held(world, &page, &receipt, |world| world.pass(*milliseconds)),
        Way::HeldEarly(milliseconds) => held(world, &page, &receipt, |world| world.set_back(*milliseconds)),
        Way::HeldLateAnd(milliseconds) => held(world, &page, &receipt, |world| {
            world.pass(*milliseconds);
            world.kv().fail(Operation::List, "connection/", KvFault::Before);
        }),
        Way::Tampered(change) => {
            let connected = page.complete(world, &receipt);
            let id = id_of(&connected);
            change(world, &format!("connection/{id}"));
            connected
        }
    };
    look(world, &page, &answer)
}

fn fail(world: &dyn World, prefix: &str, fault: KvFault, count: usize) {
    for _write in 0..count {
        world.kv().fail_put(prefix, fault);
    }
}

/// The token cannot be stored, this happens, and the page comes back with it.
fn held(world: &mut dyn World, page: &Page, receipt: &str, happens: impl Fn(&mut dyn World)) -> Response {
    fail(world, "connection/", KvFault::Before, 3);
    let held = page.complete(world, receipt);
    happens(world);
    page.complete(world, json(&held)["receipt"].as_str().expect("an escrow receipt"))
}

fn look(world: &mut dyn World, page: &Page, answer: &Response) -> Seen {
    let said = json(answer);
    let code = said["code"].as_str().unwrap_or("connected").to_owned();
    let outcome = format!("`{code}` ({})", answer.status().as_u16());
    assert!(world.log().contains(&format!("\"outcome\":\"{code}\"")), "the log does not say {code}");
    let again = said["receipt"].as_str().map(str::to_owned);
    let issued = world.smooch().issued_tokens().len();
    let noted = world.kv().keys().iter().any(|key| key.starts_with("event/"));
    let seen = kept(world);
    let partner = match &seen {
        Kept::Opens if !noted => format!("{outcome}; the connection, and no event"),
        Kept::Opens => format!("{outcome}; the connection"),
        Kept::Closed(problem) => format!("{outcome}; the connection, and {problem} when it is used"),
        Kept::Untold(problem) => format!("{outcome}; {problem} for the list"),
        Kept::Nowhere => format!("{outcome}; no connection"),
    };
    let opens = match seen {
        // What was wrong once with KV is right when the partner asks again.
        Kept::Closed(_) | Kept::Untold(_) => {
            world.pass(61_000);
            kept(world) == Kept::Opens
        }
        Kept::Opens => true,
        Kept::Nowhere => false,
    };
    let connected = "Connected".to_owned();
    let (mut person, mut token) = match again {
        None if answer.status() == 200 => (connected, if opens { Token::Stored } else { Token::Unreadable }),
        None => (message(&code), if opens { Token::Stored } else { Token::NeverIssued }),
        // The page does as it is told, and finds the fault gone.
        Some(receipt) => {
            let asked = world.smooch().count(Endpoint::Token);
            world.pass(2_000);
            let second = if opens && noted {
                page.complete_again(world, &receipt)
            } else {
                page.complete(world, &receipt)
            };
            let held = world.smooch().count(Endpoint::Token) == asked;
            assert_eq!(held, issued == 1, "a token that is held is not asked for again");
            if second.status() == 200 {
                let token = match (opens && noted, held) {
                    (true, _) => Token::Stored,
                    (false, true) => Token::Held,
                    (false, false) => Token::NeverIssued,
                };
                ("\"Still working…\", then Connected".to_owned(), token)
            } else {
                let code = json(&second)["code"].as_str().expect("a code").to_owned();
                (format!("\"Still working…\", then {}", message(&code)), Token::NeverIssued)
            }
        }
    };
    if token == Token::NeverIssued && issued > 0 {
        token = if world.smooch().live_tokens().is_empty() { Token::Revoked } else { Token::Lost };
    }
    // Whatever it was, who starts over is connected; and removing that leaves no token alive.
    if matches!(token, Token::NeverIssued | Token::Revoked | Token::Lost | Token::Unreadable) {
        world.pass(2_000);
        assert_eq!(Page::new("main", 2).install(world, OWNER, "Night Market").status(), 200);
        if person == "Connected" {
            person.push_str("; once more to mend it");
        }
    }
    world.pass(61_000);
    let all = json(&get_v1(world, "/v1/connections"));
    for connection in all["connections"].as_array().expect("connections") {
        let id = connection["id"].as_str().expect("an id");
        let removed = call_v1(world, "DELETE", &format!("/v1/connections/{id}"), "").status().as_u16();
        assert!(token == Token::Unreadable || removed == 204, "it can be removed: {removed}");
        world.pass(61_000);
    }
    let alive = world.smooch().live_tokens().into_iter().filter(|live| live.app_id == NIGHT_MARKET).count();
    assert!(token == Token::Unreadable || alive == 0, "{alive} tokens outlive the app's last connection");
    Seen { person, partner, token }
}

/// What the partner's backend finds.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Kept {
    /// A connection, whose token is given out and lives.
    Opens,
    /// A connection, and this when its token is asked for.
    Closed(String),
    /// This when it asks for the list.
    Untold(String),
    /// No connection.
    Nowhere,
}

fn kept(world: &mut dyn World) -> Kept {
    let problem = |answer: &Response| {
        format!("{} `{}`", answer.status().as_u16(), json(answer)["code"].as_str().unwrap_or_default())
    };
    let listed = get_v1(world, "/v1/connections");
    if listed.status() != 200 {
        return Kept::Untold(problem(&listed));
    }
    let listed = json(&listed);
    let Some(id) = listed["connections"][0]["id"].as_str() else { return Kept::Nowhere };
    let opened = get_v1(world, &format!("/v1/connections/{id}/token"));
    if opened.status() != 200 {
        return Kept::Closed(problem(&opened));
    }
    let (token, smooch) = (json(&opened)["access_token"].clone(), world.smooch());
    assert!(
        smooch.live_tokens().iter().any(|live| token == live.access_token.as_str()),
        "a dead token is kept"
    );
    Kept::Opens
}

/// The text that the client shows for a code, in quotes.
fn message(code: &str) -> String {
    let code = ErrorCode::parse(code).expect("an error code");
    format!("\"{}\"", Text::Code(code).english())
}
