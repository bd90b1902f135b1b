//! The runtime on pipes in this process.

use std::io::{BufRead, BufReader};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{self, JoinHandle};

use bytes::Bytes;

use super::*;
use crate::builtin::echo::Echo;
use crate::node::Context;
use crate::protocol::Message;
use crate::strategies::flood::Retry;
use crate::strategy::Spread;

/// A directory of its own, gone at the end.
struct Directory(std::path::PathBuf);

impl Directory {
    fn new() -> Directory {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("swelkie-stdio-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Directory(path)
    }

    fn store(&self) -> std::path::PathBuf {
        self.0.join(STORE)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A node that serves pipes on a thread of its own.
struct Served {
    stdin: Option<File>,
    stdout: BufReader<File>,
    thread: JoinHandle<io::Result<()>>,
}

impl Served {
    fn new(node: impl Node + 'static, store: &Path) -> Served {
        let pipe = || {
            let (reader, writer): (OwnedFd, OwnedFd) = rustix::pipe::pipe().unwrap();
            (File::from(reader), File::from(writer))
        };
        let (input, stdin) = pipe();
        let (stdout, output) = pipe();
        let store = store.to_owned();
        let thread =
            thread::spawn(move || serve(Box::new(node), Seed(1), &store, None, input, output));
        let mut served = Served {
            stdin: Some(stdin),
            stdout: BufReader::new(stdout),
            thread,
        };
        served.write(
            "{\"id\":1,\"src\":\"c0\",\"dest\":\"n1\",\"body\":{\"type\":\"init\",\"msg_id\":1,\
             \"node_id\":\"n1\",\"node_ids\":[\"n1\",\"n2\"]}}\n",
        );
        let init_ok = r#"{"src":"n1","dest":"c0","body":{"type":"init_ok","in_reply_to":1}}"#;
        assert_eq!(served.read(), init_ok);
        served
    }

    fn write(&mut self, text: &str) {
        self.stdin
            .as_mut()
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
    }

    fn read(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        assert_eq!(line.pop(), Some('\n'), "{line:?}");
        line
    }

    /// Ends the input; what was still written.
    fn end(mut self) -> String {
        drop(self.stdin.take());
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        self.thread.join().unwrap().unwrap();
        rest
    }
}

fn echo(number: usize) -> String {
    format!(
        r#"{{"src":"c1","dest":"n1","body":{{"type":"echo","echo":{number},"msg_id":{number}}}}}"#
    )
}

fn echo_ok(number: usize) -> String {
    format!(
        r#"{{"src":"n1","dest":"c1","body":{{"type":"echo_ok","echo":{number},"in_reply_to":{number}}}}}"#
    )
}

#[test]
fn lines_are_answered_however_they_are_cut_into_pieces() {
    let directory = Directory::new();
    let mut node = Served::new(Echo, &directory.store());
    node.write(&format!("{}\n{}\n{}", echo(1), echo(2), &echo(3)[..20]));
    assert_eq!(node.read(), echo_ok(1));
    assert_eq!(node.read(), echo_ok(2));
    node.write(&format!("{}\n{}\n", &echo(3)[20..], echo(4)));
    assert_eq!(node.read(), echo_ok(3));
    assert_eq!(node.read(), echo_ok(4));
    assert_eq!(node.end(), "");
}

#[test]
fn the_end_of_input_ends_the_process_after_the_last_answer_even_without_a_newline() {
    let directory = Directory::new();
    let mut node = Served::new(Echo, &directory.store());
    node.write(&echo(1));
    assert_eq!(node.end(), format!("{}\n", echo_ok(1)));
    assert!(
        !directory.store().exists(),
        "a node that stores nothing leaves no file"
    );
}

#[test]
fn a_line_larger_than_every_buffer_is_answered() {
    let directory = Directory::new();
    let mut node = Served::new(Echo, &directory.store());
    let long = "x".repeat(3 << 20);
    let mut input = node.stdin.take().unwrap();
    let said = format!(
        "{{\"src\":\"c1\",\"dest\":\"n1\",\"body\":{{\"type\":\"echo\",\"echo\":\"{long}\",\"msg_id\":1}}}}\n"
    );
    let writer = thread::spawn(move || input.write_all(said.as_bytes()).map(|()| input));
    let answer = node.read();
    node.stdin = Some(writer.join().unwrap().unwrap());
    assert!(answer.contains(&long));
    node.write(&format!("{}\n", echo(2)));
    assert_eq!(node.read(), echo_ok(2));
}

#[test]
fn lines_that_are_no_messages_are_passed_over() {
    let directory = Directory::new();
    let mut node = Served::new(Echo, &directory.store());
    node.write("\nhello\n{\"src\":\"c1\",\"dest\":\"n1\",\"body\":[]}\n{\"src\":1}\n\u{0}\n");
    node.stdin
        .as_mut()
        .unwrap()
        .write_all(b"\xff\xfe{\n")
        .unwrap();
    node.write(&format!("{}\n", echo(1)));
    assert_eq!(node.read(), echo_ok(1));
}

/// Ticks every 20 ms, tells `n2`, and says how late each tick was.
struct Ticker(Time);

impl Node for Ticker {
    fn init(&mut self, _members: &[NodeId], cx: &mut Context) {
        self.0 = cx.now() + Duration::from_millis(20);
        cx.set_timer(Duration::from_millis(20));
    }

    fn receive(&mut self, _message: &Message, _cx: &mut Context) {}

    fn timeout(&mut self, _timer: Timer, cx: &mut Context) {
        assert!(cx.now() >= self.0, "a timer never fires early");
        cx.send(&"n2".into(), &serde_json::json!({"type": "tick"}));
        self.0 = cx.now() + Duration::from_millis(20);
        cx.set_timer(Duration::from_millis(20));
    }
}

#[test]
fn timers_fire_without_input_and_among_input() {
    let directory = Directory::new();
    let mut node = Served::new(Ticker(Time::ZERO), &directory.store());
    let tick = r#"{"src":"n1","dest":"n2","body":{"type":"tick"}}"#;
    for round in 0..5 {
        assert_eq!(node.read(), tick);
        if round > 1 {
            node.write(&format!("{}\n", echo(1)));
        }
    }
}

fn broadcast(value: &str) -> String {
    format!(
        "{{\"src\":\"c1\",\"dest\":\"n1\",\"body\":{{\"type\":\"broadcast\",\"message\":{value},\"msg_id\":1}}}}\n"
    )
}

/// Nobody has neighbours.
const ALONE: &str = "{\"src\":\"c1\",\"dest\":\"n1\",\"body\":{\"type\":\"topology\",\"topology\":{},\"msg_id\":1}}\n";

/// A node that stores, without neighbours.
fn durable(directory: &Directory) -> Served {
    let mut served = Served::new(Spread::<Retry>::default(), &directory.store());
    served.write(ALONE);
    assert!(served.read().contains("topology_ok"));
    served
}

const READ: &str = "{\"src\":\"c1\",\"dest\":\"n1\",\"body\":{\"type\":\"read\",\"msg_id\":2}}\n";

#[test]
fn what_is_acknowledged_is_on_disk_and_there_again_after_a_restart() {
    let directory = Directory::new();
    let mut served = durable(&directory);
    for value in ["1", "\"two\"", "{\"three\": 3}"] {
        served.write(&broadcast(value));
        assert!(served.read().contains("broadcast_ok"));
        let stored = std::fs::read_to_string(directory.store()).unwrap();
        let record = format!("{{\"rumor\":{value}}}");
        assert_eq!(stored.lines().last(), Some(&*record));
    }
    let mut served = durable(&directory);
    served.write(READ);
    assert!(
        served
            .read()
            .contains(r#""messages":[1,"two",{"three": 3}]"#)
    );
}

#[test]
fn a_record_that_a_kill_cut_short_is_forgotten_and_glued_to_nothing() {
    let directory = Directory::new();
    // Of 2345, never acknowledged.
    std::fs::write(directory.store(), "{\"rumor\":1}\n{\"rumor\":23").unwrap();
    let mut served = durable(&directory);
    served.write(&broadcast("4"));
    assert!(served.read().contains("broadcast_ok"));
    assert_eq!(
        std::fs::read_to_string(directory.store()).unwrap(),
        "{\"rumor\":1}\n{\"rumor\":4}\n"
    );
    let mut served = durable(&directory);
    served.write(READ);
    assert!(served.read().contains(r#""messages":[1,4]"#));
}

/// Sends a body that has a newline in it, to a name that needs escapes.
struct Awkward;

impl Node for Awkward {
    fn init(&mut self, _members: &[NodeId], _cx: &mut Context) {}

    fn receive(&mut self, _message: &Message, cx: &mut Context) {
        let body = Body::from_json(Bytes::from_static(b"{\"type\":\n\"x\"}"));
        cx.send_body(&"a\"b\n".into(), body);
    }
}

#[test]
fn whatever_a_node_sends_is_one_line_of_json() {
    let directory = Directory::new();
    let mut node = Served::new(Awkward, &directory.store());
    node.write(&format!("{}\n", echo(1)));
    assert_eq!(
        node.read(),
        r#"{"src":"n1","dest":"a\"b\n","body":{"type": "x"}}"#
    );
}

#[test]
fn the_store_is_written_before_what_is_sent_after_it() {
    /// Looks into the store whenever something is sent.
    struct Witness(std::path::PathBuf, usize);
    impl Write for Witness {
        fn write(&mut self, sent: &[u8]) -> io::Result<usize> {
            assert_eq!(std::fs::read_to_string(&self.0).unwrap(), "{\"rumor\":7}\n");
            self.1 += 1;
            Ok(sent.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let directory = Directory::new();
    let (store, _) = Store::open(&directory.store()).unwrap();
    let node = Spread::<Retry>::default();
    let mut process = Process::new(Host::new(Box::new(node), Seed(1), Vec::new()), store);
    let init = r#"{"src":"c0","dest":"n1","body":{"type":"init","node_id":"n1","node_ids":[]}}"#;
    process.line(Time::ZERO, init.as_bytes());
    process.line(Time::ZERO, ALONE.as_bytes());
    process.line(Time::ZERO, broadcast("7").as_bytes());
    let mut witness = Witness(directory.store(), 0);
    process.flush(&mut witness).unwrap();
    assert_eq!(witness.1, 1, "all lines in one write");
}

#[test]
fn a_store_that_cannot_be_read_is_named() {
    let directory = Directory::new();
    std::fs::create_dir(directory.store()).unwrap();
    let error = Store::open(&directory.store()).err().unwrap().to_string();
    assert!(
        error.contains("cannot read") && error.contains("store.jsonl"),
        "{error}"
    );
}
