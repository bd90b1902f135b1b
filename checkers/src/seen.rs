//! How long elements take to show on every node, as far as reads saw it.
//!
//! An element shows on a node when the first read that lists it completes there,
//! whichever phase the read belongs to. That is an upper bound for its arrival, as
//! loose as reads are rare. Only judged nodes count, and only elements whose add did not fail;
//! of an element that is not meant for every node, only those that it is meant for.
//!
//! Figures, under `<prefix>.seen`, measured from the add's invocation:
//! `time-to-node.*`, one latency for each element on each node that showed it;
//! `time-to-all.*`, one for each element that showed on every judged node. From its
//! acknowledgement, 0 if it showed before: `acked-to-node.*`, `acked-to-all.*`.
//! `everywhere` counts the elements that showed on every judged node. Where elements
//! have classes there is `time-to-all.<class>.*` too.

use std::collections::BTreeMap;

use crate::catalogue::{Catalogue, Quantity};
use crate::history::{History, Nanos};
use crate::set::{Audiences, Ledger, NONE, Reads, Rules};
use crate::verdict::Figures;

/// On how many nodes an element showed so far, and when on the last of them.
#[derive(Clone, Copy, Default)]
struct Spread {
    nodes: usize,
    last: Nanos,
    /// The number of the last node it was counted on, from 1.
    node: usize,
}

/// Sets the figures.
pub fn figures(history: &History, rules: &Rules, figures: &mut Figures) {
    measure(
        history,
        rules,
        &Ledger::of(history, rules, &Audiences::default()),
        &Reads::of(history, rules),
        figures,
    );
}

pub(crate) fn measure(
    history: &History,
    rules: &Rules,
    ledger: &Ledger,
    reads: &Reads,
    figures: &mut Figures,
) {
    let invoked = |operation: u32| {
        history
            .operations
            .get(operation as usize)
            .map(|add| add.invoked)
    };
    let acked = |operation: u32| {
        history
            .operations
            .get(operation as usize)
            .and_then(|add| add.completed)
    };
    let mut spreads = vec![Spread::default(); ledger.len()];
    let (mut to_node, mut acked_to_node) = (Vec::new(), Vec::new());
    let judged = (0..history.nodes.len()).filter(|&node| history.nodes[node].judged);
    let mut nodes = 0;
    for node in judged {
        nodes += 1;
        for read in reads.of_node(history, node) {
            let at = read.operation.completed.unwrap_or(read.operation.invoked);
            for &element in &read.view.added {
                let entry = ledger.entry(element);
                let spread = &mut spreads[element as usize];
                let meant = ledger.audiences.include(element, node);
                if entry.sent == NONE || spread.node == nodes || !meant {
                    continue;
                }
                *spread = Spread {
                    nodes: spread.nodes + 1,
                    last: spread.last.max(at),
                    node: nodes,
                };
                to_node.extend(invoked(entry.sent).map(|invoked| at.saturating_sub(invoked)));
                acked_to_node.extend(acked(entry.acked).map(|acked| at.saturating_sub(acked)));
            }
        }
    }
    let (mut to_all, mut acked_to_all, mut everywhere) = (Vec::new(), Vec::new(), 0);
    let mut by_class: BTreeMap<&str, Vec<Nanos>> = BTreeMap::new();
    let audience = |element| match ledger.audiences.of(element) {
        None => nodes,
        Some(meant) => meant
            .iter()
            .filter(|&&node| history.nodes[node].judged)
            .count(),
    };
    for (element, spread) in (0..)
        .zip(&spreads)
        .filter(|&(element, spread)| spread.nodes > 0 && spread.nodes == audience(element))
    {
        let entry = ledger.entry(element);
        everywhere += 1;
        let took = invoked(entry.sent).map(|invoked| spread.last.saturating_sub(invoked));
        to_all.extend(took);
        if let Some(class) = ledger.audiences.class(element) {
            by_class.entry(class).or_default().extend(took);
        }
        acked_to_all.extend(acked(entry.acked).map(|acked| spread.last.saturating_sub(acked)));
    }
    let prefix = rules.prefix;
    figures.count(format!("{prefix}.seen.everywhere"), everywhere);
    for (name, sample) in NAMES
        .iter()
        .zip([to_node, to_all, acked_to_node, acked_to_all])
    {
        figures.quantiles(&format!("{prefix}.seen.{name}"), sample);
    }
    for (class, sample) in by_class {
        figures.quantiles(&format!("{prefix}.seen.{TO_ALL}.{class}"), sample);
    }
}

const TO_ALL: &str = "time-to-all";

const NAMES: [&str; 4] = ["time-to-node", TO_ALL, "acked-to-node", "acked-to-all"];

/// The figures that [`figures`] sets.
pub fn names(catalogue: &mut Catalogue, prefix: &str) {
    catalogue.add(Quantity::Count, format!("{prefix}.seen.everywhere"));
    for name in NAMES {
        catalogue.add_quantiles(&format!("{prefix}.seen.{name}"));
    }
}

/// The figures that are set for the elements of classes.
pub fn names_of_classes(catalogue: &mut Catalogue, prefix: &str, classes: &[&'static str]) {
    for class in classes {
        catalogue.add_quantiles(&format!("{prefix}.seen.{TO_ALL}.{class}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Phase;
    use crate::testing::{Story, info, ms, ok};
    use crate::verdict::Figure;

    const RULES: Rules = Rules::G_SET;

    #[test]
    fn an_element_shows_on_a_node_when_the_first_read_that_lists_it_completes() {
        let mut story = Story::new(3);
        story.nodes[2].judged = false;
        story.add(0, 0, ok(10, 12));
        story.read(0, Phase::Main, ok(20, 21), &[0]);
        story.read(0, Phase::Main, ok(30, 31), &[]);
        story.read(0, Phase::Main, ok(40, 41), &[0]);
        story.read(1, Phase::Main, ok(20, 22), &[]);
        story.read(1, Phase::Recovery, ok(50, 60), &[0]);
        story.read(2, Phase::Main, ok(90, 95), &[0]);
        // Shown on one node only; never acknowledged.
        story.add(0, 1, info(10, 90));
        story.read(0, Phase::Final, ok(100, 110), &[0, 1]);
        let mut measured = Figures::default();
        figures(&story.history(), &RULES, &mut measured);
        for (name, latency) in [
            ("time-to-node.min", 11),
            ("time-to-node.max", 100),
            ("time-to-all.max", 50),
            ("acked-to-all.min", 48),
            ("acked-to-node.max", 48),
        ] {
            let figure = measured.get(&format!("g-set.seen.{name}"));
            assert_eq!(figure, Some(Figure::Duration(ms(latency))), "{name}");
        }
        assert_eq!(
            measured.get("g-set.seen.everywhere"),
            Some(Figure::Count(1))
        );
        let mut catalogue = Catalogue::default();
        names(&mut catalogue, "g-set");
        for (name, &figure) in &measured.0 {
            assert_eq!(catalogue.find(name), Some(figure.into()), "{name}");
        }
    }
}
