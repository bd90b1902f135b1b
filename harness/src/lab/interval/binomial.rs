//! Binomial probabilities and their inverses, to near machine precision for counts up to 10⁹.
//!
//! Library routines for the incomplete beta function stop their continued fraction after
//! a fixed number of steps and subtract logarithms of gamma functions, which leaves few
//! digits at 10⁹ trials; here the probability comes from Loader's saddle-point form and
//! the fraction runs until it has converged.

/// ln P(X = k) for X binomial(n, p).
///
/// C. Loader, "Fast and accurate computation of binomial probabilities" (2000), p. 3.
pub fn ln_pmf(k: u64, n: u64, p: f64) -> f64 {
    ln_pmf_complement(k, n, p, 1.0 - p)
}

/// The same with `q` = 1 − p given apart, for `p` so near 1 that the difference says more.
fn ln_pmf_complement(k: u64, n: u64, p: f64, q: f64) -> f64 {
    let (kf, nf, mf) = (k as f64, n as f64, (n - k) as f64);
    if k == 0 {
        return if n == 0 { 0.0 } else { nf * ln_share(q, p) };
    }
    if k == n {
        return nf * ln_share(p, q);
    }
    if p <= 0.0 || q <= 0.0 {
        return f64::NEG_INFINITY;
    }
    let corrections = stirling_error(n) - stirling_error(k) - stirling_error(n - k);
    let deviance = deviance(kf, nf * p) + deviance(mf, nf * q);
    let scale = 0.5 * (nf / (std::f64::consts::TAU * kf * mf)).ln();
    corrections - deviance + scale
}

/// ln of a share whose complement is known: precise near 1 as well.
fn ln_share(share: f64, complement: f64) -> f64 {
    if complement < 0.5 {
        (-complement).ln_1p()
    } else {
        share.ln()
    }
}

/// ln n! − [n ln n − n + ½ ln 2πn]: what Stirling's formula leaves out.
fn stirling_error(n: u64) -> f64 {
    let x = n as f64;
    if n < 16 {
        let factorial: f64 = (1..=n).map(|i| i as f64).product();
        return factorial.ln() - (x * x.ln() - x + 0.5 * (std::f64::consts::TAU * x).ln());
    }
    let s = 1.0 / (x * x);
    (1.0 / 12.0 - s * (1.0 / 360.0 - s * (1.0 / 1260.0 - s * (1.0 / 1680.0 - s / 1188.0)))) / x
}

/// x ln(x/m) + m − x without cancellation where x is near m.
fn deviance(x: f64, m: f64) -> f64 {
    if (x - m).abs() >= 0.1 * (x + m) {
        return x * (x / m).ln() + m - x;
    }
    let v = (x - m) / (x + m);
    let mut sum = (x - m) * v;
    let mut term = 2.0 * x * v;
    for j in 1..1000 {
        term *= v * v;
        let next = sum + term / f64::from(2 * j + 1);
        if next.to_bits() == sum.to_bits() {
            break;
        }
        sum = next;
    }
    sum
}

/// ln P(X ≥ k) for X binomial(n, p), for 0 < k ≤ n and `p` below k/n.
///
/// Continued fraction of the incomplete beta function I_p(k, n−k+1), DLMF 8.17.22,
/// evaluated by Lentz's method; its steps grow as √n.
fn ln_upper_tail(k: u64, n: u64, p: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let (a, b) = (k as f64, (n - k) as f64 + 1.0);
    let away_from_zero = |x: f64| if x.abs() < TINY { TINY } else { x };
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * p / (a + 1.0));
    let mut fraction = d;
    for m in 1..10_000_000_u32 {
        let m = f64::from(m);
        let even = m * (b - m) * p / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * p / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut factor = 1.0;
        for coefficient in [even, odd] {
            d = 1.0 / away_from_zero(1.0 + coefficient * d);
            c = away_from_zero(1.0 + coefficient / c);
            factor = c * d;
            fraction *= factor;
        }
        if (factor - 1.0).abs() < 1e-15 {
            break;
        }
    }
    ln_pmf(k, n, p) + (-p).ln_1p() + fraction.ln()
}

/// The `p` at which P(X ≥ k) falls to `tail`: the lower Clopper-Pearson limit.
pub fn lower_limit(k: u64, n: u64, tail: f64) -> f64 {
    if k == 0 {
        return 0.0;
    }
    let (kf, nf) = (k as f64, n as f64);
    if k == n {
        return (tail.ln() / nf).exp();
    }
    falling_below(kf / nf, |p| {
        let tail_here = ln_upper_tail(k, n, p);
        let slope = (kf / p).ln() + ln_pmf(k, n, p) - tail_here;
        (tail_here - tail.ln(), slope.exp())
    })
}

/// The `p` below k/n at which ln P(X = k) falls to `floor`.
pub fn lower_level(k: u64, n: u64, floor: f64) -> f64 {
    if k == 0 {
        return 0.0;
    }
    let (kf, nf) = (k as f64, n as f64);
    if k == n {
        return (floor / nf).exp();
    }
    falling_below(kf / nf, |p| {
        (ln_pmf(k, n, p) - floor, (kf - nf * p) / (p * (1.0 - p)))
    })
}

/// The root in (0, `top`) of an increasing function that is positive near `top`: Newton's
/// steps in ln p, halving wherever one would leave the bracket.
fn falling_below(top: f64, value_and_slope: impl Fn(f64) -> (f64, f64)) -> f64 {
    let (mut low, mut high) = (0.0, top);
    // Positive functions of small counts reach far down: begin well inside.
    let mut p = top / 2.0;
    for _ in 0..200 {
        let (value, slope) = value_and_slope(p);
        if value < 0.0 {
            low = p;
        } else {
            high = p;
        }
        let newton = p * (-value / (slope * p)).clamp(-30.0, 30.0).exp();
        let next = if newton > low && newton < high {
            newton
        } else if low > 0.0 {
            f64::midpoint(low, high)
        } else {
            high / 16.0
        };
        if (next - p).abs() <= 4.0 * f64::EPSILON * p {
            return next;
        }
        p = next;
    }
    p
}
