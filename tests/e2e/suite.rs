//! The example suite: two hundred small cases, with the same report whatever the host is like.

use std::path::PathBuf;
use std::time::Instant;

use serde_json::Value;
use wcr_tests::scratch::Scratch;
use wcr_tests::wcr::Wcr;

/// The report of the suite as JSON, without how long each case took.
fn report(change: impl Fn(Wcr) -> Wcr, jobs: &str) -> Value {
    let home = Scratch::new("suite");
    let suite = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/suite"));
    let wcr = Wcr::new(home.path()).args(["test", "--json", "--jobs", jobs]).args([suite]);
    let finished = change(wcr).run();
    let mut report: Value = serde_json::from_str(&finished.stdout()).unwrap();
    for case in report["cases"].as_array_mut().unwrap() {
        assert!(case["failure"].is_null(), "{case:#}");
        case.as_object_mut().unwrap().remove("seconds");
    }
    report
}

#[test]
fn the_suite_says_the_same_on_every_host() {
    let started = Instant::now();
    let usual = report(|wcr| wcr, "2");
    eprintln!("{} cases in {:?}", usual["passed"], started.elapsed());
    assert!(usual["passed"].as_u64().unwrap() >= 200, "{}", usual["passed"]);
    let traces = usual["cases"].as_array().unwrap().iter().filter(|case| case["printed"][0].is_string()).count();
    assert!(traces >= 150, "{traces} traces");
    // Another time zone, locale, user, home and terminal, another number of cores.
    let elsewhere = |wcr: Wcr| {
        let wcr = wcr.env("TZ", "Asia/Tokyo").env("LANG", "de_DE.UTF-8").env("LC_ALL", "tr_TR.UTF-8");
        wcr.env("HOME", "/nonexistent").env("USER", "somebody").env("COLUMNS", "200").env("TERM", "xterm")
    };
    assert_eq!(report(elsewhere, "1"), usual);
}
