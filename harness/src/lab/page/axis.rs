//! From values to places on a chart, and the ticks between.

use super::{Axis, Scale};

/// An axis laid out over a stretch of the drawing, in its units.
#[derive(Clone, Debug)]
pub(super) struct Ruler<'a> {
    scale: &'a Scale,
    /// The values at both ends.
    low: f64,
    high: f64,
    /// Where the ends are.
    from: f64,
    to: f64,
}

/// How many ticks an axis has, about.
const TICKS: f64 = 6.0;

impl<'a> Ruler<'a> {
    /// Lays an axis out so that all `values` are on it.
    pub(super) fn new(
        axis: &'a Axis,
        values: impl Iterator<Item = f64>,
        (from, to): (f64, f64),
    ) -> Ruler<'a> {
        let scale = &axis.scale;
        let log = *scale == Scale::Log;
        let wanted = axis.range.iter().flat_map(|range| [range.0, range.1]);
        let shown = values
            .chain(wanted)
            .filter(|value| showable(*value) && (!log || *value > 0.0));
        let ends = shown.fold(None, |ends: Option<(f64, f64)>, value| {
            let (low, high) = ends.unwrap_or((value, value));
            Some((low.min(value), high.max(value)))
        });
        let (low, high) = match (scale, ends) {
            (Scale::Names(names), _) => (-0.5, names.len().max(1) as f64 - 0.5),
            (Scale::Linear, ends) => linear(ends.unwrap_or((0.0, 1.0)), axis.range),
            (Scale::Log, ends) => logarithmic(ends.unwrap_or((0.1, 1.0))),
        };
        Ruler {
            scale,
            low,
            high,
            from,
            to,
        }
    }

    /// Where a value is; none if it cannot be shown. What lies beyond an end is at the end.
    pub(super) fn at(&self, value: f64) -> Option<f64> {
        let share = match self.scale {
            Scale::Log if value > 0.0 => (value / self.low).ln() / (self.high / self.low).ln(),
            Scale::Log => 0.0,
            _ => (value - self.low) / (self.high - self.low),
        };
        let shown = showable(value) && (*self.scale != Scale::Log || value > 0.0);
        shown.then(|| self.from + share.clamp(0.0, 1.0) * (self.to - self.from))
    }

    /// Where the lower end of an interval is: at the axis' end if it cannot be shown.
    pub(super) fn end(&self, value: f64) -> f64 {
        self.at(value).unwrap_or(self.from)
    }

    /// Where ticks are and what is written at them.
    pub(super) fn ticks(&self) -> Vec<(f64, String)> {
        let ticks: Vec<(f64, String)> = match self.scale {
            Scale::Names(names) => {
                let numbered = names.iter().enumerate();
                numbered
                    .map(|(at, name)| (at as f64, name.clone()))
                    .collect()
            }
            Scale::Linear => self.linear_ticks(),
            Scale::Log => self.log_ticks(),
        };
        let placed = ticks.into_iter();
        placed
            .filter_map(|(value, text)| Some((self.at(value)?, text)))
            .collect()
    }

    fn linear_ticks(&self) -> Vec<(f64, String)> {
        let step = round_step((self.high - self.low) / TICKS);
        let places = (-step.log10()).ceil().clamp(0.0, 12.0) as usize;
        let slack = step * 1e-6;
        let first = ((self.low - slack) / step).ceil();
        let count = ((self.high + slack) / step - first).floor() as usize;
        let values = (0..=count.min(20)).map(|at| (first + at as f64) * step);
        values
            .map(|value| (value, thousands(&format!("{:.places$}", value + 0.0))))
            .collect()
    }

    fn log_ticks(&self) -> Vec<(f64, String)> {
        let (first, last) = (self.low.log10().floor(), self.high.log10().ceil());
        let decades = last - first;
        // Few decades have room for 2 and 5 in each, many for every second or third only.
        let within: &[f64] = if decades <= 3.0 {
            &[1.0, 2.0, 5.0]
        } else {
            &[1.0]
        };
        let every = (decades / 8.0).ceil().max(1.0) as usize;
        let slack = 1.0 + 1e-9;
        (first as i32..=last as i32)
            .step_by(every)
            .flat_map(|decade| within.iter().map(move |part| (decade, *part)))
            .map(|(decade, part)| (part * 10_f64.powi(decade), power(part, decade)))
            .filter(|(value, _)| *value * slack >= self.low && *value <= self.high * slack)
            .collect()
    }
}

/// Whether a value has a place on any axis: what is beyond this overflows on the way there.
fn showable(value: f64) -> bool {
    value == 0.0 || (1e-100..1e100).contains(&value.abs())
}

/// The ends of a linear axis: with zero if it is near, with a margin where none was asked for.
fn linear((mut low, mut high): (f64, f64), wanted: Option<(f64, f64)>) -> (f64, f64) {
    if low >= 0.0 && low < 0.6 * high {
        low = 0.0;
    }
    if low == high {
        let margin = if low == 0.0 { 1.0 } else { low.abs() * 0.1 };
        (low, high) = (low - margin, high + margin);
    }
    let margin = (high - low) * 0.05;
    let asked = |end: f64| wanted.is_some_and(|range| range.0 == end || range.1 == end);
    let below = if low == 0.0 || asked(low) {
        0.0
    } else {
        margin
    };
    let above = if asked(high) { 0.0 } else { margin };
    (low - below, high + above)
}

fn logarithmic((low, high): (f64, f64)) -> (f64, f64) {
    let margin = (high / low).powf(0.05).max(1.1);
    (low / margin, high * margin)
}

/// 1, 2 or 5 times a power of ten, not below `step`.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let parts = [1.0, 2.0, 5.0, 10.0];
    let part = parts.into_iter().find(|part| part * power >= step * 0.999);
    part.unwrap_or(10.0) * power
}

/// `part` · 10^`decade` as people write it.
fn power(part: f64, decade: i32) -> String {
    match decade {
        ..=-5 | 7.. => format!("{part}e{decade}"),
        -4..=-1 => {
            let places = decade.unsigned_abs() as usize;
            format!("{:.places$}", part * 10_f64.powi(decade))
        }
        0..=6 => thousands(&format!("{:.0}", part * 10_f64.powi(decade))),
    }
}

/// With commas between thousands.
fn thousands(number: &str) -> String {
    let whole = number.find('.').unwrap_or(number.len());
    let start = usize::from(number.starts_with('-'));
    let mut out = number.to_owned();
    let mut at = whole;
    while at > start + 3 {
        at -= 3;
        out.insert(at, ',');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(axis: &Axis, values: &[f64]) -> Vec<String> {
        let ruler = Ruler::new(axis, values.iter().copied(), (0.0, 100.0));
        ruler.ticks().into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn ticks_are_round_numbers_with_as_many_places_as_they_need() {
        let share = Axis::new("P", "").within(0.0, 1.0);
        assert_eq!(
            ticks(&share, &[]),
            ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
        );
        let plain = Axis::new("n", "");
        assert_eq!(ticks(&plain, &[9.0, 21.0]), ["0", "5", "10", "15", "20"]);
        let many = ticks(&plain, &[100_000.0, 104_000.0]);
        assert!(many.contains(&"101,000".to_owned()), "{many:?}");
    }

    #[test]
    fn logarithmic_ticks_are_powers_of_ten_and_their_parts() {
        let axis = Axis::new("n", "").log();
        assert_eq!(ticks(&axis, &[10.0, 100.0]), ["10", "20", "50", "100"]);
        assert_eq!(
            ticks(&axis, &[1e-6, 1.0]),
            ["1e-6", "1e-5", "0.0001", "0.001", "0.01", "0.1", "1"]
        );
    }

    #[test]
    fn a_single_value_nothing_and_what_is_no_number_make_an_axis_too() {
        for axis in [Axis::new("x", ""), Axis::new("x", "").log()] {
            for values in [&[][..], &[5.0], &[0.0], &[f64::NAN], &[f64::INFINITY, -3.0]] {
                let ruler = Ruler::new(&axis, values.iter().copied(), (0.0, 100.0));
                for (at, text) in ruler.ticks() {
                    assert!((0.0..=100.0).contains(&at), "{values:?} {text}");
                }
                assert_eq!(ruler.at(f64::NAN), None);
            }
        }
    }

    #[test]
    fn values_are_placed_in_proportion() {
        let axis = Axis::new("P", "").within(0.0, 1.0);
        let ruler = Ruler::new(&axis, [].into_iter(), (300.0, 0.0));
        assert_eq!(ruler.at(0.0), Some(300.0));
        assert_eq!(ruler.at(0.5), Some(150.0));
        assert_eq!(ruler.at(1.0), Some(0.0));
    }
}
