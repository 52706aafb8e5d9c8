//! Logging in and out, Docker's configuration file, helpers, and Docker's own registry with passwords.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use serde_json::{Value, json};
use wcr_tests::hostile::{Good, Reply, Server};
use wcr_tests::registry::Registry as Real;
use wcr_tests::skip;
use wcr_tests::terminal::Terminal;

use crate::place::{AUTH, BASIC, NET, PASSWORD, Place, Registry, TOKEN, USAGE, sample};

/// A registry that wants `user` and the password, as itself.
fn basic() -> Server {
    let good = Good::of(&sample(), "latest");
    Server::start(move |request| match request.header("authorization") {
        Some(BASIC) => good.answer(request),
        _ => Reply::new(401, &[("WWW-Authenticate", "Basic realm=\"x\"")], b""),
    })
}

fn host(server: &Server) -> String {
    format!("127.0.0.1:{}", server.port)
}

fn config(place: &Place) -> Value {
    serde_json::from_slice(&fs::read(place.docker_config()).expect("the file")).expect("JSON")
}

#[test]
fn a_login_opens_the_registry_and_a_logout_closes_it() {
    let (place, server) = (Place::new(), basic());
    let (host, name) = (host(&server), server.name("a"));
    place.log_in("other.example");
    fs::set_permissions(place.docker_config(), fs::Permissions::from_mode(0o644)).expect("set the mode");
    place.wcr(["pull", &name]).run().fails().exits(AUTH).says(&[&format!("wcr login {host}")]);
    let login = place.wcr(["login", "-u", "user", "--password-stdin", &host]).stdin(format!("{PASSWORD}\n")).run();
    let login = login.ok().prints("Login Succeeded\n").says(&["config.json", "unencrypted"]);
    place.assert_no_secret(&login);
    let mode = fs::metadata(place.docker_config()).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let content = config(&place);
    assert_eq!(content["other"], json!({ "kept": [1] }), "what is not wcr's stays");
    assert_eq!(content["auths"][&host]["auth"], BASIC.trim_start_matches("Basic "));
    assert!(content["auths"]["other.example"].is_object());
    let pulled = place.wcr(["pull", &name]).run().ok();
    place.assert_no_secret(&pulled);
    place.wcr(["logout", &host]).run().ok().prints(&format!("Removed login credentials for {host}\n"));
    let content = config(&place);
    assert!(content["auths"].get(&host).is_none() && content["auths"]["other.example"].is_object());
    place.wcr(["pull", &name]).run().fails().exits(AUTH);
    place.wcr(["logout", &host]).run().ok().prints("").says(&["not logged in"]);
}

#[test]
fn a_password_that_is_wrong_is_not_kept() {
    let (place, server) = (Place::new(), basic());
    let host = host(&server);
    let login = place.wcr(["login", "-u", "user", "--password-stdin", &host]).stdin("TOPSECRET-wrong").run();
    place.assert_no_secret(&login.fails().exits(AUTH).says(&["does not accept this user name and password"]));
    assert!(!place.docker_config().exists());
    let login = place.wcr(["login", "-u", "user", "-p", "TOPSECRET-wrong", &host]).run().fails().exits(AUTH);
    place.assert_no_secret(&login.says(&["--password-stdin is safer"]));
    drop(server);
    let login = place.wcr(["login", "-u", "user", "--password-stdin", &host]).stdin(PASSWORD).run();
    place.assert_no_secret(&login.fails().exits(NET));
}

#[test]
fn a_login_that_cannot_work_is_a_wrong_use() {
    let place = Place::new();
    for (args, stdin) in [
        (&["login", "127.0.0.1:9"][..], ""),
        (&["login", "-u", "user", "127.0.0.1:9"], ""),
        (&["login", "--password-stdin", "127.0.0.1:9"], "x"),
        (&["login", "-u", "user", "--password-stdin", "127.0.0.1:9"], ""),
        (&["login", "-u", "a:b", "--password-stdin", "127.0.0.1:9"], "x"),
        (&["login", "-u", "user", "-p", "x", "--password-stdin", "127.0.0.1:9"], "x"),
        (&["login", "-u", "user", "--password-stdin", "plain"], "x"),
        (&["logout", "plain"], ""),
    ] {
        let code = place.wcr(args.iter().copied()).stdin(stdin).run().fails().code();
        assert_eq!(code, Some(USAGE), "{args:?}");
    }
    assert!(!place.docker_config().exists());
}

#[test]
fn a_token_server_gets_the_password_and_the_registry_the_token() {
    let registry = Registry::of(&sample(), |_, _| None);
    let host = host(&registry.server);
    fs::remove_file(registry.place.docker_config()).expect("forget");
    registry.place.wcr(["pull", &registry.name()]).run().fails().exits(AUTH);
    let login = registry.place.wcr(["login", "-u", "user", "--password-stdin", &host]).stdin(PASSWORD).run().ok();
    registry.place.assert_no_secret(&login);
    registry.place.wcr(["pull", &registry.name()]).run().ok();
    let seen = registry.server.seen();
    let tokens: Vec<_> = seen.iter().filter(|request| request.path.starts_with("/token")).collect();
    assert!(tokens.iter().any(|r| r.path == "/token?service=s&account=user&client_id=wcr"), "{tokens:?}");
    assert!(tokens.iter().any(|r| r.path == "/token?service=s&scope=repository%3Ateam%2Fapp%3Apull"), "{tokens:?}");
    for request in seen.iter().filter(|request| !request.path.starts_with("/token")) {
        let header = request.header("authorization");
        assert!(header.is_none() || header == Some(&format!("Bearer {TOKEN}")), "{request:?}");
    }
}

#[test]
fn an_identity_token_is_exchanged() {
    let registry = Registry::raw(&sample(), |request| {
        request.path.starts_with("/token").then(|| {
            let form = String::from_utf8_lossy(&request.body).into_owned();
            assert_eq!((request.method.as_str(), request.header("authorization")), ("POST", None));
            assert!(form.contains("grant_type=refresh_token") && form.contains("refresh_token=TOPSECRET-id"), "{form}");
            assert!(form.contains("scope=repository%3Ateam%2Fapp%3Apull"), "{form}");
            Reply::ok(format!(r#"{{"access_token":"{TOKEN}"}}"#).as_bytes())
        })
    });
    let auths = json!({ "auths": { host(&registry.server): { "identitytoken": "TOPSECRET-id" } } });
    fs::write(registry.place.docker_config(), auths.to_string()).expect("write");
    let pulled = registry.place.wcr(["pull", &registry.name()]).run().ok();
    registry.place.assert_no_secret(&pulled);
}

/// A helper that keeps what it is given in a folder, and notes how it was called.
fn helper(place: &Place, name: &str) -> String {
    let folder = place.path("bin");
    fs::create_dir_all(&folder).expect("make a folder");
    let program = folder.join(format!("docker-credential-{name}"));
    let script = format!(
        "#!/bin/sh\ncd '{}' || exit 1\nread -r input\necho \"$1\" >> calls\ncase $1 in\n\
         store) printf %s \"$input\" > kept ;;\n\
         get) if [ -e kept ]; then cat kept; else echo 'credentials not found in native keychain'; exit 1; fi ;;\n\
         erase) rm -f kept ;;\nesac\n",
        folder.display()
    );
    fs::write(&program, script).expect("write a program");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("set the mode");
    format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default())
}

#[test]
fn a_helper_keeps_the_password() {
    for key in ["credsStore", "credHelpers"] {
        let (place, server) = (Place::new(), basic());
        let (host, name) = (host(&server), server.name("a"));
        let path = helper(&place, "test");
        let content = if key == "credsStore" { json!("test") } else { json!({ &host: "test" }) };
        fs::create_dir_all(place.path("docker")).expect("make a folder");
        fs::write(place.docker_config(), json!({ key: content }).to_string()).expect("write");
        place.wcr(["pull", &name]).env("PATH", &path).run().fails().exits(AUTH).says(&["wcr login"]);
        let login = place.wcr(["login", "-u", "user", "--password-stdin", &host]).env("PATH", &path);
        let login = login.stdin(PASSWORD).run().ok();
        place.assert_no_secret(&login);
        assert_eq!(config(&place)["auths"][&host], json!({}), "the file has no password");
        let kept: Value = serde_json::from_slice(&fs::read(place.path("bin/kept")).expect("kept")).expect("JSON");
        assert_eq!(kept, json!({ "ServerURL": host, "Username": "user", "Secret": PASSWORD }));
        let pulled = place.wcr(["pull", &name]).env("PATH", &path).run().ok();
        place.assert_no_secret(&pulled);
        place.wcr(["logout", &host]).env("PATH", &path).run().ok();
        assert!(!place.path("bin/kept").exists());
        let calls = fs::read_to_string(place.path("bin/calls")).expect("calls");
        assert_eq!(calls.lines().collect::<Vec<_>>(), ["get", "store", "get", "get", "erase"], "{key}");
    }
}

#[test]
fn a_helper_that_fails_is_named_and_its_words_are_kept_back() {
    let (place, server) = (Place::new(), basic());
    fs::create_dir_all(place.path("docker")).expect("make a folder");
    for (helper, says) in [("none-such", "docker-credential-none-such"), ("../../bin/sh", "no name of a program")] {
        fs::write(place.docker_config(), json!({ "credsStore": helper }).to_string()).expect("write");
        place.wcr(["pull", &server.name("a")]).run().fails().exits(AUTH).says(&[says]);
    }
    fs::write(place.docker_config(), "{\"auths\":{\"TOPSECRET\":").expect("write");
    let finished = place.wcr(["pull", &server.name("a")]).run().fails().exits(AUTH).says(&["config.json", "malformed"]);
    place.assert_no_secret(&finished);
}

#[test]
fn podmans_file_is_read_and_left_alone() {
    let (place, server) = (Place::new(), basic());
    let auth = BASIC.trim_start_matches("Basic ");
    let file = place.path("auth.json");
    // The key may name a part of the registry.
    let text = json!({ "auths": { format!("{}/team", host(&server)): { "auth": auth } } }).to_string();
    fs::write(&file, &text).expect("write");
    place.wcr(["pull", &server.name("team/a")]).env("REGISTRY_AUTH_FILE", &file).run().ok();
    place.wcr(["pull", &server.name("other/a")]).env("REGISTRY_AUTH_FILE", &file).run().fails().exits(AUTH);
    assert_eq!(fs::read_to_string(&file).expect("the file"), text);
}

#[test]
fn a_password_is_asked_for_without_an_echo() {
    let (place, server) = (Place::new(), basic());
    let host = host(&server);
    let mut terminal = Terminal::start(place.wcr(["login", &host]), 24, 80);
    terminal.shows(&format!("User name at {host}: "));
    terminal.types("user\r");
    terminal.shows("Password: ");
    // The echo is off a moment after the question.
    std::thread::sleep(Duration::from_secs(1));
    terminal.types(&format!("{PASSWORD}\r"));
    let screen = terminal.shows("Login Succeeded");
    assert!(terminal.ends().success());
    assert!(!screen.contains("TOPSECRET"), "{screen}");
    assert!(config(&place)["auths"][&host]["auth"].is_string());
}

#[test]
fn dockers_registry_with_passwords() {
    if !skip::unless_installed(&["docker-registry", "skopeo"]) {
        return;
    }
    let registry = Real::with_password();
    let (place, host) = (Place::new(), registry.host());
    let login =
        |password: &str| place.wcr(["login", "-u", "user", "--password-stdin", &host]).stdin(password.to_owned()).run();
    login("TOPSECRET-wrong").fails().exits(AUTH);
    place.wcr(["pull", &format!("{host}/x")]).run().fails().exits(AUTH);
    login(Real::PASSWORD).ok();
    place.wcr(["pull", &format!("{host}/x")]).run().fails().exits(NET).says(&["manifest unknown"]);
}
