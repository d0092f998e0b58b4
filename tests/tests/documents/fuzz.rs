//! Replays the corpus of the fuzz targets, `tests/fuzz/corpus`: seeds and regressions, each with a name. `make fuzz` looks for
//! more.

use std::{collections::BTreeSet, fs, panic, path::Path, process::Command};
use tests::tools::root;

/// The most files of all targets together. Inputs that a fuzzer generates do not belong into the corpus.
const MAX_FILES: usize = 60;

/// In bytes.
const MAX_FILE_SIZE: u64 = 4 * 1024;

#[test]
fn every_input_of_the_corpus_satisfies_its_property() {
    let mut count = 0;
    for (name, property) in fuzz_properties::ALL {
        let files: Vec<_> =
            fs::read_dir(root().join("tests/fuzz/corpus").join(name)).unwrap().map(Result::unwrap).collect();
        assert!(files.len() >= 3, "{name} has {} inputs", files.len());
        count += files.len();
        for file in files {
            assert!(
                file.metadata().unwrap().len() <= MAX_FILE_SIZE,
                "{} is too large",
                file.path().display()
            );
            let data = fs::read(file.path()).unwrap();
            let result = panic::catch_unwind(|| property(&data));
            assert!(result.is_ok(), "{name} does not hold for {}", file.path().display());
        }
    }
    assert!(count < MAX_FILES, "the corpus has {count} inputs");
}

#[test]
fn every_property_has_a_fuzz_target_and_a_corpus() {
    let listed = |folder: &str| -> BTreeSet<String> {
        let names = fs::read_dir(root().join("tests/fuzz").join(folder)).unwrap();
        names.map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()).collect()
    };
    let names: BTreeSet<String> = fuzz_properties::ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(listed("fuzz_targets"), names);
    assert_eq!(listed("corpus"), names);
}

#[test]
fn the_properties_belong_to_the_workspace_of_the_product() {
    // A workspace takes the packages below its folder for its members; that of the fuzz targets must exclude the properties.
    let output = Command::new(env!("CARGO"))
        .args(["locate-project", "--workspace", "--message-format", "plain", "--manifest-path"])
        .arg(root().join("tests/fuzz/properties/Cargo.toml"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let manifest = String::from_utf8(output.stdout).unwrap();
    assert_eq!(Path::new(manifest.trim()), root().join("Cargo.toml"));
}
