//! docker's `--filter KEY=VALUE`, which may be given several times.

use std::collections::BTreeMap;

use regex_lite::Regex;

/// What a list is to have.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Filters(BTreeMap<String, Vec<String>>);

/// A filter that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FilterError {
    /// It has no equals sign.
    #[error("bad format of filter `{0}` (expected name=value)")]
    Form(String),
    /// There is none of this name.
    #[error("invalid filter `{name}`; there are {known}")]
    Unknown {
        /// The name.
        name: String,
        /// The names there are.
        known: String,
    },
    /// The value is none that the filter knows.
    #[error("invalid filter `{name}={value}`: it is one of {known}")]
    Value {
        /// The filter's name.
        name: String,
        /// The value.
        value: String,
        /// The values there are.
        known: String,
    },
    /// The value is no pattern.
    #[error("invalid filter `{name}={value}`: {source}")]
    Pattern {
        /// The filter's name.
        name: String,
        /// The value.
        value: String,
        /// What is wrong with it.
        source: regex_lite::Error,
    },
}

impl Filters {
    /// Reads filters; `known` are the names there are. A name may end in `!` (`label!=x`) where `known` has that.
    ///
    /// # Errors
    /// One has no equals sign, or a name that is not known.
    pub(crate) fn parse(filters: &[String], known: &[&str]) -> Result<Self, FilterError> {
        let mut parsed: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for filter in filters {
            let (name, value) = filter.split_once('=').ok_or_else(|| FilterError::Form(filter.clone()))?;
            let name = name.trim().to_lowercase();
            if !known.contains(&name.as_str()) {
                return Err(FilterError::Unknown { name, known: known.join(", ") });
            }
            parsed.entry(name).or_default().push(value.trim().to_owned());
        }
        Ok(Self(parsed))
    }

    /// Refuses values of the filter `name` that are none of `known`.
    ///
    /// # Errors
    /// There is such a value.
    pub(crate) fn only(&self, name: &str, known: &[&str]) -> Result<(), FilterError> {
        match self.values(name).find(|value| !known.contains(value)) {
            None => Ok(()),
            Some(value) => Err(FilterError::Value { name: name.into(), value: value.into(), known: known.join(", ") }),
        }
    }

    /// The values of the filter `name`.
    pub(crate) fn values<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.get(name).into_iter().flatten().map(String::as_str)
    }

    /// The values of the filter `name`, as regular expressions.
    ///
    /// # Errors
    /// One is none.
    pub(crate) fn patterns(&self, name: &str) -> Result<Vec<Regex>, FilterError> {
        let pattern = |value| {
            let fault = |source| FilterError::Pattern { name: name.into(), value: String::from(value), source };
            Regex::new(value).map_err(fault)
        };
        self.values(name).map(pattern).collect()
    }

    /// Whether one value of the filter `name` suits; it is so without such a filter.
    pub(crate) fn any(&self, name: &str, suits: impl FnMut(&str) -> bool) -> bool {
        !self.0.contains_key(name) || self.values(name).any(suits)
    }

    /// Whether all values of the filter `name` suit; labels are meant so.
    pub(crate) fn all(&self, name: &str, suits: impl FnMut(&str) -> bool) -> bool {
        self.values(name).all(suits)
    }
}

/// Whether there is a label as `wanted` says: `KEY`, or `KEY=VALUE`.
pub(crate) fn has_label<'a>(labels: impl IntoIterator<Item = (&'a String, &'a String)>, wanted: &str) -> bool {
    let (key, value) = match wanted.split_once('=') {
        Some((key, value)) => (key, Some(value)),
        None => (wanted, None),
    };
    labels.into_iter().any(|(name, other)| name == key && value.is_none_or(|value| value == other))
}

/// Whether `pattern`, in which `*` stands for any text and `?` for a character, is the whole of `text`.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut in_text, mut star) = (0, 0, None);
    while in_text < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, in_text));
                at += 1;
            }
            Some(c) if *c == '?' || text.get(in_text) == Some(c) => (at, in_text) = (at + 1, in_text + 1),
            // The last star takes one more.
            _ => match star {
                None => return false,
                Some((back, from)) => {
                    star = Some((back, from + 1));
                    (at, in_text) = (back + 1, from + 1);
                }
            },
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(filters: &[&str]) -> Result<Filters, FilterError> {
        let filters: Vec<String> = filters.iter().map(|&filter| filter.into()).collect();
        Filters::parse(&filters, &["label", "status", "label!"])
    }

    #[test]
    fn values_of_one_name_are_alternatives_and_labels_are_not() {
        let filters = parse(&["status=exited", "Status = running", "label=a=1", "label=b"]).unwrap();
        let values: Vec<&str> = filters.values("status").collect();
        assert_eq!(values, ["exited", "running"]);
        assert!(filters.any("status", |value| value == "running") && !filters.any("status", |value| value == "paused"));
        assert!(filters.any("name", |_| false), "there is no such filter");
        let labels = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|&(key, value)| (key.into(), value.into())).collect()
        };
        let suits = |pairs| filters.all("label", |wanted| has_label(&labels(pairs), wanted));
        assert!(suits(&[("a", "1"), ("b", "x")]));
        assert!(!suits(&[("a", "2"), ("b", "x")]) && !suits(&[("a", "1")]));
    }

    #[test]
    fn bad_filters_are_refused_by_name() {
        assert_eq!(parse(&["status"]).unwrap_err().to_string(), "bad format of filter `status` (expected name=value)");
        assert_eq!(
            parse(&["nope=1"]).unwrap_err().to_string(),
            "invalid filter `nope`; there are label, status, label!"
        );
        assert!(parse(&["label!=x"]).unwrap().values("label!").eq(["x"]));
        let filters = parse(&["label=a+", "label=("]).unwrap();
        assert!(filters.patterns("label").unwrap_err().to_string().starts_with("invalid filter `label=(`: "));
        assert!(parse(&["label=^a+$"]).unwrap().patterns("label").unwrap()[0].is_match("aa"));
        let filters = parse(&["status=odd"]).unwrap();
        assert!(filters.only("label", &[]).is_ok());
        assert_eq!(
            filters.only("status", &["exited", "running"]).unwrap_err().to_string(),
            "invalid filter `status=odd`: it is one of exited, running"
        );
    }

    #[test]
    fn patterns_with_stars() {
        for (pattern, text, suits) in [
            ("busybox", "busybox", true),
            ("busy*", "busybox", true),
            ("*box", "busybox", true),
            ("*s*b?x", "busybox", true),
            ("*", "", true),
            ("", "", true),
            ("busy", "busybox", false),
            ("*y", "busybox", false),
            ("?", "", false),
            ("a*b*c", "aXbYbZc", true),
        ] {
            assert_eq!(matches(pattern, text), suits, "{pattern} {text}");
        }
    }
}
