//! The rules once more, as naive quantifiers over full lists, on small random histories.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::history::{Operation, Outcome, Phase};
use crate::testing::{Span, Story, fail, info, ok, pending};

const RULES: Rules = Rules::G_SET;

/// What the rules speak of: adds, and ok reads with what they list.
struct Facts<'a> {
    adds: Vec<(&'a Operation, Element)>,
    reads: Vec<(&'a Operation, &'a [Element])>,
    /// Of elements that are not for every node: whom they are for.
    meant: &'a Meant,
}

type Meant = BTreeMap<Element, BTreeSet<usize>>;

impl Facts<'_> {
    fn outcomes(&self, element: Element) -> Vec<Outcome> {
        self.adds
            .iter()
            .filter(|(_, added)| *added == element)
            .map(|(add, _)| add.outcome)
            .collect()
    }

    fn acknowledged(&self, element: Element) -> bool {
        self.outcomes(element).contains(&Outcome::Ok)
    }

    fn only_failed(&self, element: Element) -> bool {
        let outcomes = self.outcomes(element);
        !outcomes.is_empty() && outcomes.iter().all(|&outcome| outcome == Outcome::Fail)
    }

    fn sent(&self, element: Element) -> bool {
        self.outcomes(element)
            .iter()
            .any(|&outcome| outcome != Outcome::Fail)
    }

    fn shown(&self, element: Element) -> bool {
        self.reads.iter().any(|(_, list)| list.contains(&element))
    }

    fn known(&self, element: Element) -> bool {
        self.acknowledged(element) || self.shown(element)
    }

    fn is_for(&self, element: Element, node: usize) -> bool {
        self.meant
            .get(&element)
            .is_none_or(|nodes| nodes.contains(&node))
    }

    fn finals<'a>(&'a self, story: &'a Story) -> impl Iterator<Item = (usize, &'a [Element])> {
        let finals = self
            .reads
            .iter()
            .filter(|(read, _)| read.phase == Phase::Final);
        finals
            .filter(|(read, _)| story.nodes[read.node].judged)
            .map(|(read, list)| (read.node, *list))
    }
}

/// How many of each kind of anomaly there are, in the units of the figures.
fn expected(story: &Story, facts: &Facts) -> BTreeMap<&'static str, usize> {
    let mut kinds: BTreeMap<&'static str, usize> = kinds(facts.meant)
        .into_iter()
        .map(|kind| (kind, 0))
        .collect();
    let mut blame = |kind: &'static str, broken: bool| {
        if broken {
            *kinds.get_mut(kind).expect("a kind") += 1;
        }
    };
    let finals: Vec<_> = facts.finals(story).collect();
    for element in 0..8 {
        let mut for_it = finals
            .iter()
            .filter(|(node, _)| facts.is_for(element, *node));
        let missing = for_it.clone().any(|(_, list)| !list.contains(&element));
        let there = for_it.any(|(_, list)| list.contains(&element));
        let owed = facts.sent(element) && facts.known(element) && missing;
        let partial = !facts.acknowledged(element) && there;
        blame("lost", owed && !partial);
        blame("partial", owed && partial);
        let early = facts.reads.iter().any(|(read, list)| {
            let mut sent = facts
                .adds
                .iter()
                .filter(|(add, added)| *added == element && add.outcome != Outcome::Fail);
            list.contains(&element) && sent.all(|(add, _)| read.completed.unwrap() < add.invoked)
        });
        blame("phantom", early && !facts.only_failed(element));
        blame(
            "failed-but-shown",
            facts.only_failed(element) && facts.shown(element),
        );
        for node in 0..story.nodes.len() {
            let on = |read: &&(&Operation, &[Element])| read.0.node == node;
            let gone = facts.reads.iter().filter(on).any(|(before, list)| {
                let later = |after: &&(&Operation, &[Element])| {
                    after.0.incarnation == before.incarnation
                        && before.completed.unwrap() < after.0.invoked
                };
                let mut after = facts.reads.iter().filter(on).filter(later);
                list.contains(&element) && after.any(|(_, list)| !list.contains(&element))
            });
            blame("vanished", gone);
            let shown = facts
                .reads
                .iter()
                .filter(on)
                .any(|(_, list)| list.contains(&element));
            blame("leaked", shown && !facts.is_for(element, node));
            let twice =
                |list: &&[Element]| list.iter().filter(|&&listed| listed == element).count() > 1;
            blame(
                "duplicate",
                facts.reads.iter().filter(on).any(|(_, list)| twice(list)),
            );
        }
    }
    kinds
}

/// The kinds that are counted: leaks only where something can leak.
fn kinds(meant: &Meant) -> Vec<&'static str> {
    let leaked = (!meant.is_empty()).then_some(LEAKED);
    KINDS.into_iter().chain(leaked).collect()
}

/// Whether waiting longer changes nothing: of each element, all final reads of judged
/// nodes that it is for show it, or none does and it is not owed.
fn agree(story: &Story, facts: &Facts) -> bool {
    let mut judged = (0..story.nodes.len()).filter(|&node| story.nodes[node].judged);
    let answered = judged.all(|node| facts.finals(story).any(|(at, _)| at == node));
    let owed = |element: Element| facts.sent(element) && facts.known(element);
    let agreed = |element: Element| {
        let shows = facts
            .finals(story)
            .filter(|(node, _)| facts.is_for(element, *node))
            .map(|(_, list)| list.contains(&element));
        let shows: Vec<bool> = shows.collect();
        let all = shows.iter().all(|&shown| shown);
        all || (!owed(element) && shows.iter().all(|&shown| !shown))
    };
    answered && (0..8).all(agreed)
}

#[derive(Clone, Debug)]
enum Step {
    Add(usize, Element, Span),
    Read(usize, Phase, Span, Vec<Element>),
    Restart(usize),
}

fn span() -> impl Strategy<Value = Span> {
    (0..24_u64, 0..8_u64, 0..8).prop_map(|(at, took, how)| match how {
        0 => fail(at, at + took),
        1 => info(at, at + took),
        2 => pending(at),
        _ => ok(at, at + took),
    })
}

fn list() -> impl Strategy<Value = Vec<Element>> {
    // Mostly everything, so that promises are often kept.
    let some = proptest::collection::vec(0..6_u32, 0..7);
    let most = (0..6_u32).prop_map(|top| (0..top).collect());
    prop_oneof![2 => most, 1 => some]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let phase =
        prop_oneof![3 => Just(Phase::Main), 1 => Just(Phase::Recovery), 3 => Just(Phase::Final)];
    let step = prop_oneof![
        4 => (0..3_usize, 0..6_u32, span()).prop_map(|(node, element, span)| Step::Add(node, element, span)),
        6 => (0..3_usize, phase, span(), list()).prop_map(|(node, phase, span, list)| Step::Read(node, phase, span, list)),
        1 => (0..3_usize).prop_map(Step::Restart),
    ];
    proptest::collection::vec(step, 0..16)
}

/// Steps in any order; a restart divides a node's operations in time, at 24 ms per life.
fn story(steps: &[Step], judged: &[bool]) -> Story {
    let mut story = Story::new(judged.len());
    for (record, &judged) in story.nodes.iter_mut().zip(judged) {
        record.judged = judged;
    }
    let later = |span: Span, life: u32| {
        let shift = u64::from(life) * 40;
        Span {
            invoked: span.invoked + shift,
            completed: span.completed.map(|at| at + shift),
            ..span
        }
    };
    for step in steps {
        match step {
            Step::Restart(node) => story.incarnations[*node] += 1,
            Step::Add(node, element, span) => {
                story.add(*node, *element, later(*span, story.incarnations[*node]))
            }
            Step::Read(node, phase, span, list) => {
                let span = later(*span, story.incarnations[*node]);
                story.read(*node, *phase, span, list);
            }
        }
    }
    story
}

/// Audiences, often none; some are of nobody.
fn meant() -> impl Strategy<Value = Meant> {
    let nodes = proptest::collection::btree_set(0..4_usize, 0..4);
    let some = proptest::collection::btree_map(0..6_u32, nodes, 1..5);
    prop_oneof![1 => Just(Meant::new()), 2 => some]
}

/// One node, few elements, many overlapping reads: where "keeps showing" is decided.
fn crowded() -> impl Strategy<Value = Vec<Step>> {
    let read = (span(), proptest::collection::vec(0..3_u32, 0..3))
        .prop_map(|(span, list)| Step::Read(0, Phase::Main, span, list));
    proptest::collection::vec(prop_oneof![9 => read, 1 => Just(Step::Restart(0))], 0..14)
}

fn agrees(story: &Story, meant: &Meant) -> Result<(), TestCaseError> {
    let mut audiences = Audiences::default();
    for (&element, nodes) in meant {
        audiences.limit(element, nodes.iter().copied());
    }
    let history = story.history();
    let lists = story.lists();
    let adds = history
        .operations
        .iter()
        .filter_map(|operation| match operation.input {
            crate::Value::Element(element) => Some((operation, element)),
            _ => None,
        });
    let reads = history.operations.iter().zip(&lists);
    let reads = reads.filter_map(|(operation, list)| Some((operation, list.as_deref()?)));
    let facts = Facts {
        adds: adds.collect(),
        reads: reads.collect(),
        meant,
    };
    let verdict = check_meant(&history, &RULES, &audiences);
    if meant.is_empty() {
        prop_assert_eq!(&verdict, &check(&history, &RULES));
        prop_assert!(verdict.figures.get("g-set.anomalies.leaked").is_none());
    }
    let kinds = kinds(meant);
    let counted: BTreeMap<&str, usize> = kinds
        .iter()
        .map(|&kind| {
            let figure = verdict
                .figures
                .get(&format!("g-set.anomalies.{kind}"))
                .unwrap();
            (kind, figure.as_f64() as usize)
        })
        .collect();
    let expected = expected(story, &facts);
    prop_assert_eq!(&counted, &expected, "{:#?}", verdict.anomalies);
    for (kind, count) in expected {
        let told = verdict
            .anomalies
            .iter()
            .filter(|anomaly| anomaly.kind == kind)
            .count();
        prop_assert_eq!(
            told,
            count.min(crate::EVIDENCE) + usize::from(count > crate::EVIDENCE),
            "{}",
            kind
        );
    }
    let unanswered = (0..story.nodes.len())
        .filter(|&node| story.nodes[node].judged && !facts.finals(story).any(|(at, _)| at == node))
        .count();
    let nobody = usize::from(story.nodes.iter().all(|node| !node.judged));
    let told = verdict
        .anomalies
        .iter()
        .filter(|anomaly| anomaly.kind == "no-final-read")
        .count();
    prop_assert_eq!(told, unanswered + nobody);
    let broken = verdict
        .anomalies
        .iter()
        .any(|anomaly| kinds.contains(&&*anomaly.kind) || anomaly.kind == "never-succeeded");
    let validity = match (broken, verdict.anomalies.is_empty()) {
        (true, _) => Validity::Invalid,
        (false, false) => Validity::Unknown,
        (false, true) => Validity::Valid,
    };
    prop_assert_eq!(verdict.validity, validity);
    let settled = settled_meant(&history, &RULES, &audiences);
    prop_assert_eq!(settled, agree(story, &facts));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn the_set_checker_agrees_with_naive_quantifiers_over_full_lists(
        steps in steps(),
        judged in proptest::collection::vec(proptest::bool::weighted(0.85), 1..4),
        meant in meant(),
    ) {
        let nodes = judged.len();
        let steps: Vec<Step> = steps.into_iter().map(|step| match step {
            Step::Add(node, element, span) => Step::Add(node % nodes, element, span),
            Step::Read(node, phase, span, list) => Step::Read(node % nodes, phase, span, list),
            Step::Restart(node) => Step::Restart(node % nodes),
        }).collect();
        let there = |set: BTreeSet<usize>| set.into_iter().filter(|&node| node < nodes).collect();
        let meant = meant.into_iter().map(|(element, set)| (element, there(set))).collect();
        agrees(&story(&steps, &judged), &meant)?;
    }

    #[test]
    fn keeps_showing_agrees_with_naive_quantifiers_on_many_concurrent_reads(steps in crowded()) {
        agrees(&story(&steps, &[true]), &Meant::new())?;
    }
}
