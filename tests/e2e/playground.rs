//! `wcr playground`: who is answered, and what.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

use wcr_tests::lab::Lab;
use wcr_tests::scratch::Scratch;
use wcr_tests::wcr::Wcr;

/// How long an answer may take.
const DEADLINE: Duration = Duration::from_secs(120);

/// A server of a page with one script.
struct Playground {
    server: Child,
    /// Where it listens.
    host: String,
    token: String,
    _page: Scratch,
}

impl Drop for Playground {
    fn drop(&mut self) {
        self.server.kill().expect("kill the server");
        self.server.wait().expect("wait for the server");
    }
}

/// What was answered.
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Playground {
    fn start(wcr: Wcr) -> Self {
        let page = Scratch::new("page");
        let folder = page.join("page");
        fs::create_dir_all(folder.join("assets")).unwrap();
        fs::write(folder.join("index.html"), "<html>\n  <head>\n  </head>\n</html>\n").unwrap();
        fs::write(folder.join("assets/main.js"), "script\n").unwrap();
        fs::write(page.join("secret"), "secret\n").unwrap();
        let mut command = wcr.args(["playground", "--page"]).args([&folder]).into_command();
        let mut server = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("start wcr");
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let (host, token) = line.strip_prefix("http://").unwrap().trim_end().split_once('/').unwrap();
        let token = token.strip_suffix('/').unwrap();
        assert!(host.starts_with("127.0.0.1:") && token.len() >= 32, "{line}");
        Self { host: host.to_owned(), token: token.to_owned(), server, _page: page }
    }

    /// Sends bytes as they are, and reads to the end of the connection.
    fn send(&self, request: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        // A server that refuses before it has read all may reset the connection after its answer.
        drop(stream.read_to_end(&mut answer));
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(answer.len());
        let head = String::from_utf8_lossy(&answer[..end]).into_owned();
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_else(|| panic!("{head:?}"));
        Answer { status, head, body: answer.get(end + 4..).unwrap_or_default().to_vec() }
    }

    /// Asks for a path behind the token, with these header lines instead of those of the page.
    fn ask_with(&self, method: &str, path: &str, headers: &str) -> Answer {
        self.send(&format!("{method} /{}/{path} HTTP/1.1\r\nConnection: close\r\n{headers}\r\n", self.token))
    }

    /// Asks as the page does.
    fn ask(&self, method: &str, path: &str) -> Answer {
        let headers = format!("Host: {0}\r\nOrigin: http://{0}\r\n", self.host);
        self.ask_with(method, path, &headers)
    }
}

#[test]
fn the_page_is_served_and_nothing_else() {
    let home = Scratch::new("home");
    let playground = Playground::start(Wcr::new(home.path()));
    let index = playground.ask("GET", "");
    assert_eq!(index.status, 200);
    let html = String::from_utf8(index.body).unwrap();
    assert!(html.contains("<meta name=\"wcr-playground\" content=\"api/\" />"), "{html}");
    for line in ["content-type: text/html", "x-frame-options: DENY", "cache-control: no-store", "nosniff"] {
        assert!(index.head.contains(line), "{line} in {}", index.head);
    }
    let script = playground.ask("GET", "assets/main.js");
    assert_eq!((script.status, script.body.as_slice()), (200, &b"script\n"[..]));
    for path in [
        "../secret",
        "%2e%2e/secret",
        "..%2fsecret",
        "assets/../../secret",
        "assets//main.js",
        "/etc/passwd",
        "assets",
        "api",
        "api/",
        "api/nosuch",
        "index.html%00",
    ] {
        assert_eq!(playground.ask("GET", path).status, 404, "{path}");
    }
    assert_eq!(playground.ask("DELETE", "index.html").status, 405);
    assert_eq!(playground.ask("GET", "api/archive?image=x").status, 405);
}

#[test]
fn who_is_not_the_page_is_refused() {
    let home = Scratch::new("home");
    let playground = Playground::start(Wcr::new(home.path()));
    let host = format!("Host: {}\r\n", playground.host);
    let refused = |answer: Answer, why: &str| {
        assert_eq!(answer.status, 403, "{why}");
        assert!(!answer.head.to_lowercase().contains("access-control"), "{}", answer.head);
        assert!(!String::from_utf8_lossy(&answer.body).contains(&playground.token));
    };
    let port = playground.host.split(':').nth(1).unwrap();
    for name in ["evil.example", &format!("evil.example:{port}"), "127.0.0.1", &format!("0.0.0.0:{port}")] {
        refused(playground.ask_with("GET", "", &format!("Host: {name}\r\n")), name);
        refused(playground.ask_with("POST", "api/archive?image=x", &format!("Host: {name}\r\n")), name);
    }
    for origin in ["http://evil.example", "null", &format!("http://127.0.0.1.evil.example:{port}")] {
        for (method, path) in [("GET", "api/images"), ("POST", "api/archive?image=x"), ("OPTIONS", "api/images")] {
            refused(playground.ask_with(method, path, &format!("{host}Origin: {origin}\r\n")), origin);
        }
    }
    refused(playground.ask_with("POST", "api/archive?image=x", &host), "POST without an Origin");
    refused(playground.ask_with("GET", "api/images", &format!("{host}Sec-Fetch-Site: cross-site\r\n")), "cross-site");
    for path in ["", "index.html", "api/images", "x/index.html", &playground.token] {
        refused(playground.send(&format!("GET /{path} HTTP/1.1\r\nConnection: close\r\n{host}\r\n")), path);
    }
    // What comes as the body changes nothing of who may ask.
    for length in ["0", "1000000000000"] {
        let headers = format!("{host}Origin: http://evil.example\r\nContent-Length: {length}\r\n");
        refused(playground.ask_with("POST", "api/archive?image=x", &headers), length);
    }
}

#[test]
fn images_of_the_store_are_given_to_the_page() {
    let Some((lab, reference)) = Lab::with_busybox() else { return };
    let playground = Playground::start(lab.wcr([]));
    let images = playground.ask("GET", "api/images");
    assert_eq!(images.status, 200);
    assert_eq!(serde_json::from_slice::<Vec<String>>(&images.body).unwrap(), [reference.clone()]);
    let path = format!("api/archive?image={}", reference.replace('/', "%2F").replace(':', "%3A"));
    let archive = playground.ask("POST", &path);
    assert_eq!(archive.status, 200, "{}", String::from_utf8_lossy(&archive.body));
    assert!(archive.head.contains(&format!("content-length: {}", archive.body.len())), "{}", archive.head);
    let file = lab.path("from-page.tar");
    fs::write(&file, archive.body).unwrap();
    lab.wcr(["rmi", &reference]).run().ok();
    lab.wcr(["load", "-i", file.to_str().unwrap()]).run().ok();
    lab.wcr(["run", "--rm", "--pull=never", &reference, "echo", "back"]).run().ok().prints("back\n");
}

#[test]
fn the_page_reaches_no_private_registry_through_wcr() {
    let home = Scratch::new("home");
    let playground = Playground::start(Wcr::new(home.path()));
    for registry in ["127.0.0.1:5000", "localhost:5000", "10.0.0.1", "169.254.169.254", "[::1]:5000", "192.168.1.1:80"]
    {
        let name =
            format!("{registry}/x/y").replace('/', "%2F").replace(':', "%3A").replace('[', "%5B").replace(']', "%5D");
        let answer = playground.ask("POST", &format!("api/archive?image={name}"));
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        // A name that is none is refused, too, before anything is asked.
        assert!(answer.status == 403 || text.contains("invalid"), "{registry}: {} {text}", answer.status);
    }
    for query in ["", "?image=", "?name=x", "?image=%zz", "?image=UPPER", "?image=..%2F..%2Fetc"] {
        let answer = playground.ask("POST", &format!("api/archive{query}"));
        assert!((400..=502).contains(&answer.status), "{query}: {}", answer.status);
    }
}

#[test]
fn fault_104_a_guest_does_not_reach_it() {
    let lab = Scratch::new("playground-guest");
    let playground = Playground::start(Wcr::new(lab.path()));
    let (host, token) = (&playground.host, &playground.token);
    assert_eq!(playground.ask("GET", "").status, 200);
    let port = host.rsplit(':').next().unwrap();
    // By address and by every name that containers have for themselves and their host.
    let mut tries = vec![format!("wget -O- http://{host}/{token}/"), format!("printf x | nc 127.0.0.1 {port}")];
    for name in ["localhost", "wcr", "host.docker.internal", "0.0.0.0", "[::1]"] {
        tries.push(format!("wget -O- http://{name}:{port}/{token}/"));
    }
    tries.push(format!("exec 3<>/dev/tcp/127.0.0.1/{port}"));
    for attempt in tries {
        let script = format!("({attempt}) 2>/dev/null; echo status $?");
        let seen = Wcr::new(lab.path()).args(["run", "--rm", "-q", "busybox", "sh", "-c", &script]).run().ok().stdout();
        let status = seen.strip_prefix("status ").unwrap_or_else(|| panic!("{attempt}: {seen}"));
        assert_ne!(status.trim(), "0", "{attempt}");
    }
}

#[test]
fn a_folder_without_a_page_is_an_error() {
    let home = Scratch::new("home");
    let finished = Wcr::new(home.path()).args(["playground", "--page"]).args([home.path()]).run();
    finished.exits(2).says(&["no index.html"]);
}

#[test]
fn it_listens_on_this_machine_only() {
    let home = Scratch::new("home");
    for option in ["--address=0.0.0.0", "--host=0.0.0.0", "--bind=0.0.0.0"] {
        Wcr::new(home.path()).args(["playground", option]).run().exits(2);
    }
}
