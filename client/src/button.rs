//! Does what the machine says, with the browser. It decides nothing.
//!
//! The machine is never held while the browser is called: a listener may remove the element, click it or change its
//! attributes in the middle of anything, and finds everything at rest.

use crate::{
    arrival::Arrival,
    config::{Attributes, Config, DEFAULT_SITE, or},
    dom::{self, Fired, Key, NO_NUMBER, forget, has, keep, load, number, pass, save},
    flow::{INTENT, INTENT_LIFE, PENDING_LIFE, Seconds, lives, place},
    machine::{Answer, Command, Event, Machine, Phase, Press, RETRY_SECONDS, Stay, Turn},
    runtime::{Scope, line},
    why::Why,
};
use shared::{AuthorizationRequest, Challenge, ErrorCode, State};

/// What happened to the element: an event of the DOM, a change of its life, or the end of something that took time.
/// In the order of `client/js/element.js`.
mod kind {
    pub(super) const CONNECTED: u32 = 0;
    pub(super) const START: u32 = 1;
    pub(super) const CHANGED: u32 = 2;
    pub(super) const DISCONNECTED: u32 = 3;
    pub(super) const RESTORED: u32 = 4;
    pub(super) const CLICK: u32 = 5;
    pub(super) const AUXILIARY: u32 = 6;
    pub(super) const MENU: u32 = 7;
    pub(super) const DRAG: u32 = 8;
    pub(super) const DOWN: u32 = 9;
    pub(super) const KEY: u32 = 10;
    pub(super) const WAKE: u32 = 11;
    pub(super) const DRAWN: u32 = 12;
    pub(super) const ANSWER: u32 = 13;
    pub(super) const TOLD: u32 = 14;
    pub(super) const CLOSED: u32 = 15;
    pub(super) const HEARD: u32 = 16;
    pub(super) const ALONE: u32 = 17;
}

/// Takes an event of the `kind` that its number says, for the element whose machine is `bits`. `turn` says which wait,
/// draw or POST has ended, or how certain it is that a window was closed.
pub(crate) fn handle(scope: &Scope, bits: u32, kind: u32, turn: Turn) {
    let machine = Machine::from_bits(bits);
    let event = match kind {
        kind::CONNECTED => Event::Attached,
        kind::START if machine.stay == Stay::New => configure(scope),
        kind::CHANGED if machine.stay == Stay::Started => configure(scope),
        kind::DISCONNECTED => Event::Detached,
        kind::RESTORED => Event::Restored,
        kind::CLICK => Event::Pressed(if is_popup(scope) { Press::Popup } else { Press::Plain }),
        kind::AUXILIARY | kind::MENU | kind::DRAG => Event::Pressed(Press::Aside),
        kind::DOWN => Event::Pressed(Press::Down),
        kind::KEY => Event::Pressed(Press::Key),
        kind::WAKE => Event::Woke(turn),
        kind::DRAWN if turn == machine.drawing => {
            pass(Key::Drawn, Key::Proof);
            pass(Key::DrawnChallenge, Key::Challenge);
            configure(scope);
            Event::Digested(turn)
        }
        kind::ANSWER if turn == machine.turn => Event::Answered(turn, answer(scope)),
        kind::TOLD => Event::Told(answer(scope)),
        kind::CLOSED => Event::Closed(turn == 1),
        kind::HEARD => Event::Heard,
        kind::ALONE => Event::Alone,
        _ => return,
    };
    happened(scope, event);
}

fn happened(scope: &Scope, event: Event) {
    let mut machine = Machine::from_bits(dom::recall());
    let todo = machine.step(event);
    dom::remember(machine.bits());
    let shown = machine.shown();
    dom::show(shown.role, shown.look, shown.status);

    if todo.have(Command::Prevent) {
        dom::prevent();
    }
    if todo.have(Command::Keep) && !set_out(scope) {
        dom::prevent();
        dom::report(Why::NoStorage);
        return happened(scope, Event::Unsupported);
    }
    if todo.have(Command::Open) && dom::open() {
        dom::prevent();
        return happened(scope, Event::Opened);
    }
    if todo.have(Command::Settle) {
        forget(Key::Pending);
    }
    if todo.have(Command::PassOn) {
        dom::release();
    }
    if todo.have(Command::Draw) {
        sweep(scope);
        dom::draw(machine.drawing.into());
    }
    if todo.have(Command::Claim)
        && let Some(event) = claim(scope)
    {
        happened(scope, event);
    }
    if todo.have(Command::Post) {
        save(Key::Pending);
        post(machine);
    }
    if todo.have(Command::Wait) {
        dom::wait(machine.turn.into(), todo.seconds.cast_signed());
    }
    if todo.have(Command::Connected) {
        if !dom::fire(Fired::Connected) {
            // The page keeps the person where they are.
            forget(Key::Home);
        }
        if !told(&machine) {
            go_home(scope);
        }
    }
    if todo.have(Command::Failed)
        && let Some(code) = machine.note
    {
        dom::fail(code);
        told(&machine);
    }
    if todo.have(Command::Cancelled) {
        dom::fire(Fired::Cancelled);
        told(&machine);
    }
    if todo.have(Command::Return) {
        go_home(scope);
    }
}

/// Reads the attributes, and makes the link if there is a proof for it.
fn configure(scope: &Scope) -> Event {
    let attributes = Attributes {
        client_id: scope.get(Key::ClientId),
        site: site(scope),
        authorize_url: scope.get(Key::AuthorizeUrl),
        pkce: has(Key::Pkce),
    };
    let why = match Config::read(attributes) {
        Ok(config) => {
            if let Some(challenge) = Challenge::of(scope.get(Key::Challenge)) {
                keep(Key::Href, link(scope, &config, challenge));
            }
            missing()
        }
        Err(why) => Some(why),
    };
    if let Some(why) = why {
        dom::report(why);
        return Event::Unsupported;
    }
    if is_popup(scope) {
        dom::prepare();
    }
    Event::Configured
}

fn link<'a>(scope: &'a Scope, config: &Config<'_>, challenge: Challenge<&str>) -> &'a str {
    let request = AuthorizationRequest {
        client_id: config.client_id,
        redirect_uri: scope.concat(&[scope.get(Key::Edge), "/callback"]),
        state: scope.concat(&State { site: config.site, challenge }.parts()),
        code_challenge: config.pkce.then_some(challenge.as_str()),
    };
    request.parameters(dom::add);
    let endpoint = config.authorize_url;
    scope.concat(&[endpoint, AuthorizationRequest::separator(endpoint), scope.get(Key::Form)])
}

/// What the page lacks, if anything.
fn missing() -> Option<Why> {
    if !has(Key::Subtle) {
        return Some(Why::Insecure);
    }
    keep(Key::Which, INTENT);
    let works = keep(Key::Intent, "?") && keep(Key::Intent, "");
    (!works).then_some(Why::NoStorage)
}

/// Whether the flow is to go on in a window of its own.
fn is_popup(scope: &Scope) -> bool {
    scope.get(Key::Mode) == "popup"
}

/// Forgets the intents that nobody can come back for any more.
fn sweep(scope: &Scope) {
    let mut rest = scope.get(Key::Keys);
    while !rest.is_empty() {
        let (key, others) = line(rest);
        rest = others;
        if key.starts_with(INTENT) {
            keep(Key::Which, key);
            dom::look_at(Key::Intent);
            if !is_fresh(Key::OtherSince, INTENT_LIFE) {
                forget(Key::Intent);
            }
        }
    }
}

/// Whether it was saved so lately.
fn is_fresh(since: Key, life: Seconds) -> bool {
    lives(number(since), number(Key::Now), life)
}

/// Keeps what the return needs. Whether that worked.
fn set_out(scope: &Scope) -> bool {
    begin();
    pass(Key::Proof, Key::Verifier);
    pass(Key::Session, Key::StartedSession);
    keep(Key::Place, or(scope.get(Key::Home), here(scope)));
    if is_popup(scope) {
        pass(Key::Challenge, Key::Window);
    }
    keep(Key::Which, scope.concat(&[INTENT, scope.get(Key::Challenge)]));
    let kept = save(Key::Intent);
    // It goes on where it comes back to.
    begin();
    kept
}

/// Begins with no flow at hand.
fn begin() {
    load(Key::Taken);
}

/// Takes up what this load arrived with: the edge's answer, or what an earlier load of a page in this tab left.
fn claim(scope: &Scope) -> Option<Event> {
    let site = site(scope);
    let arrival = Arrival::read(scope.get(Key::Returned), scope.get(Key::Refused), scope.get(Key::State));
    if let Some(arrival) = arrival.filter(|arrival| arrival.is_for(site)) {
        return Some(arrived(scope, site, &arrival));
    }
    load(Key::Outcome);
    if scope.get(Key::FlowSite) == site && scope.get(Key::Place) == here(scope) {
        forget(Key::Outcome);
        pass(Key::Answer, Key::Json);
        if is_connected(scope) {
            pass(Key::AppName, Key::Detail);
            return Some(Event::Concluded);
        }
    }
    load(Key::Pending);
    if !is_fresh(Key::Since, PENDING_LIFE) {
        forget(Key::Pending);
        return None;
    }
    if scope.get(Key::FlowSite) != site || has(Key::Taken) {
        return None;
    }
    keep(Key::Taken, "1");
    keep(Key::Home, place(scope.get(Key::Place)));
    Some(if has(Key::Verifier) { Event::Resumed } else { Event::Direct })
}

fn arrived(scope: &Scope, site: &str, arrival: &Arrival<'_>) -> Event {
    dom::clean();
    // The number of a request of an earlier flow.
    forget(Key::Detail);
    keep(Key::Taken, "1");
    let challenge = arrival.state.as_ref().map_or("", |state| state.challenge.as_str());
    keep(Key::Which, scope.concat(&[INTENT, challenge]));
    load(Key::Intent);
    // Out of storage before anything is sent, so a receipt is used in one tab, once.
    forget(Key::Intent);
    if !is_fresh(Key::Since, INTENT_LIFE) {
        begin();
    }
    keep(Key::Home, place(scope.get(Key::Place)));
    match arrival.receipt {
        // A state that nobody set out with here is not believed, whatever comes with it.
        _ if arrival.state.is_some() && !has(Key::Verifier) => Event::Refused(ErrorCode::WrongBrowser),
        Err(error) => {
            keep(Key::Error, error);
            Event::Refused(dom::code(Key::Error).unwrap_or(ErrorCode::EdgeUnreachable))
        }
        Ok(receipt) => {
            keep(Key::FlowSite, site);
            keep(Key::Receipt, receipt);
            // Before its one click a direct install must outlive a reload; any other is kept when it is posted.
            if arrival.state.is_some() {
                Event::Returned
            } else {
                save(Key::Pending);
                Event::Direct
            }
        }
    }
}

/// Sends the flow at hand to the edge, which holds the page's present session against the one they set out with. A
/// direct install has no verifier and is nobody's: it takes no session. An earlier POST that was not answered is told
/// of, so that the edge does not send a code that may be spent.
fn post(machine: Machine) {
    dom::field(Key::Receipt);
    dom::field(Key::Verifier);
    if has(Key::Verifier) {
        dom::field(Key::Session);
    }
    dom::field(Key::StartedSession);
    if machine.unheard {
        dom::add("again", "1");
    }
    dom::post(machine.turn.into());
}

/// Whether the value at hand says that a connection was made.
fn is_connected(scope: &Scope) -> bool {
    scope.get(Key::Status) == "connected" && has(Key::ConnectionId)
}

/// Reads the edge's answer.
fn answer(scope: &Scope) -> Answer {
    let connected = is_connected(scope);
    pass(if connected { Key::AppName } else { Key::RequestId }, Key::Detail);
    if connected {
        return Answer::Connected;
    }
    // What is not the edge's own answer, from whoever stands before it, is no answer.
    let Some(code) = dom::code(Key::Code) else {
        return Answer::Again(ErrorCode::EdgeUnreachable, RETRY_SECONDS);
    };
    if has(Key::AnswerReceipt) {
        pass(Key::AnswerReceipt, Key::Receipt);
        save(Key::Pending);
    } else if !is_of_the_edge(code) {
        return Answer::Refused(code);
    }
    let after = number(Key::RetryAfter);
    Answer::Again(code, if after == NO_NUMBER { RETRY_SECONDS } else { after })
}

/// Whether it is the edge that cannot now, and the flow is as good as before.
const fn is_of_the_edge(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::Misconfigured | ErrorCode::RateLimited | ErrorCode::StorageUnavailable)
}

/// Tells who opened this window what came of it. Whether this is such a window. What can be sent again from here has not
/// come to an end, and the token may be in this window alone: then it stays.
fn told(machine: &Machine) -> bool {
    let window = has(Key::Window);
    if window {
        dom::tell(machine.note, machine.phase == Phase::Held);
    }
    window
}

/// Goes back to where the person set out, if that is not here.
fn go_home(scope: &Scope) {
    let home = scope.get(Key::Home);
    if !home.is_empty() && home != here(scope) {
        // Of the flow itself nothing is needed there.
        begin();
        keep(Key::FlowSite, site(scope));
        pass(Key::Home, Key::Place);
        pass(Key::Json, Key::Answer);
        save(Key::Outcome);
        dom::go();
    }
}

/// The name of the element's site.
fn site(scope: &Scope) -> &str {
    or(scope.get(Key::Site), DEFAULT_SITE)
}

/// The page, as a path and query; nothing if no one could be sent back to it.
fn here(scope: &Scope) -> &str {
    place(scope.get(Key::Here))
}
