//! What the element does, as a pure function from events to commands. It touches no page, no clock, no storage and
//! no network, and holds no text: what is kept, sent and shown lies with the page, and the machine says when.
//!
//! Work that the page does in its own time (a digest, a POST, a wait) carries a turn. Only the latest turn of its
//! kind is listened to, so an answer that comes too late changes nothing.

use shared::ErrorCode;

/// How often a receipt is sent before a person is asked.
const TRIES: u8 = 3;
/// Between two tries, unless the edge asks for longer.
const RETRY_SECONDS: u32 = 2;
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
    Digested(u32),
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
    Answered(u32, Answer),
    /// A wait is over.
    Woke(u32),
    /// The page came back from the back-forward cache.
    Restored,
    /// The element left the page.
    Detached,
}

/// What a person does to the button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    /// A plain click, which leaves this page.
    Plain,
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
    Again(ErrorCode, Option<u32>),
}

/// What the page is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Take up what this load arrived with, if it is for this element.
    Claim,
    /// Draw a verifier and have it digested.
    Draw(u32),
    /// Keep the prepared verifier in storage that other tabs see: someone sets out.
    Keep,
    /// Keep the returned flow in storage that only this tab sees, and POST it.
    Post(u32),
    /// Forget the returned flow: it is settled.
    Settle,
    /// Let another element take up the returned flow.
    PassOn,
    /// Wake up after so many seconds.
    Wait(u32, u32),
    /// Keep the event that is being handled from doing what it does by default.
    Prevent,
    /// Fire `connected`. Unless a listener prevents it, go back to where the person set out, if that is not here.
    Connected,
    /// Fire `failed`.
    Failed(ErrorCode),
    /// Fire `cancelled`.
    Cancelled,
}

/// Where the element is in the flow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
    /// The latest POST or wait.
    pub turn: u32,
    /// The latest draw.
    pub drawing: u32,
    detached: bool,
}

/// What is to be done, in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Commands([Option<Command>; 3]);

impl Commands {
    fn push(&mut self, command: Command) {
        if let Some(place) = self.0.iter_mut().find(|place| place.is_none()) {
            *place = Some(command);
        }
    }
}

impl IntoIterator for Commands {
    type Item = Command;
    type IntoIter = core::iter::Flatten<core::array::IntoIter<Option<Command>, 3>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter().flatten()
    }
}

impl Machine {
    /// Takes one event and says what is to be done about it.
    pub fn step(&mut self, event: Event) -> Commands {
        let mut commands = Commands::default();
        let todo = &mut commands;
        match event {
            Event::Attached => self.detached = false,
            Event::Configured => self.configured(todo),
            Event::Unsupported => {
                // What is under way needs nothing more of the page, and what is done is done.
                if matches!(self.phase, Phase::Idle | Phase::Ready | Phase::Leaving) {
                    self.phase = Phase::Unsupported;
                    self.prepared = false;
                    self.drawing = self.drawing.wrapping_add(1);
                    todo.push(Command::Failed(ErrorCode::Unsupported));
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
            Event::Concluded => {
                self.phase = Phase::Connected;
                todo.push(Command::Connected);
            }
            Event::Pressed(press) => self.pressed(todo, press),
            Event::Answered(turn, answer) => {
                if self.phase == Phase::Finishing && turn == self.turn {
                    self.answered(todo, answer);
                }
            }
            Event::Woke(turn) if turn == self.turn => match self.phase {
                Phase::Leaving => self.renew(todo),
                Phase::Ready => self.draw(todo),
                Phase::Finishing => self.post(todo, self.tries.saturating_add(1)),
                _ => {}
            },
            Event::Woke(_) => {}
            Event::Restored => {
                if matches!(self.phase, Phase::Ready | Phase::Leaving) {
                    self.renew(todo);
                }
            }
            Event::Detached => {
                self.detached = true;
                // What waits for the person waits in the tab, for this element in another place or for the next.
                if matches!(self.phase, Phase::Held | Phase::Confirm) {
                    self.phase = Phase::Idle;
                    todo.push(Command::PassOn);
                }
            }
        }
        commands
    }

    const fn next_turn(&mut self) -> u32 {
        self.turn = self.turn.wrapping_add(1);
        self.turn
    }

    fn configured(&mut self, todo: &mut Commands) {
        if matches!(self.phase, Phase::Idle | Phase::Unsupported) {
            self.phase = Phase::Idle;
            self.draw(todo);
        }
        if matches!(self.phase, Phase::Idle | Phase::Ready) {
            todo.push(Command::Claim);
        }
    }

    fn pressed(&mut self, todo: &mut Commands, press: Press) {
        match (self.phase, press) {
            (Phase::Ready | Phase::Leaving, Press::Plain | Press::Aside | Press::Down) if self.prepared => {
                // The link itself does the going.
                todo.push(Command::Keep);
                match press {
                    Press::Plain => {
                        self.phase = Phase::Leaving;
                        self.wait(todo, LEAVING_SECONDS);
                    }
                    // This page stays, so its next click is another flow, with a verifier of its own. Not yet: the
                    // browser follows the link as it stands once all listeners have run, and a digest of so little
                    // can be there between two of them.
                    Press::Aside => self.wait(todo, 0),
                    Press::Down | Press::Key => {}
                }
            }
            (Phase::Confirm | Phase::Held, Press::Plain | Press::Key) => {
                todo.push(Command::Prevent);
                self.post(todo, 1);
            }
            _ => {}
        }
    }

    fn answered(&mut self, todo: &mut Commands, answer: Answer) {
        if self.detached {
            // Nobody would see it. The edge gives the same answer to the element that asks next.
            self.phase = Phase::Idle;
            return todo.push(Command::PassOn);
        }
        match answer {
            Answer::Connected => {
                self.phase = Phase::Connected;
                todo.push(Command::Settle);
                todo.push(Command::Connected);
            }
            Answer::Refused(code) => {
                todo.push(Command::Settle);
                self.failed(todo, code);
            }
            Answer::Again(code, after) => {
                self.unheard |= code == ErrorCode::EdgeUnreachable;
                let after = after.unwrap_or(RETRY_SECONDS);
                if self.tries < TRIES && after <= LONGEST_RETRY_SECONDS {
                    self.wait(todo, after);
                } else {
                    self.phase = Phase::Held;
                    self.blame(todo, code);
                }
            }
        }
    }

    fn post(&mut self, todo: &mut Commands, tries: u8) {
        self.phase = Phase::Finishing;
        self.tries = tries;
        todo.push(Command::Post(self.next_turn()));
    }

    fn wait(&mut self, todo: &mut Commands, seconds: u32) {
        todo.push(Command::Wait(self.next_turn(), seconds));
    }

    fn draw(&mut self, todo: &mut Commands) {
        self.drawing = self.drawing.wrapping_add(1);
        todo.push(Command::Draw(self.drawing));
    }

    /// A flow is over and another can start.
    fn failed(&mut self, todo: &mut Commands, code: ErrorCode) {
        self.renew(todo);
        self.blame(todo, code);
    }

    fn blame(&mut self, todo: &mut Commands, code: ErrorCode) {
        self.note = Some(code);
        todo.push(if code == ErrorCode::AccessDenied { Command::Cancelled } else { Command::Failed(code) });
    }

    fn renew(&mut self, todo: &mut Commands) {
        self.phase = Phase::Ready;
        self.note = None;
        self.prepared = false;
        self.draw(todo);
    }
}

#[cfg(test)]
mod tests;
