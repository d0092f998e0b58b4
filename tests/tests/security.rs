//! SECURITY.md names a test for each line of its tables, and each of them is there and runs.
#![expect(clippy::unwrap_used, reason = "where it panics, a test has failed")]

use std::{collections::BTreeSet, fs, process::Command};
use tests::tools::root;

/// What a line says that names no test.
const NOT_DEFENDED: &str = "not defended";

/// The tests that a table's line names in its last column, or why it names none.
fn named(line: &str) -> Result<Vec<&str>, String> {
    let column = line.trim_end_matches(['|', ' ']).rsplit('|').next().unwrap_or_default().trim();
    let names: Vec<_> = column.split('`').skip(1).step_by(2).collect();
    if names.is_empty() && !column.starts_with(NOT_DEFENDED) {
        return Err(format!("no test is named: {line}"));
    }
    Ok(names)
}

/// The lines of the tables whose last column is `test`.
fn lines(page: &str) -> Vec<&str> {
    let mut within = false;
    let mut found = Vec::new();
    for line in page.lines() {
        if line.ends_with("| test |") {
            within = true;
        } else if !line.starts_with('|') {
            within = false;
        } else if within && !line.starts_with("|---") {
            found.push(line);
        }
    }
    found
}

/// Every function that a runner runs: those with an attribute that says so, and the scenarios in the list.
fn tests_there_are() -> BTreeSet<String> {
    let listed = Command::new("git").args(["ls-files", "*.rs"]).current_dir(root()).output().unwrap();
    let mut names = BTreeSet::new();
    for path in String::from_utf8(listed.stdout).unwrap().lines() {
        let Ok(text) = fs::read_to_string(root().join(path)) else { continue };
        if path == "tests/src/scenarios.rs" {
            let scenarios = text.lines().filter_map(|line| line.trim().strip_suffix(',')?.split_once("::"));
            names.extend(scenarios.map(|(_, name)| name.to_owned()));
            continue;
        }
        for marked in ["#[test]", "#[wasm_bindgen_test]", "#[wasm_bindgen_test("] {
            for after in text.split(marked).skip(1) {
                let name = after.split("fn ").nth(1).and_then(|rest| rest.split('(').next());
                names.extend(name.map(str::to_owned));
            }
        }
    }
    names
}

#[test]
fn every_line_of_the_security_page_names_tests_that_exist() {
    let page = fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let (lines, tests) = (lines(&page), tests_there_are());
    assert!(lines.len() > 50, "the tables were read: {}", lines.len());
    for line in lines {
        for name in named(line).unwrap() {
            assert!(tests.contains(name), "there is no test {name}: {line}");
        }
    }
}

#[test]
fn a_line_without_a_test_or_with_one_that_is_not_there_is_found() {
    assert_eq!(named("| a | b | `one` `two` |"), Ok(vec!["one", "two"]));
    assert_eq!(named("| a | b | not defended |"), Ok(vec![]));
    assert!(named("| a | b | |").is_err());
    assert!(named("| a | `b` | somewhere |").is_err());
    assert_eq!(lines("| a | test |\n|---|---|\n| x | `y` |\n\n| z | `w` |"), ["| x | `y` |"]);
    let tests = tests_there_are();
    assert!(tests.contains("a_hostile_name_is_data") && !tests.contains("a_hostile_name_is"));
    assert!(!tests.contains("tests_there_are"), "what is no test is not taken for one");
}
