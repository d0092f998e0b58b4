//! Replays the inputs in `tests/fuzz/corpus`: seeds that a person wrote and regressions, each with a name. `make fuzz` looks for more.

use std::{collections::BTreeSet, fs, panic};
use tests::tools::root;

/// The corpus of all targets together. A fuzzer's own inputs are not kept in it.
const MOST_FILES: usize = 60;

/// In bytes.
const LARGEST_FILE: u64 = 4 * 1024;

#[test]
fn every_kept_input_still_holds() {
    let mut count = 0;
    for (name, property) in fuzz_properties::ALL {
        let files: Vec<_> =
            fs::read_dir(root().join("tests/fuzz/corpus").join(name)).unwrap().map(Result::unwrap).collect();
        assert!(files.len() >= 3, "{name} has {} inputs", files.len());
        count += files.len();
        for file in files {
            assert!(file.metadata().unwrap().len() <= LARGEST_FILE, "{} is too large", file.path().display());
            let data = fs::read(file.path()).unwrap();
            let held = panic::catch_unwind(|| property(&data));
            assert!(held.is_ok(), "{name} does not hold for {}", file.path().display());
        }
    }
    assert!(count < MOST_FILES, "{count} inputs");
}

#[test]
fn every_property_has_its_target() {
    let listed = |folder: &str| -> BTreeSet<String> {
        let names = fs::read_dir(root().join("tests/fuzz").join(folder)).unwrap();
        names.map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()).collect()
    };
    let names: BTreeSet<String> = fuzz_properties::ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(listed("fuzz_targets"), names);
    assert_eq!(listed("corpus"), names);
}
