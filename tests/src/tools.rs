//! The programs that tests and demo start, as `scripts/setup` has put them, and how they are ended: by their
//! process and never by their name.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Child, Command},
};

/// The repository's root.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate is in the repository")
}

/// The path of a tool, from the environment that `scripts/setup` makes.
///
/// # Panics
///
/// With a sentence on what to run, if the environment is not set up.
#[must_use]
pub fn tool(variable: &str) -> OsString {
    std::env::var_os(variable).unwrap_or_else(|| {
        panic!("{variable} is not set: run `make test`, or `. \"$(scripts/setup --env)\"` before cargo")
    })
}

/// A file that a build step makes.
///
/// # Panics
///
/// With the step's name, if it was not built.
#[must_use]
pub fn built(path: &str, step: &str) -> PathBuf {
    require(path, step);
    root().join(path)
}

/// Makes sure that a build step has made `path`.
///
/// # Panics
///
/// With the step's name, if it was not built.
pub fn require(path: &str, step: &str) {
    assert!(root().join(path).exists(), "{path} is not built: run `{step}`");
}

/// A process that ends when this is dropped.
#[derive(Debug)]
pub struct Process(pub Child);

impl Process {
    /// Starts `command`.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    #[must_use]
    pub fn start(command: &mut Command) -> Self {
        let child = command.spawn();
        Self(
            child.unwrap_or_else(|error| {
                panic!("{} cannot be started: {error}", command.get_program().display())
            }),
        )
    }
}

impl Process {
    /// Ends it, without a word.
    pub fn end(&mut self) {
        // It fails only if the process has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}
