#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![allow(missing_docs)]
mod bare;
use std::time::{Duration, Instant};
use swelkie::lab::*;
use swelkie::network::Latency;
use swelkie_nodes::Seed;
use swelkie_nodes::registry::{self, Visitor};
use swelkie_nodes::strategy::Strategy;

struct Make<'a>(&'a Conditions);
impl Visitor for Make<'_> {
    type Output = Box<dyn FnMut(Seed) -> Trial>;
    fn visit<S: Strategy + 'static>(self, config: S::Config) -> Self::Output {
        let mut cluster = AnyCluster::<S>::new(config, self.0);
        Box::new(move |seed| cluster.run(seed).clone())
    }
}
struct Many<'a>(&'a Conditions, u64);
impl Visitor for Many<'_> {
    type Output = f64;
    fn visit<S: Strategy + 'static>(self, config: S::Config) -> f64 {
        let mut cluster = AnyCluster::<S>::new(config, self.0);
        let mut all = 0u64;
        for seed in 0..1000 {
            all += u64::from(cluster.run(Seed(seed)).everybody());
        }
        let clock = Instant::now();
        for seed in 0..self.1 {
            all += u64::from(cluster.run(Seed(seed)).everybody());
        }
        std::hint::black_box(all);
        self.1 as f64 / clock.elapsed().as_secs_f64()
    }
}
fn time(f: impl FnOnce() -> u32) -> f64 {
    let c = Instant::now();
    std::hint::black_box(f());
    c.elapsed().as_secs_f64()
}
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let part = args.get(1).map_or("all", |s| s.as_str());
    let constant = Latency::constant(Duration::from_millis(100));
    let exponential = Latency::exponential(Duration::from_millis(100));
    if part == "sr" || part == "se" {
        let c = Conditions::new(25, if part == "sr" { constant } else { exponential });
        registry::visit("sample:fanout=7", Many(&c, 100_000)).unwrap();
        return;
    }
    if part == "br" || part == "be" {
        let c = Conditions::new(300_000, if part == "br" { constant } else { exponential });
        let mut ours = registry::visit("sample:fanout=20", Make(&c)).unwrap();
        for turn in 0..3 {
            println!("{}", time(|| ours(Seed(turn)).rumors[0].reached));
        }
        return;
    }
    if part == "bbr" || part == "bbe" {
        for turn in 0..3 {
            println!(
                "{}",
                time(|| if part == "bbr" {
                    bare::rounds(300_000, 20, turn)
                } else {
                    bare::exponential(300_000, 20, turn)
                })
            );
        }
        return;
    }
    if part == "bsr" || part == "bse" {
        let mut rng = Seed(1).rng();
        let mut heap = Default::default();
        let mut s = 0;
        for _ in 0..100_000 {
            s += if part == "bsr" {
                bare::small_rounds(25, 7, &mut rng)
            } else {
                bare::small_exponential(25, 7, &mut rng, &mut heap)
            };
        }
        std::hint::black_box(s);
        return;
    }
    if part != "big" {
        for turn in 0..3u64 {
            let mut rng = Seed(turn).rng();
            let c = Instant::now();
            let mut s = 0;
            for _ in 0..200_000 {
                s += bare::small_rounds(25, 7, &mut rng);
            }
            std::hint::black_box(s);
            let bare_r = 2e5 / c.elapsed().as_secs_f64();
            let mut heap = Default::default();
            let c = Instant::now();
            let mut s = 0;
            for _ in 0..50_000 {
                s += bare::small_exponential(25, 7, &mut rng, &mut heap);
            }
            std::hint::black_box(s);
            let bare_e = 5e4 / c.elapsed().as_secs_f64();
            let ours_r = registry::visit(
                "sample:fanout=7",
                Many(&Conditions::new(25, constant), 200_000),
            )
            .unwrap();
            let ours_e = registry::visit(
                "sample:fanout=7",
                Many(&Conditions::new(25, exponential), 50_000),
            )
            .unwrap();
            println!(
                "n=25 rounds bare {:.0}k ours {:.0}k | exp bare {:.0}k ours {:.0}k",
                bare_r / 1e3,
                ours_r / 1e3,
                bare_e / 1e3,
                ours_e / 1e3
            );
        }
    }
    if part == "small" {
        return;
    }
    for (n, f) in [(100_000u32, 17usize), (1_000_000, 20)] {
        let spec = format!("sample:fanout={f}");
        for (name, latency) in [("rounds", constant), ("exp", exponential)] {
            let mut ours = registry::visit(&spec, Make(&Conditions::new(n, latency))).unwrap();
            for turn in 0..2 {
                let bare = time(|| {
                    if name == "rounds" {
                        bare::rounds(n, f, turn)
                    } else {
                        bare::exponential(n, f, turn)
                    }
                });
                let mine = time(|| ours(Seed(turn)).rumors[0].reached);
                println!(
                    "n={n} {name} bare {bare:.3} ours {mine:.3} ratio {:.2}",
                    mine / bare
                );
            }
        }
    }
}
