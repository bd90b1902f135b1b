//! Time from left to right: which column a moment is in, and where the ticks are.

use swelkie_checkers::Nanos;

/// The time of a run over so many columns; column `c` is from `start(c)` until `start(c + 1)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Axis {
    end: Nanos,
    pub columns: usize,
}

/// Columns between ticks, at least: a label and a blank.
const TICK: usize = 9;

impl Axis {
    /// From 0 to `end`, which is in the last column.
    pub fn new(end: Nanos, columns: usize) -> Axis {
        let end = end.max(columns as Nanos);
        Axis { end, columns }
    }

    /// The column of a moment; what comes after the end is in the last one.
    pub fn column(self, at: Nanos) -> usize {
        let column = u128::from(at) * self.columns as u128 / u128::from(self.end);
        usize::try_from(column).map_or(self.columns - 1, |column| column.min(self.columns - 1))
    }

    /// Seconds per column.
    pub fn seconds(self) -> f64 {
        self.end as f64 / 1e9 / self.columns as f64
    }

    /// Where ticks stand and what they say, `1 s`.
    pub fn ticks(self) -> Vec<(usize, String)> {
        let least = self.end as f64 * TICK as f64 / self.columns as f64;
        let decade = 10f64.powi(least.log10().floor() as i32);
        let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * decade);
        let step = step.into_iter().find(|&step| step >= least);
        let step = (step.unwrap_or(decade * 10.0) as Nanos).max(1);
        let (unit, word) = match step {
            1_000_000_000.. => (1_000_000_000, "s"),
            1_000_000.. => (1_000_000, "ms"),
            1_000.. => (1_000, "µs"),
            _ => (1, "ns"),
        };
        let times = (0..=self.end / step).map(|tick| tick * step);
        let tick = |at: Nanos| (self.column(at), format!("{} {word}", at / unit));
        times.filter(|&at| at < self.end).map(tick).collect()
    }

    /// The columns from a moment to another, one at least.
    pub fn span(self, from: Nanos, to: Nanos) -> std::ops::RangeInclusive<usize> {
        self.column(from)..=self.column(to.saturating_sub(1).max(from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Nanos = 1_000_000_000;

    #[test]
    fn every_moment_has_a_column_and_spans_are_as_wide_as_they_last() {
        let axis = Axis::new(20 * S, 40);
        assert_eq!((axis.column(0), axis.column(S / 2 - 1)), (0, 0));
        assert_eq!((axis.column(S / 2), axis.column(20 * S)), (1, 39));
        assert_eq!(axis.column(Nanos::MAX), 39);
        assert_eq!(axis.span(S, 2 * S), 2..=3);
        assert_eq!(axis.span(S, S), 2..=2, "what happens at once has a column");
    }

    #[test]
    fn ticks_are_round_numbers_with_room_for_their_labels() {
        for end in [1, 17, 999, 1_000_000, 3 * S / 2, 20 * S, 86_400 * S] {
            for columns in [20, 41, 100, 300] {
                let ticks = Axis::new(end, columns).ticks();
                assert_eq!(ticks[0].0, 0);
                for pair in ticks.windows(2) {
                    assert!(
                        pair[1].0 - pair[0].0 >= TICK - 1,
                        "{end} {columns}: {ticks:?}"
                    );
                }
            }
        }
        let labels: Vec<String> = Axis::new(20 * S, 60)
            .ticks()
            .into_iter()
            .map(|t| t.1)
            .collect();
        assert_eq!(labels, ["0 s", "5 s", "10 s", "15 s"]);
    }
}
