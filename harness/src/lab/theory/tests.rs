use super::rumor::Contact;
use super::*;
use std::time::Instant;
#[test]
#[allow(clippy::disallowed_methods)]
fn dbg_all() {
    let time = |label: &str, f: &mut dyn FnMut() -> String| {
        let t = Instant::now();
        let s = f();
        println!("{label}: {s}  [{:?}]", t.elapsed());
    };
    let big = std::env::var("BIG").is_ok();
    for n in [5u64, 10, 25, 100, 1000, 10_000, 100_000] {
        if n == 10_000 && !big {
            continue;
        }
        for t in [0.99, 0.999] {
            time(&format!("fixed {n} {t}"), &mut || {
                format!("{:?}", threshold_fixed(n, t, 0.0))
            });
            time(&format!("bern {n} {t}"), &mut || {
                format!(
                    "{:?} formula {}",
                    threshold_bernoulli(n, t, 0.0),
                    limits::probability_for(n, t)
                )
            });
        }
    }
    for (n, f) in [(25u64, 9u64), (1000, 14)] {
        for loss in [0.0, 0.05, 0.1, 0.2] {
            time(&format!("loss {n} {f} {loss}"), &mut || {
                format!(
                    "{:?} formula {}",
                    everybody(n, Forwarding::Fixed(f), loss),
                    limits::everybody(n, f as f64 / (n - 1) as f64 * (1.0 - loss))
                )
            });
        }
    }
    for c in [-1.0, 0.0, 1.0, 2.0, 3.0] {
        let m = 1000f64.ln() + c;
        println!(
            "c {c} bern n-1 {:?} n {:?} limit {}",
            everybody(1000, Forwarding::Bernoulli(m / 999.0), 0.0).0,
            everybody(1000, Forwarding::Bernoulli(m / 1000.0), 0.0).0,
            limits::everybody_at_surplus(c)
        );
    }
    for n in [5, 10, 25] {
        println!(
            ".63 {n} {:?}",
            everybody(n, Forwarding::Bernoulli(0.63), 0.0)
        );
    }
    println!(
        "f3 n5 {:?} {}",
        everybody(5, Forwarding::Fixed(3), 0.0),
        63.0 / 64.0
    );
    for f in [1.0, 2.0, 3.0, 4.0, 5.0] {
        println!("cov {f} {}", limits::coverage(f));
    }
    for p in [0.63, 0.8, 0.9, 0.95, 0.99] {
        println!(
            "grid {p} {:?} tree {}",
            sparse::percolation(&sparse::Graph::grid(5, 5), 0, p),
            sparse::everybody_on_tree(25, p)
        );
    }
    for k in 1..=5 {
        println!(
            "coin {k} {}",
            rumor::residue_with_feedback_and_coin(k as f64)
        );
    }
    for n in [100, 1000, 10_000, 100_000] {
        for c in [Contact::Push, Contact::Pull, Contact::PushPull] {
            if n >= 10_000 && (!big || (n == 100_000 && c != Contact::Pull)) {
                continue;
            }
            time(&format!("rounds {n} {c:?}"), &mut || {
                format!("{}", rounds::exactly(n, c))
            });
        }
        println!("formula {}", rounds::push(n as f64));
    }
}
