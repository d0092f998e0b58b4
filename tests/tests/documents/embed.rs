//! `docs/embed.md`: every attribute, custom property and text of the element is documented.

use client::text::Text;
use std::fs;
use tests::tools::root;

fn page() -> String {
    fs::read_to_string(root().join("docs/embed.md")).unwrap()
}

/// The cells of the documentation's table rows, each row split at its separators.
fn rows(page: &str) -> impl Iterator<Item = Vec<&str>> {
    page.lines().filter(|row| row.starts_with("| `")).map(|row| row.split(" | ").collect())
}

#[test]
fn every_text_that_a_person_can_see_is_documented() {
    let page = page();
    for text in Text::all() {
        let (key, english) = (format!("`{}`", text.key()), text.english());
        let mut texts = rows(&page).filter(|cells| cells.len() == 4);
        let is_documented = texts.any(|cells| cells[0].contains(&key) && cells[1].contains(english));
        assert!(is_documented, "docs/embed.md has no row with {key}: {english}");
    }
}

#[test]
fn every_attribute_and_every_custom_property_is_documented() {
    let read = |path| fs::read_to_string(root().join(path)).unwrap();
    let (element, style, page) = (read("client/js/element.js"), read("client/src/view.css"), page());
    let observed = element.split_once("observedAttributes = \"").unwrap().1.split_once('"').unwrap().0;
    let attributes = observed.split(' ').chain(["theme"]).map(str::to_owned);
    let properties = style.split("var(--smooch-").skip(1).map(|rest| rest.split(',').next().unwrap());
    let names: Vec<String> = attributes.chain(properties.map(|name| format!("--smooch-{name}"))).collect();
    assert_eq!(names.len(), 13);
    for name in names {
        assert!(
            page.lines().any(|row| row.starts_with(&format!("| `{name}` |"))),
            "docs/embed.md has no row for {name}"
        );
    }
}
