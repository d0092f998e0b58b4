//! Settings of a deployment from a JSON object.

use edge::vars::{Var, VarObject, Vars};
use serde::de::DeserializeOwned;
use serde_json::Value;
use shared::Object;

/// The variables of a deployment, by name.
#[derive(Clone, Debug)]
pub struct Table(pub Value);

impl Vars for Table {
    type Object = Self;

    fn var(&self, name: &str) -> Option<Var<Self>> {
        Some(match self.0.get(name)? {
            Value::String(text) => Var::Text(text.clone()),
            Value::Bool(flag) => Var::Flag(*flag),
            object @ Value::Object(_) => Var::Object(Self(object.clone())),
            Value::Null | Value::Number(_) | Value::Array(_) => Var::Other,
        })
    }
}

impl VarObject for Table {
    fn read<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_value(self.0.clone()).ok().map(|Object(value)| value)
    }

    fn entries(&self) -> Option<Vec<(String, Self)>> {
        let entry = |(name, value): (&String, &Value)| (name.clone(), Self(value.clone()));
        Some(self.0.as_object()?.iter().map(entry).collect())
    }
}
