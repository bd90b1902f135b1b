//! What holds in the files of every run, whatever the nodes and the faults do.
//!
//! Each law reads the files alone and says what breaks it; [`check`] asks for all of them.

use std::collections::{BTreeMap, BTreeSet};

use swelkie::faults::{Action, Fault};

use super::files::{CONTROL, Files, Line, Message, is_client};

type Law = fn(&Files) -> Result<(), String>;

/// The laws, each with the sentence it stands for.
const LAWS: [(&str, Law); 11] = [
    ("times never go back in either file", times_never_go_back),
    ("ids count from 0 in the order of sending", ids_count_up),
    (
        "sent and copied is delivered, dropped or in flight",
        every_message_is_accounted_for,
    ),
    (
        "the figures of the network are what the journal counts",
        figures_of_the_network,
    ),
    (
        "the figures of operations are what the history counts",
        figures_of_operations,
    ),
    (
        "an operation completes once, as its invocation began",
        operations_complete,
    ),
    (
        "a process has one operation in flight and ends with info",
        processes,
    ),
    (
        "a client belongs to one process and numbers its requests from 1",
        clients,
    ),
    (
        "ok is the answer that was delivered at that moment",
        answers,
    ),
    (
        "only services reach a node between init and init_ok",
        nothing_before_init_ok,
    ),
    (
        "after a kill a node hears nothing before its next init",
        nothing_after_a_kill,
    ),
];

/// Laws of simulated runs only: a live node may write a little longer than it may.
const SIMULATED: [(&str, Law); 1] = [("what is killed or paused says and hears nothing", silence)];

/// Checks every law; the message names the one that is broken.
pub fn check(files: &Files) -> Result<(), String> {
    let simulated = files.results["plan"]["mode"] == "sim";
    let more = SIMULATED.iter().filter(|_| simulated);
    for (sentence, law) in LAWS.iter().chain(more) {
        law(files).map_err(|story| format!("{sentence}: {story}"))?;
    }
    Ok(())
}

/// `Err` with the story unless it holds.
fn hold(holds: bool, story: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(story()) }
}

fn times_never_go_back(files: &Files) -> Result<(), String> {
    let messages: Vec<u64> = files.records.iter().map(|record| record.time).collect();
    let history: Vec<u64> = files.lines.iter().map(|line| line.time).collect();
    for (name, times) in [("messages.jsonl", messages), ("history.jsonl", history)] {
        let back = times.windows(2).position(|pair| pair[0] > pair[1]);
        hold(back.is_none(), || {
            format!("{name}, line {}", back.unwrap_or(0) + 2)
        })?;
    }
    Ok(())
}

fn ids_count_up(files: &Files) -> Result<(), String> {
    let sent = files.records.iter().filter(|record| record.event == "send");
    for (expected, record) in (0..).zip(sent) {
        hold(record.id == expected, || {
            format!("{} instead of {expected}", record.id)
        })?;
    }
    Ok(())
}

fn every_message_is_accounted_for(files: &Files) -> Result<(), String> {
    let mut under_way = 0;
    for message in files.messages.values() {
        let copies = 1 + usize::from(message.duplicated.is_some());
        let ends = message.fates.len();
        hold(ends <= copies, || {
            format!("{copies} of id {}, but {:?}", message.id, message.fates)
        })?;
        under_way += copies - ends;
    }
    let figure = files.figure("net.in-flight-at-end");
    hold(under_way as f64 == figure, || {
        format!("{under_way} have no end, net.in-flight-at-end is {figure}")
    })
}

fn figures_of_the_network(files: &Files) -> Result<(), String> {
    let mut counted: BTreeMap<String, u64> = BTreeMap::new();
    let mut count =
        |name: &str, by: usize| *counted.entry(name.to_owned()).or_default() += by as u64;
    for message in files.messages.values() {
        let side = if message.between_servers() {
            "servers"
        } else {
            "clients"
        };
        count("net.all.msgs", 1);
        count(&format!("net.{side}.msgs"), 1);
        count(&format!("net.{side}.bytes"), message.size);
        count("net.duplicates", usize::from(message.duplicated.is_some()));
        if message.between_servers() {
            count("net.servers.delivered", message.deliveries().count());
        }
        for why in message.fates.iter().filter_map(|fate| fate.why.as_ref()) {
            count("net.dropped", 1);
            count(&format!("net.dropped.{why}"), 1);
        }
    }
    let figures = files.results["figures"].as_object().expect("figures");
    let named = figures
        .keys()
        .filter(|name| name.starts_with("net.dropped."));
    let names: BTreeSet<&str> = named.chain(counted.keys()).map(String::as_str).collect();
    for name in names {
        let (counted, said) = (
            counted.get(name).copied().unwrap_or(0) as f64,
            files.figure(name),
        );
        hold(counted == said, || {
            format!("{name} is {said}, the journal has {counted}")
        })?;
    }
    let per_op = files.figure("net.servers.msgs") / files.figure("ops.count").max(1.0);
    let said = files.figure("net.servers.msgs-per-op");
    hold((per_op - said).abs() < 1e-9, || {
        format!("net.servers.msgs-per-op is {said}, not {per_op}")
    })
}

/// The judged operations: those of the generator and of the last round of final reads.
fn judged(files: &Files) -> BTreeSet<usize> {
    let invoked = || files.lines.iter().filter(|line| line.kind == "invoke");
    let last_round = invoked()
        .filter(|line| line.recovery)
        .map(|line| line.time)
        .max();
    let judged = invoked().filter(|line| !line.recovery || Some(line.time) == last_round);
    judged
        .map(|line| line.op.expect("operations are numbered"))
        .collect()
}

fn figures_of_operations(files: &Files) -> Result<(), String> {
    let judged = judged(files);
    let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
    for line in files
        .lines
        .iter()
        .filter(|line| line.op.is_some_and(|op| judged.contains(&op)))
    {
        *counted.entry(line.kind.as_str()).or_default() += 1;
    }
    for (kind, name) in [
        ("invoke", "count"),
        ("ok", "ok"),
        ("fail", "fail"),
        ("info", "info"),
    ] {
        let counted = counted.get(kind).copied().unwrap_or(0) as f64;
        let said = files.figure(&format!("ops.{name}"));
        hold(counted == said, || {
            format!("ops.{name} is {said}, the history has {counted}")
        })?;
    }
    let rounds = files
        .lines
        .iter()
        .filter(|line| line.recovery && line.kind == "invoke");
    let rounds: BTreeSet<u64> = rounds.map(|line| line.time).collect();
    let said = files.figure("recovery.rounds");
    hold(rounds.len() as f64 <= said, || {
        format!(
            "recovery.rounds is {said}, the history has {}",
            rounds.len()
        )
    })
}

fn operations_complete(files: &Files) -> Result<(), String> {
    let mut open: BTreeMap<usize, &Line> = BTreeMap::new();
    let mut next = 0;
    for line in files.lines.iter().filter(|line| !line.of_nemesis()) {
        let op = line.op.expect("operations are numbered");
        if line.kind == "invoke" {
            hold(op == next, || {
                format!("operation {op} comes where {next} was expected")
            })?;
            open.insert(op, line);
            next += 1;
            continue;
        }
        let invoked = open
            .remove(&op)
            .ok_or_else(|| format!("{line:?} was not invoked, or completed before"))?;
        let of = |line: &Line| {
            (
                line.process.clone(),
                line.f.clone(),
                line.node.clone(),
                line.client.clone(),
            )
        };
        hold(of(invoked) == of(line), || {
            format!("{invoked:?}, but {line:?}")
        })?;
        hold((line.kind == "ok") == line.error.is_none(), || {
            format!("{line:?}")
        })?;
        let asks = line.kind == "ok" && (invoked.value.is_null() || invoked.f == "echo");
        let repeats = asks || line.value == invoked.value;
        hold(repeats, || format!("{invoked:?}, but {line:?}"))?;
    }
    let said = files.figure("ops.pending");
    hold(open.len() as f64 == said, || {
        format!("{} never completed, ops.pending is {said}", open.len())
    })
}

fn processes(files: &Files) -> Result<(), String> {
    let mut busy = BTreeSet::new();
    let mut ended = BTreeSet::new();
    for line in files.lines.iter().filter(|line| !line.of_nemesis()) {
        let process = line.process.as_u64().ok_or_else(|| format!("{line:?}"))?;
        if line.kind == "invoke" {
            hold(!ended.contains(&process), || {
                format!("process {process} had ended with info: {line:?}")
            })?;
            hold(busy.insert(process), || {
                format!("process {process} had one in flight: {line:?}")
            })?;
        } else {
            busy.remove(&process);
        }
        if line.kind == "info" {
            ended.insert(process);
        }
    }
    Ok(())
}

fn clients(files: &Files) -> Result<(), String> {
    let mut process_of: BTreeMap<&str, (u64, &str)> = BTreeMap::new();
    let mut client_of: BTreeMap<u64, &str> = BTreeMap::new();
    for line in files.lines.iter().filter(|line| !line.of_nemesis()) {
        let process = line.process.as_u64().unwrap_or_default();
        let (client, node) = (
            line.client.as_deref().unwrap_or("?"),
            line.node.as_deref().unwrap_or("?"),
        );
        hold(is_client(client) && client != CONTROL, || {
            format!("{line:?}")
        })?;
        let of_client = *process_of.entry(client).or_insert((process, node));
        hold(of_client == (process, node), || {
            format!("{client} was process {of_client:?}: {line:?}")
        })?;
        let of_process = *client_of.entry(process).or_insert(client);
        hold(of_process == client, || {
            format!("process {process} was {of_process}: {line:?}")
        })?;
    }
    let mut last: BTreeMap<&str, (u64, &str)> = BTreeMap::new();
    for message in files
        .messages
        .values()
        .filter(|message| is_client(&message.src))
    {
        let (count, dest) = last.entry(&message.src).or_insert((0, &message.dest));
        *count += 1;
        let count = *count;
        hold(message.msg_id == Some(count), || {
            format!("{} should be number {count}: {message:?}", message.src)
        })?;
        let faithful = message.src == CONTROL || *dest == message.dest;
        hold(faithful, || {
            format!("{} asked {dest} before: {message:?}", message.src)
        })?;
    }
    Ok(())
}

fn answers(files: &Files) -> Result<(), String> {
    let mut requests: BTreeMap<(&str, u64), u64> = BTreeMap::new();
    let mut delivered: BTreeSet<(&str, u64, u64)> = BTreeSet::new();
    for message in files.messages.values() {
        if let (true, Some(msg_id)) = (is_client(&message.src), message.msg_id) {
            requests.insert((&message.src, message.at), msg_id);
        }
        if let (true, Some(answered)) = (is_client(&message.dest), message.in_reply_to) {
            delivered.extend(
                message
                    .deliveries()
                    .map(|at| (message.dest.as_str(), at, answered)),
            );
        }
    }
    let mut invoked: BTreeMap<usize, u64> = BTreeMap::new();
    for line in files.lines.iter().filter(|line| !line.of_nemesis()) {
        let (op, client) = (
            line.op.unwrap_or_default(),
            line.client.as_deref().unwrap_or("?"),
        );
        if line.kind == "invoke" {
            invoked.insert(op, line.time);
        } else if line.kind == "ok" {
            let request = requests.get(&(client, invoked[&op]));
            let msg_id = *request.ok_or_else(|| format!("nothing was sent for {line:?}"))?;
            let answered = delivered.contains(&(client, line.time, msg_id));
            hold(answered, || {
                format!("no answer to {msg_id} came then: {line:?}")
            })?;
        }
    }
    Ok(())
}

/// What a node is in the middle of, as its messages tell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Silent,
    Init,
    Told,
}

fn nothing_before_init_ok(files: &Files) -> Result<(), String> {
    let mut steps: BTreeMap<&str, Step> = files
        .nodes
        .iter()
        .map(|node| (node.as_str(), Step::Silent))
        .collect();
    let mut ready: BTreeMap<&str, u64> = BTreeMap::new();
    let topology = files
        .messages
        .values()
        .any(|message| message.kind == "topology" && message.src == CONTROL);
    let last = if topology { "topology_ok" } else { "init_ok" };
    for record in &files.records {
        let message = &files.messages[&record.id];
        if record.event == "send" && message.dest == CONTROL {
            if message.kind == "init_ok" {
                steps.insert(&message.src, Step::Told);
            }
            if message.kind == last {
                ready.entry(&message.src).or_insert(record.time);
            }
        }
        let Some(step) = steps
            .get_mut(message.dest.as_str())
            .filter(|_| record.event == "deliver")
        else {
            continue;
        };
        let service = !is_client(&message.src) && !message.src.starts_with('n');
        if is_init(message) {
            *step = Step::Init;
        } else if *step == Step::Silent || (*step == Step::Init && !service) {
            return Err(format!("at {}: {message:?}", record.time));
        }
    }
    let Some(first) = files.lines.iter().find(|line| line.kind == "invoke") else {
        return Ok(());
    };
    for node in &files.nodes {
        let since = ready.get(node.as_str());
        let ready = since.is_some_and(|&since| since <= first.time);
        hold(ready, || {
            format!(
                "operations began at {}, {node} was ready at {since:?}",
                first.time
            )
        })?;
    }
    Ok(())
}

fn is_init(message: &Message) -> bool {
    message.src == CONTROL && message.kind == "init"
}

/// The faults that began, with when they began and ended.
fn faults(files: &Files) -> impl Iterator<Item = (&Fault, u64, u64)> {
    let records = files.results["faults"].as_array().expect("the faults");
    let times = records.iter().map(|record| {
        (
            record["name"].as_str(),
            record["began_ns"].as_u64(),
            record["ended_ns"].as_u64(),
        )
    });
    times.filter_map(|(name, began, ended)| {
        let fault = files
            .schedule
            .faults
            .iter()
            .find(|fault| Some(fault.name.as_str()) == name);
        Some((
            fault.expect("it is in faults.toml"),
            began?,
            ended.unwrap_or(u64::MAX),
        ))
    })
}

fn nothing_after_a_kill(files: &Files) -> Result<(), String> {
    for (fault, began, _) in faults(files) {
        let (Action::Kill { nodes, .. } | Action::Stop { nodes, .. } | Action::Restart { nodes }) =
            &fault.action
        else {
            continue;
        };
        for &node in nodes {
            let name = &files.nodes[node];
            // What is delivered at the very moment may have been delivered before.
            let mut heard = files
                .delivered_to(name)
                .into_iter()
                .filter(|(at, _)| *at >= began);
            let next = heard.find(|(at, message)| is_init(message) || *at > began);
            let fine = next.is_none_or(|(_, message)| is_init(message));
            hold(fine, || {
                format!(
                    "{} began at {began}, {name} then heard {next:?}",
                    fault.name
                )
            })?;
        }
    }
    Ok(())
}

fn silence(files: &Files) -> Result<(), String> {
    for (fault, began, ended) in faults(files) {
        let (Action::Kill { nodes, .. } | Action::Stop { nodes, .. } | Action::Pause { nodes }) =
            &fault.action
        else {
            continue;
        };
        let names: Vec<&str> = nodes
            .iter()
            .map(|&node| files.nodes[node].as_str())
            .collect();
        let during = files
            .records
            .iter()
            .filter(|record| began < record.time && record.time < ended);
        for record in during {
            let message = &files.messages[&record.id];
            let said = record.event == "send" && names.contains(&message.src.as_str());
            let heard = record.event == "deliver" && names.contains(&message.dest.as_str());
            hold(!said && !heard, || {
                format!(
                    "{} from {began} to {ended}, but at {}: {message:?}",
                    fault.name, record.time
                )
            })?;
        }
    }
    Ok(())
}
