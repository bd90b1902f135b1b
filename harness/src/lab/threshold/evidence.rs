//! How strongly trials of one candidate speak against "below the target" or "not below".

use crate::lab::interval::{Confidence, Proportion};

/// Distances from the target, in logits, of the alternatives that evidence is weighed by: halving
/// from here, so that whatever the truth is, one is near it.
const FARTHEST: f64 = 4.0;
const ALTERNATIVES: i32 = 10;

/// The part of each bet that is kept back: a candidate whose trials say nothing then costs
/// others at most this factor of their evidence.
const KEPT: f64 = 0.5;

/// Likelihood ratios of alternatives to the target.
///
/// For p₁ above the target t the ratio (p₁/t)^successes ((1−p₁)/(1−t))^failures is, at every share up to t, a
/// supermartingale in the number of trials; likewise below. So is a mixture of such ratios.
#[derive(Clone, Debug)]
pub struct Evidence {
    above: Vec<Ratio>,
    below: Vec<Ratio>,
}

/// ln(p₁/t) and ln((1−p₁)/(1−t)).
#[derive(Clone, Copy, Debug)]
struct Ratio {
    success: f64,
    failure: f64,
}

impl Evidence {
    /// Evidence about a target strictly between 0 and 1.
    pub fn about(target: f64) -> Evidence {
        let at = |distance: f64| {
            // Alternative: logit(target) + distance, written without cancellation near 0 and 1.
            let odds = target / (1.0 - target) * distance.exp();
            Ratio {
                success: (odds / (1.0 + odds) / target).ln(),
                failure: -((1.0 + odds) * (1.0 - target)).ln(),
            }
        };
        let distances = || (0..ALTERNATIVES).map(|i| FARTHEST / 2.0_f64.powi(i));
        Evidence {
            above: distances().map(at).collect(),
            below: distances().map(|distance| at(-distance)).collect(),
        }
    }

    /// ln of the evidence against "this share is below the target".
    pub fn of_enough(&self, seen: Proportion) -> f64 {
        mixture(&self.above, seen)
    }

    /// ln of the evidence against "this share reaches the target".
    pub fn of_too_few(&self, seen: Proportion) -> f64 {
        mixture(&self.below, seen)
    }

    /// ln of the evidence at which a threshold is refuted: 1 / (1 − confidence).
    pub fn ln_to_refute_alone(&self, confidence: Confidence) -> f64 {
        -confidence.miss().ln()
    }

    /// ln of the likelihood ratio that the best alternative needs to refute by itself.
    pub fn ln_to_refute(&self, confidence: Confidence) -> f64 {
        self.ln_to_refute_alone(confidence) + f64::from(ALTERNATIVES).ln() - (1.0 - KEPT).ln()
    }
}

/// ln of the mixture, the largest term taken out so that nothing overflows.
fn mixture(ratios: &[Ratio], seen: Proportion) -> f64 {
    let successes = seen.successes as f64;
    let failures = (seen.trials - seen.successes) as f64;
    let each = (1.0 - KEPT) / ratios.len() as f64;
    let logs = ratios
        .iter()
        .map(|ratio| successes * ratio.success + failures * ratio.failure);
    let largest = logs.clone().fold(0.0, f64::max);
    let bets: f64 = logs.map(|log| each * (log - largest).exp()).sum();
    largest + (KEPT * (-largest).exp() + bets).ln()
}
