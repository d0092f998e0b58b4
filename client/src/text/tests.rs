use super::*;
use crate::language::Language;

/// The module of a language, as it lies in `client/lang`.
fn module(language: Language) -> &'static str {
    match language {
        Language::German => include_str!("../../lang/de.js"),
        Language::Spanish => include_str!("../../lang/es.js"),
        Language::French => include_str!("../../lang/fr.js"),
        Language::Japanese => include_str!("../../lang/ja.js"),
        Language::Portuguese => include_str!("../../lang/pt.js"),
    }
}

#[test]
fn every_language_translates_every_text() {
    for language in Language::ALL {
        let (tag, module) = (language.tag(), module(language));
        for text in Text::all() {
            let english = text.english();
            let start = format!("\"{}\": \"", text.key());
            let line = module.lines().find_map(|line| line.trim().strip_prefix(&start));
            let translated =
                line.unwrap_or_else(|| panic!("{tag} lacks {text:?}")).trim_end_matches(['"', ',']);
            assert!(!translated.is_empty(), "{tag}: {text:?}");
            assert_eq!(translated.contains("{}"), english.contains("{}"), "{tag}: {text:?}");
            assert_eq!(translated.ends_with(['.', '。']), english.ends_with('.'), "{tag}: {translated}");
        }
        assert_eq!(
            module.matches("\": \"").count(),
            Text::all().count(),
            "{tag} has texts that nobody asks for"
        );
    }
}

#[test]
fn every_error_code_tells_the_person_what_to_do_next() {
    for &code in ErrorCode::ALL {
        let text = Text::Code(code).english();
        assert!(text.len() > 20 && text.ends_with('.'), "{code:?}: {text}");
        assert!(!text.contains('_'), "{code:?}: {text}");
        // The owner's own decision needs no advice.
        let advice = ["tart again", "ry again", "Try another", "Ask "];
        assert!(
            code == ErrorCode::AccessDenied || advice.iter().any(|advice| text.contains(advice)),
            "{code:?}: {text}"
        );
    }
}
