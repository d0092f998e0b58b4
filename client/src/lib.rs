//! The browser half of the kit.
