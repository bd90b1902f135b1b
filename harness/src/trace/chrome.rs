//! One JSON document of trace events, a process per node and a thread per life.

use swelkie_nodes::NodeId;

use super::Recording;

/// The events of all recordings under the names of their nodes.
pub(super) fn merge(recordings: &[Recording], names: &[NodeId]) -> String {
    let mut events = Vec::new();
    for (number, name) in (1..).zip(names) {
        events.push(label("process_name", number, 0, name.as_str()));
    }
    for recording in recordings {
        let life = format!("life {}", recording.life);
        let process = recording.node + 1;
        events.push(label("thread_name", process, recording.life, &life));
        events.extend(recording.text.lines().map(str::to_owned));
    }
    format!(
        "{{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n{}\n]}}\n",
        events.join(",\n")
    )
}

/// Names a process or a thread.
fn label(what: &str, process: usize, thread: u32, name: &str) -> String {
    let args = serde_json::json!({ "name": name });
    format!(r#"{{"name":"{what}","ph":"M","pid":{process},"tid":{thread},"args":{args}}}"#)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_processes_and_lives_are_threads() {
        let event = r#"{"name":"read","ph":"X","ts":1.000,"dur":2.000,"pid":1,"tid":2}"#;
        let recording = Recording {
            node: 0,
            life: 2,
            text: format!("{event}\n"),
        };
        let merged = merge(&[recording], &["n0".into(), "b".into()]);
        let json: serde_json::Value = serde_json::from_str(&merged).expect("JSON");
        let events = json["traceEvents"].as_array().expect("a list");
        assert_eq!(events.len(), 4);
        assert_eq!(
            (&events[0]["args"]["name"], &events[1]["args"]["name"]),
            (&"n0".into(), &"b".into())
        );
        assert_eq!(events[2]["args"]["name"], "life 2");
        assert_eq!(events[3]["name"], "read");
    }
}
