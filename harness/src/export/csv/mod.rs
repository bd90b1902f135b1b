//! Any series of a run as a table: CSV (RFC 4180, UTF-8, a line of names first).
//!
//! Times are whole nanoseconds since the start of the run (`…_ns`), durations milliseconds
//! (`…_ms`), what is not known is empty. Values, elements and bodies are JSON text, whole.
//!
//! # Cells that a spreadsheet would calculate
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return
//! for a formula, and nodes write what they like into types, destinations and errors. Such a
//! cell of text gets an apostrophe in front, the spreadsheets' own mark of text, unless it is
//! a number; our own numbers are never touched. Whoever needs such text to the letter takes
//! the Parquet files or the run's own.

mod bins;
mod spread;
mod tables;

#[cfg(feature = "parquet")]
pub(super) use tables::fate;

use std::borrow::Cow;
use std::io::{self, Write};
use std::time::Duration;

use super::Source;

/// A table that can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Series {
    /// What clients did, an operation a row.
    Operations,
    /// Every message and copy, a row each.
    Messages,
    /// The faults as they happened.
    Faults,
    /// Everything that was measured.
    Figures,
    /// What each link carried.
    Links,
    /// How long each operation took.
    Latency,
    /// Operations per bin of time.
    Rate,
    /// Messages, bytes and drops per bin of time.
    Network,
    /// When each element came to each life of each node, and how.
    Propagation,
    /// How far each element got.
    Elements,
}

impl Series {
    /// All of them.
    pub const ALL: [Series; 10] = [
        Series::Operations,
        Series::Messages,
        Series::Faults,
        Series::Figures,
        Series::Links,
        Series::Latency,
        Series::Rate,
        Series::Network,
        Series::Propagation,
        Series::Elements,
    ];

    /// Its name, a word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Series::Operations => "operations",
            Series::Messages => "messages",
            Series::Faults => "faults",
            Series::Figures => "figures",
            Series::Links => "links",
            Series::Latency => "latency",
            Series::Rate => "rate",
            Series::Network => "network",
            Series::Propagation => "propagation",
            Series::Elements => "elements",
        }
    }

    /// What is in it, in few words.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Series::Operations => "what clients did: a row per operation",
            Series::Messages => "every message and every copy, with its fate and its body",
            Series::Faults => "the faults as they happened",
            Series::Figures => "everything that was measured: a figure a row",
            Series::Links => "what each link carried",
            Series::Latency => "how long each operation took",
            Series::Rate => "operations invoked and completed per --bin of time",
            Series::Network => "messages, bytes, in flight and drops by reason per --bin of time",
            Series::Propagation => {
                "when each element came to each life of each node, and which way"
            }
            Series::Elements => "each element: when it was added, how many nodes it reached",
        }
    }

    /// Whether there is nothing to tell without recorded messages.
    #[must_use]
    pub fn needs_messages(self) -> bool {
        matches!(
            self,
            Series::Messages | Series::Network | Series::Propagation
        )
    }
}

/// Writes a table; `bin` is how wide bins of time are. Gives what the reader should know.
///
/// # Errors
/// What reading and writing give; [`io::ErrorKind::InvalidInput`] for too many bins.
pub fn write(
    source: &Source,
    series: Series,
    bin: Duration,
    out: impl Write,
) -> io::Result<Vec<String>> {
    let mut table = Table::new(out);
    let mut notes = Vec::new();
    match series {
        Series::Operations => tables::operations(source, &mut table)?,
        Series::Messages => tables::messages(source, &mut table)?,
        Series::Faults => tables::faults(source, &mut table)?,
        Series::Figures => tables::figures(source, &mut table)?,
        Series::Links => tables::links(source, &mut table)?,
        Series::Latency => tables::latency(source, &mut table)?,
        Series::Rate => bins::rate(source, bin, &mut table)?,
        Series::Network => bins::network(source, bin, &mut table)?,
        Series::Propagation => notes = spread::propagation(source, &mut table)?,
        Series::Elements => notes = spread::elements(source, &mut table)?,
    }
    table.csv.flush()?;
    Ok(notes)
}

/// A table in the making.
struct Table<W: Write> {
    csv: csv::Writer<W>,
}

impl<W: Write> Table<W> {
    fn new(out: W) -> Table<W> {
        Table {
            csv: csv::Writer::from_writer(out),
        }
    }

    /// The first line.
    fn names<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) -> io::Result<()> {
        let names = names.into_iter().map(|name| defused(name).into_owned());
        Ok(self.csv.write_record(names)?)
    }

    fn row<'a>(&mut self, cells: impl IntoIterator<Item = Cell<'a>>) -> io::Result<()> {
        for cell in cells {
            match cell {
                Cell::Text(text) => self.csv.write_field(defused(&text).as_bytes())?,
                Cell::Whole(number) => {
                    self.csv.write_field(itoa::Buffer::new().format(number))?;
                }
                Cell::Number(number) => self.csv.write_field(number.to_string())?,
                Cell::Flag(flag) => self.csv.write_field(if flag { "true" } else { "false" })?,
                Cell::Empty => self.csv.write_field("")?,
            }
        }
        Ok(self.csv.write_record(None::<&[u8]>)?)
    }
}

/// What stands in a cell.
enum Cell<'a> {
    Text(Cow<'a, str>),
    Whole(u64),
    Number(f64),
    Flag(bool),
    Empty,
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Cell<'a> {
        Cell::Text(text.into())
    }
}

impl From<String> for Cell<'_> {
    fn from(text: String) -> Self {
        Cell::Text(text.into())
    }
}

impl From<u64> for Cell<'_> {
    fn from(number: u64) -> Self {
        Cell::Whole(number)
    }
}

impl From<f64> for Cell<'_> {
    fn from(number: f64) -> Self {
        match number.is_finite() {
            true => Cell::Number(number),
            false => Cell::Empty,
        }
    }
}

impl From<bool> for Cell<'_> {
    fn from(flag: bool) -> Self {
        Cell::Flag(flag)
    }
}

impl<'a, T: Into<Cell<'a>>> From<Option<T>> for Cell<'a> {
    fn from(value: Option<T>) -> Cell<'a> {
        value.map_or(Cell::Empty, Into::into)
    }
}

/// Text that no spreadsheet calculates.
fn defused(text: &str) -> Cow<'_, str> {
    let acts = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    match acts && text.parse::<f64>().is_err() {
        true => format!("'{text}").into(),
        false => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_begins_like_a_formula_is_marked_as_text_and_numbers_stay_numbers() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
            ("-2+3", "'-2+3"),
            ("\t=1", "'\t=1"),
            ("-12", "-12"),
            ("-1.5e3", "-1.5e3"),
            ("\"=1+1\"", "\"=1+1\""),
            ("gossip", "gossip"),
        ] {
            assert_eq!(defused(text), cell);
        }
    }
}
