//! Values that say how urgent they are and how far they may travel.
//!
//! With labels an element is an object instead of a number:
//!
//! ```json
//! {"audience":["n3","n4","n5"],"id":17,"priority":"urgent","sensitivity":"team"}
//! ```
//!
//! | field | there if | says |
//! |---|---|---|
//! | `id` | always | 0, 1, 2, … |
//! | `priority` | priorities are drawn | `bulk`, `normal` or `urgent` |
//! | `sensitivity` | sensitivities are drawn | `team`, `department`, `everyone` or the number of a level |
//! | `audience` | it is not for everybody | the nodes that may know it, and must in the end |
//!
//! The audience follows from the node that the element is given to, its sensitivity and
//! the [organisation](swelkie_nodes::strategies::hierarchy::organisation). It stands in the
//! value, so a program needs to know nothing of organisations to take part; one that has
//! its own idea of them and is wrong shows what it should not, or not what it should.

use std::fmt::Write as _;

use rand::RngExt;
use swelkie_checkers::set::Audiences;
use swelkie_nodes::NodeId;
use swelkie_nodes::strategies::hierarchy::{Organisation, Shape, Unit};
use swelkie_nodes::strategy::{Peer, Priority, Sensitivity};

use crate::workload::Turn;

/// Which labels elements get. See the module.
#[derive(Clone, Debug)]
pub struct Labels {
    /// What priorities are drawn from, each entry as often as any other; empty for none.
    pub priorities: Vec<Priority>,
    /// What sensitivities are drawn from; empty for none.
    pub sensitivities: Vec<Sensitivity>,
    /// Who is in which team.
    pub shape: Shape,
    /// The nodes' names.
    pub members: Vec<NodeId>,
}

impl Labels {
    /// Draws labels for the element of this number, adds it to the elements of the run and
    /// notes who is meant to get it.
    pub(crate) fn element(&self, id: u64, turn: &mut Turn, audiences: &mut Audiences) -> u32 {
        let priority = draw(&self.priorities, turn);
        let sensitivity = draw(&self.sensitivities, turn);
        let audience = sensitivity
            .map(|sensitivity| self.audience(turn.node, sensitivity))
            .filter(|unit| unit.range().len() < self.members.len());
        let text = self.text(id, priority, sensitivity, audience);
        let element = turn.elements.intern(&text).expect("an object");
        if let Some(priority) = priority {
            audiences.classify(element, priority.word());
        }
        if let Some(unit) = audience {
            audiences.limit(element, unit.range().map(|node| node as usize));
        }
        element
    }

    /// The figures' words for the elements' classes.
    pub(crate) fn classes(&self) -> Vec<&'static str> {
        let mut words: Vec<_> = self
            .priorities
            .iter()
            .map(|priority| priority.word())
            .collect();
        words.sort_unstable();
        words.dedup();
        words
    }

    fn audience(&self, origin: usize, sensitivity: Sensitivity) -> Unit {
        let organisation = Organisation::new(self.shape, self.members.len() as u32);
        organisation.audience(Peer(origin as u32), sensitivity)
    }

    fn text(
        &self,
        id: u64,
        priority: Option<Priority>,
        sensitivity: Option<Sensitivity>,
        audience: Option<Unit>,
    ) -> String {
        let mut text = format!("{{\"id\":{id}");
        if let Some(priority) = priority {
            let _ = write!(text, ",\"priority\":\"{}\"", priority.word());
        }
        match sensitivity {
            None => {}
            Some(Sensitivity::Level(level)) => {
                let _ = write!(text, ",\"sensitivity\":{level}");
            }
            Some(word) => {
                let _ = write!(text, ",\"sensitivity\":\"{word}\"");
            }
        }
        if let Some(unit) = audience {
            let names = &self.members[unit.first as usize..unit.end as usize];
            let names = serde_json::to_string(names).expect("names are strings");
            let _ = write!(text, ",\"audience\":{names}");
        }
        text.push('}');
        text
    }
}

fn draw<T: Copy>(all: &[T], turn: &mut Turn) -> Option<T> {
    (!all.is_empty()).then(|| all[turn.rng.random_range(0..all.len())])
}
