//! What the element does, as a pure function from events to commands. It touches no page, no clock, no storage and
//! no network, and holds no text: what is kept, sent and shown lies with the page, and the machine says when.
//!
//! Work that the page does in its own time (a digest, a POST, a wait) carries a turn. Only the latest turn of its
//! kind is listened to, so an answer that comes too late changes nothing.

use shared::ErrorCode;

/// Counts what is under way, round and round: an answer is never as late as that.
pub type Turn = u8;

/// How often a receipt is sent before a person is asked.
const TRIES: u8 = 3;
/// Between two tries, unless the edge says how long.
pub const RETRY_SECONDS: u32 = 2;
/// The longest wait that the edge can ask a person to sit through; past it, they press the button again.
const LONGEST_RETRY_SECONDS: u32 = 15;
/// Before a reload sends the receipt again: time for the first POST, which outlives the page, to be stored.
const RESUME_SECONDS: u32 = 4;
/// A page that is still here so long after its link was followed was not left after all.
const LEAVING_SECONDS: u32 = 10;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The element is in a page, or in another.
    Attached,
    /// It is, with attributes that make sense, or they changed.
    Configured,
    /// The attributes make no sense, or the page lacks what the flow needs.
    Unsupported,
    /// The digest of the verifier is there.
    Digested(Turn),
    /// Back from Smooch with a receipt, and this browser kept the intent that set out for it.
    Returned,
    /// Back from Smooch without success.
    Refused(ErrorCode),
    /// Sent by Smooch without having set out.
    Direct,
    /// An earlier load of this page was about to finish.
    Resumed,
    /// The flow was finished on another page.
    Concluded,
    /// The person did something to the button.
    Pressed(Press),
    /// The edge answered, or did not.
    Answered(Turn, Answer),
    /// A wait is over.
    Woke(Turn),
    /// The page came back from the back-forward cache.
    Restored,
    /// The element left the page.
    Detached,
    /// The link was opened in a window of its own, and this page stays.
    Opened,
    /// That window came to an end of the flow, or waits there for the person to have it sent again.
    Told(Answer),
    /// The person is back on this page, and that window cannot be seen any more. Whether it is gone for certain: a page
    /// with a `Cross-Origin-Opener-Policy` hides its window from who opened it.
    Closed(bool),
    /// This is that window, and the page that opened it has heard of the end.
    Heard,
    /// This is that window, and nobody was there to hear.
    Alone,
}

/// What a person does to the button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    /// A plain click, which leaves this page.
    Plain,
    /// A plain click that is to open a window, and leaves this page if it cannot.
    Popup,
    /// A click, a menu or a drag that may open the link elsewhere and leaves this page as it is.
    Aside,
    /// The finger is down. On some phones nothing more is told before a menu opens the link.
    Down,
    /// Space or Enter, which a link does not take for a click by itself when it stands for a button.
    Key,
}

/// What the edge's answer to the POST says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Connected.
    Connected,
    /// Not connected, and this flow never will be.
    Refused(ErrorCode),
    /// Not connected yet. The same flow can be tried again, after so many seconds.
    Again(ErrorCode, u32),
}

/// What the page is to do. Of several commands, the one that stands higher here is carried out first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Command {
    /// Keep the event that is being handled from doing what it does by default.
    Prevent,
    /// Keep the prepared verifier in storage that other tabs see: someone sets out.
    Keep,
    /// Open the link in a window of its own, if there can be one.
    Open,
    /// Forget the returned flow: it is settled.
    Settle,
    /// Let another element take up the returned flow.
    PassOn,
    /// Draw a verifier and have it digested, as [`Machine::drawing`].
    Draw,
    /// Take up what this load arrived with, if it is for this element.
    Claim,
    /// Keep the returned flow in storage that only this tab sees, and POST it, as [`Machine::turn`].
    Post,
    /// Wake up after [`Commands::seconds`], as [`Machine::turn`].
    Wait,
    /// Fire `connected`, and go back to where the person set out, if that is not here. A listener can prevent that, and
    /// who opened this window is told first.
    Connected,
    /// Fire `failed` with [`Machine::note`], and tell who opened this window.
    Failed,
    /// Fire `cancelled`, and tell who opened this window.
    Cancelled,
    /// Go back to where the person set out, if that is not here.
    Return,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Commands {
    set: u16,
    /// How long to wait, where that is commanded.
    pub seconds: u32,
}

impl Commands {
    /// Whether `command` is to be carried out.
    #[must_use]
    pub const fn have(self, command: Command) -> bool {
        self.set >> command as u8 & 1 == 1
    }

    const fn push(&mut self, command: Command) {
        self.set |= 1 << command as u8;
    }
}

/// Where the element is in the flow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// Not yet in a page, or not yet prepared.
    #[default]
    Idle,
    /// It cannot work here; the fallback shows.
    Unsupported,
    /// The link can be followed, as soon as a verifier is prepared for it.
    Ready,
    /// The link is being followed.
    Leaving,
    /// It was followed in another window.
    Elsewhere,
    /// A direct install waits for its one deliberate click.
    Confirm,
    /// The edge is asked, or is about to be asked again.
    Finishing,
    /// Tries are used up; the person can have it sent again.
    Held,
    /// All is done.
    Connected,
}

/// The element's behaviour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// Where the element is in the flow.
    pub phase: Phase,
    /// What the last flow came to, if it did not succeed.
    pub note: Option<ErrorCode>,
    /// How often the receipt was sent.
    pub tries: u8,
    /// Whether it was sent before without an answer, so that the flow may be finished already.
    pub unheard: bool,
    /// Whether a verifier is ready for the next click.
    pub prepared: bool,
    /// Whether this window has done all it was opened for.
    pub done: bool,
    /// The latest POST or wait.
    pub turn: Turn,
    /// The latest draw.
    pub drawing: Turn,
    /// How far its stay in the page is.
    pub stay: Stay,
}

/// How far the element's stay in its page is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Stay {
    /// Not there.
    #[default]
    Out,
    /// There, and not started: some set its attributes only in a moment.
    New,
    /// Its attributes were read.
    Started,
}

impl Machine {
    /// Takes one event and says what is to be done about it.
    pub fn step(&mut self, event: Event) -> Commands {
        let mut commands = Commands::default();
        let todo = &mut commands;
        match event {
            Event::Attached => self.stay = Stay::New,
            Event::Configured => self.configured(todo),
            Event::Unsupported => {
                self.stay = Stay::Started;
                // What is under way needs nothing more of the page, and what is done is done.
                if matches!(self.phase, Phase::Idle | Phase::Ready | Phase::Leaving) {
                    self.phase = Phase::Unsupported;
                    self.prepared = false;
                    self.drawing = self.drawing.wrapping_add(1);
                    self.blame(todo, ErrorCode::Unsupported);
                }
            }
            Event::Digested(turn) => {
                if turn == self.drawing {
                    self.prepared = true;
                    if self.phase == Phase::Idle {
                        self.phase = Phase::Ready;
                    }
                }
            }
            Event::Returned => {
                self.unheard = false;
                self.post(todo, 1);
            }
            Event::Refused(code) => self.failed(todo, code),
            Event::Direct => {
                self.unheard = false;
                self.phase = Phase::Confirm;
            }
            Event::Resumed => {
                self.phase = Phase::Finishing;
                self.tries = 0;
                self.unheard = true;
                self.wait(todo, RESUME_SECONDS);
            }
            Event::Concluded => self.connected(todo),
            Event::Pressed(press) => self.pressed(todo, press),
            Event::Answered(turn, answer) => {
                if self.phase == Phase::Finishing && turn == self.turn {
                    self.answered(todo, answer);
                }
            }
            Event::Woke(turn) => {
                if turn == self.turn {
                    match self.phase {
                        Phase::Leaving => self.renew(todo),
                        Phase::Ready => self.draw(todo),
                        Phase::Finishing => self.post(todo, self.tries.saturating_add(1)),
                        _ => {}
                    }
                }
            }
            Event::Restored => {
                if matches!(self.phase, Phase::Ready | Phase::Leaving) {
                    self.renew(todo);
                }
            }
            Event::Detached => {
                self.stay = Stay::Out;
                // What waits for the person waits in the tab, for this element in another place or for the next.
                if matches!(self.phase, Phase::Held | Phase::Confirm) {
                    self.pass_on(todo);
                }
            }
            Event::Opened => {
                self.phase = Phase::Elsewhere;
                // Not to be woken as if it had left this page.
                self.next_turn();
            }
            Event::Told(answer) => {
                if matches!(self.phase, Phase::Ready | Phase::Leaving | Phase::Elsewhere) {
                    match answer {
                        Answer::Connected => self.connected(todo),
                        Answer::Refused(code) | Answer::Again(code, _) => self.failed(todo, code),
                    }
                }
            }
            Event::Closed(certain) => {
                if self.phase == Phase::Elsewhere {
                    self.renew(todo);
                    self.note = Some(ErrorCode::WindowClosed);
                    if certain {
                        todo.push(Command::Cancelled);
                    }
                }
            }
            Event::Heard => self.done = true,
            Event::Alone => {
                if self.phase == Phase::Connected {
                    todo.push(Command::Return);
                }
            }
        }
        commands
    }

    const fn next_turn(&mut self) {
        self.turn = self.turn.wrapping_add(1);
    }

    fn configured(&mut self, todo: &mut Commands) {
        self.stay = Stay::Started;
        if matches!(self.phase, Phase::Idle | Phase::Unsupported) {
            self.phase = Phase::Idle;
            self.note = None;
            self.draw(todo);
        }
        if matches!(self.phase, Phase::Idle | Phase::Ready) {
            todo.push(Command::Claim);
        }
    }

    fn pressed(&mut self, todo: &mut Commands, press: Press) {
        match (self.phase, press) {
            (Phase::Ready | Phase::Leaving | Phase::Elsewhere, press)
                if press != Press::Key && self.prepared =>
            {
                todo.push(Command::Keep);
                match press {
                    // The link itself does the going.
                    Press::Plain | Press::Popup => {
                        self.phase = Phase::Leaving;
                        self.wait(todo, LEAVING_SECONDS);
                        if press == Press::Popup {
                            todo.push(Command::Open);
                        }
                    }
                    // This page stays, so its next click is another flow, with a verifier of its own. Not yet: the
                    // browser follows the link as it stands once all listeners have run, and a digest of so little
                    // can be there between two of them.
                    Press::Aside => self.wait(todo, 0),
                    Press::Down | Press::Key => {}
                }
            }
            (Phase::Confirm | Phase::Held, Press::Plain | Press::Popup | Press::Key) => {
                todo.push(Command::Prevent);
                self.post(todo, 1);
            }
            _ => {}
        }
    }

    fn answered(&mut self, todo: &mut Commands, answer: Answer) {
        if self.stay == Stay::Out {
            // Nobody would see it. The edge gives the same answer to the element that asks next.
            return self.pass_on(todo);
        }
        match answer {
            Answer::Connected => {
                todo.push(Command::Settle);
                self.connected(todo);
            }
            Answer::Refused(code) => {
                todo.push(Command::Settle);
                self.failed(todo, code);
            }
            Answer::Again(code, after) => {
                self.unheard |= code == ErrorCode::EdgeUnreachable;
                if self.tries < TRIES && after <= LONGEST_RETRY_SECONDS {
                    self.wait(todo, after);
                } else {
                    self.phase = Phase::Held;
                    self.blame(todo, code);
                }
            }
        }
    }

    const fn connected(&mut self, todo: &mut Commands) {
        self.phase = Phase::Connected;
        self.note = None;
        todo.push(Command::Connected);
    }

    const fn pass_on(&mut self, todo: &mut Commands) {
        self.phase = Phase::Idle;
        todo.push(Command::PassOn);
    }

    const fn post(&mut self, todo: &mut Commands, tries: u8) {
        self.phase = Phase::Finishing;
        self.tries = tries;
        self.next_turn();
        todo.push(Command::Post);
    }

    const fn wait(&mut self, todo: &mut Commands, seconds: u32) {
        self.next_turn();
        todo.seconds = seconds;
        todo.push(Command::Wait);
    }

    const fn draw(&mut self, todo: &mut Commands) {
        self.drawing = self.drawing.wrapping_add(1);
        todo.push(Command::Draw);
    }

    /// A flow is over and another can start.
    fn failed(&mut self, todo: &mut Commands, code: ErrorCode) {
        self.renew(todo);
        self.blame(todo, code);
    }

    fn blame(&mut self, todo: &mut Commands, code: ErrorCode) {
        self.note = Some(code);
        todo.push(if code == ErrorCode::AccessDenied { Command::Cancelled } else { Command::Failed });
    }

    const fn renew(&mut self, todo: &mut Commands) {
        self.phase = Phase::Ready;
        self.note = None;
        self.prepared = false;
        self.draw(todo);
    }
}

#[cfg(test)]
mod tests;
