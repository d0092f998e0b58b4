//! Each row of the tables in SECURITY.md names tests, and each named test exists.

use std::{collections::BTreeSet, fs, process::Command};
use tests::tools::root;

/// The start of the last cell of a row that names no test.
const NOT_DEFENDED: &str = "not defended";

/// The attributes that make tests of a function.
const TEST_ATTRIBUTES: [&str; 6] = [
    "#[test]",
    "#[apply(scenario)]",
    "#[apply(scenario_in_memory)]",
    "#[apply(in_each_engine)]",
    "#[wasm_bindgen_test]",
    "#[wasm_bindgen_test(",
];

/// The names of the tests in a row's last cell.
fn named_tests(row: &str) -> Result<Vec<&str>, String> {
    let cell = row.trim_end_matches(['|', ' ']).rsplit('|').next().unwrap_or_default().trim();
    let names: Vec<_> = cell.split('`').skip(1).step_by(2).collect();
    if names.is_empty() && !cell.starts_with(NOT_DEFENDED) {
        return Err(format!("the row names no test: {row}"));
    }
    Ok(names)
}

/// The rows of the tables whose last column is `test`.
fn rows(page: &str) -> Vec<&str> {
    let mut is_inside = false;
    let mut found = Vec::new();
    for line in page.lines() {
        if line.ends_with("| test |") {
            is_inside = true;
        } else if !line.starts_with('|') {
            is_inside = false;
        } else if is_inside && !line.starts_with("|---") {
            found.push(line);
        }
    }
    found
}

/// The names of all tests in the repository: the functions below one of [`TEST_ATTRIBUTES`].
fn all_tests() -> BTreeSet<String> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "*.rs"])
        .current_dir(root())
        .output()
        .unwrap();
    let mut names = BTreeSet::new();
    for path in String::from_utf8(listed.stdout).unwrap().lines() {
        let Ok(text) = fs::read_to_string(root().join(path)) else { continue };
        for attribute in TEST_ATTRIBUTES {
            // An attribute stands on a line of its own, after whitespace.
            for after in text.split(&format!("\n{attribute}")).chain(text.split(&format!("    {attribute}")))
            {
                let Some((_, rest)) = after.split_once("fn ") else { continue };
                names.extend(rest.split('(').next().map(str::to_owned));
            }
        }
    }
    names
}

#[test]
fn every_row_of_the_security_tables_names_existing_tests() {
    let page = fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let (rows, tests) = (rows(&page), all_tests());
    assert!(rows.len() > 50, "SECURITY.md has {} rows", rows.len());
    for row in rows {
        for name in named_tests(row).unwrap() {
            assert!(tests.contains(name), "there is no test {name}: {row}");
        }
    }
}

#[test]
fn a_row_without_an_existing_test_is_found() {
    assert_eq!(named_tests("| a | b | `one` `two` |"), Ok(vec!["one", "two"]));
    assert_eq!(named_tests("| a | b | not defended |"), Ok(vec![]));
    assert!(named_tests("| a | b | |").is_err());
    assert!(named_tests("| a | `b` | somewhere |").is_err());
    assert_eq!(rows("| a | test |\n|---|---|\n| x | `y` |\n\n| z | `w` |"), ["| x | `y` |"]);
}

#[test]
fn tests_are_found_by_their_attributes() {
    let tests = all_tests();
    for name in ["a_hostile_app_name_stays_data", "tests_are_found_by_their_attributes"] {
        assert!(tests.contains(name), "{name} is not found");
    }
    for name in ["a_hostile_app_name", "all_tests"] {
        assert!(!tests.contains(name), "{name} is no test");
    }
}
