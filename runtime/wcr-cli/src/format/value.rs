//! Values of a template, and how Go prints them.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Number, Value as Json};

use super::error::Reason;

/// The fields of docker's documents that hold maps: what is missing there is no fault of the template.
const MAPS: [&str; 9] =
    ["Annotations", "ExposedPorts", "Labels", "Networks", "Options", "Ports", "Sysctls", "Tmpfs", "Volumes"];

/// A value, or nothing where a map has no such key.
#[derive(Debug, Clone)]
pub(super) struct Value<'a> {
    json: Option<Cow<'a, Json>>,
    /// Whether it is a map, of which nobody knows the keys.
    map: bool,
}

impl<'a> Value<'a> {
    pub(super) const MISSING: Self = Self { json: None, map: false };

    pub(super) fn of(json: &'a Json) -> Self {
        Self { json: Some(Cow::Borrowed(json)), map: false }
    }

    /// The JSON value; null for nothing.
    pub(super) fn json(&self) -> &Json {
        self.json.as_deref().unwrap_or(&Json::Null)
    }

    pub(super) fn text(&self) -> Option<&str> {
        self.json().as_str()
    }

    /// Whether `if` takes it for true: no zero, nothing empty.
    pub(super) fn is_true(&self) -> bool {
        match self.json() {
            Json::Null => false,
            Json::Bool(value) => *value,
            Json::Number(number) => number.as_f64() != Some(0.0),
            Json::String(text) => !text.is_empty(),
            Json::Array(list) => !list.is_empty(),
            Json::Object(map) => !map.is_empty(),
        }
    }

    /// What it is, in a word for messages.
    pub(super) fn kind(&self) -> &'static str {
        match (&self.json, self.json()) {
            (None, _) => "no value",
            (_, Json::Null) => "nil",
            (_, Json::Bool(_)) => "a truth value",
            (_, Json::Number(_)) => "a number",
            (_, Json::String(_)) => "a text",
            (_, Json::Array(_)) => "a list",
            (_, Json::Object(_)) => "an object",
        }
    }

    /// The field `name`.
    ///
    /// # Errors
    /// There is none, and it is no map of which the keys are free.
    pub(super) fn field(self, name: &str) -> Result<Self, Reason> {
        let (kind, is_map) = (self.kind(), self.map);
        let known = |map: &serde_json::Map<String, Json>| map.keys().cloned().collect::<Vec<_>>();
        let (found, known) = match self.json {
            Some(Cow::Borrowed(Json::Object(map))) => (map.get(name).map(Cow::Borrowed), known(map)),
            Some(Cow::Owned(Json::Object(mut map))) => {
                let known = known(&map);
                (map.remove(name).map(Cow::Owned), known)
            }
            _ => return Err(Reason::NotAnObject { name: name.to_owned(), kind }),
        };
        match found {
            Some(json) => Ok(Self { json: Some(json), map: MAPS.contains(&name) }),
            None if is_map => Ok(Self::MISSING),
            None => Err(Reason::NoField { name: name.to_owned(), known }),
        }
    }

    /// The element at `index`, a number for lists and a key for maps; what a map does not have is an empty text.
    ///
    /// # Errors
    /// The list is not that long; it is neither list nor map.
    pub(super) fn element(&self, index: &Self) -> Result<Self, Reason> {
        let of_kind = |wanted, value: &Self| Reason::Kind { function: "index", wanted, kind: value.kind() };
        match self.json() {
            Json::Array(list) => {
                let Json::Number(number) = index.json() else { return Err(of_kind("a number for a list", index)) };
                let element = number.as_u64().and_then(|at| list.get(usize::try_from(at).ok()?));
                element.cloned().map(Self::from).ok_or_else(|| Reason::OutOfRange(number.to_string()))
            }
            Json::Object(map) => {
                let key = index.text().ok_or_else(|| of_kind("a text for a map", index))?;
                Ok(map.get(key).cloned().map_or_else(|| "".into(), Self::from))
            }
            _ => Err(of_kind("a list or a map", self)),
        }
    }

    /// The value as Go prints it.
    pub(super) fn print(&self) -> String {
        match &self.json {
            None => "<no value>".to_owned(),
            Some(json) => go(json),
        }
    }

    /// The order of two values of one kind.
    ///
    /// # Errors
    /// They are of different kinds, or have no order.
    pub(super) fn compare(&self, other: &Self) -> Result<Ordering, Reason> {
        let incomparable = || Reason::Incomparable(self.kind(), other.kind());
        match (self.json(), other.json()) {
            (Json::String(one), Json::String(two)) => Ok(one.cmp(two)),
            (Json::Number(one), Json::Number(two)) => order(one, two).ok_or_else(incomparable),
            _ => Err(incomparable()),
        }
    }

    /// Whether two values are the same.
    ///
    /// # Errors
    /// They are of different kinds.
    pub(super) fn equals(&self, other: &Self) -> Result<bool, Reason> {
        match (self.json(), other.json()) {
            (Json::Bool(one), Json::Bool(two)) => Ok(one == two),
            (Json::Null, other) | (other, Json::Null) => Ok(other.is_null()),
            _ => Ok(self.compare(other)?.is_eq()),
        }
    }
}

impl From<Json> for Value<'_> {
    fn from(json: Json) -> Self {
        Self { json: Some(Cow::Owned(json)), map: false }
    }
}

impl From<&str> for Value<'_> {
    fn from(text: &str) -> Self {
        Json::from(text).into()
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Json::from(text).into()
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Json::from(value).into()
    }
}

impl From<usize> for Value<'_> {
    fn from(value: usize) -> Self {
        Json::from(value).into()
    }
}

fn order(one: &Number, two: &Number) -> Option<Ordering> {
    match (one.as_i64(), two.as_i64()) {
        (Some(one), Some(two)) => Some(one.cmp(&two)),
        _ => one.as_f64()?.partial_cmp(&two.as_f64()?),
    }
}

/// A value in the manner of `fmt.Print`.
fn go(json: &Json) -> String {
    match json {
        Json::Null => "<nil>".to_owned(),
        Json::String(text) => text.clone(),
        Json::Array(list) => format!("[{}]", list.iter().map(go).collect::<Vec<_>>().join(" ")),
        Json::Object(map) => {
            let pairs: Vec<String> =
                sorted(map).into_iter().map(|(key, value)| format!("{key}:{}", go(value))).collect();
            format!("map[{}]", pairs.join(" "))
        }
        Json::Bool(_) | Json::Number(_) => json.to_string(),
    }
}

/// The pairs of a map in the order of their keys.
pub(super) fn sorted(map: &serde_json::Map<String, Json>) -> Vec<(&String, &Json)> {
    let mut pairs: Vec<_> = map.iter().collect();
    pairs.sort_by_key(|(key, _)| *key);
    pairs
}
