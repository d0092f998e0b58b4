//! The engines that the tests drive, and how each is started with its driver. Nothing here knows what is tested.

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

/// How long a driver may take to listen, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Of the window that a page is shown in.
pub(super) const SIZE: (u32, u32) = (1000, 760);

/// What shows a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Blink, as Chromium and its driver.
    Chromium,
    /// Gecko, as Firefox and its driver.
    Firefox,
    /// `WebKit`, as the small browser that comes with its port to GTK. It has no headless mode, so it is shown on a
    /// display that nobody sees. What a driver starts is ephemeral: each is a private window.
    WebKit,
}

/// What a person has chosen in their browser's settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Nothing.
    #[default]
    Usual,
    /// A private window.
    Private,
    /// Pages may store nothing.
    WithoutStorage,
}

impl Engine {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Chromium, Self::Firefox, Self::WebKit];

    /// Plays a test in this engine, or says on the terminal that `ENGINES` leaves the engine out. Otherwise an engine
    /// that is not there fails the test.
    pub fn play(self, test: impl FnOnce(Self)) {
        if self.is_wanted(std::env::var("ENGINES").ok().as_deref()) {
            test(self);
        } else {
            let name = thread::current().name().unwrap_or_default().to_owned();
            // Past the runner, which would keep the words of a test that passes to itself.
            let _ = writeln!(io::stderr(), "SKIPPED: {name}: ENGINES leaves {self:?} out");
        }
    }

    /// `ENGINES` names some by their small letters, with commas or spaces between; unset or empty it means all.
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
                    // As root, as in many containers, Chromium starts in no other way.
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
                    // "Block all cookies", which is all storage too.
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
                    // Trusted Types are there, and not yet on by themselves in the line that Debian has.
                    Mode::Usual => json!({"dom.security.trusted_types.enabled": true}),
                    Mode::Private => json!({"browser.privatebrowsing.autostart": true}),
                    // "All cookies", which is all storage too.
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

    /// Starts the driver of this engine, and says where it listens.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub(super) fn start(self, profile: &Path) -> Driver {
        let driver = match self {
            // It takes a port that is free on one family of addresses, and gives up if it is not on the other.
            Self::Chromium => (0..5).find_map(|_try| {
                let mut command = Command::new(tool("CHROMEDRIVER"));
                saying_its_port(command.arg("--port=0"), "successfully on port ")
            }),
            Self::Firefox => {
                let mut command = Command::new(tool("GECKODRIVER"));
                command.args(["--port=0", "--websocket-port=0", "--profile-root"]).arg(profile);
                saying_its_port(&mut command, "Listening on 127.0.0.1:")
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

/// A driver, and what it needs to be running. They end with this, the driver first.
#[derive(Debug)]
pub(super) struct Driver {
    _process: Process,
    _display: Option<Process>,
    pub(super) port: u16,
}

/// A driver that chooses its port and says so, or `None` if it ended instead.
fn saying_its_port(command: &mut Command, before: &str) -> Option<Driver> {
    let (process, port) = saying(command, |line| {
        let (_, port) = line.split_once(before)?;
        port.trim_end_matches('.').parse().ok()
    })?;
    Some(Driver { _process: process, _display: None, port })
}

/// A process, and what one of its lines says, or `None` if it ended before it said so.
fn saying<T>(command: &mut Command, read: impl Fn(&str) -> Option<T>) -> Option<(Process, T)> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = Process::start(command);
    let mut lines = BufReader::new(process.0.stdout.take()?).lines().map_while(Result::ok);
    let said = lines.find_map(|line| read(&line))?;
    // What it says later must not fill its pipe.
    thread::spawn(move || lines.for_each(drop));
    Some((process, said))
}

/// The driver of `WebKit` says no port, so it is given one.
fn webkit(profile: &Path) -> Option<Driver> {
    let mut command = Command::new(tool("XVFB"));
    command.args(["-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]);
    let (display, number) = saying(&mut command, |line| line.parse::<u32>().ok())?;
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
        if waited > PATIENCE || !matches!(process.0.try_wait(), Ok(None)) {
            return None;
        }
        thread::sleep(step);
        waited += step;
    }
    Some(Driver { _process: process, _display: Some(display), port })
}

/// Makes of each test that takes an [`Engine`] one for each engine: `chromium::name`, `firefox::name`, `webkit::name`.
#[macro_export]
macro_rules! in_each_engine {
    ($($test:ident),* $(,)?) => {
        $crate::in_each_engine!(@ chromium Chromium $($test)*);
        $crate::in_each_engine!(@ firefox Firefox $($test)*);
        $crate::in_each_engine!(@ webkit WebKit $($test)*);
    };
    (@ $module:ident $engine:ident $($test:ident)*) => {
        mod $module {
            $(#[test]
            fn $test() {
                $crate::browser::Engine::$engine.play(super::$test);
            })*
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
    fn only_what_engines_does_not_name_is_left_out() {
        check(None, &Engine::ALL);
        check(Some(""), &Engine::ALL);
        check(Some("chromium"), &[Engine::Chromium]);
        check(Some("chromium,webkit"), &[Engine::Chromium, Engine::WebKit]);
        check(Some("firefox webkit"), &[Engine::Firefox, Engine::WebKit]);
    }
}
