//! The programs that the tests and the demo start, where `scripts/setup` has installed them, and the builds that they
//! serve. A program is ended by its process id, never by its name.

use std::{
    ffi::OsString,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command},
    sync::OnceLock,
    time::SystemTime,
};

/// The scripts that build the Worker.
const WORKER_SCRIPTS: [&str; 1] = ["scripts/build-worker"];

/// The scripts that build the static files, in their order.
const WWW_SCRIPTS: [&str; 2] = ["scripts/build-client", "scripts/build-setup"];

/// The sources of the static files, and the last file that [`WWW_SCRIPTS`] make of them.
const WWW_SOURCES: [&str; 6] = ["client", "shared", "www", "scripts", "Cargo.toml", "Cargo.lock"];
const LAST_OF_WWW: &str = "build/www/setup.js";

/// The repository's root.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate is in the repository")
}

/// The path of a tool, from the environment that `scripts/setup` makes.
///
/// # Panics
///
/// If the environment is not set up.
#[must_use]
pub fn tool(variable: &str) -> OsString {
    std::env::var_os(variable).unwrap_or_else(|| {
        panic!("{variable} is not set: run `make test`, or `. \"$(scripts/setup --env)\"` before cargo")
    })
}

/// The absolute path of a built file, `build/worker/…` or `build/www/…`. Builds it first if it is missing or out of date.
///
/// The build scripts run once per process, and in one process at a time. With `WORKER_BUILT=1` they do not run:
/// `scripts/test` has run them before.
///
/// # Panics
///
/// If a build script fails, or does not make the file.
#[must_use]
pub fn built(path: &str) -> PathBuf {
    ensure_built(path);
    root().join(path)
}

/// Builds what [`built`] returns the path of.
///
/// # Panics
///
/// As [`built`].
pub fn ensure_built(path: &str) {
    static WORKER: OnceLock<Result<(), String>> = OnceLock::new();
    static WWW: OnceLock<Result<(), String>> = OnceLock::new();
    if std::env::var_os("WORKER_BUILT").is_none() {
        let result = if path.starts_with("build/worker/") {
            // The script itself is quick when the Worker is up to date.
            WORKER.get_or_init(|| build(&WORKER_SCRIPTS, || false))
        } else {
            WWW.get_or_init(|| build(&WWW_SCRIPTS, www_is_up_to_date))
        };
        if let Err(error) = result {
            panic!("{path} cannot be built: {error}");
        }
    }
    assert!(
        root().join(path).exists(),
        "{path} is not built: unset WORKER_BUILT, or run `make embed worker`"
    );
}

/// Runs build scripts unless the build is up to date. Holds a lock file, so that test binaries that run at once do not
/// build at once.
fn build(scripts: &[&str], is_up_to_date: impl Fn() -> bool) -> Result<(), String> {
    let target = root().join("target");
    let lock = fs::create_dir_all(&target).and_then(|()| File::create(target.join("tests-build.lock")));
    let lock = lock.map_err(|error| format!("target/tests-build.lock: {error}"))?;
    lock.lock().map_err(|error| format!("target/tests-build.lock: {error}"))?;
    if is_up_to_date() {
        return Ok(());
    }
    for script in scripts {
        let output = Command::new(root().join(script)).current_dir(root()).output();
        let output = output.map_err(|error| format!("{script}: {error}"))?;
        if !output.status.success() {
            let errors = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(format!("{script} failed, {}:\n{errors}", output.status));
        }
    }
    Ok(())
}

/// Compares the times of the last changes.
fn www_is_up_to_date() -> bool {
    let built = root().join(LAST_OF_WWW).metadata().and_then(|file| file.modified());
    built.is_ok_and(|built| WWW_SOURCES.iter().all(|source| newest(&root().join(source)) < Some(built)))
}

/// The time of the last change of a file, or of any file below a folder.
fn newest(path: &Path) -> Option<SystemTime> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let own = path.metadata().and_then(|file| file.modified()).ok();
    entries.filter_map(|entry| newest(&entry.path())).chain(own).max()
}

/// A child process. It is killed when this value is dropped.
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

    /// Kills the process and waits until it has ended.
    pub fn kill(&mut self) {
        // This fails only if the process has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
