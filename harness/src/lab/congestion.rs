//! One server and a queue before it: what a lock that everybody needs comes to.
//!
//! ```text
//!   requests of all nodes ─► │││ ─► the one who holds the lock ─► answered
//!                           wait        service
//! ```
//!
//! The queue is simulated in virtual time, request by request (Lindley 1952: the next one
//! waits as long as the one before waited and was served, less the time between the two
//! arrivals). Beside it stands the exact mean for requests that come at random,
//! E\[W\] = λ·E\[S²\] / 2(1 − λ·E\[S\]) (Pollaczek 1930, Khinchine 1932; Kleinrock, *Queueing
//! Systems* I, 5.66). Above a utilisation of 1 there is none: the queue grows for ever.
//!
//! Pure; a seed gives the same numbers every time.

mod load;

use std::time::Duration;

use rand::RngExt as _;
use swelkie_nodes::{Rng, Seed};

pub use load::{Load, Loaded, csv, table};

/// How requests come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrivals {
    /// At random: a Poisson process, as from very many independent clients.
    Poisson,
    /// With intervals uniform between none and twice the mean, as the harness invokes
    /// operations: waits are shorter than at random.
    Uniform,
}

/// How long the lock is held.
#[derive(Clone, Debug, PartialEq)]
pub enum Service {
    /// Always this long.
    Constant(Duration),
    /// Exponential with this mean.
    Exponential(Duration),
    /// Drawn from what was measured; must not be empty.
    Measured(Vec<Duration>),
}

/// A queue before one server.
#[derive(Clone, Debug, PartialEq)]
pub struct Queue {
    /// Requests per second of all nodes together; above 0.
    pub rate: f64,
    /// How they come.
    pub arrivals: Arrivals,
    /// How long each is served.
    pub service: Service,
}

/// A mean over replications with its 99.9% interval (Student), in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// What requests of a simulated queue waited for the lock, not counting their service.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Waits {
    /// The share of the time in which the lock is held; from 1 on the queue never ends.
    pub utilisation: f64,
    /// The mean wait.
    pub mean: Estimate,
    /// The wait that one in a hundred exceeds.
    pub p99: Estimate,
    /// The exact mean for Poisson arrivals, in seconds; none from utilisation 1 on.
    pub predicted: Option<f64>,
}

/// How often a queue is simulated.
const REPLICATIONS: usize = 30;
/// Student's t for 29 degrees of freedom, two-sided 99.9%.
const STUDENT: f64 = 3.659;

impl Service {
    /// The mean, in seconds.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.moment(1)
    }

    /// The mean of the `power`th power (1 or 2), in seconds to that power.
    fn moment(&self, power: i32) -> f64 {
        match self {
            Service::Constant(span) => span.as_secs_f64().powi(power),
            Service::Exponential(mean) => f64::from(power) * mean.as_secs_f64().powi(power),
            Service::Measured(spans) => {
                let powers = spans.iter().map(|span| span.as_secs_f64().powi(power));
                powers.sum::<f64>() / spans.len() as f64
            }
        }
    }

    fn draw(&self, rng: &mut Rng) -> f64 {
        match self {
            Service::Constant(span) => span.as_secs_f64(),
            Service::Exponential(mean) => exponential(rng) * mean.as_secs_f64(),
            Service::Measured(spans) => spans[rng.random_range(0..spans.len())].as_secs_f64(),
        }
    }
}

impl Queue {
    /// The share of the time in which the server is busy, if that is below 1.
    #[must_use]
    pub fn utilisation(&self) -> f64 {
        self.rate * self.service.mean()
    }

    /// The rate at which utilisation is 1, per second.
    #[must_use]
    pub fn capacity(&self) -> f64 {
        1.0 / self.service.mean()
    }

    /// The exact mean wait for Poisson arrivals, in seconds; none from utilisation 1 on.
    #[must_use]
    pub fn pollaczek_khinchine(&self) -> Option<f64> {
        let busy = self.utilisation();
        (busy < 1.0).then(|| self.rate * self.service.moment(2) / (2.0 * (1.0 - busy)))
    }

    /// Simulates so many requests 30 times over, each after a tenth as many that are not
    /// counted, beginning with nobody waiting. From utilisation 1 on the waits are those of
    /// so many requests and of no longer run.
    #[must_use]
    pub fn simulate(&self, requests: usize, seed: Seed) -> Waits {
        let (mut means, mut tails) = (Vec::new(), Vec::new());
        for replication in 0..REPLICATIONS {
            let mut rng = seed.child(&replication.to_string()).fork("queue");
            let waits = self.waits(requests, &mut rng);
            means.push(waits.iter().sum::<f64>() / waits.len() as f64);
            tails.push(waits[(waits.len() - 1) * 99 / 100]);
        }
        Waits {
            utilisation: self.utilisation(),
            mean: Estimate::of(&means),
            p99: Estimate::of(&tails),
            predicted: self.pollaczek_khinchine(),
        }
    }

    /// The waits of one replication, ascending, in seconds.
    fn waits(&self, requests: usize, rng: &mut Rng) -> Vec<f64> {
        let warm_up = requests / 10;
        let mut waits = Vec::with_capacity(requests);
        let mut wait = 0.0_f64;
        for request in 0..warm_up + requests.max(1) {
            if request >= warm_up {
                waits.push(wait);
            }
            let interval = match self.arrivals {
                Arrivals::Poisson => exponential(rng),
                Arrivals::Uniform => 2.0 * rng.random::<f64>(),
            };
            wait = (wait + self.service.draw(rng) - interval / self.rate).max(0.0);
        }
        waits.sort_by(f64::total_cmp);
        waits
    }
}

impl Estimate {
    fn of(values: &[f64]) -> Estimate {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let half = STUDENT * (squares / (count - 1.0) / count).sqrt();
        Estimate {
            mean,
            low: mean - half,
            high: mean + half,
        }
    }
}

/// Exponential with mean 1.
fn exponential(rng: &mut Rng) -> f64 {
    -(1.0 - rng.random::<f64>()).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn queue(rate: f64, arrivals: Arrivals, service: Service) -> Queue {
        Queue {
            rate,
            arrivals,
            service,
        }
    }

    #[test]
    fn the_simulated_mean_is_the_exact_one_for_every_kind_of_service() {
        let services = [
            Service::Constant(MS),
            Service::Exponential(MS),
            Service::Measured(vec![MS / 2, MS / 2, MS / 2, 5 * MS / 2]),
        ];
        for service in services {
            for rate in [100.0, 500.0, 800.0] {
                let queue = queue(rate, Arrivals::Poisson, service.clone());
                let waits = queue.simulate(40_000, Seed(7));
                let exact = queue.pollaczek_khinchine().expect("below 1");
                assert!(
                    waits.mean.low <= exact && exact <= waits.mean.high,
                    "{queue:?}: {exact} is not in {waits:?}"
                );
                assert_eq!(waits.predicted, Some(exact));
            }
        }
    }

    #[test]
    fn textbook_values_come_out_exactly() {
        let constant = queue(500.0, Arrivals::Poisson, Service::Constant(MS));
        let exact = constant.pollaczek_khinchine().expect("below 1");
        assert!((exact - 0.5e-3).abs() < 1e-12, "{exact}"); // ρ/2(1−ρ) services
        let random = queue(500.0, Arrivals::Poisson, Service::Exponential(MS));
        let exact = random.pollaczek_khinchine().expect("below 1");
        assert!((exact - 1e-3).abs() < 1e-12, "{exact}"); // ρ/(1−ρ) services
        // M/M/1: P(W > t) = ρ·exp(−(1−ρ)·t/E[S]), so p99 = ln(50)/0.5 services.
        let waits = random.simulate(40_000, Seed(1));
        let exact = 50_f64.ln() / 0.5 * 1e-3;
        assert!(
            waits.p99.low <= exact && exact <= waits.p99.high,
            "{waits:?}"
        );
    }

    #[test]
    fn from_utilisation_1_on_waits_grow_with_the_length_of_the_run() {
        let full = queue(1100.0, Arrivals::Uniform, Service::Constant(MS));
        assert_eq!(full.pollaczek_khinchine(), None);
        let wait = |requests| full.simulate(requests, Seed(3)).mean.mean;
        assert!(wait(40_000) > 8.0 * wait(4_000));
        assert!((full.capacity() - 1000.0).abs() < 1e-9);
    }

    #[test]
    fn requests_that_come_more_evenly_wait_less_and_a_seed_repeats_itself() {
        let at = |arrivals| queue(800.0, arrivals, Service::Constant(MS)).simulate(10_000, Seed(5));
        assert!(at(Arrivals::Uniform).mean.high < at(Arrivals::Poisson).mean.low);
        assert_eq!(at(Arrivals::Poisson), at(Arrivals::Poisson));
    }
}
