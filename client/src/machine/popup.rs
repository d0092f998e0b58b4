//! Events of a popup window, in the page that opened it.

use super::{Answer, Command, Machine, Phase};
use shared::ErrorCode;

impl Machine {
    pub(super) fn popup_reported(&mut self, answer: Answer, commands: &mut Vec<Command>) {
        if !self.phase.offers_start() {
            return;
        }
        match answer {
            Answer::Connected => self.connected(commands),
            Answer::Failed(code) | Answer::Retry { code, .. } => self.failed(code, commands),
            Answer::Pending { .. } => {}
        }
    }

    pub(super) fn popup_closed(&mut self, certain: bool, commands: &mut Vec<Command>) {
        if self.phase == Phase::InPopup {
            self.renew(commands);
            self.failure = Some(ErrorCode::WindowClosed);
            if certain {
                commands.push(Command::FireCancelled(ErrorCode::WindowClosed));
            }
        }
    }
}
