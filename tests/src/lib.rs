//! Simulator, scenarios, browser tests and the demo.
