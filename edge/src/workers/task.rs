//! Work that waits: a future, and what it has been told by the platform.
//!
//! JavaScript holds a task and resumes it with each answer. When a request goes away before its answer, so does what
//! JavaScript holds, and the task with it. Nothing here is shared between requests.

use super::verbs;
use crate::platform::Millis;
use std::{
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};
use wasm_bindgen::prelude::wasm_bindgen;

/// What came of something that was begun.
pub(super) struct Told {
    /// A status or the like; [`FAILED`] if it failed, and the text says how.
    pub(super) number: i32,
    pub(super) text: Option<String>,
    pub(super) bytes: Option<Vec<u8>>,
}

/// The number of what failed.
pub(super) const FAILED: i32 = -1;

/// Where answers lie until they are asked for.
#[derive(Default)]
pub(super) struct Desk {
    /// The platform's clock stands still while a Worker runs, so the time is told with each answer and asked for never.
    now: Cell<Millis>,
    ticket: Cell<u32>,
    told: RefCell<Vec<(u32, Told)>>,
    /// Random bytes that were not given out.
    random: RefCell<Vec<u8>>,
}

/// As many random bytes as are fetched at once: an install needs 46, and a call costs more than all the bytes.
const RANDOM: usize = 64;

impl Desk {
    /// Random bytes, each given out once.
    pub(super) fn random<const N: usize>(&self) -> [u8; N] {
        let mut pool = self.random.borrow_mut();
        if pool.len() < N {
            pool.resize(N.max(RANDOM), 0);
            // Where there is no randomness this throws, which fails the request: better than bytes that are not random.
            verbs::random(&mut pool);
        }
        let bytes = *pool.last_chunk().expect("there are at least as many as are asked for");
        let rest = pool.len() - N;
        pool.truncate(rest);
        bytes
    }

    pub(super) fn now(&self) -> Millis {
        self.now.get()
    }

    /// Begins something, and waits for its answer.
    pub(super) async fn ask(&self, begin: impl FnOnce(u32)) -> Told {
        let ticket = self.ticket.get();
        self.ticket.set(ticket.wrapping_add(1));
        begin(ticket);
        let mine = |told: &mut Vec<(u32, Told)>| {
            let at = told.iter().position(|(known, _)| *known == ticket)?;
            Some(told.swap_remove(at).1)
        };
        poll_fn(|_| mine(&mut self.told.borrow_mut()).map_or(Poll::Pending, Poll::Ready)).await
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is a time since 1970")]
    fn set_now(&self, now: f64) {
        self.now.set(now as Millis);
    }
}

/// Work that waits for an answer.
#[wasm_bindgen]
pub struct Task {
    work: Pin<Box<dyn Future<Output = ()>>>,
    desk: Rc<Desk>,
}

impl Task {
    /// Begins work; what has to wait is a task.
    pub(super) fn begin<F: Future<Output = ()> + 'static>(
        now: f64,
        work: impl FnOnce(Rc<Desk>) -> F,
    ) -> Option<Self> {
        let desk = Rc::<Desk>::default();
        desk.set_now(now);
        let mut task = Self { work: Box::pin(work(Rc::clone(&desk))), desk };
        if task.go_on() { None } else { Some(task) }
    }

    /// Whether it is done.
    fn go_on(&mut self) -> bool {
        // Every answer resumes the whole task, so nobody needs to be woken.
        self.work.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }
}

#[wasm_bindgen]
impl Task {
    /// Goes on with an answer. Whether it is done.
    pub fn resume(
        &mut self,
        now: f64,
        ticket: u32,
        number: i32,
        text: Option<String>,
        bytes: Option<Vec<u8>>,
    ) -> bool {
        self.desk.set_now(now);
        self.desk.told.borrow_mut().push((ticket, Told { number, text, bytes }));
        self.go_on()
    }
}
