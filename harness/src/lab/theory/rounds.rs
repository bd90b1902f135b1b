//! Rounds until everybody knows, where nobody ever loses interest (SI), exactly.
//!
//! In every round each node calls one uniform other: the informed tell (push), the
//! ignorant ask (pull), or both. The number of informed nodes is a Markov chain that only grows, so
//! the expected rounds h(i) from i informed follow backwards from h(n) = 0:
//!
//! ```text
//!   h(i) = 1 + Σ P(i → i + m) h(i + m),   m = 0 moved to the left
//! ```

use super::Method;
use super::pmf::Pmf;
use super::rumor::Contact;

/// Up to here [`expected`] computes exactly what push takes (and push-pull): some seconds in
/// an optimized build. The cost grows with n².
pub const EXACT_PUSH: usize = 2_000;

/// Up to here [`expected`] computes exactly what pull takes; the cost grows with n^1.5.
pub const EXACT_PULL: usize = 100_000;

/// Expected rounds until all `n` nodes know what one knew; beyond what is affordable the
/// formula for push, and nothing for the others.
#[must_use]
pub fn expected(n: usize, contact: Contact) -> Option<(f64, Method)> {
    let exact_up_to = match contact {
        Contact::Pull => EXACT_PULL,
        Contact::Push | Contact::PushPull => EXACT_PUSH,
    };
    if n <= exact_up_to {
        return Some((exactly(n, contact), Method::Exact));
    }
    (contact == Contact::Push).then(|| (push(n as f64), Method::Approximate))
}

/// log₂ n + ln n + 1.1: the growing half and the dying half of a push epidemic.
///
/// B. Pittel, "On spreading a rumor", SIAM J. Appl. Math. 47 (1987), p. 213: log₂ n + ln n + O(1);
/// the constant is that of the exact values.
#[must_use]
pub fn push(n: f64) -> f64 {
    n.log2() + n.ln() + 1.1
}

/// The chain, whatever it costs.
#[must_use]
pub fn exactly(n: usize, contact: Contact) -> f64 {
    if n < 2 {
        return 0.0;
    }
    let called = match contact {
        Contact::Pull => Vec::new(),
        Contact::Push | Contact::PushPull => called_by(n),
    };
    let mut rounds = vec![0.0; n + 1];
    for informed in (1..n).rev() {
        let gain = match contact {
            Contact::Pull => pulled(n, n - informed, informed),
            Contact::Push => pushed(n, informed, &called[informed]),
            Contact::PushPull => both(n, informed, &called[informed]),
        };
        let (mut staying, mut later) = (0.0, 0.0);
        for (new, p) in gain.iter() {
            if new == 0 {
                staying += p;
            } else {
                later += p * rounds[informed + new];
            }
        }
        rounds[informed] = (1.0 + later) / (1.0 - staying);
    }
    rounds[1]
}

/// For each number of callers how many different nodes they call. To each caller the others are
/// n − 1 cells; for the ignorant ones, whom nobody is barred from calling, these are the same.
fn called_by(n: usize) -> Vec<Pmf> {
    let cells = (n - 1) as f64;
    let mut all = vec![Pmf::certain(0)];
    for _ in 1..n {
        let last = all.last().expect("it begins with one");
        let mut weights = vec![0.0; last.weights.len() + 1];
        for (index, (different, p)) in last.iter().enumerate() {
            let again = different as f64 / cells;
            weights[index] += p * again;
            weights[index + 1] += p * (1.0 - again);
        }
        let first = last.first;
        all.push(Pmf { first, weights }.pruned());
    }
    all
}

/// Newly informed by pushes: the ignorant among the nodes called.
fn pushed(n: usize, informed: usize, called: &Pmf) -> Pmf {
    let ignorant = n - informed;
    let mut weights = vec![0.0; ignorant + 1];
    for (different, p) in called.iter() {
        for (new, q) in Pmf::hypergeometric(n - 1, ignorant, different).iter() {
            weights[new] += p * q;
        }
    }
    Pmf { first: 0, weights }.pruned()
}

/// Newly informed by asking: each of `asking` calls an informed one or not.
fn pulled(n: usize, asking: usize, informed: usize) -> Pmf {
    Pmf::binomial(asking, informed as f64 / (n - 1) as f64)
}

/// Newly informed by pushes, and by asking among those not pushed to.
fn both(n: usize, informed: usize, called: &Pmf) -> Pmf {
    let ignorant = n - informed;
    let mut weights = vec![0.0; ignorant + 1];
    for (told, p) in pushed(n, informed, called).iter() {
        for (asked, q) in pulled(n, ignorant - told, informed).iter() {
            weights[told + asked] += p * q;
        }
    }
    Pmf { first: 0, weights }.pruned()
}
