//! What fuzzing has found worth keeping, replayed; `scripts/fuzz` looks for more.

use std::{collections::BTreeSet, fs, panic};
use tests::tools::root;

/// A corpus is for reading through and for replaying, not for keeping all that a fuzzer makes.
const MOST_FILES: usize = 64;
const LARGEST: u64 = 4 * 1024;

#[test]
fn every_kept_input_still_holds() {
    for (name, property) in parsers::ALL {
        let files: Vec<_> =
            fs::read_dir(root().join("fuzz/corpus").join(name)).unwrap().map(Result::unwrap).collect();
        assert!((3..=MOST_FILES).contains(&files.len()), "{name} has {} inputs", files.len());
        for file in files {
            assert!(file.metadata().unwrap().len() <= LARGEST, "{} is too large", file.path().display());
            let data = fs::read(file.path()).unwrap();
            let held = panic::catch_unwind(|| property(&data));
            assert!(held.is_ok(), "{name} does not hold for {}", file.path().display());
        }
    }
}

#[test]
fn every_property_has_its_target() {
    let listed = |folder: &str| -> BTreeSet<String> {
        let names = fs::read_dir(root().join("fuzz").join(folder)).unwrap();
        names.map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()).collect()
    };
    let names: BTreeSet<String> = parsers::ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(listed("fuzz_targets"), names);
    assert_eq!(listed("corpus"), names);
}
