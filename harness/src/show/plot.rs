//! Small plots of text, one below the other over one axis of time.
//!
//! ```text
//!   operations   per second, by how they ended         title, what is drawn
//!     ok 103     ▂▃▅▅▆▇█▇▆▅▅▃▂▂▁            12/s        a lane: bars of one or more rows
//!     fail 2         ▁     ▁                 2/s
//!                ─────━━━━━━────━━━━━━━                 heavy while a fault acts
//! ```
//!
//! Written here rather than taken: crates draw one curve on braille (textplots), one in
//! ASCII (rasciigraph), or need the whole of a user interface (ratatui), and none of them
//! draws several series without colours over an axis with faults in it.

use anstyle::Style;

use super::axis::Axis;
use super::faults::Interval;
use super::glyphs::Glyphs;
use crate::summary::{FAINT, HINT, Page, TITLE};

/// A plot.
pub(super) struct Plot {
    pub title: &'static str,
    /// What is drawn, in which unit.
    pub about: String,
    pub lanes: Vec<Lane>,
}

/// Some rows of a plot.
pub(super) enum Lane {
    /// Bars that stand on the lower end, from 0 to `scale`.
    Bars {
        label: String,
        /// At the right: what a full bar stands for.
        note: String,
        /// A value per column.
        values: Vec<f64>,
        scale: f64,
        rows: usize,
        style: Style,
    },
    /// From a low to a high value on a logarithmic scale.
    Ranges {
        /// Low and high per column; none where there is nothing. All above 0.
        ranges: Vec<Option<(f64, f64)>>,
        rows: usize,
        /// A value of the scale in words.
        word: fn(f64) -> String,
    },
}

/// Columns to the right of the plots.
const NOTES: usize = 10;

/// Where plots are drawn.
pub(super) struct Canvas<'a> {
    pub page: &'a mut Page,
    pub axis: Axis,
    pub gutter: usize,
    pub glyphs: &'static Glyphs,
    pub faults: &'a [Interval],
    /// Of the screen.
    pub width: usize,
}

/// How many columns plots have beside labels and notes.
pub(super) fn columns(width: usize, gutter: usize) -> usize {
    width.saturating_sub(gutter + 1 + NOTES).max(16)
}

impl Canvas<'_> {
    pub fn draw(&mut self, plot: &Plot) {
        self.page.gap();
        let title = self.page.paint(&pad(plot.title, self.gutter), TITLE);
        let about = pad(&plot.about, self.width.saturating_sub(self.gutter) + 1);
        let about = self.page.paint(about.trim_end(), FAINT);
        self.page.line(&format!("{title}{about}"));
        for lane in &plot.lanes {
            match lane {
                Lane::Bars {
                    label,
                    note,
                    values,
                    scale,
                    rows,
                    style,
                } => {
                    let bars = bars(values, *scale, *rows, self.glyphs.levels);
                    for (row, cells) in bars.iter().enumerate() {
                        let (label, note) = match row {
                            0 => (label.as_str(), note.as_str()),
                            _ => ("", ""),
                        };
                        let cells = self.page.paint(cells, *style);
                        self.row(label, &cells, note);
                    }
                }
                Lane::Ranges { ranges, rows, word } => self.ranges(ranges, *rows, *word),
            }
        }
        self.ground();
    }

    fn row(&mut self, label: &str, cells: &str, note: &str) {
        let label = match label {
            "" => String::new(),
            label => format!("  {label}"),
        };
        let label = pad(&label, self.gutter);
        let note = self.page.paint(note, FAINT);
        self.page.line(&format!("{label}{cells} {note}"));
    }

    fn ranges(&mut self, ranges: &[Option<(f64, f64)>], rows: usize, word: fn(f64) -> String) {
        let Some(scale) = LogScale::around(ranges, rows) else {
            return;
        };
        for row in (0..rows).rev() {
            let cell = |range: &Option<(f64, f64)>| {
                let Some((low, high)) = *range else {
                    return ' ';
                };
                let [lower, between, upper] = self.glyphs.range;
                match (scale.row(low), scale.row(high)) {
                    (low, _) if low == row => lower,
                    (_, high) if high == row => upper,
                    (low, high) if (low..high).contains(&row) => between,
                    _ => ' ',
                }
            };
            let cells: String = ranges.iter().map(cell).collect();
            let label = word(scale.value(row));
            let right = self.gutter.saturating_sub(3);
            self.row(&format!("{label:>right$}"), &cells, "");
        }
    }

    /// The line below a plot.
    fn ground(&mut self) {
        let mut cells = vec![self.glyphs.calm; self.axis.columns];
        for fault in self.faults {
            for column in self.axis.span(fault.began, fault.ended) {
                cells[column] = self.glyphs.fault;
            }
        }
        let cells: String = cells.into_iter().collect();
        self.page
            .line(&format!("{}{cells}", " ".repeat(self.gutter)));
    }

    /// The time, and every fault by name.
    pub fn legend(&mut self, most: usize) {
        let mut line = vec![' '; self.axis.columns + NOTES];
        for (column, label) in self.axis.ticks() {
            let text = std::iter::once(self.glyphs.tick).chain(label.chars());
            for (cell, character) in line[column..].iter_mut().zip(text) {
                *cell = character;
            }
        }
        let line: String = line.into_iter().collect();
        self.page
            .line(&format!("{}{line}", " ".repeat(self.gutter)));
        for fault in self.faults.iter().take(most) {
            let mut cells = vec![' '; self.axis.columns];
            for column in self.axis.span(fault.began, fault.ended) {
                cells[column] = self.glyphs.fault;
            }
            let cells: String = cells.into_iter().collect();
            let cells = self.page.paint(&cells, HINT);
            let name = pad(&fault.name, self.gutter);
            self.page.line(&format!("{name}{cells} {}", fault.action));
        }
        if self.faults.len() > most {
            let more = format!("… and {} more faults: --all", self.faults.len() - most);
            let more = self.page.paint(&more, FAINT);
            self.page.line(&more);
        }
    }
}

/// Text in so many columns, the last one blank.
fn pad(text: &str, width: usize) -> String {
    let room = width.saturating_sub(1);
    if text.chars().count() <= room {
        return format!("{text:<width$}");
    }
    let cut: String = text.chars().take(room.saturating_sub(1)).collect();
    format!("{:<width$}", format!("{cut}…"))
}

/// The rows of bars, the top one first. What is above 0 can be seen, however little it is.
fn bars(values: &[f64], scale: f64, rows: usize, levels: &[char]) -> Vec<String> {
    let steps = levels.len() - 1;
    let height = |value: f64| {
        if value <= 0.0 || scale <= 0.0 {
            return 0;
        }
        let height = (value / scale * (rows * steps) as f64).round() as usize;
        height.clamp(1, rows * steps)
    };
    let heights: Vec<usize> = values.iter().map(|&value| height(value)).collect();
    let row = |row: usize| {
        let cell = |&height: &usize| levels[height.saturating_sub(row * steps).min(steps)];
        heights.iter().map(cell).collect()
    };
    (0..rows).rev().map(row).collect()
}

/// Rows for values whose ratios matter.
struct LogScale {
    low: f64,
    /// Of two neighbouring rows.
    ratio: f64,
    rows: usize,
}

impl LogScale {
    /// None if there is nothing to show.
    fn around(ranges: &[Option<(f64, f64)>], rows: usize) -> Option<LogScale> {
        let low = ranges
            .iter()
            .flatten()
            .map(|range| range.0)
            .reduce(f64::min)?;
        let high = ranges
            .iter()
            .flatten()
            .map(|range| range.1)
            .reduce(f64::max)?;
        // Values that hardly differ are not blown up into a drama.
        let high = high.max(low * 2.0);
        let ratio = (high / low).powf(1.0 / (rows as f64 - 1.0));
        Some(LogScale { low, ratio, rows })
    }

    fn value(&self, row: usize) -> f64 {
        self.low * self.ratio.powi(row as i32)
    }

    fn row(&self, value: f64) -> usize {
        let row = ((value / self.low).ln() / self.ratio.ln()).round();
        (row.max(0.0) as usize).min(self.rows - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCKS: &[char] = Glyphs::choose(false).levels;

    #[test]
    fn a_bar_is_as_high_as_its_share_of_the_scale_and_little_is_not_nothing() {
        let values = [0.0, 0.01, 4.0, 8.0, 9.0, 16.0];
        assert_eq!(bars(&values, 8.0, 1, BLOCKS), [" ▁▄███"]);
        assert_eq!(bars(&values, 16.0, 2, BLOCKS), ["    ▁█", " ▁▄███"]);
        assert_eq!(bars(&[0.0, 1.0], 0.0, 1, BLOCKS), ["  "]);
    }

    #[test]
    fn rows_of_a_logarithmic_scale_run_from_the_lowest_to_the_highest_value() {
        let scale = LogScale::around(&[Some((1.0, 10.0)), None, Some((2.0, 1000.0))], 4);
        let scale = scale.expect("there are values");
        let rows: Vec<usize> = [1.0, 10.0, 90.0, 1000.0]
            .map(|value| scale.row(value))
            .into();
        assert_eq!(rows, [0, 1, 2, 3]);
        assert!((scale.value(3) - 1000.0).abs() < 1e-9);
        assert!(LogScale::around(&[None], 4).is_none());
    }

    #[test]
    fn labels_that_are_too_long_are_cut_where_one_sees_it() {
        assert_eq!(pad("ok", 5), "ok   ");
        assert_eq!(pad("nemesis", 5), "nem… ");
    }
}
