//! Every single fault, in memory and in workerd; and `docs/faults.md` is what was seen.

use std::{env, fmt::Write as _, fs, thread};
use tests::{
    faults::{Case, Seen, Token, cases, play},
    simulator::Simulator,
    tools::root,
    workerd::Workerd,
    world::World,
};

/// So that those that wait for a hanging Smooch wait together.
const AT_ONCE: usize = 4;

const INTRODUCTION: &str = "# When something fails

What comes of each single fault on the way to a connection. This page is written by the test that plays them
(`tests/tests/faults.rs`), from what it saw; `make test` fails when that is no longer so.

After any single fault the token is stored, or held in an escrow receipt, or revoked, or was never issued. One kind is
left that nobody can mend from here: Smooch makes a token, and its answer is lost, or the Worker dies with it in hand. A
code is good for one token, and a server may end what came of a code that it sees again (RFC 6749 §4.1.2), so that token is
in nobody's hands. It is ended when the app's last connection is removed, here or at Smooch, which the test sees too.
Whoever closes the tab for good while a token is held leaves one that is as lost.

What the person sees is the client's own text; \\\"no connection\\\" is what `GET /v1/connections` shows, and the code is the
outcome in the log. \\\"No event\\\" means that the feed does not have the connection (yet); the list does.
";

fn in_memory(case: &Case) -> Seen {
    play(&|setup| Box::new(Simulator::new(setup)) as Box<dyn World>, case)
}

fn in_workerd(case: &Case) -> Seen {
    play(&|setup| Box::new(Workerd::new(setup)) as Box<dyn World>, case)
}

#[test]
fn after_any_single_fault_the_token_is_accounted_for() {
    let cases = cases();
    let real: Vec<&Case> = cases.iter().filter(|case| !case.jumps).collect();
    thread::scope(|scope| {
        for share in 0..AT_ONCE {
            let real = &real;
            scope.spawn(move || {
                for case in real.iter().skip(share).step_by(AT_ONCE) {
                    assert_eq!(in_workerd(case), in_memory(case), "{}: {}", case.of, case.name);
                }
            });
        }
    });

    let mut page = INTRODUCTION.replace('\\', "");
    let mut of = "";
    for case in &cases {
        if case.of != of {
            of = case.of;
            let (first, rest) = of.split_at(1);
            write!(page, "\n## {}{rest}\n\n", first.to_uppercase()).unwrap();
            page.push_str("| fault | the person sees | the partner sees | the token | tried in |\n|---|---|---|---|---|\n");
        }
        let seen = in_memory(case);
        // The one kind that is left, and no other.
        let lost = case.of == "Smooch's token endpoint" && case.name.ends_with("having done its work")
            || case.name.contains("token in hand");
        assert_eq!(seen.token == Token::Lost, lost, "{}: {}: {seen:?}", case.of, case.name);
        let tried = if case.jumps { "memory" } else { "memory, workerd" };
        let Seen { person, partner, token } = seen;
        writeln!(page, "| {} | {person} | {partner} | {} | {tried} |", case.name, token.says()).unwrap();
    }
    let path = root().join("docs/faults.md");
    if env::var_os("BLESS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == page, "docs/faults.md is not what was seen; BLESS=1 writes it:\n{page}");
}
