//! The t distribution's quantile.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::Confidence;

/// Degrees of freedom from which the expansion below is as good as the inverse.
const MANY: f64 = 1000.0;

/// The two-sided quantile of Student's t with `freedom` ≥ 1 degrees of freedom.
///
/// Far out the normal quantile is corrected by the Cornish-Fisher expansion
/// (Abramowitz and Stegun 26.7.5), good to ten digits there, where the
/// library's iteration would take long or stop early.
pub fn quantile(confidence: Confidence, freedom: f64) -> f64 {
    if freedom < MANY {
        let standard = StudentsT::new(0.0, 1.0, freedom).expect("at least one degree of freedom");
        return -standard.inverse_cdf(confidence.miss() / 2.0);
    }
    let z = confidence.normal_quantile();
    let z2 = z * z;
    let first = z * (z2 + 1.0) / 4.0;
    let second = z * (5.0 * z2 * z2 + 16.0 * z2 + 3.0) / 96.0;
    let third = z * (3.0 * z2.powi(3) + 19.0 * z2 * z2 + 17.0 * z2 - 15.0) / 384.0;
    z + (first + (second + third / freedom) / freedom) / freedom
}
