//! Reads single variables and collects all faults, so that one look at `/healthz` shows every one of them.

use crate::{
    fault::Fault,
    sites::Sites,
    vars::{JsonText, Var, VarObject, Vars, unquoted},
};
use serde::de::DeserializeOwned;
use shared::{Endpoint, EndpointError, EndpointTemplate};

/// Reads variables. A method that finds a fault adds it to [`Reader::faults`] and returns `None`.
pub(super) struct Reader<'a, V> {
    pub(super) vars: &'a V,
    pub(super) faults: Vec<Fault>,
}

impl<V: Vars> Reader<'_, V> {
    pub(super) fn fault(&mut self, setting: &str, problem: &'static str) {
        self.faults.push(Fault::new(setting, problem));
    }

    /// The value. An error is added to the faults.
    pub(super) fn checked<T>(&mut self, setting: &str, value: Result<T, &'static str>) -> Option<T> {
        value.map_err(|problem| self.fault(setting, problem)).ok()
    }

    /// A text. An empty text counts as not set: an unset variable often arrives as an empty text.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        match self.vars.var(name)? {
            Var::Text(text) => Some(text).filter(|text| !text.is_empty()),
            Var::Flag(_) | Var::Object(_) | Var::Other => {
                self.fault(name, "must be a text");
                None
            }
        }
    }

    /// A secret or an id. It removes white space and at most one pair of quotation marks around the text.
    pub(super) fn credential(&mut self, name: &str) -> Option<String> {
        self.text(name).map(|text| unquoted(&text).to_owned()).filter(|text| !text.is_empty())
    }

    /// A credential that must be set.
    pub(super) fn required(&mut self, name: &str) -> Option<String> {
        let before = self.faults.len();
        let text = self.credential(name);
        if text.is_none() && self.faults.len() == before {
            self.fault(name, "is missing");
        }
        text
    }

    /// A client id or client secret. RFC 6749 appendix A.1 and A.2 allow visible ASCII and spaces. White space within
    /// it, or a quotation mark that is left at either end, is a copying mistake, so it is rejected.
    pub(super) fn client_credential(&mut self, name: &str) -> Option<String> {
        let text = self.required(name)?;
        let is_quote = |mark: char| mark == '"' || mark == '\'';
        let value = if text.starts_with(is_quote) || text.ends_with(is_quote) {
            Err("begins or ends with a quotation mark")
        } else if text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(text)
        } else {
            Err("must be visible ASCII characters without white space")
        };
        self.checked(name, value)
    }

    pub(super) fn flag(&mut self, name: &str) -> bool {
        match self.vars.var(name) {
            None => false,
            Some(Var::Flag(flag)) => flag,
            Some(Var::Text(text)) if text == "true" => true,
            Some(Var::Text(text)) if text.is_empty() || text == "false" => false,
            Some(Var::Text(_) | Var::Object(_) | Var::Other) => {
                self.fault(name, "must be true or false");
                false
            }
        }
    }

    /// An object that has the shape of `T`. `problem` is the fault for any other value.
    pub(super) fn object<T: DeserializeOwned>(&mut self, name: &str, problem: &'static str) -> Option<T> {
        let value = match self.vars.var(name)? {
            Var::Text(text) if text.is_empty() => return None,
            Var::Text(text) => JsonText::new(&text).and_then(|object| object.read()),
            Var::Object(object) => object.read(),
            Var::Flag(_) | Var::Other => None,
        };
        self.checked(name, value.ok_or(problem))
    }

    /// The sites. A site with wrong settings is closed, and its faults are in [`Sites::faults`].
    pub(super) fn sites(&mut self, name: &str) -> Option<Sites> {
        let sites = match self.vars.var(name) {
            None => Some(Sites::default()),
            Some(Var::Text(text)) if text.is_empty() => Some(Sites::default()),
            Some(Var::Text(text)) => JsonText::new(&text).and_then(|object| Sites::read(&object)),
            Some(Var::Object(object)) => Sites::read(&object),
            Some(Var::Flag(_) | Var::Other) => None,
        };
        self.checked(name, sites.ok_or("must be an object"))
    }

    pub(super) fn endpoint(&mut self, name: &str, default: Option<&str>) -> Option<Endpoint> {
        let text = self.text(name).or_else(|| default.map(Into::into))?;
        self.checked(name, Endpoint::parse(&text).map_err(EndpointError::message))
    }

    /// An endpoint that may contain `{subdomain}`. A slash at its end is dropped.
    pub(super) fn template(&mut self, name: &str, default: &str) -> Option<EndpointTemplate> {
        let text = self.text(name).unwrap_or_else(|| default.into());
        let template = EndpointTemplate::parse(text.trim_end_matches('/'));
        self.checked(name, template.map_err(EndpointError::message))
    }
}
