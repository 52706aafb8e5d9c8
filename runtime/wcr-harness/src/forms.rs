//! How the harness's functions are called: what is said where a script calls one otherwise.

/// What each function takes, by name. `c` is a container, `p` what was started in one, `r` a result.
const FORMS: [(&str, &[&str]); 17] = [
    ("test", &["test(\"name\", || { … })"]),
    (
        "run",
        &[
            "run(\"image\")",
            "run(\"image\", [\"argument\", …])",
            "run(\"image\", [\"argument\", …], #{ option: value })",
            "c.run([\"argument\", …])",
            "c.run([\"argument\", …], #{ option: value })",
        ],
    ),
    ("container", &["container(\"image\")", "container(\"image\", #{ option: value })"]),
    ("image", &["image(\"name\")"]),
    ("start", &["c.start([\"argument\", …])", "c.start([\"argument\", …], #{ option: value })"]),
    ("exec", &["p.exec([\"argument\", …])", "c.run([\"argument\", …]) where nothing was started"]),
    ("feed", &["p.feed(\"text\")"]),
    ("file", &["r.file(\"/path\")", "c.file(\"/path\")", "image(\"name\").file(\"/path\")"]),
    ("exists", &["c.exists(\"/path\")", "r.exists(\"/path\")", "image(\"name\").exists(\"/path\")"]),
    ("stat", &["c.stat(\"/path\")", "r.stat(\"/path\")", "image(\"name\").stat(\"/path\")"]),
    ("write", &["c.write(\"/path\", \"content\")", "c.write(\"/path\", #{ content: \"…\", mode: 0o755 })"]),
    ("mock", &["mock(\"program\", |args| …)", "mock(\"program\", |args, stdin| …)"]),
    ("expect", &["expect(value)"]),
    ("snapshot", &["expect(value).snapshot(\"name\")"]),
    ("seed", &["seed(7)"]),
    ("set", &["clock.set(\"2030-01-01T00:00:00Z\")", "c.clock.set(\"2030-01-01T00:00:00Z\")"]),
    ("advance", &["clock.advance(60)", "c.clock.advance(60)"]),
];

/// The engine's names of types, and what they are for a person. Longer ones come first.
const TYPES: [(&str, &str); 4] = [
    ("&str | ImmutableString | String", "string"),
    ("i64", "integer"),
    ("f64", "floating-point number"),
    ("Fn", "closure"),
];

/// What is said of a call that fits no function: what it was, and how the function of that name is called.
pub(crate) fn no_function(signature: &str) -> (String, Vec<String>) {
    let (name, given) = signature.split_once(" (").unwrap_or((signature, ")"));
    let given = TYPES.iter().fold(given.to_owned(), |given, (type_name, words)| given.replace(type_name, words));
    let what = format!("there is no function or method `{name} ({given}`");
    let detail = match FORMS.iter().find(|(known, _)| *known == name) {
        Some((_, forms)) => forms.iter().map(|form| format!("it is called as: {form}")).collect(),
        None => vec!["check the name, and the number and the types of what it is given".into()],
    };
    (what, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_fits_nothing_is_told_the_forms() {
        let (what, detail) = no_function("mock (&str | ImmutableString | String, i64)");
        assert_eq!(what, "there is no function or method `mock (string, integer)`");
        assert_eq!(
            detail,
            ["it is called as: mock(\"program\", |args| …)", "it is called as: mock(\"program\", |args, stdin| …)"]
        );
        let (what, detail) = no_function("nope ()");
        assert_eq!(what, "there is no function or method `nope ()`");
        assert!(detail[0].starts_with("check the name"));
    }
}
