//! One flame graph of the time of all nodes.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use inferno::flamegraph::{self, Options};
use swelkie_nodes::stdio::trace::IDLE;

use super::Recording;
use crate::units::short_duration;

/// The graph as SVG, and where most of the time went in a line.
pub(super) fn graph(recordings: &[Recording], nodes: usize) -> io::Result<(Vec<u8>, String)> {
    let mut stacks = sum(recordings);
    let idle = stacks.remove(IDLE).unwrap_or(0);
    if stacks.is_empty() {
        let text = "no node recorded where its time went";
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, text));
    }
    let work: u64 = stacks.values().sum();
    let share = 100.0 * work as f64 / (work + idle) as f64;
    let spent = short_duration(Duration::from_nanos(work));
    let summary = format!("{spent} of work by {nodes} nodes, {share:.1}% of their time");
    let lines: Vec<String> = stacks
        .iter()
        .map(|(stack, nanos)| format!("{stack} {nanos}"))
        .collect();
    let mut options = Options::default();
    options.title = format!("Where the time went: {summary}");
    options.count_name = "ns".to_owned();
    options.deterministic = true;
    let mut svg = Vec::new();
    flamegraph::from_lines(&mut options, lines.iter().map(String::as_str), &mut svg)
        .map_err(io::Error::other)?;
    Ok((svg, format!("{summary}: {}", top(&stacks, work))))
}

/// Nanoseconds by stack over all recordings.
fn sum(recordings: &[Recording]) -> BTreeMap<&str, u64> {
    let mut stacks = BTreeMap::new();
    for line in recordings
        .iter()
        .flat_map(|recording| recording.text.lines())
    {
        if let Some((stack, nanos)) = line.rsplit_once(' ')
            && let Ok(nanos) = nanos.parse::<u64>()
        {
            *stacks.entry(stack).or_insert(0) += nanos;
        }
    }
    stacks
}

/// `sync 61%, append 12%, …`: the spans with most time of their own.
fn top(stacks: &BTreeMap<&str, u64>, work: u64) -> String {
    let mut spans: BTreeMap<&str, u64> = BTreeMap::new();
    for (stack, nanos) in stacks {
        let span = stack.rsplit(';').next().unwrap_or(stack);
        *spans.entry(span).or_default() += nanos;
    }
    let mut spans: Vec<(&str, u64)> = spans.into_iter().collect();
    spans.sort_by_key(|&(span, nanos)| (std::cmp::Reverse(nanos), span));
    let share = |&(span, nanos): &(&str, u64)| {
        format!("{span} {:.0}%", 100.0 * nanos as f64 / work.max(1) as f64)
    };
    let shares: Vec<String> = spans.iter().take(5).map(share).collect();
    shares.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_graph_is_of_all_lives_of_all_nodes_without_their_idle_time() {
        let recording = |node, text: &str| Recording {
            node,
            life: 1,
            text: text.to_owned(),
        };
        let recordings = [
            recording(0, "idle 3000\nhandle;append 600\nhandle 100\n"),
            recording(1, "handle;append 200\nidle 6000\nhandle;lock 100\n"),
        ];
        let (svg, story) = graph(&recordings, 2).expect("drawn");
        assert_eq!(
            story,
            "1.00 µs of work by 2 nodes, 10.0% of their time: append 80%, handle 10%, lock 10%"
        );
        let svg = String::from_utf8(svg).expect("text");
        assert!(svg.contains("append (800 ns, 80.00%)"), "{svg}");
        assert!(!svg.contains("idle"));
        assert!(graph(&[recording(0, "idle 1\n")], 1).is_err());
    }
}
