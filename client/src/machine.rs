//! The element's behaviour as a pure state machine: events in, commands out.
//!
//! It touches no page, clock, storage or network and holds no text.
//!
//! Work that takes time (a digest, a request, a timer) carries a [`Turn`]. Only the latest turn of its kind counts, so
//! a late answer changes nothing.

mod command;
mod event;
mod phase;
mod popup;
mod turn;

pub use command::Command;
pub use event::{Answer, Event, Press};
pub use phase::{Lifecycle, Phase};
pub use turn::Turn;

use shared::ErrorCode;

/// Attempts to send a receipt before the person has to press "Try again".
const MAX_ATTEMPTS: u32 = 3;
/// Seconds between two attempts, unless the edge names another number.
pub const RETRY_SECONDS: u32 = 2;
/// The longest wait that the edge can impose, in seconds. For a longer one the person presses "Try again" instead.
const MAX_RETRY_SECONDS: u32 = 15;
/// Seconds before a reloaded page sends the receipt again. The first request outlives its page and needs time to
/// finish.
const RESUME_SECONDS: u32 = 4;
/// Seconds to wait for the navigation. After that it has failed or was cancelled.
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
        let mut commands = Vec::new();
        self.take(event, &mut commands);
        commands
    }

    fn take(&mut self, event: Event, commands: &mut Vec<Command>) {
        match event {
            Event::Attached => self.lifecycle = Lifecycle::Attached,
            Event::Detached => {
                self.lifecycle = Lifecycle::Detached;
                // The next element of the page may claim a flow that waits for the person.
                if self.phase.awaits_press() {
                    self.release(commands);
                }
            }
            Event::Configured => self.configured(commands),
            Event::Unsupported => self.unsupported(commands),
            Event::ProofReady(turn) => {
                if turn == self.proof_turn {
                    self.has_proof = true;
                    if self.phase == Phase::Idle {
                        self.phase = Phase::Ready;
                    }
                }
            }
            Event::Restored => {
                if matches!(self.phase, Phase::Ready | Phase::Leaving) {
                    self.renew(commands);
                }
            }
            Event::Returned => {
                self.unanswered = false;
                self.post(1, commands);
            }
            Event::Refused(code) => self.failed(code, commands),
            Event::DirectInstall => {
                self.unanswered = false;
                self.phase = Phase::Confirming;
            }
            Event::Resumed => {
                self.phase = Phase::Finishing;
                self.attempts = 0;
                self.unanswered = true;
                self.wait(RESUME_SECONDS, commands);
            }
            Event::OutcomeFound => self.connected(commands),
            Event::Pressed(press) => self.pressed(press, commands),
            Event::Answered(turn, answer) => {
                if self.phase == Phase::Finishing && turn == self.turn {
                    self.answered(answer, commands);
                }
            }
            Event::TimerFired(turn) => {
                if turn == self.turn {
                    self.timer_fired(commands);
                }
            }
            Event::PopupOpened => {
                self.phase = Phase::InPopup;
                // Ignore the timer of a page that is being left: this one stays.
                self.next_turn();
            }
            Event::PopupReported(answer) => self.popup_reported(answer, commands),
            Event::PopupClosed { certain } => self.popup_closed(certain, commands),
            Event::OpenerInformed => self.popup_done = true,
            Event::OpenerGone => {
                if self.phase == Phase::Connected {
                    commands.push(Command::GoBack);
                }
            }
        }
    }

    fn configured(&mut self, commands: &mut Vec<Command>) {
        self.lifecycle = Lifecycle::Started;
        if matches!(self.phase, Phase::Idle | Phase::Unsupported) {
            self.phase = Phase::Idle;
            self.failure = None;
            self.prepare_proof(commands);
        }
        if matches!(self.phase, Phase::Idle | Phase::Ready) {
            commands.push(Command::ClaimReturn);
        }
    }

    fn unsupported(&mut self, commands: &mut Vec<Command>) {
        self.lifecycle = Lifecycle::Started;
        // A flow that is under way or finished needs nothing more of the page.
        if matches!(self.phase, Phase::Idle | Phase::Ready | Phase::Leaving) {
            self.phase = Phase::Unsupported;
            self.has_proof = false;
            // Ignore a proof that is still being made.
            self.proof_turn = self.proof_turn.wrapping_add(1);
            self.report_failure(ErrorCode::Unsupported, commands);
        }
    }

    fn pressed(&mut self, press: Press, commands: &mut Vec<Command>) {
        if self.phase.awaits_press() {
            if matches!(press, Press::Click | Press::PopupClick | Press::Key) {
                commands.push(Command::PreventDefault);
                self.post(1, commands);
            }
            return;
        }
        if !self.phase.offers_start() || !self.has_proof || press == Press::Key {
            return;
        }
        commands.push(Command::SaveIntent);
        match press {
            Press::Click | Press::PopupClick => {
                self.phase = Phase::Leaving;
                if press == Press::PopupClick {
                    commands.push(Command::OpenPopup);
                }
                self.wait(LEAVING_SECONDS, commands);
            }
            // This page stays, so its next click needs a proof of its own. The timer keeps the present link until the
            // browser has followed it, which happens after all listeners have run.
            Press::OpensElsewhere => self.wait(0, commands),
            Press::PointerDown | Press::Key => {}
        }
    }

    fn timer_fired(&mut self, commands: &mut Vec<Command>) {
        match self.phase {
            Phase::Leaving => self.renew(commands),
            Phase::Ready => self.prepare_proof(commands),
            Phase::Finishing => self.post(self.attempts.saturating_add(1), commands),
            Phase::Idle
            | Phase::Unsupported
            | Phase::InPopup
            | Phase::Confirming
            | Phase::Held
            | Phase::Connected => {}
        }
    }

    fn answered(&mut self, answer: Answer, commands: &mut Vec<Command>) {
        if self.lifecycle == Lifecycle::Detached {
            // Nobody would see the result. The edge gives the same answer to the next element that asks.
            return self.release(commands);
        }
        match answer {
            Answer::Connected => {
                commands.push(Command::ForgetPending);
                self.connected(commands);
            }
            Answer::Failed(code) => {
                commands.push(Command::ForgetPending);
                self.failed(code, commands);
            }
            Answer::Pending { after } => {
                // The edge has the flow and is working on it, so this is no failed attempt.
                self.attempts = 1;
                self.wait(after.min(MAX_RETRY_SECONDS), commands);
            }
            Answer::Retry { code, after } => {
                self.unanswered |= code == ErrorCode::EdgeUnreachable;
                if self.attempts < MAX_ATTEMPTS && after <= MAX_RETRY_SECONDS {
                    self.wait(after, commands);
                } else {
                    self.phase = Phase::Held;
                    self.report_failure(code, commands);
                }
            }
        }
    }

    /// A flow ended without a connection; another can start.
    fn failed(&mut self, code: ErrorCode, commands: &mut Vec<Command>) {
        self.renew(commands);
        self.report_failure(code, commands);
    }

    fn report_failure(&mut self, code: ErrorCode, commands: &mut Vec<Command>) {
        self.failure = Some(code);
        // The owner's own decision is not a failure.
        commands.push(if code == ErrorCode::AccessDenied {
            Command::FireCancelled(code)
        } else {
            Command::FireFailed { code, can_retry: self.phase == Phase::Held }
        });
    }

    fn connected(&mut self, commands: &mut Vec<Command>) {
        self.phase = Phase::Connected;
        self.failure = None;
        commands.push(Command::FireConnected);
    }

    fn release(&mut self, commands: &mut Vec<Command>) {
        self.phase = Phase::Idle;
        commands.push(Command::ReleaseReturn);
    }

    fn post(&mut self, attempts: u32, commands: &mut Vec<Command>) {
        self.phase = Phase::Finishing;
        self.attempts = attempts;
        self.next_turn();
        commands.push(Command::PostCompletion { turn: self.turn, unanswered: self.unanswered });
    }

    fn wait(&mut self, seconds: u32, commands: &mut Vec<Command>) {
        self.next_turn();
        commands.push(Command::StartTimer { turn: self.turn, seconds });
    }

    /// Makes the button ready for another flow, with a proof of its own.
    fn renew(&mut self, commands: &mut Vec<Command>) {
        self.phase = Phase::Ready;
        self.failure = None;
        self.has_proof = false;
        self.prepare_proof(commands);
    }

    fn prepare_proof(&mut self, commands: &mut Vec<Command>) {
        self.proof_turn = self.proof_turn.wrapping_add(1);
        commands.push(Command::PrepareProof(self.proof_turn));
    }

    fn next_turn(&mut self) {
        self.turn = self.turn.wrapping_add(1);
    }
}

#[cfg(test)]
mod tests;
