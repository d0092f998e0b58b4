//! `make demo`: three origins on loopback, one install by itself, and then everything left running for a person.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]
#![expect(clippy::indexing_slicing, reason = "JSON answers for what is not there with null")]

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
    stage::{Ports, Secrets, Stage},
    tools::root,
    walk,
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
    let asked = Arc::clone(&stop);
    ctrlc::set_handler(move || asked.store(true, Ordering::Relaxed)).map_err(|error| error.to_string())?;
    let once = std::env::args().any(|argument| argument == "--once");

    let ports = Ports {
        edge: port("DEMO_EDGE_PORT", 8787)?,
        smooch: port("DEMO_SMOOCH_PORT", 8788)?,
        partner: port("DEMO_PARTNER_PORT", 8789)?,
    };
    let state = root().join(".wrangler/demo");
    fs::create_dir_all(&state).map_err(|error| format!("{}: {error}", state.display()))?;
    let secrets = Secrets::kept(&state.join("secrets.json")).map_err(|error| error.to_string())?;
    println!("Starting the edge, a stand-in Smooch and a partner's site …");
    let (sender, sent) = mpsc::channel();
    let stage = Stage::start(ports, &state, &secrets, &Value::Null, stand_in::Options::default(), sender)?;
    let Stage { edge, smooch_origin, partner, .. } = &stage;
    println!();
    println!("  the edge         {edge}    the real worker, in workerd");
    println!("  Smooch           {smooch_origin}    a stand-in");
    println!("  a partner's site {partner}    with its own backend");
    println!("\nOne install, as an owner does it:\n");
    let mut step = 0;
    let tell = &mut |done: &str, came: &str| {
        step += 1;
        println!("  {step}. {done}\n     {}", dim(came));
    };
    walk::walk(&stage, tell)?;
    if once {
        println!("\nDone.");
        return Ok(());
    }
    println!(
        "\nNow you: open {partner}, click the button, sign in as owner@example.com with the password demo."
    );
    println!("What happens is shown here. Ctrl-C ends everything.\n");
    while !stop.load(Ordering::Relaxed) {
        while let Ok(message) = sent.try_recv() {
            println!("  partner   message sent      \"{}\" to a customer of {}", message.text, message.app);
        }
        if let Some(told) = stage.wrangler.line(Duration::from_millis(200)).and_then(|line| told(&line)) {
            println!("  edge      {told}");
        }
    }
    println!("\nEnding the edge, Smooch and the partner's site.");
    Ok(())
}

/// A line of the worker's log as a person reads it; `None` for what is of no interest here.
fn told(line: &str) -> Option<String> {
    let line: Value = serde_json::from_str(line).ok()?;
    let text = |name: &str| line[name].as_str().unwrap_or_default();
    let site = text("site");
    let told = match (text("route"), text("outcome")) {
        ("/callback", "bounced") => format!("bounced           sealed the code, back to the site {site}"),
        ("/callback", "access_denied") => {
            format!("denied            the owner said no; the site {site} is told")
        }
        ("/callback", code) => format!("not bounced       {code}"),
        ("/complete", "connected") => {
            let steps: Vec<&str> = line["steps"].as_array()?.iter().filter_map(Value::as_str).collect();
            format!("connected         {}: {}", steps.join(", "), text("connection"))
        }
        ("/complete", code) => format!("not connected     {code}"),
        (route, outcome) if route.starts_with("/v1/") => {
            format!("asked             {route} by {}: {outcome}", text("key"))
        }
        _ => return None,
    };
    Some(told)
}

fn port(setting: &str, usual: u16) -> Result<u16, String> {
    match std::env::var(setting) {
        Err(_) => Ok(usual),
        Ok(text) => {
            text.parse().map_err(|_| format!("{setting} must be a port, 1 to 65535; it is {text:?}."))
        }
    }
}

fn dim(text: &str) -> String {
    if std::io::stdout().is_terminal() { format!("\u{1b}[2m{text}\u{1b}[0m") } else { text.into() }
}
