//! A server of our own, and a client that sends whatever bytes it is told to.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

pub const BINARY: &str = env!("CARGO_BIN_EXE_swelkie");

/// Nothing here takes longer, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// `swelkie serve`, ended when it is dropped.
pub struct Server {
    pub child: Child,
    pub address: SocketAddr,
    _stdout: BufReader<ChildStdout>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An answer, taken apart.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("UTF-8")
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .find(|line| line.0.eq_ignore_ascii_case(name))
            .map(|line| line.1)
    }
}

impl Server {
    pub fn start(store: &Path) -> Server {
        let mut child = Command::new(BINARY)
            .args(["serve", "--listen", "127.0.0.1:0", "--store"])
            .arg(store)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        let mut url = String::new();
        stdout.read_line(&mut url).expect("an address");
        let address = url.trim().trim_start_matches("http://");
        let address = address.trim_end_matches('/').parse();
        Server {
            address: address.unwrap_or_else(|_| panic!("an address: {url:?}")),
            child,
            _stdout: stdout,
        }
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("set");
        stream
    }

    /// Sends bytes as they are.
    pub fn raw(&self, request: &str) -> Answer {
        let mut stream = self.connect();
        stream.write_all(request.as_bytes()).expect("sent");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("an answer");
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("a head after {request:?}: {bytes:?}"));
        let head = String::from_utf8(bytes[..end].to_vec()).expect("a head is text");
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        Answer {
            status: status.unwrap_or_else(|| panic!("a status: {head}")),
            body: bytes[end + 4..].to_vec(),
            head,
        }
    }

    pub fn request(&self, method: &str, path: &str, headers: &str) -> Answer {
        let host = self.address;
        self.raw(&format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n"
        ))
    }

    pub fn get(&self, path: &str) -> Answer {
        self.request("GET", path, "")
    }

    /// The text of a page that must be there.
    pub fn page(&self, path: &str) -> String {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.text()
    }

    /// A stream of events.
    pub fn events(&self, path: &str) -> Events {
        let mut stream = self.connect();
        let host = self.address;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").expect("sent");
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(reader.read_line(&mut head).expect("a head"), 0, "{head}");
        }
        assert!(
            head.contains("200 OK") && head.contains("text/event-stream"),
            "{head}"
        );
        Events { reader }
    }
}

/// Events as they come.
pub struct Events {
    reader: BufReader<TcpStream>,
}

impl Events {
    /// The next one: its name, empty for a plain one, and its data.
    pub fn next(&mut self) -> (String, String) {
        let (mut name, mut data) = (String::new(), Vec::new());
        loop {
            let mut line = String::new();
            assert_ne!(
                self.reader.read_line(&mut line).expect("an event"),
                0,
                "no end"
            );
            // Lengths and ends of HTTP's chunks stand on lines of their own.
            let line = line.trim_end_matches(['\r', '\n']);
            if let Some(word) = line.strip_prefix("event: ") {
                name = word.to_owned();
            } else if let Some(text) = line.strip_prefix("data: ") {
                data.push(text.to_owned());
            } else if line.is_empty() && !data.is_empty() {
                return (name, data.join("\n"));
            }
        }
    }
}

/// Tries again until something is there.
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begin.elapsed() < PATIENCE, "waited for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The only directory of a run below a store's workload.
pub fn only_run(store: &Path, workload: &str) -> Option<PathBuf> {
    let entries = std::fs::read_dir(store.join(workload)).ok()?;
    let mut runs = entries.filter_map(Result::ok).filter(|entry| {
        entry.file_type().is_ok_and(|kind| kind.is_dir())
            && entry.path().join("results.json").exists()
    });
    runs.next().map(|entry| entry.path())
}
