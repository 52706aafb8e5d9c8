//! A real registry, Docker's own, on a free port of the loopback interface.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::scratch::Scratch;

/// How long the server may take to answer its port.
const START_DEADLINE: Duration = Duration::from_secs(60);

/// A running `docker-registry`, with its data in a folder of its own; stopped on drop, or when this process dies.
pub struct Registry {
    port: u16,
    data: Scratch,
    server: Child,
}

impl Registry {
    /// Starts a server and waits until it answers.
    ///
    /// # Panics
    /// It does not start on any of several ports.
    pub fn start() -> Self {
        Self::with("", "")
    }

    /// The password of `user` at a registry that wants one.
    pub const PASSWORD: &str = "s3cret-pass";

    /// Starts a server that lets in `user` with [`Self::PASSWORD`] alone.
    ///
    /// # Panics
    /// As [`Self::start`].
    pub fn with_password() -> Self {
        // bcrypt with the least cost: nothing is guarded by it.
        let line = "user:$2y$05$abcdefghijklmnopqrstuuV7fpPozvyqJfnY19y0802WTlXUm6Rjy\n";
        Self::with("auth:\n  htpasswd:\n    realm: test\n    path: FOLDER/htpasswd\n", line)
    }

    /// Starts a server that speaks https with this certificate and its key.
    ///
    /// # Panics
    /// As [`Self::start`].
    pub fn with_tls(certificate: &Path, key: &Path) -> Self {
        let (certificate, key) = (certificate.display(), key.display());
        Self::with(&format!("  tls:\n    certificate: {certificate}\n    key: {key}\n"), "")
    }

    /// Starts a server with more in its configuration, in which `FOLDER` stands for that of its data.
    fn with(more: &str, passwords: &str) -> Self {
        for _ in 0..5 {
            if let Some(registry) = Registry::try_start(more, passwords) {
                return registry;
            }
        }
        panic!("docker-registry did not start");
    }

    fn try_start(more: &str, passwords: &str) -> Option<Self> {
        let data = Scratch::new("registry");
        fs::write(data.join("htpasswd"), passwords).expect("write the passwords");
        // Another process may take the port between the two binds; then the server ends and the next try gets another.
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr()).ok()?.port();
        let config = data.join("config.yml");
        let more = more.replace("FOLDER", &data.path().display().to_string());
        let text = format!(
            "version: 0.1\nlog:\n  level: error\n  accesslog:\n    disabled: true\nstorage:\n  filesystem:\n    \
             rootdirectory: {}\nhttp:\n  addr: 127.0.0.1:{port}\n{more}",
            data.join("data").display()
        );
        fs::write(&config, text).expect("write the registry's configuration");
        // The shell stops the server when its standard input closes, which the death of this process brings about too.
        let script = r#"docker-registry serve "$1" </dev/null & server=$!; read -r _; kill "$server"; wait "$server""#;
        let server = Command::new("sh")
            .args(["-c", script, "sh"])
            .arg(&config)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(fs::File::create(data.join("log")).expect("create the registry's log"))
            .spawn()
            .expect("start a shell");
        let registry = Registry { port, data, server };
        registry.answers().then_some(registry)
    }

    fn answers(&self) -> bool {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let deadline = Instant::now() + START_DEADLINE;
        while Instant::now() < deadline {
            if TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_ok() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }

    /// The server's name in references: `127.0.0.1:PORT`.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The file in which the server keeps the blob with this digest, for tests that damage it.
    pub fn blob_path(&self, digest: &str) -> PathBuf {
        let hex = digest.trim_start_matches("sha256:");
        let prefix = hex.get(..2).unwrap_or_default();
        self.data.join("data/docker/registry/v2/blobs/sha256").join(prefix).join(hex).join("data")
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        drop(self.server.stdin.take());
        let _ = self.server.wait();
    }
}
