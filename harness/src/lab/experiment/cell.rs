//! One combination of conditions.

use std::sync::Arc;
use std::time::Duration;

use swelkie_nodes::Seed;
use swelkie_nodes::registry::{self, SpecError};
use swelkie_workloads::topology::{Shape, TopologyError};

use crate::faults::{self, Cluster as Roster, File};
use crate::lab::estimate::Target;
use crate::lab::measure::Figure;
use crate::lab::{Bounds, Broadcast, Conditions, Neighbourhoods, Origin, Watch};
use crate::network::Latency;
use crate::options::node_names;
use crate::units::exact_duration;

/// One combination of conditions.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The strategy and its parameters: `sample:fanout=7`.
    pub strategy: String,
    /// How many nodes.
    pub nodes: u32,
    /// Who is whose neighbour.
    pub topology: Shape,
    /// How long a message takes.
    pub latency: Latency,
    /// The probability that a message is lost.
    pub loss: f64,
    /// What else goes wrong: the name of the schedule and what it says.
    pub faults: Option<(String, Arc<File>)>,
    /// Where rumors start.
    pub origin: Origin,
    /// How many rumors.
    pub broadcasts: u32,
    /// The time from one to the next.
    pub every: Duration,
    /// When the first one starts.
    pub start: Duration,
    /// When a trial ends.
    pub until: Until,
    /// It also ends once nobody passed a rumor on for so long.
    pub idle: Option<Duration>,
    /// When it ends at the latest.
    pub horizon: Duration,
    /// The unit in which figures count rounds.
    pub round: Duration,
    /// Only for those with time: played when everything is asked for.
    pub full: bool,
    /// What tells this cell from the others of its experiment: names and values.
    pub labels: Vec<(String, String)>,
    /// What it is compared with.
    pub expect: Vec<Expectation>,
}

/// A figure that a cell is expected to show.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// Which.
    pub figure: Figure,
    /// What it should be.
    pub target: Target,
}

/// When a trial ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// When nothing is under way any more.
    Quiet,
    /// When everybody knows everything.
    Everybody,
}

/// Trials longer than this many messages and timers are storms.
const STORM: u64 = 200_000_000;

impl Cell {
    /// All that determines its trials, as one line: equal lines, equal trials.
    #[must_use]
    pub fn key(&self) -> String {
        let span = exact_duration;
        let faults = self.faults.as_ref();
        format!(
            "{} nodes={} topology={} latency={} loss={} faults={} origin={:?} broadcasts={} every={} start={} until={:?} idle={} horizon={} round={}",
            self.strategy,
            self.nodes,
            self.topology,
            self.latency,
            self.loss,
            faults.map_or(String::new(), |(_, file)| format!("{file:?}")),
            self.origin,
            self.broadcasts,
            span(self.every),
            span(self.start),
            self.until,
            self.idle.map_or(String::new(), span),
            span(self.horizon),
            span(self.round),
        )
    }

    /// The seed of trial number `trial`, from the experiment's.
    #[must_use]
    pub fn seed(&self, experiment: Seed, trial: u64) -> Seed {
        experiment.child(&self.key()).child(&trial.to_string())
    }

    /// Whether each trial has a topology of its own.
    #[must_use]
    pub fn is_random(&self) -> bool {
        matches!(
            self.topology,
            Shape::RandomRegular { .. } | Shape::SmallWorld { .. } | Shape::ScaleFree { .. }
        )
    }

    /// What its trials are like. `seed` is where a random topology and random faults come
    /// from.
    ///
    /// # Errors
    /// If the topology or the faults do not fit the cluster.
    pub fn conditions(&self, seed: Seed, watch: Watch) -> Result<Conditions, String> {
        let broadcasts = (0..self.broadcasts).map(|number| Broadcast {
            at: self.start + self.every * number,
            origin: self.origin,
            ..Broadcast::default()
        });
        let neighbours = match self.topology {
            Shape::Total => None,
            shape => {
                let mut rng = seed.fork("topology");
                let topology = shape.build(self.nodes as usize, &mut rng);
                let topology = topology.map_err(|error: TopologyError| error.to_string())?;
                Some(Arc::new(Neighbourhoods::from(&topology)))
            }
        };
        let faults = match &self.faults {
            None => None,
            Some((_, file)) => {
                let roster = Roster {
                    nodes: node_names(self.nodes as usize)
                        .iter()
                        .map(|name| name.as_str().into())
                        .collect(),
                    services: Vec::new(),
                    time_limit: self.horizon,
                };
                let plan = faults::resolve(file, &roster, seed.child("faults"));
                Some(Arc::new(plan.map_err(|mistakes| mistakes.to_string())?))
            }
        };
        Ok(Conditions {
            neighbours,
            broadcasts: broadcasts.collect(),
            loss: self.loss,
            faults,
            bounds: Bounds {
                horizon: self.horizon,
                events: STORM,
                until_everybody: self.until == Until::Everybody,
                idle: self.idle,
            },
            watch,
            ..Conditions::new(self.nodes, self.latency)
        })
    }

    /// Checks that it can be played.
    ///
    /// # Errors
    /// If there is no such strategy, or the topology or the faults do not fit.
    pub fn check(&self) -> Result<(), String> {
        struct Nothing;
        impl registry::Visitor for Nothing {
            type Output = ();
            fn visit<S: swelkie_nodes::strategy::Strategy>(self, _config: S::Config) {}
        }
        registry::visit(&self.strategy, Nothing).map_err(|error: SpecError| error.to_string())?;
        self.conditions(Seed(0), Watch::default()).map(drop)
    }
}
