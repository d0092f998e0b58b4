//! The element's language, and the translated texts once their module is loaded.

use crate::{js_object::text_at, modules, page, text::Text};
use wasm_bindgen::JsValue;

/// A language that the element speaks beside English.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// `de`
    German,
    /// `es`
    Spanish,
    /// `fr`
    French,
    /// `ja`
    Japanese,
    /// `pt`
    Portuguese,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::German, Self::Spanish, Self::French, Self::Japanese, Self::Portuguese];

    /// The two letters of the language (BCP 47). They also name its module in `client/lang`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::German => "de",
            Self::Spanish => "es",
            Self::French => "fr",
            Self::Japanese => "ja",
            Self::Portuguese => "pt",
        }
    }

    /// Reads the value of a `lang` attribute, such as `pt-BR`. Only its first two letters count. `None` stands for English,
    /// which also serves every language that is not listed here.
    #[must_use]
    pub fn parse(lang: &str) -> Option<Self> {
        let primary = lang.get(..2)?;
        Self::ALL.into_iter().find(|language| primary.eq_ignore_ascii_case(language.tag()))
    }
}

/// Loads the module of a language and calls back with its texts. If it cannot be loaded, they are English.
pub fn load_texts(language: Language, callback: impl FnOnce(Texts) + 'static) {
    page::when_settled(&modules::load_language(language.tag()), |module| callback(Texts { module }));
}

/// The texts of one language. The text is English until the module is loaded, and if the module lacks it.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    module: JsValue,
}

impl Texts {
    /// The text as people read it.
    #[must_use]
    pub fn get(&self, text: Text) -> String {
        let translated = text_at(&self.module, &["default", text.key()]);
        if translated.is_empty() { text.english().into() } else { translated }
    }

    /// The text with `value` in the place of `{}`.
    #[must_use]
    pub fn fill(&self, text: Text, value: &str) -> String {
        let pattern = self.get(text);
        match pattern.split_once('{') {
            Some((before, after)) => [before, value, after.trim_start_matches('}')].concat(),
            None => pattern,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_regional_language_is_read_as_its_language() {
        assert_eq!(Language::parse("pt-BR"), Some(Language::Portuguese));
        assert_eq!(Language::parse("JA"), Some(Language::Japanese));
        for english in ["", "en", "e", "tlh", "é"] {
            assert_eq!(Language::parse(english), None, "{english:?}");
        }
    }
}
