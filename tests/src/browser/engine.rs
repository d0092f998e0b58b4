//! The browser engines, and the start of each with its driver.

use crate::tools::{Process, tool};
use fantoccini::wd::Capabilities;
use serde_json::json;
use std::{
    fmt, fs,
    io::{self, BufRead as _, BufReader, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

/// The longest time for a driver to listen, on a busy machine.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// The size of the window.
pub(super) const SIZE: (u32, u32) = (1000, 760);

/// A browser engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Blink: Chromium with chromedriver.
    Chromium,
    /// Gecko: Firefox with geckodriver.
    Firefox,
    /// `WebKit`: the `MiniBrowser` of its GTK port. It has no headless mode, so it runs on a virtual display (Xvfb). Its driver
    /// opens only private windows.
    WebKit,
}

/// A mode that a person can choose in the browser.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// The default.
    #[default]
    Usual,
    /// A private window.
    Private,
    /// Pages have no storage.
    WithoutStorage,
}

impl Engine {
    /// All engines.
    pub const ALL: [Self; 3] = [Self::Chromium, Self::Firefox, Self::WebKit];

    /// Runs a test in this engine, or prints that `ENGINES` leaves the engine out. A missing engine fails the test.
    pub fn run(self, test: impl FnOnce(Self)) {
        if self.is_wanted(std::env::var("ENGINES").ok().as_deref()) {
            test(self);
        } else {
            let name = thread::current().name().unwrap_or_default().to_owned();
            // The test runner captures `print!` of a passing test, but not this.
            let _ = writeln!(io::stderr(), "SKIPPED: {name}: ENGINES leaves {self:?} out");
        }
    }

    /// `ENGINES` has names in lower case, separated by commas or spaces. Unset or empty means all engines.
    fn is_wanted(self, engines: Option<&str>) -> bool {
        let mut names =
            engines.unwrap_or_default().split([',', ' ']).filter(|name| !name.is_empty()).peekable();
        names.peek().is_none() || names.any(|name| name == self.to_string())
    }

    pub(super) fn capabilities(self, mode: Mode, profile: &Path) -> Capabilities {
        let mut capabilities = Capabilities::new();
        match self {
            Self::Chromium => {
                let profile = format!("--user-data-dir={}", profile.display());
                let size = format!("--window-size={},{}", SIZE.0, SIZE.1);
                let mut arguments = vec![
                    "--headless",
                    // Chromium does not start as root with its sandbox, and many containers run as root.
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-dev-shm-usage",
                    "--disable-quic",
                    "--no-first-run",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-sync",
                    &size,
                    &profile,
                ];
                if mode == Mode::Private {
                    arguments.push("--incognito");
                }
                let mut options = json!({"args": arguments});
                if mode == Mode::WithoutStorage {
                    // "Block all cookies" blocks all storage.
                    options["prefs"] = json!({"profile.default_content_setting_values.cookies": 2});
                }
                if let Some(binary) = std::env::var_os("CHROMIUM") {
                    options["binary"] = binary.to_string_lossy().into();
                }
                capabilities.insert("goog:chromeOptions".into(), options);
                capabilities
                    .insert("goog:loggingPrefs".into(), json!({"browser": "ALL", "performance": "ALL"}));
            }
            Self::Firefox => {
                let prefs = match mode {
                    // Debian's Firefox has Trusted Types, off by default.
                    Mode::Usual => json!({"dom.security.trusted_types.enabled": true}),
                    Mode::Private => json!({"browser.privatebrowsing.autostart": true}),
                    // "All cookies" blocks all storage.
                    Mode::WithoutStorage => json!({"network.cookie.cookieBehavior": 2}),
                };
                let size = [format!("--width={}", SIZE.0), format!("--height={}", SIZE.1)];
                let options = json!({
                    "binary": tool("FIREFOX").to_string_lossy(),
                    "args": ["-headless", size[0], size[1]],
                    "prefs": prefs,
                });
                capabilities.insert("moz:firefoxOptions".into(), options);
            }
            Self::WebKit => {
                let mut arguments = vec!["--automation"];
                if mode == Mode::WithoutStorage {
                    arguments.push("--enable-html5-local-storage=FALSE");
                }
                capabilities.insert("webkitgtk:browserOptions".into(), json!({"args": arguments}));
            }
        }
        capabilities
    }

    /// Starts the driver of this engine on a free port.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub(super) fn start(self, profile: &Path) -> Driver {
        let driver = match self {
            // chromedriver chooses a port that is free for one address family, and exits if the other family has it in use.
            Self::Chromium => (0..5).find_map(|_try| {
                let mut command = Command::new(tool("CHROMEDRIVER"));
                start_and_read_port(command.arg("--port=0"), "successfully on port ")
            }),
            Self::Firefox => {
                let mut command = Command::new(tool("GECKODRIVER"));
                command.args(["--port=0", "--websocket-port=0", "--profile-root"]).arg(profile);
                start_and_read_port(&mut command, "Listening on 127.0.0.1:")
            }
            Self::WebKit => webkit(profile),
        };
        driver.unwrap_or_else(|| panic!("the driver of {self:?} does not start"))
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
            Self::WebKit => "webkit",
        })
    }
}

/// A driver and its display. Both end when this is dropped, the driver first.
#[derive(Debug)]
pub(super) struct Driver {
    _process: Process,
    _display: Option<Process>,
    pub(super) port: u16,
}

/// Starts a driver that chooses its port and prints it. `None` if the driver ends before.
fn start_and_read_port(command: &mut Command, before: &str) -> Option<Driver> {
    let (process, port) = start_and_read(command, |line| {
        let (_, port) = line.split_once(before)?;
        port.trim_end_matches('.').parse().ok()
    })?;
    Some(Driver { _process: process, _display: None, port })
}

/// Starts a process and reads a value from one of its lines. `None` if the process ends before.
fn start_and_read<T>(command: &mut Command, read: impl Fn(&str) -> Option<T>) -> Option<(Process, T)> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = Process::start(command);
    let mut lines = BufReader::new(process.0.stdout.take()?).lines().map_while(Result::ok);
    let value = lines.find_map(|line| read(&line))?;
    // The pipe must not fill up later.
    thread::spawn(move || lines.for_each(drop));
    Some((process, value))
}

/// Starts the driver of `WebKit`, which does not print its port, so it gets a free one.
fn webkit(profile: &Path) -> Option<Driver> {
    let mut command = Command::new(tool("XVFB"));
    command.args(["-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]);
    let (display, number) = start_and_read(&mut command, |line| line.parse::<u32>().ok())?;
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).ok()?.local_addr().ok()?.port();
    let home = profile.join("home");
    fs::create_dir_all(&home).ok()?;
    let mut command = Command::new(tool("WEBKIT_DRIVER"));
    command
        .arg(format!("--port={port}"))
        .env("DISPLAY", format!(":{number}"))
        .env("GDK_BACKEND", "x11")
        .env("HOME", &home)
        .env("XDG_RUNTIME_DIR", &home)
        .env("NO_AT_BRIDGE", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut process = Process::start(&mut command);
    let step = Duration::from_millis(20);
    let mut waited = Duration::ZERO;
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        if waited > START_TIMEOUT || !matches!(process.0.try_wait(), Ok(None)) {
            return None;
        }
        thread::sleep(step);
        waited += step;
    }
    Some(Driver { _process: process, _display: Some(display), port })
}

/// Makes a test for each engine of a function that takes an [`Engine`]: `name::chromium`, `name::firefox`,
/// `name::webkit`. It is used as an attribute: `#[apply(in_each_engine)]`.
#[macro_export]
macro_rules! in_each_engine {
    ($(#[$attribute:meta])* fn $name:ident($engine:ident: Engine) $body:block) => {
        $(#[$attribute])*
        fn $name($engine: Engine) $body

        mod $name {
            #[test]
            fn chromium() {
                $crate::browser::Engine::Chromium.run(super::$name);
            }

            #[test]
            fn firefox() {
                $crate::browser::Engine::Firefox.run(super::$name);
            }

            #[test]
            fn webkit() {
                $crate::browser::Engine::WebKit.run(super::$name);
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(engines: Option<&str>, wanted: &[Engine]) {
        let found: Vec<Engine> = Engine::ALL.into_iter().filter(|engine| engine.is_wanted(engines)).collect();
        assert_eq!(found, wanted, "{engines:?}");
    }

    #[test]
    fn engines_selects_the_engines_by_name() {
        check(None, &Engine::ALL);
        check(Some(""), &Engine::ALL);
        check(Some("chromium"), &[Engine::Chromium]);
        check(Some("chromium,webkit"), &[Engine::Chromium, Engine::WebKit]);
        check(Some("firefox webkit"), &[Engine::Firefox, Engine::WebKit]);
    }
}
