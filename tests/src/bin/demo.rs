//! `make demo`: starts three servers on loopback, runs one install, and keeps the servers running.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]
#![expect(clippy::indexing_slicing, reason = "indexing a missing field of JSON gives null")]

use serde_json::Value;
use std::{
    fs,
    io::IsTerminal as _,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::Duration,
};
use tests::{
    environment::{Environment, Ports, Secrets},
    tools::root,
    walkthrough,
};

fn main() -> ExitCode {
    match demo() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{error}");
            ExitCode::FAILURE
        }
    }
}

fn demo() -> Result<(), String> {
    let stop = Arc::new(AtomicBool::new(false));
    let stop_requested = Arc::clone(&stop);
    ctrlc::set_handler(move || stop_requested.store(true, Ordering::Relaxed))
        .map_err(|error| error.to_string())?;
    let once = std::env::args().any(|argument| argument == "--once");

    let ports = Ports {
        edge: port("DEMO_EDGE_PORT", 8787)?,
        smooch: port("DEMO_SMOOCH_PORT", 8788)?,
        partner: port("DEMO_PARTNER_PORT", 8789)?,
    };
    let state = root().join(".wrangler/demo");
    fs::create_dir_all(&state).map_err(|error| format!("{}: {error}", state.display()))?;
    let secrets = Secrets::load_or_create(&state.join("secrets.json")).map_err(|error| error.to_string())?;
    println!("Starting the edge, a stand-in Smooch and a partner's site …");
    let (sender, messages) = mpsc::channel();
    let environment =
        Environment::start(ports, &state, &secrets, &Value::Null, stand_in::Options::default(), sender)?;
    let Environment { edge, smooch_origin, partner, .. } = &environment;
    println!();
    println!("  the edge         {edge}    the real Worker in workerd");
    println!("  Smooch           {smooch_origin}    a stand-in");
    println!("  a partner's site {partner}    with its own backend");
    println!("\nOne install, step by step:\n");
    let mut step = 0;
    let report = &mut |action: &str, result: &str| {
        step += 1;
        println!("  {step}. {action}\n     {}", dim(result));
    };
    walkthrough::run(&environment, report)?;
    if once {
        println!("\nDone.");
        return Ok(());
    }
    println!(
        "\nYour turn: open {partner}, click the button, and sign in as owner@example.com with the password demo.
The setup page, which writes the snippet for a site and checks its page, is {edge}/."
    );
    println!("The log follows. Ctrl-C stops the servers.\n");
    while !stop.load(Ordering::Relaxed) {
        while let Ok(message) = messages.try_recv() {
            println!("  partner   message sent      \"{}\" to a customer of {}", message.text, message.app);
        }
        if let Some(readable) =
            environment.wrangler.line(Duration::from_millis(200)).and_then(|line| readable(&line))
        {
            println!("  edge      {readable}");
        }
    }
    println!("\nStopping the edge, Smooch and the partner's site.");
    Ok(())
}

/// A line of the Worker's log as readable text. `None` for lines that the demo does not show.
fn readable(line: &str) -> Option<String> {
    let line: Value = serde_json::from_str(line).ok()?;
    let text = |name: &str| line[name].as_str().unwrap_or_default();
    let site = text("site");
    let readable = match (text("route"), text("outcome")) {
        ("/callback", "bounced") => {
            format!("callback          sealed the code, redirected to the site {site}")
        }
        ("/callback", "access_denied") => {
            format!("denied            the owner denied access, redirected to the site {site}")
        }
        ("/callback", code) => format!("callback failed   {code}"),
        ("/complete", "connected") => {
            let steps: Vec<&str> = line["steps"].as_array()?.iter().filter_map(Value::as_str).collect();
            format!("connected         {}: {}", steps.join(", "), text("connection"))
        }
        ("/complete", code) => format!("not connected     {code}"),
        (route, outcome) if route.starts_with("/v1/") => {
            format!("API call          {route} by {}: {outcome}", text("key"))
        }
        _ => return None,
    };
    Some(readable)
}

fn port(setting: &str, usual: u16) -> Result<u16, String> {
    match std::env::var(setting) {
        Err(_) => Ok(usual),
        Ok(text) => {
            text.parse().map_err(|_| format!("{setting} must be a port, 1 to 65535, and is {text:?}."))
        }
    }
}

fn dim(text: &str) -> String {
    if std::io::stdout().is_terminal() { format!("\u{1b}[2m{text}\u{1b}[0m") } else { text.into() }
}
