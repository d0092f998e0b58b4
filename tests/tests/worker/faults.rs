//! Every single fault, in memory and in workerd. `docs/faults.md` has the outcomes.

use std::{env, fmt::Write as _, fs, thread};
use tests::{
    faults::{Case, Outcome, TokenState, cases, run},
    simulator,
    tools::root,
    workerd,
};

/// Cases that run at the same time, because some wait for a Smooch that hangs.
const CONCURRENCY: usize = 4;

const INTRODUCTION: &str = r#"# When something fails

The outcome of each single fault on the way to a connection. The test `tests/tests/worker/faults.rs` writes this page from
what it observes, and fails when the page is out of date.

After any single fault the token is stored, or held in an escrow receipt, or revoked, or was never issued. One exception is
left that the edge cannot repair: Smooch issues a token, and its answer is lost, or the Worker crashes before it stores
the token. A code is good for one token, and a server may revoke the tokens of a code that it sees again (RFC 6749 §4.1.2),
so nobody has that token. It ends when the app's last connection is removed, here or at Smooch; the test checks that too.
A person who closes the tab for good while the page holds a token loses that token in the same way.

"The person sees" quotes the client's own text. "No connection" is the result of `GET /v1/connections`, and the code
is the outcome in the log. "No event" means that the feed does not have the connection yet, while the list does.
"#;

fn in_memory(case: &Case) -> Outcome {
    run(&simulator::in_memory, case)
}

fn in_workerd(case: &Case) -> Outcome {
    run(&workerd::in_workerd, case)
}

#[test]
fn after_any_single_fault_the_token_is_accounted_for() {
    let cases = cases();
    let in_both: Vec<&Case> = cases.iter().filter(|case| !case.needs_clock).collect();
    thread::scope(|scope| {
        for share in 0..CONCURRENCY {
            let in_both = &in_both;
            scope.spawn(move || {
                for case in in_both.iter().skip(share).step_by(CONCURRENCY) {
                    assert_eq!(in_workerd(case), in_memory(case), "{}: {}", case.component, case.name);
                }
            });
        }
    });

    let mut page = INTRODUCTION.to_owned();
    let mut component = "";
    for case in &cases {
        if case.component != component {
            component = case.component;
            let (first, rest) = component.split_at(1);
            write!(page, "\n## {}{rest}\n\n", first.to_uppercase()).unwrap();
            page.push_str("| fault | the person sees | the partner sees | the token | tested in |\n|---|---|---|---|---|\n");
        }
        let outcome = in_memory(case);
        // Only these cases may lose a token.
        let lost = case.component == "Smooch's token endpoint"
            && case.name.ends_with("after processing the request")
            || case.name.contains("crashes with the token");
        assert_eq!(outcome.token == TokenState::Lost, lost, "{}: {}: {outcome:?}", case.component, case.name);
        let worlds = if case.needs_clock { "memory" } else { "memory, workerd" };
        let Outcome { person, partner, token } = outcome;
        writeln!(page, "| {} | {person} | {partner} | {} | {worlds} |", case.name, token.description())
            .unwrap();
    }
    let path = root().join("docs/faults.md");
    if env::var_os("BLESS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == page, "docs/faults.md is out of date; BLESS=1 writes it:\n{page}");
}
