//! The element's behaviour as a pure state machine: events in, commands out.
//!
//! It touches no page, clock, storage or network and holds no text.
//!
//! Work that takes time (a digest, a request, a timer) carries a [`Turn`]. Only the latest turn of its kind counts, so
//! a late answer changes nothing.

mod command;
mod event;
mod phase;

pub use command::Command;
pub use event::{Answer, Event, Press};
pub use phase::{Lifecycle, Phase};

use shared::ErrorCode;

/// Numbers requests, timers and proofs, so that a late answer can be recognised.
pub type Turn = u32;

/// Attempts to send a receipt before the person has to press "Try again".
const MAX_ATTEMPTS: u32 = 3;
/// Seconds between two attempts, unless the edge names another number.
pub const RETRY_SECONDS: u32 = 2;
/// The longest wait that the edge can impose, in seconds. For a longer one the person presses "Try again" instead.
const MAX_RETRY_SECONDS: u32 = 15;
/// Seconds before a reloaded page sends the receipt again. The first request outlives its page and needs time to finish.
const RESUME_SECONDS: u32 = 4;
/// Seconds after which a page that is still here was not left: the navigation failed or was cancelled.
const LEAVING_SECONDS: u32 = 10;

/// The state of one element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// The phase of the flow.
    pub phase: Phase,
    /// The element's relation to its page.
    pub lifecycle: Lifecycle,
    /// The reason why the last flow did not succeed.
    pub failure: Option<ErrorCode>,
    /// Attempts to send the current receipt.
    pub attempts: u32,
    /// An attempt got no answer, so the edge may have finished the flow already.
    pub unanswered: bool,
    /// A proof is ready for the next click.
    pub has_proof: bool,
    /// This page runs in a popup window whose opener has the result.
    pub popup_done: bool,
    /// The latest request or timer.
    pub turn: Turn,
    /// The latest proof.
    pub proof_turn: Turn,
}

impl Machine {
    /// Takes one event and returns the commands that follow from it.
    pub fn step(&mut self, event: Event) -> Vec<Command> {
        match event {
            Event::Attached => {
                self.lifecycle = Lifecycle::Attached;
                vec![]
            }
            Event::Detached => self.detached(),
            Event::Configured => self.configured(),
            Event::Unsupported => self.unsupported(),
            Event::ProofReady(turn) => {
                if turn == self.proof_turn {
                    self.has_proof = true;
                    if self.phase == Phase::Idle {
                        self.phase = Phase::Ready;
                    }
                }
                vec![]
            }
            Event::Restored if matches!(self.phase, Phase::Ready | Phase::Leaving) => vec![self.renew()],
            Event::Restored => vec![],
            Event::Returned => {
                self.unanswered = false;
                vec![self.post(1)]
            }
            Event::Refused(code) => self.failed(code),
            Event::DirectInstall => {
                self.unanswered = false;
                self.phase = Phase::Confirming;
                vec![]
            }
            Event::Resumed => {
                self.phase = Phase::Finishing;
                self.attempts = 0;
                self.unanswered = true;
                vec![self.wait(RESUME_SECONDS)]
            }
            Event::OutcomeFound => vec![self.connected()],
            Event::Pressed(press) => self.pressed(press),
            Event::Answered(turn, answer) if self.phase == Phase::Finishing && turn == self.turn => {
                self.answered(answer)
            }
            Event::Answered(..) => vec![],
            Event::TimerFired(turn) if turn == self.turn => match self.phase {
                Phase::Leaving => vec![self.renew()],
                Phase::Ready => vec![self.prepare_proof()],
                Phase::Finishing => vec![self.post(self.attempts.saturating_add(1))],
                Phase::Idle
                | Phase::Unsupported
                | Phase::InPopup
                | Phase::Confirming
                | Phase::Held
                | Phase::Connected => vec![],
            },
            Event::TimerFired(_) => vec![],
            Event::PopupOpened => {
                self.phase = Phase::InPopup;
                // Ignore the timer of a page that is being left: this one stays.
                self.next_turn();
                vec![]
            }
            Event::PopupReported(answer) => self.popup_reported(answer),
            Event::PopupClosed { certain } => self.popup_closed(certain),
            Event::OpenerInformed => {
                self.popup_done = true;
                vec![]
            }
            Event::OpenerGone if self.phase == Phase::Connected => vec![Command::GoBack],
            Event::OpenerGone => vec![],
        }
    }

    fn configured(&mut self) -> Vec<Command> {
        self.lifecycle = Lifecycle::Started;
        if matches!(self.phase, Phase::Idle | Phase::Unsupported) {
            self.phase = Phase::Idle;
            self.failure = None;
            return vec![self.prepare_proof(), Command::ClaimReturn];
        }
        if self.phase == Phase::Ready { vec![Command::ClaimReturn] } else { vec![] }
    }

    fn unsupported(&mut self) -> Vec<Command> {
        self.lifecycle = Lifecycle::Started;
        // A flow that is under way or finished needs nothing more of the page.
        if !matches!(self.phase, Phase::Idle | Phase::Ready | Phase::Leaving) {
            return vec![];
        }
        self.phase = Phase::Unsupported;
        self.has_proof = false;
        // Ignore a proof that is still being made.
        self.proof_turn = self.proof_turn.wrapping_add(1);
        vec![self.report_failure(ErrorCode::Unsupported)]
    }

    fn detached(&mut self) -> Vec<Command> {
        self.lifecycle = Lifecycle::Detached;
        // The next element of the page may claim a flow that waits for the person.
        if self.phase.awaits_press() { vec![self.release()] } else { vec![] }
    }

    fn pressed(&mut self, press: Press) -> Vec<Command> {
        if self.phase.awaits_press() {
            return match press {
                Press::Click | Press::PopupClick | Press::Key => vec![Command::PreventDefault, self.post(1)],
                Press::OpensElsewhere | Press::PointerDown => vec![],
            };
        }
        if !self.phase.offers_start() || !self.has_proof {
            return vec![];
        }
        match press {
            Press::Click => {
                self.phase = Phase::Leaving;
                vec![Command::SaveIntent, self.wait(LEAVING_SECONDS)]
            }
            Press::PopupClick => {
                self.phase = Phase::Leaving;
                vec![Command::SaveIntent, Command::OpenPopup, self.wait(LEAVING_SECONDS)]
            }
            // This page stays, so its next click needs a proof of its own. The timer keeps the present link until the
            // browser has followed it, which happens after all listeners have run.
            Press::OpensElsewhere => vec![Command::SaveIntent, self.wait(0)],
            Press::PointerDown => vec![Command::SaveIntent],
            Press::Key => vec![],
        }
    }

    fn answered(&mut self, answer: Answer) -> Vec<Command> {
        if self.lifecycle == Lifecycle::Detached {
            // Nobody would see the result. The edge gives the same answer to the next element that asks.
            return vec![self.release()];
        }
        match answer {
            Answer::Connected => vec![Command::ForgetPending, self.connected()],
            Answer::Failed(code) => {
                let mut commands = vec![Command::ForgetPending];
                commands.extend(self.failed(code));
                commands
            }
            Answer::Pending { after } => {
                // The edge has the flow and is working on it, so this is no failed attempt.
                self.attempts = 1;
                vec![self.wait(after.min(MAX_RETRY_SECONDS))]
            }
            Answer::Retry { code, after } => {
                self.unanswered |= code == ErrorCode::EdgeUnreachable;
                if self.attempts < MAX_ATTEMPTS && after <= MAX_RETRY_SECONDS {
                    return vec![self.wait(after)];
                }
                self.phase = Phase::Held;
                vec![self.report_failure(code)]
            }
        }
    }

    fn popup_reported(&mut self, answer: Answer) -> Vec<Command> {
        if !self.phase.offers_start() {
            return vec![];
        }
        match answer {
            Answer::Connected => vec![self.connected()],
            Answer::Failed(code) | Answer::Retry { code, .. } => self.failed(code),
            Answer::Pending { .. } => vec![],
        }
    }

    fn popup_closed(&mut self, certain: bool) -> Vec<Command> {
        if self.phase != Phase::InPopup {
            return vec![];
        }
        let mut commands = vec![self.renew()];
        self.failure = Some(ErrorCode::WindowClosed);
        if certain {
            commands.push(Command::FireCancelled(ErrorCode::WindowClosed));
        }
        commands
    }

    /// A flow ended without a connection; another can start.
    fn failed(&mut self, code: ErrorCode) -> Vec<Command> {
        vec![self.renew(), self.report_failure(code)]
    }

    fn report_failure(&mut self, code: ErrorCode) -> Command {
        self.failure = Some(code);
        // The owner's own decision is not a failure.
        if code == ErrorCode::AccessDenied {
            return Command::FireCancelled(code);
        }
        Command::FireFailed { code, can_retry: self.phase == Phase::Held }
    }

    fn connected(&mut self) -> Command {
        self.phase = Phase::Connected;
        self.failure = None;
        Command::FireConnected
    }

    fn release(&mut self) -> Command {
        self.phase = Phase::Idle;
        Command::ReleaseReturn
    }

    fn post(&mut self, attempts: u32) -> Command {
        self.phase = Phase::Finishing;
        self.attempts = attempts;
        self.next_turn();
        Command::PostCompletion { turn: self.turn, unanswered: self.unanswered }
    }

    fn wait(&mut self, seconds: u32) -> Command {
        self.next_turn();
        Command::StartTimer { turn: self.turn, seconds }
    }

    /// Makes the button ready for another flow, with a proof of its own.
    fn renew(&mut self) -> Command {
        self.phase = Phase::Ready;
        self.failure = None;
        self.has_proof = false;
        self.prepare_proof()
    }

    fn prepare_proof(&mut self) -> Command {
        self.proof_turn = self.proof_turn.wrapping_add(1);
        Command::PrepareProof(self.proof_turn)
    }

    fn next_turn(&mut self) {
        self.turn = self.turn.wrapping_add(1);
    }
}

#[cfg(test)]
mod tests;
