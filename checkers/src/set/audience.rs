//! Who is meant to get which element, and of which class it is.
//!
//! An element that nobody spoke of here is for every node and of no class.

use crate::history::Element;

/// Who is meant to get which element, and of which class it is. See the module.
#[derive(Clone, Debug, Default)]
pub struct Audiences {
    /// Sets of nodes, as ascending indices.
    groups: Vec<Vec<usize>>,
    /// Per element: its group, as an index + 1; 0 for every node.
    group_of: Vec<u32>,
    classes: Vec<&'static str>,
    /// Per element: its class, as an index + 1; 0 for none.
    class_of: Vec<u32>,
}

impl Audiences {
    /// From now on an element is for these nodes alone, given as indices into
    /// [`History::nodes`](crate::History::nodes).
    pub fn limit(&mut self, element: Element, nodes: impl IntoIterator<Item = usize>) {
        let mut group: Vec<usize> = nodes.into_iter().collect();
        group.sort_unstable();
        group.dedup();
        note(&mut self.groups, &mut self.group_of, element, group);
    }

    /// From now on an element is of this class: a word of figures, `urgent`.
    pub fn classify(&mut self, element: Element, class: &'static str) {
        note(&mut self.classes, &mut self.class_of, element, class);
    }

    /// Whether any element is not for every node.
    #[must_use]
    pub fn are_limited(&self) -> bool {
        !self.groups.is_empty()
    }

    /// Whether a node is meant to get an element.
    #[must_use]
    pub fn include(&self, element: Element, node: usize) -> bool {
        self.of(element)
            .is_none_or(|group| group.binary_search(&node).is_ok())
    }

    /// The nodes that an element is for; none if for every node.
    #[must_use]
    pub fn of(&self, element: Element) -> Option<&[usize]> {
        noted(&self.groups, &self.group_of, element).map(Vec::as_slice)
    }

    /// The class of an element.
    #[must_use]
    pub fn class(&self, element: Element) -> Option<&'static str> {
        noted(&self.classes, &self.class_of, element).copied()
    }
}

fn note<T: PartialEq>(all: &mut Vec<T>, of: &mut Vec<u32>, element: Element, value: T) {
    let known = all.iter().position(|other| *other == value);
    let index = known.unwrap_or_else(|| {
        all.push(value);
        all.len() - 1
    });
    if of.len() <= element as usize {
        of.resize(element as usize + 1, 0);
    }
    of[element as usize] = index as u32 + 1;
}

fn noted<'a, T>(all: &'a [T], of: &[u32], element: Element) -> Option<&'a T> {
    let number = of.get(element as usize)?;
    all.get(number.checked_sub(1)? as usize)
}

#[cfg(test)]
mod tests {
    use super::super::{Rules, check_meant, names, names_meant, settled_meant};
    use super::*;
    use crate::catalogue::Catalogue;
    use crate::history::Phase::{Final, Main};
    use crate::testing::{Story, ms, ok};
    use crate::verdict::{Anomaly, Figure, Validity, Verdict};

    const RULES: Rules = Rules::BROADCAST;

    /// n1 is given element 0, urgent and for n0 and n1, and element 1, for everybody.
    fn story() -> (Story, Audiences) {
        let mut story = Story::new(4);
        let mut audiences = Audiences::default();
        audiences.limit(0, [0, 1]);
        audiences.classify(0, "urgent");
        audiences.classify(1, "bulk");
        story.add(1, 0, ok(1, 2));
        story.add(1, 1, ok(1, 2));
        (story, audiences)
    }

    fn finals(story: &mut Story, lists: [&[Element]; 4]) {
        for (node, list) in lists.into_iter().enumerate() {
            story.read(node, Final, ok(1000, 1001), list);
        }
    }

    fn verdict(story: &Story, audiences: &Audiences) -> Verdict {
        let rules = Rules {
            add: "add",
            ..RULES
        };
        let history = story.history();
        let settled = settled_meant(&history, &rules, audiences);
        let verdict = check_meant(&history, &rules, audiences);
        let complete = ["lost", "partial"].map(|kind| {
            let figure = verdict.figures.get(&format!("broadcast.anomalies.{kind}"));
            figure == Some(Figure::Count(0))
        });
        assert_eq!(settled, complete == [true; 2]);
        verdict
    }

    fn only(verdict: &Verdict) -> &Anomaly {
        let [anomaly] = &verdict.anomalies[..] else {
            panic!("one anomaly: {:#?}", verdict.anomalies)
        };
        assert_eq!(verdict.validity, Validity::Invalid);
        anomaly
    }

    #[test]
    fn what_is_for_some_must_be_on_all_of_them_and_on_nobody_else() {
        let (mut story, audiences) = story();
        finals(&mut story, [&[0, 1], &[0, 1], &[1], &[1]]);
        let verdict = verdict(&story, &audiences);
        assert_eq!(
            verdict.validity,
            Validity::Valid,
            "{:#?}",
            verdict.anomalies
        );
    }

    #[test]
    fn a_node_of_the_audience_that_lacks_it_has_lost_it_and_the_evidence_says_whom_it_is_for() {
        let (mut story, audiences) = story();
        finals(&mut story, [&[1], &[0, 1], &[1], &[1]]);
        let verdict = verdict(&story, &audiences);
        let lost = only(&verdict);
        assert_eq!(lost.kind, "lost");
        assert_eq!(
            lost.text,
            "message 0 was acknowledged by n1 at 0.002 s (process 0), but is missing from the final \
             read of n0; it never showed it, n1 does. It must be on every node it is for (n0 \
             and n1) after recovery"
        );
    }

    #[test]
    fn a_leak_is_found_once_per_node_though_it_stops_showing_and_says_who_when_and_for_whom() {
        let (mut story, audiences) = story();
        story.read(3, Main, ok(10, 11), &[0]);
        story.read(3, Main, ok(20, 21), &[0, 1]);
        finals(&mut story, [&[0, 1], &[0, 1], &[1], &[0, 1]]);
        let verdict = verdict(&story, &audiences);
        let leaked = only(&verdict);
        assert_eq!(
            (&*leaked.kind, leaked.node, leaked.at),
            ("leaked", Some(3), Some(ms(11)))
        );
        assert_eq!(
            leaked.text,
            "message 0 was first shown by n3 at 0.011 s (process 2), which is not meant to have it: \
             it is for n0 and n1 alone, where n1 was given it"
        );
        assert_eq!(leaked.operations.len(), 2);
        let count = verdict.figures.get("broadcast.anomalies.leaked");
        assert_eq!(count, Some(Figure::Count(1)));
    }

    #[test]
    fn latencies_are_figures_by_class_and_only_reads_of_the_audience_count() {
        let (mut story, audiences) = story();
        // n2 does not show element 0 for good reason.
        story.read(2, Main, ok(50, 51), &[]);
        story.read(0, Main, ok(20, 21), &[]);
        finals(&mut story, [&[0, 1], &[0, 1], &[1], &[1]]);
        let verdict = verdict(&story, &audiences);
        let figure = |name: &str| verdict.figures.get(&format!("broadcast.{name}"));
        let after = |millis| Some(Figure::Duration(ms(millis)));
        assert_eq!(figure("stable-latency.urgent.max"), after(18));
        assert_eq!(figure("stable-latency.bulk.max"), after(48));
        assert_eq!(figure("seen.time-to-all.urgent.max"), after(1000));
        assert_eq!(figure("seen.everywhere"), Some(Figure::Count(2)));
        assert_eq!(figure("lost-count"), Some(Figure::Count(0)));
        let mut catalogue = Catalogue::default();
        names(&mut catalogue, &RULES);
        names_meant(&mut catalogue, &RULES, &["urgent", "bulk"]);
        for (name, &figure) in &verdict.figures.0 {
            assert_eq!(catalogue.find(name), Some(figure.into()), "{name}");
        }
    }

    #[test]
    fn an_element_is_for_everybody_until_it_is_limited() {
        let mut audiences = Audiences::default();
        assert!(audiences.include(7, 3) && !audiences.are_limited());
        audiences.limit(7, [4, 2, 4]);
        audiences.limit(1, [2, 4]);
        audiences.classify(7, "urgent");
        assert!(audiences.are_limited());
        assert_eq!(audiences.of(7), Some(&[2, 4][..]));
        assert_eq!(audiences.groups.len(), 1, "equal groups are kept once");
        assert!(audiences.include(7, 4) && !audiences.include(7, 3));
        assert!(audiences.include(0, 3) && audiences.include(1_000, 3));
        assert_eq!(audiences.class(7), Some("urgent"));
        assert_eq!(audiences.class(1), None);
    }
}
