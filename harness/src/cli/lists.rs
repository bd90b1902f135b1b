//! What there is: workloads, built-in nodes, kinds of faults; for people, for help
//! and for completions.

use std::fmt::Write as _;

use swelkie::faults::Kind;
use swelkie_nodes::registry as nodes;
use swelkie_workloads::registry as workloads;

/// Workloads of the reference that Swelkie does not carry out yet.
const NOT_YET: [&str; 4] = ["lin-kv", "kafka", "txn-list-append", "txn-rw-register"];

/// Every workload and what it demands.
pub fn workload_words() -> Vec<(&'static str, &'static str)> {
    let entries = workloads::WORKLOADS.iter();
    entries.map(|entry| (entry.name, entry.summary)).collect()
}

/// What is wrong with a workload's name.
pub fn check_workload(name: &str) -> Result<(), String> {
    if workloads::WORKLOADS.iter().any(|entry| entry.name == name) {
        return Ok(());
    }
    if NOT_YET.contains(&name) {
        return Err(format!(
            "this workload is not built yet (there are {})",
            workload_names()
        ));
    }
    let name = name.to_owned();
    Err(workloads::Unknown { name }.to_string())
}

/// The workloads' names, separated by commas.
pub fn workload_names() -> String {
    let names: Vec<&str> = workload_words().iter().map(|word| word.0).collect();
    names.join(", ")
}

/// The help of `--workload`.
pub fn workload_help() -> String {
    format!("What the nodes promise: {}", workload_names())
}

/// Every built-in node and what it does.
pub fn node_words() -> Vec<(&'static str, &'static str)> {
    let entries = nodes::entries();
    entries.map(|entry| (entry.name, entry.summary)).collect()
}

/// What is wrong with a built-in node's spec.
pub fn check_node(spec: &str) -> Result<(), String> {
    nodes::resolve(spec)
        .map(|_| ())
        .map_err(|error| error.to_string())
}

/// Every kind of fault.
pub fn fault_words() -> Vec<(&'static str, &'static str)> {
    Kind::ALL
        .into_iter()
        .map(|kind| (kind.name(), kind.doc()))
        .collect()
}

/// What is wrong with the name of a kind of fault.
pub fn check_fault(word: &str) -> Result<(), String> {
    if Kind::parse(word).is_some() {
        return Ok(());
    }
    let names = Kind::ALL.map(Kind::name);
    let near = names
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(word, name), name))
        .min();
    let near = near.filter(|(slips, name)| *slips <= name.len() / 3);
    let hint = near
        .map(|(_, name)| format!("; did you mean `{name}`?"))
        .unwrap_or_default();
    Err(format!(
        "no such fault{hint} (there are {})",
        names.join(", ")
    ))
}

/// The sound built-in nodes that answer a workload's requests, separated by commas.
pub fn nodes_for(workload: &str) -> String {
    let entries = nodes::entries();
    let fitting = entries.filter(|entry| !entry.planted && entry.workloads.contains(&workload));
    let names: Vec<&str> = fitting.map(|entry| entry.name).collect();
    names.join(", ")
}

/// `swelkie workloads`
pub fn workloads() -> String {
    let mut out = String::new();
    for entry in workloads::WORKLOADS {
        let _ = writeln!(out, "{}: {}", entry.name, entry.summary);
        for (request, reply) in entry.requests {
            let _ = writeln!(out, "    {request} -> {reply}");
        }
        let _ = writeln!(out, "    built-in nodes: {}\n", nodes_for(entry.name));
    }
    out.push_str(
        "Beside these fields a body has `type`, a request `msg_id`, and a reply `in_reply_to`.\n",
    );
    out
}

/// Some of those nodes, where a whole list would hide what is said.
pub fn some_nodes_for(workload: &str) -> String {
    const SHOWN: usize = 4;
    let entries = nodes::entries().filter(|entry| entry.workloads.contains(&workload));
    let mut names: Vec<&str> = entries
        .filter(|entry| !entry.planted && !entry.storms)
        .map(|entry| entry.name)
        .collect();
    // The ones to begin with.
    names.sort_by_key(|name| !name.starts_with("flood"));
    match names.len() {
        0..=SHOWN => names.join(", "),
        _ => format!("{}, …: swelkie strategies", names[..SHOWN].join(", ")),
    }
}

/// `swelkie nodes`
pub fn nodes() -> String {
    let mut out = String::new();
    for planted in [false, true] {
        out.push_str(match planted {
            false => "",
            true => "\nDeliberately broken, to see what a verdict on them looks like:\n",
        });
        let others = nodes::entries().filter(|entry| entry.family.is_none());
        for entry in others.filter(|entry| entry.planted == planted) {
            describe(entry, &mut out);
        }
    }
    out.push_str("\nThe dissemination strategies: swelkie strategies\n");
    out.push_str(
        "\nSet parameters after a colon: swelkie test -w broadcast --builtin flood-retry:retry=50ms,batch=16\n\
         As a process of its own:      swelkie node flood\n",
    );
    out
}

/// `swelkie strategies`
pub fn strategies() -> String {
    let mut out = String::new();
    let mut family = "";
    for entry in nodes::entries() {
        let Some(its) = entry.family else { continue };
        if its != family {
            family = its;
            let _ = writeln!(out, "{}# {its}", if out.is_empty() { "" } else { "\n" });
        }
        describe(entry, &mut out);
    }
    out.push_str(
        "\nAs processes:     swelkie test -w broadcast --builtin sample:fanout=7\n\
         Simulated:        swelkie test -w broadcast --builtin sample:fanout=7 --sim\n\
         In the lab:       swelkie lab list\n",
    );
    out
}

/// What an entry does, promises and can be told.
fn describe(entry: &nodes::Entry, out: &mut String) {
    let workloads = entry.workloads.join(", ");
    let _ = writeln!(out, "{}  [{workloads}]\n    {}", entry.name, entry.summary);
    if !entry.planted {
        let _ = writeln!(out, "    {}", promises(entry.promises));
    }
    if entry.process_only {
        let _ = writeln!(out, "    runs as real processes only, not with --sim");
    }
    for parameter in entry.parameters {
        let nodes::Parameter {
            name,
            default,
            summary,
            kind,
        } = parameter;
        let _ = write!(out, "    {name}={default}  {summary}");
        match kind {
            nodes::Kind::Choice(words) => {
                let _ = writeln!(out, " ({})", words.join(" | "));
            }
            _ => out.push('\n'),
        }
    }
}

fn promises(promises: nodes::Promises) -> &'static str {
    if !promises.everybody {
        return "reaches everybody with a probability only";
    }
    match (promises.kill, promises.loss) {
        (true, true) => "keeps its promises when nodes are killed and messages are lost",
        (true, false) => "keeps its promises when nodes are killed",
        (false, true) => "keeps its promises when messages are lost",
        (false, false) => "keeps its promises as long as nothing goes wrong",
    }
}
