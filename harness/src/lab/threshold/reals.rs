//! Reals as candidates.

/// Equally spaced reals: candidate `i` stands for `low + i · step`. A search halves what is left
/// of it, so a fine step costs little; the step is the resolution of the answer.
///
/// ```
/// use swelkie::lab::threshold::Reals;
///
/// let reals = Reals::new(0.0, 1.0, 0.001).expect("a range");
/// assert_eq!(reals.len(), 1001);
/// assert!((reals.value(278) - 0.278).abs() < 1e-12);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reals {
    low: f64,
    step: f64,
    len: usize,
}

impl Reals {
    /// From `low` to `high`, both included if the steps meet it; `None` if that is no
    /// range, or one of more than a billion steps.
    #[must_use]
    pub fn new(low: f64, high: f64, step: f64) -> Option<Reals> {
        let steps = (high - low) / step;
        let sound = low.is_finite() && step > 0.0 && (0.0..=1e9).contains(&steps);
        // A step such as .001 has no exact binary form: what all but meets `high` does.
        sound.then(|| Reals {
            low,
            step,
            len: (steps + 1e-6).floor() as usize + 1,
        })
    }

    /// Candidates.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "there is at least one")]
    pub fn len(&self) -> usize {
        self.len
    }

    /// What a candidate stands for.
    #[must_use]
    pub fn value(&self, candidate: usize) -> f64 {
        self.low + candidate as f64 * self.step
    }

    /// The distance between neighbours.
    #[must_use]
    pub fn step(&self) -> f64 {
        self.step
    }
}
