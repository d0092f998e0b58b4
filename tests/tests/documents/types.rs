//! `www/add-to-smooch.d.ts`: correct pages type-check, each mistake is found in its line, and every error code has a type.

use serde_json::json;
use shared::ErrorCode;
use std::{collections::BTreeSet, fs, os::unix::fs::symlink, path::Path, process::Command};
use tests::tools::{root, tool};

const TYPES: &str = "www/add-to-smooch.d.ts";

/// The errors that tsc finds in a page: file, line and code. With `with_react`, the project has React.
fn errors(page: &str, with_react: bool) -> BTreeSet<(String, usize, String)> {
    let folder = tempfile::tempdir().unwrap();
    for path in [TYPES, page] {
        let name = Path::new(path).file_name().unwrap();
        fs::copy(root().join(path), folder.path().join(name)).unwrap();
    }
    let modules = Path::new(&tool("PAGE_MODULES")).to_owned();
    if with_react {
        symlink(&modules, folder.path().join("node_modules")).unwrap();
    }
    let options = json!({
        "strict": true, "noEmit": true, "skipLibCheck": false, "types": [], "lib": ["es2023", "dom", "dom.iterable"],
        "target": "es2023", "module": "esnext", "moduleResolution": "bundler", "jsx": "react-jsx",
    });
    let project = json!({"compilerOptions": options, "include": ["*.ts", "*.tsx"]});
    fs::write(folder.path().join("tsconfig.json"), project.to_string()).unwrap();
    let output = Command::new(modules.join(".bin/tsc"))
        .args(["--project", ".", "--pretty", "false"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let errors = String::from_utf8(output.stdout).unwrap();
    // mistakes.tsx(3,4): error TS2322: …
    let read = |line: &str| {
        let (place, rest) = line.split_once("): error ")?;
        let (file, place) = place.split_once('(')?;
        let code = rest.split_once(':')?.0;
        Some((file.to_owned(), place.split_once(',')?.0.parse().ok()?, code.to_owned()))
    };
    let found: BTreeSet<_> = errors.lines().filter_map(read).collect();
    assert_eq!(output.status.success(), found.is_empty(), "{errors}");
    found
}

#[test]
fn a_page_in_react_type_checks() {
    assert_eq!(errors("tests/types/page.tsx", true), BTreeSet::new());
}

#[test]
fn a_script_without_react_type_checks() {
    assert_eq!(errors("tests/types/plain.ts", false), BTreeSet::new());
}

#[test]
fn each_mistake_is_found_where_it_is() {
    let page = "tests/types/mistakes.tsx";
    let text = fs::read_to_string(root().join(page)).unwrap();
    let expected: BTreeSet<_> = text
        .lines()
        .enumerate()
        .filter_map(|(at, line)| Some(("mistakes.tsx".to_owned(), at + 1, line.split_once("// TS")?.1)))
        .map(|(file, line, code)| (file, line, format!("TS{code}")))
        .collect();
    assert_eq!(expected.len(), 12);
    assert_eq!(errors(page, true), expected);
}

#[test]
fn every_error_code_has_a_type() {
    let text = fs::read_to_string(root().join(TYPES)).unwrap();
    let codes = text.split_once("type AddToSmoochErrorCode =").unwrap().1.split_once(';').unwrap().0;
    let typed: BTreeSet<&str> = codes.split('"').skip(1).step_by(2).collect();
    let all: BTreeSet<&str> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(typed, all);
}
