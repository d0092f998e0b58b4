//! The machine as one number, which the page keeps with the element: so nothing of an element outlives it in memory.

use crate::machine::{Machine, Phase, Stay};
use shared::ErrorCode;

impl Machine {
    /// The number. Counters and flags have a byte or a part of one each.
    #[must_use]
    pub fn bits(self) -> u32 {
        let code = self.note.map_or(0, |code| code as u8 + 1);
        let flags = u8::from(self.unheard) << 6 | u8::from(self.prepared) << 7;
        u32::from_le_bytes([
            self.drawing,
            self.turn,
            self.phase as u8 | (self.tries & 3) << 4 | flags,
            code | (self.stay as u8) << 5 | u8::from(self.done) << 7,
        ])
    }

    /// Reads the number; 0 is a machine at its beginning.
    #[must_use]
    pub fn from_bits(bits: u32) -> Self {
        let [drawing, turn, flow, end] = bits.to_le_bytes();
        Self {
            phase: phase(flow & 15),
            note: ErrorCode::ALL.get(usize::from(end & 31).wrapping_sub(1)).copied(),
            tries: flow >> 4 & 3,
            unheard: flow >> 6 & 1 == 1,
            prepared: flow >> 7 == 1,
            turn,
            drawing,
            done: end >> 7 == 1,
            stay: stay(end >> 5 & 3),
        }
    }
}

const fn phase(number: u8) -> Phase {
    match number {
        1 => Phase::Unsupported,
        2 => Phase::Ready,
        3 => Phase::Leaving,
        4 => Phase::Elsewhere,
        5 => Phase::Confirm,
        6 => Phase::Finishing,
        7 => Phase::Held,
        8 => Phase::Connected,
        _ => Phase::Idle,
    }
}

const fn stay(number: u8) -> Stay {
    match number {
        1 => Stay::New,
        2 => Stay::Started,
        _ => Stay::Out,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_machine_is_read_back_as_itself() {
        let phases = [
            Phase::Idle,
            Phase::Unsupported,
            Phase::Ready,
            Phase::Leaving,
            Phase::Elsewhere,
            Phase::Confirm,
            Phase::Finishing,
            Phase::Held,
            Phase::Connected,
        ];
        let notes = ErrorCode::ALL.iter().copied().map(Some).chain([None]);
        for note in notes {
            for phase in phases {
                for (count, stay) in [(0, Stay::Out), (1, Stay::New), (255, Stay::Started)] {
                    for flag in [false, true] {
                        let machine = Machine {
                            phase,
                            note,
                            tries: count & 3,
                            unheard: flag,
                            prepared: !flag,
                            done: flag,
                            turn: count,
                            drawing: !count,
                            stay,
                        };
                        assert_eq!(Machine::from_bits(machine.bits()), machine);
                    }
                }
            }
        }
        assert_eq!(Machine::from_bits(0), Machine::default());
        assert_eq!(Machine::default().bits(), 0);
    }
}
