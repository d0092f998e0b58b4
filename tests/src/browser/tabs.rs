//! Tabs and windows of a browser.

use super::{Browser, Engine, TIMEOUT};
use fantoccini::wd::WindowHandle;
use std::{thread, time::Duration};

impl Browser {
    /// Switches to the newest tab.
    ///
    /// # Panics
    ///
    /// If no other tab opens.
    pub fn switch_to_newest_tab(&self) {
        let current = self.run(self.client.window());
        let step = Duration::from_millis(25);
        let mut waited = Duration::ZERO;
        loop {
            let other = self.run(self.client.windows()).into_iter().rev().find(|window| *window != current);
            if let Some(other) = other {
                return self.run(self.client.switch_to_window(other));
            }
            assert!(waited < TIMEOUT, "no other tab has opened");
            thread::sleep(step);
            waited += step;
        }
    }

    /// The current tab.
    #[must_use]
    pub fn tab(&self) -> WindowHandle {
        self.run(self.client.window())
    }

    /// Switches to a tab.
    pub fn switch_to_tab(&self, tab: WindowHandle) {
        self.run(self.client.switch_to_window(tab));
    }

    /// The number of tabs.
    #[must_use]
    pub fn tab_count(&self) -> usize {
        self.tabs().len()
    }

    /// Opens a tab and switches to it.
    pub fn open_tab(&self) -> WindowHandle {
        // WebKit's browser does not draw a background tab, and its driver waits for the drawing. A window is always drawn.
        let as_tab = self.engine != Engine::WebKit;
        let tab = self.run(self.client.new_window(as_tab)).handle;
        self.switch_to_tab(tab.clone());
        tab
    }

    /// All tabs.
    #[must_use]
    pub fn tabs(&self) -> Vec<WindowHandle> {
        self.run(self.client.windows())
    }

    /// Waits until the open tabs satisfy a condition.
    ///
    /// # Panics
    ///
    /// After the timeout.
    #[track_caller]
    pub fn wait_for_tabs(&self, condition: impl Fn(&[WindowHandle]) -> bool) {
        let step = Duration::from_millis(25);
        let mut waited = Duration::ZERO;
        while !condition(&self.tabs()) {
            assert!(waited < TIMEOUT, "the open tabs do not satisfy the condition after {TIMEOUT:?}");
            thread::sleep(step);
            waited += step;
        }
    }

    /// Closes the current tab. Switch to another one next.
    pub fn close_tab(&self) {
        self.run(self.client.close_window());
    }
}
