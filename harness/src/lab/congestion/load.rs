//! A queue as part of an experiment: under which load does it congest?

use std::io::{self, Write};

use swelkie_nodes::Seed;

use super::{Arrivals, Estimate, Queue, Waits};
use crate::lab::estimate::{Agreement, number};
use crate::lab::table::{align, empty, verdict};

/// A queue, how long it is simulated, and what is claimed of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    /// What tells its server from others.
    pub label: String,
    /// The queue.
    pub queue: Queue,
    /// How many requests of it.
    pub requests: usize,
    /// Whether it is claimed to congest.
    pub congests: Option<bool>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The load.
    pub load: Load,
    /// What requests waited.
    pub waits: Waits,
}

impl Load {
    /// Simulates it.
    #[must_use]
    pub fn simulate(&self, seed: Seed) -> Loaded {
        Loaded {
            waits: self.queue.simulate(self.requests, seed),
            load: self.clone(),
        }
    }
}

impl Loaded {
    /// Whether it congests: requests wait longer for the lock, on average, than they hold it.
    /// None if the interval does not tell.
    #[must_use]
    pub fn congests(&self) -> Option<bool> {
        let (wait, held) = (self.waits.mean, self.load.queue.service.mean());
        match () {
            () if self.waits.utilisation >= 1.0 || wait.low > held => Some(true),
            () if wait.high <= held => Some(false),
            () => None,
        }
    }

    /// How the simulated mean stands to the exact one, if there is one: for requests that
    /// come at random and a lock that is not always held.
    #[must_use]
    pub fn judge_mean(&self) -> Option<Agreement> {
        let exact = self
            .waits
            .predicted
            .filter(|_| self.load.queue.arrivals == Arrivals::Poisson)?;
        let Estimate { low, high, .. } = self.waits.mean;
        Some(if (low..=high).contains(&exact) {
            Agreement::Agrees
        } else {
            let (exact, low, high) = (span(exact), span(low), span(high));
            Agreement::Misses(format!("{exact} is not in {low}…{high}"))
        })
    }

    /// Whether the claim holds, if there is one.
    #[must_use]
    pub fn judge_claim(&self) -> Option<Agreement> {
        let claim = self.load.congests?;
        Some(match self.congests() {
            Some(found) if found == claim => Agreement::Agrees,
            Some(true) => Agreement::Misses("it congests".to_owned()),
            Some(false) => Agreement::Misses("it does not congest".to_owned()),
            None => Agreement::Undecided("more requests would tell".to_owned()),
        })
    }
}

/// A table, a row for each queue.
#[must_use]
pub fn table(loads: &[Loaded]) -> String {
    let mut table = empty();
    table.set_header([
        "lock",
        "requests/s",
        "come",
        "held",
        "mean wait (99.9%)",
        "p99 wait",
        "exact mean",
        "",
        "congests",
        "expected",
        "",
    ]);
    for loaded in loads {
        let Loaded { load, waits } = loaded;
        let come = match load.queue.arrivals {
            Arrivals::Poisson => "at random",
            Arrivals::Uniform => "evenly",
        };
        let yes = |yes: bool| if yes { "yes" } else { "no" };
        let judged =
            |agreement: Option<Agreement>| agreement.as_ref().map_or(String::new(), verdict);
        table.add_row([
            load.label.clone(),
            load.queue.rate.to_string(),
            come.to_owned(),
            format!("{}%", number(waits.utilisation * 100.0, 3)),
            format!(
                "{} [{}, {}]",
                span(waits.mean.mean),
                span(waits.mean.low.max(0.0)),
                span(waits.mean.high)
            ),
            span(waits.p99.mean),
            waits.predicted.map_or("–".to_owned(), span),
            judged(loaded.judge_mean()),
            loaded.congests().map_or("?", yes).to_owned(),
            load.congests.map_or("", yes).to_owned(),
            judged(loaded.judge_claim()),
        ]);
    }
    align(&mut table, 1);
    table.to_string()
}

/// Writes all queues as CSV, a line each; waits in seconds.
///
/// # Errors
/// If `out` does not take it.
pub fn csv(loads: &[Loaded], out: impl Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record([
        "lock",
        "rate",
        "arrivals",
        "utilisation",
        "mean",
        "mean_low",
        "mean_high",
        "p99",
        "exact_mean",
    ])?;
    for Loaded { load, waits } in loads {
        let arrivals = match load.queue.arrivals {
            Arrivals::Poisson => "random",
            Arrivals::Uniform => "even",
        };
        let exact = waits.predicted;
        csv.write_record([
            load.label.clone(),
            load.queue.rate.to_string(),
            arrivals.to_owned(),
            waits.utilisation.to_string(),
            waits.mean.mean.to_string(),
            waits.mean.low.to_string(),
            waits.mean.high.to_string(),
            waits.p99.mean.to_string(),
            exact.map_or(String::new(), |exact| exact.to_string()),
        ])?;
    }
    csv.flush()
}

/// Seconds as people read them: `0.42 us`, `1.3 ms`, `2.1 s`.
fn span(seconds: f64) -> String {
    let (value, unit) = match seconds {
        s if s >= 1.0 => (s, "s"),
        s if s >= 1e-3 => (s * 1e3, "ms"),
        s => (s * 1e6, "µs"),
    };
    format!("{} {unit}", number(value, 3))
}
