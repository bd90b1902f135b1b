//! A run's files, read back as somebody without our code would read them.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use swelkie::faults::{self, Cluster, Schedule};
use swelkie_nodes::{NodeId, Seed};

/// The client that speaks `init` and `topology`.
pub const CONTROL: &str = "c0";

/// One line of `messages.jsonl`.
#[derive(Debug, Deserialize)]
pub struct Record {
    pub time: u64,
    pub event: String,
    pub id: u64,
    pub src: Option<String>,
    pub dest: Option<String>,
    pub body: Option<Box<RawValue>>,
    pub why: Option<String>,
    pub fault: Option<String>,
}

/// One line of `history.jsonl`.
#[derive(Clone, Debug, Deserialize)]
pub struct Line {
    pub time: u64,
    pub process: serde_json::Value,
    #[serde(rename = "type")]
    pub kind: String,
    pub f: String,
    pub value: serde_json::Value,
    pub op: Option<usize>,
    pub node: Option<String>,
    pub client: Option<String>,
    pub error: Option<(String, String)>,
    #[serde(default)]
    pub recovery: bool,
    pub fault: Option<String>,
}

impl Line {
    pub fn of_nemesis(&self) -> bool {
        self.process == "nemesis"
    }
}

/// A message and what became of it.
#[derive(Debug)]
pub struct Message {
    pub id: u64,
    pub at: u64,
    pub src: String,
    pub dest: String,
    pub kind: String,
    pub msg_id: Option<u64>,
    pub in_reply_to: Option<u64>,
    /// The size of its body in bytes.
    pub size: usize,
    /// By which fault it was duplicated.
    pub duplicated: Option<String>,
    pub fates: Vec<Fate>,
}

impl Message {
    /// Whether neither end is a client.
    pub fn between_servers(&self) -> bool {
        !is_client(&self.src) && !is_client(&self.dest)
    }

    /// Whether both ends are nodes called n and a number.
    pub fn between_nodes(&self) -> bool {
        self.src.starts_with('n') && self.dest.starts_with('n')
    }

    /// When it was delivered, once or twice.
    pub fn deliveries(&self) -> impl Iterator<Item = u64> {
        let delivered = self.fates.iter().filter(|fate| fate.why.is_none());
        delivered.map(|fate| fate.at)
    }

    /// How often it was dropped for this reason.
    pub fn drops(&self, why: &str) -> usize {
        let drops = self
            .fates
            .iter()
            .filter(|fate| fate.why.as_deref() == Some(why));
        drops.count()
    }
}

/// The end of a message's way, or of its copy's.
#[derive(Debug)]
pub struct Fate {
    pub at: u64,
    /// Why it was dropped; none if it was delivered.
    pub why: Option<String>,
    pub fault: Option<String>,
}

/// What a run left on disk.
pub struct Files {
    pub records: Vec<Record>,
    pub lines: Vec<Line>,
    pub schedule: Schedule,
    pub results: serde_json::Value,
    /// By id.
    pub messages: BTreeMap<u64, Message>,
    /// When operations began.
    pub zero: u64,
    pub nodes: Vec<String>,
}

impl Files {
    /// Reads the directory of a run.
    pub fn read(directory: &Path) -> Files {
        let text = |name: &str| {
            let file = directory.join(name);
            std::fs::read_to_string(&file).unwrap_or_else(|err| panic!("{}: {err}", file.display()))
        };
        let results: serde_json::Value =
            serde_json::from_str(&text("results.json")).expect("results.json is JSON");
        let nodes = results["plan"]["nodes"].as_array().expect("the nodes");
        let nodes: Vec<String> = nodes
            .iter()
            .map(|name| name.as_str().expect("text").to_owned())
            .collect();
        let records: Vec<Record> = lines(&text("messages.jsonl"));
        Files {
            messages: messages(&records),
            lines: lines(&text("history.jsonl")),
            schedule: schedule(
                &text("faults.toml"),
                &nodes,
                results["plan"]["time_limit_s"].as_f64(),
            ),
            zero: results["milestones"]["zero_ns"].as_u64().unwrap_or(0),
            records,
            results,
            nodes,
        }
    }

    /// A figure in the unit it is written in; 0 if it is not there.
    pub fn figure(&self, name: &str) -> f64 {
        self.results["figures"][name].as_f64().unwrap_or(0.0)
    }

    /// A time of the schedule as a time of the run.
    pub fn at(&self, since_zero: Duration) -> u64 {
        self.zero + since_zero.as_nanos() as u64
    }

    /// The operations that clients invoked before recovery: what and with which argument.
    pub fn generated(&self) -> Vec<(String, String)> {
        let invoked = self
            .lines
            .iter()
            .filter(|line| line.kind == "invoke" && !line.recovery);
        invoked
            .map(|line| (line.f.clone(), line.value.to_string()))
            .collect()
    }

    /// Deliveries to a node in the order of the file.
    pub fn delivered_to(&self, node: &str) -> Vec<(u64, &Message)> {
        let deliveries = self
            .records
            .iter()
            .filter(|record| record.event == "deliver");
        let deliveries = deliveries.map(|record| (record.time, &self.messages[&record.id]));
        deliveries
            .filter(|(_, message)| message.dest == node)
            .collect()
    }

    /// Messages between nodes, in the order of sending.
    pub fn gossip(&self) -> impl Iterator<Item = &Message> {
        self.messages
            .values()
            .filter(|message| message.between_nodes())
    }
}

/// Whether this is the name of a client.
pub fn is_client(name: &str) -> bool {
    let digits = name.strip_prefix('c');
    digits.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
}

fn lines<T: DeserializeOwned>(text: &str) -> Vec<T> {
    assert!(
        text.is_empty() || text.ends_with('\n'),
        "the last line is whole"
    );
    let parse =
        |line: &str| serde_json::from_str(line).unwrap_or_else(|err| panic!("{err}: {line}"));
    text.lines().map(parse).collect()
}

fn messages(records: &[Record]) -> BTreeMap<u64, Message> {
    #[derive(Deserialize)]
    struct Head {
        #[serde(rename = "type", default)]
        kind: String,
        msg_id: Option<serde_json::Value>,
        in_reply_to: Option<serde_json::Value>,
    }
    let number = |value: Option<serde_json::Value>| value.and_then(|value| value.as_u64());
    let mut messages = BTreeMap::new();
    for record in records {
        if record.event == "send" {
            let body = record.body.as_ref().expect("bodies are kept").get();
            let head: Head = serde_json::from_str(body).expect("a body");
            let message = Message {
                id: record.id,
                at: record.time,
                src: record.src.clone().expect("a sender"),
                dest: record.dest.clone().expect("a destination"),
                kind: head.kind,
                msg_id: number(head.msg_id),
                in_reply_to: number(head.in_reply_to),
                size: body.len(),
                duplicated: None,
                fates: Vec::new(),
            };
            assert!(
                messages.insert(record.id, message).is_none(),
                "id {} was sent twice",
                record.id
            );
            continue;
        }
        let message: Option<&mut Message> = messages.get_mut(&record.id);
        let message = message
            .unwrap_or_else(|| panic!("{} of id {} before it was sent", record.event, record.id));
        if record.event == "duplicate" {
            message.duplicated = Some(record.fault.clone().expect("the fault"));
        } else {
            message.fates.push(Fate {
                at: record.time,
                why: record.why.clone(),
                fault: record.fault.clone(),
            });
        }
    }
    messages
}

fn schedule(text: &str, nodes: &[String], limit: Option<f64>) -> Schedule {
    let services = swelkie::services::all();
    let cluster = Cluster {
        nodes: nodes
            .iter()
            .map(|name| NodeId::from(name.as_str()))
            .collect(),
        services: services
            .iter()
            .map(|service| NodeId::from(service.name()))
            .collect(),
        time_limit: Duration::from_secs_f64(limit.expect("a time limit")),
    };
    let file = faults::parse("faults.toml", text).unwrap_or_else(|err| panic!("{err}"));
    faults::resolve(&file, &cluster, Seed(0))
        .unwrap_or_else(|err| panic!("{err}"))
        .schedule
}
