//! A built-in node as a real process: the `node` example, which `cargo test` builds.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

fn program() -> PathBuf {
    // target/debug/deps/process-… → target/debug/examples/node
    let here = std::env::current_exe().unwrap();
    let program = here
        .parent()
        .and_then(Path::parent)
        .unwrap()
        .join("examples/node");
    assert!(
        program.exists(),
        "{} is missing: run `cargo test`, which builds examples",
        program.display()
    );
    program
}

fn start(directory: &Path) -> (Child, BufReader<std::process::ChildStdout>) {
    let mut child = Command::new(program())
        .arg("flood-retry")
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let init = r#"{"type":"init","msg_id":1,"node_id":"n1","node_ids":["n1"]}"#;
    assert!(ask(&mut child, &mut stdout, init).contains("init_ok"));
    (child, stdout)
}

fn ask(child: &mut Child, stdout: &mut impl BufRead, body: &str) -> String {
    let line = format!("{{\"id\":7,\"src\":\"c1\",\"dest\":\"n1\",\"body\":{body}}}\n");
    child
        .stdin
        .as_mut()
        .unwrap()
        .write_all(line.as_bytes())
        .unwrap();
    let mut answer = String::new();
    stdout.read_line(&mut answer).unwrap();
    answer
}

#[test]
fn a_killed_process_keeps_what_it_acknowledged_and_one_without_input_ends_with_status_0() {
    let directory = std::env::temp_dir().join(format!("swelkie-process-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let (mut child, mut stdout) = start(&directory);
    for value in 0..100 {
        let body = format!(r#"{{"type":"broadcast","message":{value},"msg_id":2}}"#);
        assert!(ask(&mut child, &mut stdout, &body).contains("broadcast_ok"));
    }
    child.kill().unwrap();
    child.wait().unwrap();

    let (mut child, mut stdout) = start(&directory);
    let shown = ask(&mut child, &mut stdout, r#"{"type":"read","msg_id":3}"#);
    let all = (0..100)
        .map(|value| value.to_string())
        .collect::<Vec<_>>()
        .join(",");
    assert!(shown.contains(&format!("\"messages\":[{all}]")), "{shown}");
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    std::fs::remove_dir_all(&directory).unwrap();
}

#[test]
fn a_mistyped_node_or_seed_is_said_on_stderr() {
    let output = Command::new(program()).arg("ekko").output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && text.contains("did you mean `echo`?"),
        "{text}"
    );
    let output = Command::new(program())
        .arg("echo")
        .env("SWELKIE_SEED", "seven")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && text.contains("SWELKIE_SEED is \"seven\""),
        "{text}"
    );
}
