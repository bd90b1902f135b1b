//! Each rule both ways, by hand.

use super::*;
use crate::history::Phase::{Final, Main, Recovery};
use crate::testing::{Story, fail, info, ok, pending};
use crate::verdict::{Anomaly, Figure};

const RULES: Rules = Rules::G_SET;

fn verdict(story: &Story) -> Verdict {
    check(&story.history(), &RULES)
}

fn kinds(verdict: &Verdict) -> Vec<&str> {
    verdict
        .anomalies
        .iter()
        .map(|anomaly| &*anomaly.kind)
        .collect()
}

fn only(story: &Story, kind: &str) -> Anomaly {
    let verdict = verdict(story);
    assert_eq!(kinds(&verdict), [kind], "{:#?}", verdict.anomalies);
    verdict.anomalies.into_iter().next().unwrap()
}

#[track_caller]
fn valid(story: &Story) {
    let verdict = verdict(story);
    assert_eq!(
        verdict.validity,
        Validity::Valid,
        "{:#?}",
        verdict.anomalies
    );
    assert!(settled(&story.history(), &RULES));
}

/// Element 0 was acknowledged by n0 at 0.002 s, and n0 and n1 read it once under load.
fn calm(nodes: usize) -> Story {
    let mut story = Story::new(nodes);
    story.add(0, 0, ok(1, 2));
    story.read(0, Main, ok(10, 11), &[0]);
    story
}

fn finals(story: &mut Story, lists: &[&[Element]]) {
    for (node, list) in lists.iter().enumerate() {
        story.read(node, Final, ok(1000, 1001), list);
    }
}

#[test]
fn a_run_in_which_every_node_shows_every_element_is_valid() {
    let mut story = calm(3);
    story.add(1, 1, info(5, 500));
    story.add(1, 2, fail(5, 6));
    story.add(1, 3, pending(7));
    finals(&mut story, &[&[0], &[0], &[0]]);
    valid(&story);
}

#[test]
fn an_acknowledged_element_that_one_node_never_got_is_lost_there() {
    let mut story = calm(3);
    finals(&mut story, &[&[0], &[], &[0]]);
    let anomaly = only(&story, "lost");
    assert_eq!(
        (anomaly.node_name.as_deref(), anomaly.element.as_deref()),
        (Some("n1"), Some("0"))
    );
    assert_eq!(
        anomaly.text,
        "element 0 was acknowledged by n0 at 0.002 s (process 0), but is missing from the final read of n1; \
         it never showed it, n0 does. It must be on every node after recovery"
    );
    // The add, the last read that showed it, the final read that lacks it.
    assert_eq!(anomaly.operations, [0, 4, 3]);
    assert!(!settled(&story.history(), &RULES));
}

#[test]
fn an_element_lost_everywhere_is_one_anomaly_that_says_where_it_was_last_seen() {
    let mut story = calm(2);
    story.incarnations = vec![1, 1];
    finals(&mut story, &[&[], &[]]);
    let anomaly = only(&story, "lost");
    assert!(
        anomaly
            .text
            .contains("final reads of n0 and n1; n0 itself showed it until 0.011 s"),
        "{}",
        anomaly.text
    );
    let mut story = Story::new(1);
    story.add(0, 0, ok(1, 2));
    finals(&mut story, &[&[]]);
    assert!(only(&story, "lost").text.contains("no read ever showed it"));
}

#[test]
fn every_final_read_of_a_node_is_judged() {
    let mut story = calm(1);
    story.read(0, Final, ok(1000, 1002), &[]);
    story.read(0, Final, ok(1000, 1001), &[0]);
    assert!(kinds(&verdict(&story)).contains(&"lost"));
    assert!(!settled(&story.history(), &RULES));
}

#[test]
fn what_only_a_recovery_read_showed_is_known() {
    let mut story = calm(2);
    story.add(0, 1, info(20, 500));
    story.incarnations = vec![1, 1];
    story.read(0, Recovery, ok(800, 801), &[0, 1]);
    story.incarnations = vec![2, 2];
    finals(&mut story, &[&[0], &[0]]);
    let anomaly = only(&story, "lost");
    assert!(
        anomaly
            .text
            .contains("never acknowledged, then shown by n0 at 0.801 s"),
        "{}",
        anomaly.text
    );
}

#[test]
fn an_unanswered_element_on_some_nodes_only_is_partial() {
    let mut story = calm(2);
    story.add(0, 1, info(20, 500));
    finals(&mut story, &[&[0, 1], &[0]]);
    let anomaly = only(&story, "partial");
    assert_eq!(anomaly.node_name.as_deref(), Some("n1"));
    assert!(!settled(&story.history(), &RULES));
    let mut story = calm(2);
    story.add(0, 1, info(20, 500));
    finals(&mut story, &[&[0, 1], &[1, 0]]);
    valid(&story);
}

#[test]
fn what_a_node_showed_it_keeps_showing_within_one_incarnation() {
    let mut story = calm(1);
    story.read(0, Main, ok(12, 13), &[]);
    finals(&mut story, &[&[0]]);
    let anomaly = only(&story, "vanished");
    assert_eq!(
        (anomaly.node, &anomaly.operations[..]),
        (Some(0), &[1, 2][..])
    );
    assert!(
        anomaly.text.contains(
            "shown by n0 at 0.011 s (process 1) and is missing from its read invoked at 0.012 s"
        ),
        "{}",
        anomaly.text
    );
    // The same after a restart is no anomaly as long as it comes back.
    let mut story = calm(1);
    story.incarnations[0] = 1;
    story.read(0, Main, ok(12, 13), &[]);
    finals(&mut story, &[&[0]]);
    valid(&story);
}

#[test]
fn reads_that_run_at_the_same_time_may_complete_in_any_order() {
    let mut story = Story::new(1);
    story.add(0, 0, ok(1, 2));
    story.read(0, Main, ok(10, 30), &[]);
    story.read(0, Main, ok(12, 20), &[0]);
    story.read(0, Main, ok(20, 31), &[]);
    finals(&mut story, &[&[0]]);
    valid(&story);
    // One invoked after 20 is a violation, though the concurrent ones complete in between.
    story.read(0, Main, ok(21, 40), &[]);
    only(&story, "vanished");
}

#[test]
fn an_element_carried_over_a_restart_vanishes_in_the_new_incarnation() {
    let mut story = calm(1);
    story.incarnations[0] = 1;
    story.read(0, Main, ok(20, 21), &[0]);
    story.read(0, Main, ok(22, 23), &[]);
    finals(&mut story, &[&[0]]);
    let anomaly = only(&story, "vanished");
    assert_eq!(
        anomaly.operations,
        [2, 3],
        "the first read of the incarnation showed it"
    );
}

#[test]
fn what_nobody_sent_is_a_phantom_and_so_is_what_is_sent_later() {
    let mut story = calm(1);
    finals(&mut story, &[&[0, 9]]);
    assert!(only(&story, "phantom").text.contains("nobody ever sent it"));
    let mut story = calm(1);
    story.read(0, Main, ok(20, 30), &[0, 1]);
    story.add(0, 1, ok(31, 32));
    finals(&mut story, &[&[0, 1]]);
    assert!(
        only(&story, "phantom")
            .text
            .contains("it was sent only at 0.031 s")
    );
    let mut story = calm(1);
    story.read(0, Main, ok(20, 30), &[0, 1]);
    story.add(0, 1, ok(29, 32));
    finals(&mut story, &[&[0, 1]]);
    valid(&story);
}

#[test]
fn an_add_that_failed_for_good_must_never_show() {
    let mut story = calm(2);
    story.add(1, 1, fail(20, 21));
    finals(&mut story, &[&[0, 1], &[0]]);
    let anomaly = only(&story, "failed-but-shown");
    assert!(
        anomaly
            .text
            .contains("refused for good by n1 at 0.021 s (process 2) (abort), yet shown by n0"),
        "{}",
        anomaly.text
    );
    assert!(!settled(&story.history(), &RULES), "n0 shows what n1 lacks");
}

#[test]
fn an_element_listed_twice_is_a_duplicate_unless_allowed() {
    let mut story = calm(1);
    story.read(0, Main, ok(20, 21), &[0, 0, 0]);
    story.read(0, Main, ok(22, 23), &[0, 0]);
    finals(&mut story, &[&[0]]);
    let anomaly = only(&story, "duplicate");
    assert_eq!(anomaly.operations, [2]);
    let allowed = check(&story.history(), &RULES.duplicates(Duplicates::Allow));
    assert_eq!(allowed.validity, Validity::Valid);
    assert_eq!(
        allowed.figures.get("g-set.duplicated-count"),
        Some(Figure::Count(1))
    );
}

#[test]
fn a_judged_node_without_a_final_read_is_unknown() {
    let mut story = calm(2);
    story.read(0, Final, ok(1000, 1001), &[0]);
    story.read(1, Final, fail(1000, 1001), &[]);
    let checked = verdict(&story);
    assert_eq!(
        (checked.validity, kinds(&checked)),
        (Validity::Unknown, vec!["no-final-read"])
    );
    assert!(
        checked.anomalies[0]
            .text
            .contains("n1 gave no final read after recovery (asked at 1.000 s: abort)")
    );
    assert!(!settled(&story.history(), &RULES));
    story.nodes[1].judged = false;
    valid(&story);
    story.nodes[0].judged = false;
    assert_eq!(
        verdict(&story).validity,
        Validity::Unknown,
        "nobody is left to judge"
    );
}

#[test]
fn a_run_without_operations_or_without_adds_is_unknown() {
    let mut story = Story::new(1);
    finals(&mut story, &[&[]]);
    only(&story, "nothing-tried");
    story.read(0, Main, ok(1, 2), &[]);
    assert!(
        only(&story, "nothing-tried")
            .text
            .contains("no add was tried")
    );
    assert_eq!(verdict(&story).validity, Validity::Unknown);
}

#[test]
fn adds_that_all_failed_are_invalid() {
    let mut story = Story::new(1);
    story.add(0, 0, info(1, 500));
    finals(&mut story, &[&[]]);
    only(&story, "never-succeeded");
}

#[test]
fn what_cannot_be_read_is_unknown_rather_than_skipped() {
    let mut story = calm(1);
    finals(&mut story, &[&[0]]);
    let mut history = story.history();
    history.operations[1].output = crate::Value::Json("7".into());
    // Its difference to the read before is gone with it; the final one carries it here.
    let crate::Value::View(view) = &mut history.operations[2].output else {
        panic!("a view")
    };
    view.added = vec![0];
    let checked = check(&history, &RULES);
    assert_eq!(
        (checked.validity, kinds(&checked)),
        (Validity::Unknown, vec!["unreadable"])
    );
}

#[test]
fn evidence_is_bounded_and_the_figures_count_the_rest() {
    let mut story = Story::new(2);
    for element in 0..20 {
        story.add(0, element, ok(u64::from(element), 50));
    }
    let all: Vec<Element> = (0..20).collect();
    finals(&mut story, &[&all, &[]]);
    let checked = verdict(&story);
    assert_eq!(checked.anomalies.len(), 9);
    assert_eq!(
        checked.anomalies[8].text,
        "and 12 more of this kind; the figure g-set.anomalies.lost counts all of them"
    );
    assert_eq!(
        checked.figures.get("g-set.anomalies.lost"),
        Some(Figure::Count(20))
    );
}

#[test]
fn every_figure_is_in_the_catalogue() {
    let mut story = calm(2);
    story.add(0, 1, ok(3, 4));
    finals(&mut story, &[&[0, 1], &[0]]);
    let mut catalogue = Catalogue::default();
    names(&mut catalogue, &RULES);
    for (name, &figure) in &verdict(&story).figures.0 {
        assert_eq!(catalogue.find(name), Some(figure.into()), "{name}");
    }
}

#[test]
fn text_a_node_wrote_is_escaped_in_evidence() {
    let mut story = calm(1);
    let element = story.elements.intern("\"\u{9b}31m\"").unwrap();
    finals(&mut story, &[&[0, element]]);
    assert!(
        only(&story, "phantom")
            .text
            .contains("element \"\\u{9b}31m\" was shown")
    );
}

// The two holes of the reference's rule.

fn reference(story: &Story) -> Validity {
    set_full::set_full(&story.history(), &RULES).validity
}

#[test]
fn the_reference_passes_a_node_that_never_got_a_message_if_another_is_read_later() {
    let mut story = Story::new(5);
    story.add(1, 0, ok(1, 2));
    for node in 0..5_u64 {
        let list: &[Element] = if node == 0 { &[] } else { &[0] };
        story.read(node as usize, Final, ok(1000 + node, 1100), list);
    }
    assert_eq!(reference(&story), Validity::Valid);
    let checked = verdict(&story);
    assert_eq!(
        checked.figures.get("g-set.reference.valid"),
        Some(Figure::Count(1))
    );
    assert_eq!(only(&story, "lost").node_name.as_deref(), Some("n0"));
}

#[test]
fn the_reference_passes_a_node_that_lists_everything_twice() {
    let mut story = calm(1);
    finals(&mut story, &[&[0, 0]]);
    assert_eq!(reference(&story), Validity::Valid);
    only(&story, "duplicate");
}
