//! Numbers as people read them: as many digits as are known, scientific only where
//! zeros would hide them.

use std::fmt;

use super::Estimate;

/// From here on down numbers are scientific, and from [`LARGE`] on up.
const SMALL: f64 = 1e-3;
const LARGE: f64 = 1e9;

/// `value` with `digits` significant digits: `12.3`, `0.0345`, `5.80e-4`.
///
/// ```
/// use swelkie::lab::estimate::number;
///
/// assert_eq!(number(12.3456, 4), "12.35");
/// assert_eq!(number(0.99966, 3), "1.000");
/// assert_eq!(number(5.8e-4, 2), "5.8e-4");
/// assert_eq!(number(1234.6, 2), "1235");
/// ```
#[must_use]
pub fn number(value: f64, digits: u32) -> String {
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    let places = places_for(value, digits);
    at(value, places, Layout::of(value))
}

/// A margin, rounded up to two significant digits: never narrower than it is.
#[must_use]
pub fn outward(margin: f64) -> String {
    if margin == 0.0 || !margin.is_finite() {
        return margin.to_string();
    }
    let places = places_for(margin, 2);
    at(
        rounded(margin, places, f64::ceil),
        places,
        Layout::of(margin),
    )
}

/// `0.0365 [0.0336, 0.0396]`: two digits of the interval's half-width, its ends rounded
/// outward.
impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let half = self.interval.half_width();
        if self.value.is_nan() {
            return f.write_str("no trials");
        }
        if !half.is_finite() {
            return write!(f, "{} [too few trials]", number(self.value, 3));
        }
        if half == 0.0 {
            return write!(f, "{} [all the same]", trimmed(self.value));
        }
        let layout = Layout::of(self.value.abs().max(self.interval.high.abs()));
        let places = places_for(half, 2);
        let low = rounded(self.interval.low, places, f64::floor);
        let high = rounded(self.interval.high, places, f64::ceil);
        write!(
            f,
            "{} [{}, {}]",
            at(self.value, places, layout),
            at(low, places, layout),
            at(high, places, layout)
        )
    }
}

impl Estimate {
    /// `18.04 ± 0.02`: for means, whose intervals are symmetric.
    #[must_use]
    pub fn plus_minus(&self) -> String {
        let half = self.interval.half_width();
        if self.value.is_nan() || !half.is_finite() || half == 0.0 {
            return self.to_string();
        }
        let layout = Layout::of(self.value.abs().max(half));
        let places = places_for(half, 2);
        let margin = rounded(half, places, f64::ceil);
        format!(
            "{} ± {}",
            at(self.value, places, layout),
            at(margin, places, layout)
        )
    }
}

/// Six significant digits at most, without zeros at the end of decimals: `3`, `0.25`.
pub(super) fn trimmed(value: f64) -> String {
    let text = number(value, 6);
    if !text.contains('.') || text.contains('e') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Plain, or scientific with the decimal exponent that all numbers of a group share.
#[derive(Clone, Copy)]
enum Layout {
    Plain,
    Exponent(i32),
}

impl Layout {
    /// For a group whose largest magnitude is `largest`.
    fn of(largest: f64) -> Layout {
        let largest = largest.abs();
        if largest == 0.0 || (SMALL..LARGE).contains(&largest) {
            Layout::Plain
        } else {
            Layout::Exponent(magnitude(largest))
        }
    }
}

/// The decimal exponent of the leading digit.
fn magnitude(value: f64) -> i32 {
    value.abs().log10().floor() as i32
}

/// Decimal places that show `digits` significant digits; negative left of the point. Zero has
/// none.
fn places_for(value: f64, digits: u32) -> i32 {
    if value == 0.0 {
        return 0;
    }
    digits.cast_signed() - 1 - magnitude(value)
}

/// `value` rounded in one direction to decimal `places`, none of which may lie left of the
/// point. What is within a billionth of a unit is on it: .3 has no last digit in binary.
fn rounded(value: f64, places: i32, direction: fn(f64) -> f64) -> f64 {
    let scale = 10_f64.powi(places.max(0));
    let scaled = value * scale;
    if (scaled - scaled.round()).abs() < 1e-9 * scaled.abs().max(1.0) {
        return scaled.round() / scale;
    }
    direction(scaled) / scale
}

/// Written with decimal `places` counted from the point, whatever the layout.
fn at(value: f64, places: i32, layout: Layout) -> String {
    match layout {
        _ if value == 0.0 => "0".to_owned(),
        Layout::Plain => format!("{value:.*}", usize::try_from(places).unwrap_or(0)),
        Layout::Exponent(exponent) => {
            let mantissa = value / 10_f64.powi(exponent);
            let places = usize::try_from(places + exponent).unwrap_or(0);
            format!("{mantissa:.places$}e{exponent}")
        }
    }
}
