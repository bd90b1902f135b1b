use rand_distr::{Binomial, Distribution};
use swelkie_nodes::Seed;

use super::*;
use crate::lab::theory::{Forwarding, everybody, threshold_fixed};

fn search(ladder: &[f64], goal: Goal, seed: u64) -> Outcome {
    let mut rng = Seed(seed).rng();
    Search::new(goal, ladder.len()).run(|candidate, trials| {
        Binomial::new(trials, ladder[candidate])
            .expect("a share")
            .sample(&mut rng)
    })
}

#[test]
fn dbg_table() {
    for n in [5u64, 10, 25, 100, 1000] {
        let ladder: Vec<f64> = (1..n.min(64))
            .map(|f| everybody(n, Forwarding::Fixed(f), 0.0).0.clamp(0.0, 1.0))
            .collect();
        for target in [0.99, 0.999] {
            for confidence in [Confidence::P95, Confidence::P999] {
                let mut sum = 0;
                let mut right = 0;
                let mut none = 0;
                for seed in 0..20 {
                    let goal = Goal {
                        target,
                        confidence,
                        budget: 10_000_000,
                    };
                    let o = search(&ladder, goal, seed);
                    sum += o.trials();
                    match o.single() {
                        None => none += 1,
                        Some(v) => {
                            if v as u64 + 1 == threshold_fixed(n, target, 0.0).unwrap().value {
                                right += 1
                            }
                        }
                    }
                    if seed == 0 {
                        println!("{:?}", o);
                    }
                }
                println!(
                    "{n} {target} {confidence} mean trials {} right {right} none {none}",
                    sum / 20
                );
            }
        }
    }
}
