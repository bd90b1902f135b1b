//! The stories behind what is wrong with a set: who sent the element, who
//! acknowledged it, who showed it last, who lacks it.

use std::collections::BTreeMap;

use super::ledger::{Ledger, NONE, Read, Reads};
use super::{LEAKED, Rules, Vanished, Wrong};
use crate::history::{Element, History, Nanos, Operation};
use crate::text::{list, moment, safe};
use crate::verdict::{Anomaly, Findings, Validity, Verdict};

/// Nodes named in one story.
const NAMED: usize = 5;

/// What the reads of one node say of one element, as operations.
#[derive(Clone, Copy)]
struct Sighting {
    /// The last read that showed it.
    last: u32,
    /// Whether it is on show in the last read so far.
    shown: bool,
    /// A final read that lacks it.
    lacking: u32,
}

/// Where the elements that evidence speaks of were seen: per element, per node.
struct Trace(BTreeMap<Element, Vec<Sighting>>);

impl Trace {
    fn of(history: &History, reads: &Reads, elements: impl Iterator<Item = Element>) -> Trace {
        let unseen = Sighting {
            last: NONE,
            shown: false,
            lacking: NONE,
        };
        let mut trace = Trace(
            elements
                .map(|element| (element, vec![unseen; history.nodes.len()]))
                .collect(),
        );
        if trace.0.is_empty() {
            return trace;
        }
        let mut wanted = vec![false; history.elements.len()];
        for &element in trace.0.keys() {
            wanted[element as usize] = true;
        }
        for node in 0..history.nodes.len() {
            let mut before = NONE;
            for read in reads.of_node(history, node) {
                trace.read(node, &read, before, &wanted);
                before = read.index;
            }
            for sightings in trace
                .0
                .values_mut()
                .filter(|sightings| sightings[node].shown)
            {
                sightings[node].last = before;
            }
        }
        trace
    }

    /// Takes one read; `before` is the read of the node before it.
    fn read(&mut self, node: usize, read: &Read, before: u32, wanted: &[bool]) {
        for element in read
            .view
            .removed
            .iter()
            .filter(|&&element| wanted[element as usize])
        {
            let sightings = self.0.get_mut(element).expect("wanted");
            sightings[node] = Sighting {
                last: before,
                shown: false,
                ..sightings[node]
            };
        }
        for element in read
            .view
            .added
            .iter()
            .filter(|&&element| wanted[element as usize])
        {
            self.0.get_mut(element).expect("wanted")[node].shown = true;
        }
        if read.is_final() {
            for sightings in self
                .0
                .values_mut()
                .filter(|sightings| !sightings[node].shown)
            {
                sightings[node].lacking = read.index;
            }
        }
    }

    fn of_element(&self, element: Element) -> &[Sighting] {
        &self.0[&element]
    }
}

struct Teller<'a> {
    history: &'a History,
    rules: &'a Rules,
    ledger: &'a Ledger<'a>,
    trace: Trace,
}

/// Puts what is wrong into words, the most telling kind first.
pub(super) fn blame(
    history: &History,
    rules: &Rules,
    ledger: &Ledger,
    reads: &Reads,
    wrong: &Wrong,
    verdict: &mut Verdict,
) {
    let missing = wrong.lost.first.iter().chain(&wrong.partial.first);
    let trace = Trace::of(history, reads, missing.copied());
    let teller = Teller {
        history,
        rules,
        ledger,
        trace,
    };
    teller.blame(verdict, "lost", &wrong.lost, |&element| {
        teller.missing("lost", element)
    });
    teller.blame(verdict, "partial", &wrong.partial, |&element| {
        teller.missing("partial", element)
    });
    teller.blame(verdict, "vanished", &wrong.vanished, |vanished| {
        teller.vanished(vanished)
    });
    teller.blame(verdict, "phantom", &wrong.phantom, |&element| {
        teller.phantom(element)
    });
    teller.blame(verdict, "failed-but-shown", &wrong.failed, |&element| {
        teller.failed(element)
    });
    teller.blame(
        verdict,
        "duplicate",
        &wrong.duplicate,
        |&(element, read)| teller.duplicate(element, read),
    );
    if ledger.audiences.are_limited() {
        teller.blame(verdict, LEAKED, &wrong.leaked, |&(element, read)| {
            teller.leaked(element, read)
        });
    }
    let unreadable: Vec<usize> = ledger
        .unreadable
        .iter()
        .chain(&reads.unreadable)
        .copied()
        .collect();
    if !unreadable.is_empty() {
        let story = format!(
            "{} operations hold no {} to judge",
            unreadable.len(),
            rules.noun
        );
        let shown_by = unreadable.into_iter().take(crate::EVIDENCE);
        verdict.blame(
            Validity::Unknown,
            Anomaly::new("unreadable", story).shown_by(shown_by),
        );
    }
}

/// No add was invoked at all.
pub(super) fn blame_idle(rules: &Rules, verdict: &mut Verdict) {
    let (add, noun) = (rules.add, rules.noun);
    let story = format!(
        "no {add} was tried, so no {noun} can be judged; give the run more time or a higher rate"
    );
    verdict.blame(Validity::Unknown, Anomaly::new("nothing-tried", story));
}

fn ended(operation: &Operation) -> Nanos {
    operation.completed.unwrap_or(operation.invoked)
}

impl Teller<'_> {
    fn blame<T>(
        &self,
        verdict: &mut Verdict,
        kind: &'static str,
        findings: &Findings<T>,
        tell: impl Fn(&T) -> Anomaly,
    ) {
        for finding in &findings.first {
            verdict.blame(Validity::Invalid, tell(finding));
        }
        let figure = format!("{}.anomalies.{kind}", self.rules.prefix);
        verdict.blame_more(Validity::Invalid, kind, findings.more(), &figure);
        verdict.figures.count(figure, findings.count);
    }

    fn operation(&self, index: u32) -> &Operation {
        &self.history.operations[index as usize]
    }

    fn name(&self, node: usize) -> &str {
        &self.history.nodes[node].name
    }

    /// `message 17`.
    fn element(&self, element: Element) -> String {
        format!(
            "{} {}",
            self.rules.noun,
            safe(self.history.elements.text(element))
        )
    }

    fn anomaly(&self, kind: &'static str, story: String, element: Element) -> Anomaly {
        Anomaly::new(kind, story).of(self.history.elements.text(element))
    }

    /// `n2 at 3.100 s (process 4)`: which node completed an operation, when, for whom.
    fn place(&self, index: u32) -> String {
        let operation = self.operation(index);
        format!(
            "{} at {} (process {})",
            self.name(operation.node),
            moment(ended(operation)),
            operation.process
        )
    }

    /// `lost` and `partial`: some judged nodes' final reads lack it.
    fn missing(&self, kind: &'static str, element: Element) -> Anomaly {
        let entry = self.ledger.entry(element);
        let sightings = self.trace.of_element(element);
        let lacks = |node: &usize| {
            self.history.nodes[*node].judged
                && sightings[*node].lacking != NONE
                && self.ledger.audiences.include(element, *node)
        };
        let lacking: Vec<usize> = (0..sightings.len()).filter(lacks).collect();
        let names: Vec<&str> = lacking.iter().map(|&node| self.name(node)).collect();
        let every = self.every_node(element);
        let expected = match kind {
            "partial" => format!("must be on {every} or on none"),
            _ => format!("must be on {every} after recovery"),
        };
        let story = format!(
            "{} {}, but is missing from the final {} of {}; {}. It {expected}",
            self.element(element),
            self.fate(element),
            if lacking.len() == 1 { "read" } else { "reads" },
            list(&names, NAMED),
            self.last_seen(sightings, &lacking),
        );
        let known = if entry.acked == NONE {
            entry.shown
        } else {
            entry.acked
        };
        let last = self.latest(sightings.iter());
        let finals = lacking
            .iter()
            .map(|&node| sightings[node].lacking)
            .take(NAMED);
        let operations = [known].into_iter().chain(last).chain(finals);
        let anomaly = self
            .anomaly(kind, story, element)
            .when(ended(self.operation(known)))
            .shown_by(operations.map(|index| index as usize));
        match lacking.first() {
            Some(&node) => anomaly.on(self.history, node),
            None => anomaly,
        }
    }

    /// `every node`, or `every node it is for (n0, n1 and n2)`.
    fn every_node(&self, element: Element) -> String {
        match self.ledger.audiences.of(element) {
            None => "every node".to_owned(),
            Some(nodes) => format!("every node it is for ({})", self.names(nodes)),
        }
    }

    fn names(&self, nodes: &[usize]) -> String {
        let names: Vec<&str> = nodes.iter().map(|&node| self.name(node)).collect();
        list(&names, NAMED)
    }

    /// How a known element came to be known.
    fn fate(&self, element: Element) -> String {
        let entry = self.ledger.entry(element);
        if entry.acked != NONE {
            return format!("was acknowledged by {}", self.place(entry.acked));
        }
        let sent = self.operation(entry.sent);
        format!(
            "was sent to {} at {} (process {}) and never acknowledged, then shown by {}",
            self.name(sent.node),
            moment(sent.invoked),
            sent.process,
            self.place(entry.shown)
        )
    }

    /// The read that showed an element last, of those of some nodes.
    fn latest<'s>(&self, sightings: impl Iterator<Item = &'s Sighting>) -> Option<u32> {
        let shown = sightings
            .map(|sighting| sighting.last)
            .filter(|&last| last != NONE);
        shown.max_by_key(|&last| ended(self.operation(last)))
    }

    /// Where an element that some nodes lack was seen last.
    fn last_seen(&self, sightings: &[Sighting], lacking: &[usize]) -> String {
        if let Some(own) = self.latest(lacking.iter().map(|&node| &sightings[node])) {
            let own = self.operation(own);
            return format!(
                "{} itself showed it until {}",
                self.name(own.node),
                moment(ended(own))
            );
        }
        let holds = |node: &usize| {
            let sighting = sightings[*node];
            self.history.nodes[*node].judged && sighting.shown && sighting.lacking == NONE
        };
        match (
            (0..sightings.len()).find(holds),
            self.latest(sightings.iter()),
        ) {
            (Some(node), _) => {
                let they = if lacking.len() == 1 { "it" } else { "they" };
                format!("{they} never showed it, {} does", self.name(node))
            }
            (None, Some(last)) => format!("last seen on {}", self.place(last)),
            (None, None) => "no read ever showed it".to_owned(),
        }
    }

    fn vanished(&self, vanished: &Vanished) -> Anomaly {
        let (shown, missing) = (
            self.operation(vanished.shown),
            self.operation(vanished.missing),
        );
        let story = format!(
            "{} was shown by {} and is missing from its read invoked at {} (process {}), without a restart in between",
            self.element(vanished.element),
            self.place(vanished.shown),
            moment(missing.invoked),
            missing.process,
        );
        let operations = [vanished.shown as usize, vanished.missing as usize];
        let anomaly = self
            .anomaly("vanished", story, vanished.element)
            .on(self.history, shown.node);
        anomaly.when(missing.invoked).shown_by(operations)
    }

    fn phantom(&self, element: Element) -> Anomaly {
        let entry = self.ledger.entry(element);
        let shown = self.operation(entry.shown);
        let sent = match entry.sent {
            NONE => "nobody ever sent it".to_owned(),
            sent => format!(
                "it was sent only at {}",
                moment(self.operation(sent).invoked)
            ),
        };
        let story = format!(
            "{} was shown by {}, but {sent}",
            self.element(element),
            self.place(entry.shown)
        );
        let anomaly = self
            .anomaly("phantom", story, element)
            .on(self.history, shown.node)
            .when(ended(shown));
        anomaly.shown_by(
            [entry.shown, entry.sent]
                .into_iter()
                .filter(|&index| index != NONE)
                .map(|index| index as usize),
        )
    }

    fn failed(&self, element: Element) -> Anomaly {
        let entry = self.ledger.entry(element);
        let (add, shown) = (self.operation(entry.failed), self.operation(entry.shown));
        let cause = add
            .cause
            .as_ref()
            .map_or("fail", |cause| cause.kind.as_str());
        let story = format!(
            "{} was refused for good by {} ({}), yet shown by {}; a failed {} must never show",
            self.element(element),
            self.place(entry.failed),
            safe(cause),
            self.place(entry.shown),
            self.rules.add,
        );
        let anomaly = self
            .anomaly("failed-but-shown", story, element)
            .on(self.history, shown.node);
        anomaly
            .when(ended(shown))
            .shown_by([entry.failed as usize, entry.shown as usize])
    }

    fn leaked(&self, element: Element, read: u32) -> Anomaly {
        let entry = self.ledger.entry(element);
        let operation = self.operation(read);
        let meant = self.ledger.audiences.of(element).unwrap_or_default();
        let sent = [entry.sent, entry.failed]
            .into_iter()
            .find(|&add| add != NONE);
        let given = sent.map_or_else(String::new, |add| {
            format!(
                ", where {} was given it",
                self.name(self.operation(add).node)
            )
        });
        let story = format!(
            "{} was first shown by {}, which is not meant to have it: it is for {} alone{given}",
            self.element(element),
            self.place(read),
            self.names(meant),
        );
        let operations = sent.into_iter().chain([read]);
        self.anomaly(LEAKED, story, element)
            .on(self.history, operation.node)
            .when(ended(operation))
            .shown_by(operations.map(|index| index as usize))
    }

    fn duplicate(&self, element: Element, read: u32) -> Anomaly {
        let operation = self.operation(read);
        let story = format!(
            "{} is listed more than once in the read of {}; --duplicates allow accepts that",
            self.element(element),
            self.place(read),
        );
        let anomaly = self
            .anomaly("duplicate", story, element)
            .on(self.history, operation.node);
        anomaly.when(ended(operation)).shown_by([read as usize])
    }
}
