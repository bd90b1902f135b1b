//! A page of charts and tables: one HTML file that needs nothing else.
//!
//! [`Page`] is plain data, so whoever has numbers can make one: an experiment
//! ([`experiment`](self::experiment())), a search for thresholds, a comparison. The file opens
//! from disk without a network or scripts: charts are inline SVG, numbers show as the charts'
//! `<title>`s, the mathematics unfolds in `<details>`. It follows the reader's light or
//! dark setting, prints, and tells series apart by mark and dash as well as by colour.
//!
//! ```text
//!   results ─► experiment ─┐
//!   thresholds ────────────┼─► Page { sections: [Exhibit { body, notes }] } ─► Page::html
//!   comparison ────────────┘        Lines │ Front │ Heat │ Table                one file
//! ```
//!
//! Why the charts are drawn here: the plotting libraries looked at write colours and sizes into
//! every shape, so that a page cannot be dark or light, know no `<title>`, and leave bands,
//! Pareto steps and targets to their user; what remains of them are ticks and scales, two
//! hundred lines. Markup is escaped by `maud`, at compile time and everywhere: names come
//! from users' files.
//!
//! ```
//! use swelkie::lab::page::{Axis, Body, Exhibit, Lines, Page, Point, Section, Series};
//!
//! let measured = Series::new("fan-out 7", vec![Point::new(25.0, 0.993).between(0.991, 0.995)]);
//! let lines = Lines {
//!     x: Axis::new("nodes", "").log(),
//!     y: Axis::new("P(everybody)", "").within(0.0, 1.0),
//!     series: vec![measured, Series::theory("theory", vec![Point::new(25.0, 0.9935)])],
//! };
//! let page = Page {
//!     title: "A page".to_owned(),
//!     sections: vec![Section {
//!         title: "Everybody".to_owned(),
//!         exhibits: vec![Exhibit::new("Who is reached", Body::Lines(lines))],
//!         ..Section::default()
//!     }],
//!     ..Page::default()
//! };
//! assert!(page.html().contains("<svg"));
//! ```

mod axis;
mod comparisons;
mod dimensions;
mod exhibits;
mod experiment;
mod front;
mod heat;
mod html;
mod lines;
pub mod maths;
mod plot;
#[cfg(test)]
mod tests;
mod thresholds;

pub use experiment::{Subject, experiment};
pub use thresholds::section as thresholds;

/// A page. See the module.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The headline.
    pub title: String,
    /// What it is about: paragraphs, separated by empty lines.
    pub about: String,
    /// Where the numbers to compare with come from.
    pub source: String,
    /// What it shows.
    pub sections: Vec<Section>,
}

/// A part of a page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Section {
    /// Its headline.
    pub title: String,
    /// What it is about.
    pub about: String,
    /// What it shows, in order.
    pub exhibits: Vec<Exhibit>,
}

/// A chart or a table, with what explains it.
#[derive(Clone, Debug, PartialEq)]
pub struct Exhibit {
    /// What it shows.
    pub title: String,
    /// What to see in it.
    pub about: String,
    /// The chart or the table.
    pub body: Body,
    /// The mathematics, one click away.
    pub notes: Vec<Note>,
}

impl Exhibit {
    /// One without explanations.
    #[must_use]
    pub fn new(title: impl Into<String>, body: Body) -> Exhibit {
        Exhibit {
            title: title.into(),
            about: String::new(),
            body,
            notes: Vec::new(),
        }
    }

    /// With a sentence about what to see.
    #[must_use]
    pub fn about(mut self, about: impl Into<String>) -> Exhibit {
        self.about = about.into();
        self
    }

    /// With the mathematics behind it; [`maths`] has the usual ones.
    #[must_use]
    pub fn notes(mut self, notes: impl IntoIterator<Item = Note>) -> Exhibit {
        self.notes.extend(notes);
        self
    }
}

/// The mathematics of a figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What it defines.
    pub title: String,
    /// The definition, in words.
    pub text: String,
    /// As a formula, if there is one.
    pub formula: String,
    /// Who says so.
    pub source: String,
}

/// What an exhibit shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Figures against a number or a name.
    Lines(Lines),
    /// Two costs, and who is not beaten in both.
    Front(Front),
    /// A figure against two labels.
    Heat(Heat),
    /// Rows and columns.
    Table(Table),
}

/// What a direction of a chart stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// What is shown.
    pub label: String,
    /// In which unit; empty for counts and shares.
    pub unit: String,
    /// How it is laid out.
    pub scale: Scale,
    /// From where to where at least; else what the points need.
    pub range: Option<(f64, f64)>,
}

/// How an axis is laid out.
#[derive(Clone, Debug, PartialEq)]
pub enum Scale {
    /// Equal steps.
    Linear,
    /// Equal factors. Points at or below zero are left out.
    Log,
    /// These names, at 0, 1, 2 and so on.
    Names(Vec<String>),
}

impl Axis {
    /// A linear one that fits its points.
    #[must_use]
    pub fn new(label: impl Into<String>, unit: impl Into<String>) -> Axis {
        Axis {
            label: label.into(),
            unit: unit.into(),
            scale: Scale::Linear,
            range: None,
        }
    }

    /// One of names, at 0, 1, 2 and so on.
    #[must_use]
    pub fn names(label: impl Into<String>, names: Vec<String>) -> Axis {
        Axis {
            scale: Scale::Names(names),
            ..Axis::new(label, "")
        }
    }

    /// Of equal factors.
    #[must_use]
    pub fn log(mut self) -> Axis {
        self.scale = Scale::Log;
        self
    }

    /// That shows at least this range.
    #[must_use]
    pub fn within(mut self, low: f64, high: f64) -> Axis {
        self.range = Some((low, high));
        self
    }
}

/// Figures against a number or a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Lines {
    /// What changes.
    pub x: Axis,
    /// What is shown.
    pub y: Axis,
    /// The lines. The legend lists up to about eight well.
    pub series: Vec<Series>,
}

/// Points that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What the legend calls it.
    pub name: String,
    /// Its points, in the order of x.
    pub points: Vec<Point>,
    /// How it is drawn.
    pub style: Style,
}

impl Series {
    /// Measured points, with error bars.
    #[must_use]
    pub fn new(name: impl Into<String>, points: Vec<Point>) -> Series {
        Series {
            name: name.into(),
            points,
            style: Style::Bars,
        }
    }

    /// Many points, their intervals as a band.
    #[must_use]
    pub fn band(name: impl Into<String>, points: Vec<Point>) -> Series {
        Series {
            style: Style::Band,
            ..Series::new(name, points)
        }
    }

    /// What theory or somebody else says.
    #[must_use]
    pub fn theory(name: impl Into<String>, points: Vec<Point>) -> Series {
        Series {
            style: Style::Theory,
            ..Series::new(name, points)
        }
    }

    /// Targets of measured points, which no line joins.
    #[must_use]
    pub fn targets(name: impl Into<String>, points: Vec<Point>) -> Series {
        Series {
            style: Style::Targets,
            ..Series::new(name, points)
        }
    }
}

/// How a series is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Marks with error bars, joined by a line; alone where x is a name.
    Bars,
    /// A line in a band, without marks.
    Band,
    /// A thin dashed line with open diamonds, in the colour of text.
    Theory,
    /// Open diamonds alone, in the colour of text.
    Targets,
}

/// A point, and what is known about its height.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Where.
    pub x: f64,
    /// How high.
    pub y: f64,
    /// The lower end of its interval, if it has one.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// What is said when it is pointed at; else its numbers.
    pub text: Option<String>,
}

impl Point {
    /// One without an interval.
    #[must_use]
    pub fn new(x: f64, y: f64) -> Point {
        Point {
            x,
            y,
            low: None,
            high: None,
            text: None,
        }
    }

    /// With an interval; ends that are not finite are none.
    #[must_use]
    pub fn between(mut self, low: f64, high: f64) -> Point {
        self.low = low.is_finite().then_some(low);
        self.high = high.is_finite().then_some(high);
        self
    }

    /// With what is said when it is pointed at.
    #[must_use]
    pub fn saying(mut self, text: impl Into<String>) -> Point {
        self.text = Some(text.into());
        self
    }
}

/// Two costs: who is nearer to the lower left is better, and who is beaten by nobody in
/// both is on the front.
#[derive(Clone, Debug, PartialEq)]
pub struct Front {
    /// The first cost.
    pub x: Axis,
    /// The second one.
    pub y: Axis,
    /// Who competes.
    pub entries: Vec<Entry>,
}

/// One who competes.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Who.
    pub name: String,
    /// The first cost.
    pub x: f64,
    /// The second one.
    pub y: f64,
    /// The interval of the second one.
    pub interval: Option<(f64, f64)>,
    /// What is said when it is pointed at; else its numbers.
    pub text: Option<String>,
    /// Whose numbers they are.
    pub kind: Kind,
}

/// Whose numbers an entry shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Ours; on the front if nobody of ours beats it.
    #[default]
    Measured,
    /// Ours, but it failed at what it was asked (it lost something): never on the front.
    Failed,
    /// Somebody else's, for comparison: never on the front.
    Reference,
}

/// A figure against two labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Heat {
    /// The columns: names of [`Scale::Names`].
    pub x: Axis,
    /// The rows, from top to bottom.
    pub y: Axis,
    /// The figure; its range and scale are those of the colours.
    pub figure: Axis,
    /// Rows of cells; none where nothing was measured.
    pub rows: Vec<Vec<Option<HeatCell>>>,
}

/// One value of a heat map.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatCell {
    /// The value, which gives the colour.
    pub value: f64,
    /// As it is written in the cell: a few characters.
    pub shown: String,
    /// What is said when it is pointed at.
    pub text: String,
}

/// Rows and columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The columns' heads.
    pub columns: Vec<Column>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its head.
    pub name: String,
    /// What it means, said when it is pointed at.
    pub about: String,
    /// Whether numbers are in it, which stand to the right.
    pub number: bool,
}

impl Column {
    /// A column of text.
    #[must_use]
    pub fn text(name: impl Into<String>) -> Column {
        Column {
            name: name.into(),
            about: String::new(),
            number: false,
        }
    }

    /// A column of numbers, and what they mean.
    #[must_use]
    pub fn number(name: impl Into<String>, about: impl Into<String>) -> Column {
        Column {
            name: name.into(),
            about: about.into(),
            number: true,
        }
    }
}

/// A row of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// What stands in it.
    pub cells: Vec<String>,
    /// What to make of it.
    pub mark: Mark,
}

/// What to make of a row: shown as a sign before it, not by colour alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mark {
    /// Nothing in particular.
    #[default]
    Plain,
    /// ✓: as it should be.
    Good,
    /// ✗: not as it should be.
    Bad,
    /// ?: not known.
    Open,
}
