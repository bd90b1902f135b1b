//! Reads `[random]`.

use super::file::{RandomFaults, Word};
use super::mistake::{Mistake, either};
use super::spec::{self, Kind, Value};
use super::value::{Node, Reader, Table};

impl Reader {
    pub(super) fn random(&mut self, value: &Node) -> Option<RandomFaults> {
        let table = self.table(value, "[random]", spec::RANDOM)?;
        let kinds = self.kinds(table.get("kinds")?)?;
        let mut random = RandomFaults::new("random", kinds);
        random.span = table.key_span("kinds");
        let mut duration = |key: &str| table.get(key).and_then(|value| self.duration(value, key));
        random.until = duration("until");
        random.at = duration("at").unwrap_or(random.at);
        random.interval = duration("interval").unwrap_or(random.interval);
        if let (true, Some(span)) = (random.interval.is_zero(), table.key_span("interval")) {
            let title = "`interval` is zero: faults need time between them";
            self.wrong(Mistake::at(span, title).label("expected a duration above zero"));
        }
        if let (true, Some(span)) = (
            random.until.is_some_and(|u| u <= random.at),
            table.key_span("until"),
        ) {
            let title = "`until` is not after `at`: there would be no random fault";
            self.wrong(Mistake::at(span, title).label("expected a later time"));
        }
        self.random_settings(&table, &mut random);
        if let Some(targets) = table.get("targets") {
            random.targets = self.random_targets(targets, &random.kinds);
        }
        Some(random)
    }

    fn kinds(&mut self, value: &Node) -> Option<Vec<Kind>> {
        let list = self.list(value, "kinds", Value::Kinds, true)?;
        let mut kinds = Vec::new();
        for element in list {
            let kind = self.kind(element)?;
            if kinds.contains(&kind) {
                let title = format!("{kind} is named twice");
                self.wrong(Mistake::at(element.span(), title).label("expected each kind once"));
            } else {
                kinds.push(kind);
            }
        }
        if kinds.is_empty() {
            let label = r#"expected kinds such as "partition""#;
            self.wrong(Mistake::at(value.span(), "`kinds` is empty").label(label));
        }
        Some(kinds)
    }

    /// How hard the kinds strike.
    fn random_settings(&mut self, table: &Table, random: &mut RandomFaults) {
        let mut set = |key: &'static str| -> Option<&Node> {
            let value = table.get(key)?;
            let kind = Kind::parse(key)?;
            if !random.kinds.contains(&kind) {
                let title = format!("`{key}` is set, but `kinds` does not have {key:?}");
                let place = table.key_span(key).unwrap_or(value.span());
                let help = format!("add {key:?} to `kinds`, or leave `{key}` away");
                self.mistakes.push(
                    Mistake::at(place, title)
                        .label("it would do nothing")
                        .help(help),
                );
            }
            Some(value)
        };
        let (loss, duplicate) = (set("loss"), set("duplicate"));
        let (reorder, latency) = (set("reorder"), set("latency"));
        let (slow, bandwidth) = (set("slow"), set("bandwidth"));
        let or = |new: Option<f64>, old: f64| new.unwrap_or(old);
        random.loss = or(loss.and_then(|v| self.probability(v, "loss")), random.loss);
        random.duplicate = or(
            duplicate.and_then(|v| self.probability(v, "duplicate")),
            random.duplicate,
        );
        random.bandwidth = or(
            bandwidth.and_then(|v| self.rate(v, "bandwidth")),
            random.bandwidth,
        );
        random.reorder = reorder
            .and_then(|v| self.reorder(v, "reorder"))
            .unwrap_or(random.reorder);
        random.latency = latency
            .and_then(|v| self.latency(v, "latency"))
            .unwrap_or(random.latency);
        random.slow = slow
            .and_then(|v| self.latency(v, "slow"))
            .unwrap_or(random.slow);
    }

    fn random_targets(&mut self, value: &Node, kinds: &[Kind]) -> Option<Vec<Word>> {
        let list = self.list(value, "targets", Value::Words, true)?;
        let words: Vec<_> = list.iter().map(|word| self.random_word(word)).collect();
        let words = words.into_iter().collect::<Option<Vec<Word>>>()?;
        for kind in kinds {
            if !words.iter().any(|word| word.suits(*kind)) {
                let title = format!("none of these targets suits {:?}", kind.name());
                let suiting = Word::ALL.into_iter().filter(|word| word.suits(*kind));
                let label = format!("expected {}", either(suiting.map(Word::name), "\""));
                self.wrong(Mistake::at(value.span(), title).label(label));
            }
        }
        Some(words)
    }
}
