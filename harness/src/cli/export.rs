//! `swelkie export`: a run for other programs.

mod output;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use swelkie::export::{self, Source, csv::Series};
use swelkie::units::{exact_duration, parse_duration};

use super::runs::{self, Which};
use super::{Failure, print, screen, values};
use output::Output;

/// Shown under `swelkie export --help`.
pub const EXAMPLES: &str = "\
Examples:
  swelkie export perfetto                        the newest run; open the file at https://ui.perfetto.dev
  swelkie export shiviz --from 2s --to 4s        two seconds of it, for ShiViz
  swelkie export dot --out - | dot -Tpng -o topology.png
  swelkie export csv network --bin 50ms --out -
  swelkie export parquet messages && duckdb -c \"select type, count(*) from 'store/latest/messages.parquet' group by 1\"";

/// What an export has to do with recorded messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Messages {
    Unused,
    Used,
    Needed,
}

/// More events than this and ShiViz gets slow.
const MANY_EVENTS: u64 = 10_000;
/// More messages than this are some 200 MB of a trace, which a browser takes long to read.
const MANY_MESSAGES: usize = 300_000;

/// Everything after `swelkie export`.
#[derive(Args, Clone, Debug)]
pub struct ExportArguments {
    #[command(subcommand)]
    format: Format,
}

#[derive(Subcommand, Clone, Debug)]
enum Format {
    /// A trace for ui.perfetto.dev: a process per node, an arrow per message, faults as slices
    Perfetto(Common),
    /// A log with vector clocks for ShiViz
    Shiviz(Common),
    /// The topology and what went over it, for Graphviz
    Dot(Common),
    /// The topology and what went over it, as a picture
    Svg(Common),
    /// A table of any series of the run
    Csv(CsvArguments),
    /// Messages or operations as typed columns, for DuckDB, pandas, polars, Spark
    Parquet(ParquetArguments),
}

#[derive(Args, Clone, Debug)]
struct Common {
    #[command(flatten)]
    which: Which,
    /// Where to write; - for stdout [default: a file in the run's directory]
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Leaves out what was sent or invoked before this time of the run
    #[arg(long, value_name = "TIME", value_parser = values::seconds)]
    from: Option<Duration>,
    /// Leaves out what was sent or invoked at this time or later
    #[arg(long, value_name = "TIME", value_parser = values::seconds)]
    to: Option<Duration>,
}

#[derive(Args, Clone, Debug)]
struct CsvArguments {
    /// Which series; --list says what is in each
    #[arg(required_unless_present = "list", hide_possible_values = true)]
    series: Option<SeriesName>,
    #[command(flatten)]
    common: Common,
    /// How wide bins of time are, for rate and network
    #[arg(long, value_name = "TIME", default_value = "100ms", value_parser = bin)]
    bin: Duration,
    /// Lists the series
    #[arg(long)]
    list: bool,
}

#[derive(Args, Clone, Debug)]
struct ParquetArguments {
    /// What of the run
    table: ParquetTable,
    #[command(flatten)]
    common: Common,
}

/// What can be had as Parquet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ParquetTable {
    /// Every message and copy, with its fate and its body
    Messages,
    /// What clients did: a row per operation
    History,
}

/// A series by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct SeriesName(Series);

impl ValueEnum for SeriesName {
    fn value_variants<'a>() -> &'a [SeriesName] {
        const { &all_series() }
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        let value = clap::builder::PossibleValue::new(self.0.name());
        Some(value.help(self.0.about()))
    }
}

const fn all_series() -> [SeriesName; Series::ALL.len()] {
    let mut all = [SeriesName(Series::Operations); Series::ALL.len()];
    let mut index = 0;
    while index < all.len() {
        all[index] = SeriesName(Series::ALL[index]);
        index += 1;
    }
    all
}

/// A width above zero, with its unit.
fn bin(text: &str) -> Result<Duration, String> {
    match parse_duration(text, None) {
        Ok(width) if width.is_zero() => Err("expected a time above zero, such as 100ms".to_owned()),
        Ok(width) => Ok(width),
        Err(error) => Err(error.to_string()),
    }
}

/// Exports; returns the exit status.
pub fn run(arguments: &ExportArguments) -> Result<u8, Failure> {
    match &arguments.format {
        Format::Perfetto(common) => perfetto(common),
        Format::Shiviz(common) => shiviz(common),
        Format::Dot(common) => write(common, "dot", |source, out| export::dot::write(source, out)),
        Format::Svg(common) => write(common, "svg", |source, out| export::svg::write(source, out)),
        Format::Csv(csv) if csv.list => {
            print(&list())?;
            Ok(0)
        }
        Format::Csv(csv) => table(csv),
        Format::Parquet(parquet) => self::parquet(parquet),
    }
}

fn list() -> String {
    let line = |series: Series| format!("{:12} {}\n", series.name(), series.about());
    Series::ALL.into_iter().map(line).collect()
}

fn perfetto(common: &Common) -> Result<u8, Failure> {
    let mut messages = 0;
    let status = write(common, "perfetto", |source, out| {
        messages = source.rows().count();
        export::perfetto::write(source, out)
    })?;
    if !is_stdout(common) {
        anstream::eprintln!("open it at https://ui.perfetto.dev");
    }
    if messages > MANY_MESSAGES {
        warn(&format!(
            "{messages} messages are many for a browser; --from and --to take a part of the run"
        ));
    }
    Ok(status)
}

fn shiviz(common: &Common) -> Result<u8, Failure> {
    let mut events = 0;
    let status = write(common, "shiviz", |source, out| {
        events = export::shiviz::write(source, out)?;
        Ok(())
    })?;
    if !is_stdout(common) {
        anstream::eprintln!(
            "open it at https://bestchai.bitbucket.io/shiviz/, with the regular expression it offers:"
        );
        anstream::eprintln!("  {}", export::shiviz::REGEX);
    }
    if events > MANY_EVENTS {
        warn(&format!(
            "{events} events are many for ShiViz; --from and --to take a part of the run"
        ));
    }
    Ok(status)
}

fn table(csv: &CsvArguments) -> Result<u8, Failure> {
    let Some(SeriesName(series)) = csv.series else {
        return Err(Failure::Usage(
            "which series? --list says what is in each".to_owned(),
        ));
    };
    let name = format!("{}.csv", series.name());
    let messages = match series {
        _ if series.needs_messages() => Messages::Needed,
        Series::Links | Series::Elements => Messages::Used,
        _ => Messages::Unused,
    };
    write_of(&csv.common, &name, messages, |source, out| {
        let notes = export::csv::write(source, series, csv.bin, out)?;
        notes.iter().for_each(|note| warn(note));
        Ok(())
    })
}

#[cfg(feature = "parquet")]
fn parquet(arguments: &ParquetArguments) -> Result<u8, Failure> {
    use std::io::IsTerminal as _;
    let common = &arguments.common;
    if is_stdout(common) && io::stdout().is_terminal() {
        return Err(Failure::Usage(
            "a Parquet file is no text for a terminal; expected --out FILE, or a pipe behind --out -".to_owned(),
        ));
    }
    let of_messages = arguments.table == ParquetTable::Messages;
    let name = if of_messages {
        "messages.parquet"
    } else {
        "history.parquet"
    };
    let messages = if of_messages {
        Messages::Needed
    } else {
        Messages::Unused
    };
    write_of(common, name, messages, |source, out| {
        let written = match arguments.table {
            ParquetTable::Messages => export::parquet::messages(source, out),
            ParquetTable::History => export::parquet::history(source, out),
        };
        written.map(|_| ()).map_err(output::io_error)
    })
}

#[cfg(not(feature = "parquet"))]
fn parquet(arguments: &ParquetArguments) -> Result<u8, Failure> {
    let instead = match arguments.table {
        ParquetTable::Messages => "messages",
        ParquetTable::History => "operations",
    };
    Err(Failure::Usage(format!(
        "this Swelkie was built without Parquet: build it with `--features parquet`, \
         or take the same columns as CSV: swelkie export csv {instead}"
    )))
}

fn write(
    common: &Common,
    format: &str,
    export: impl FnOnce(&Source, &mut Output) -> io::Result<()>,
) -> Result<u8, Failure> {
    write_of(common, &export::file_name(format), Messages::Used, export)
}

/// Reads the run and writes the file, or to stdout, whole or not at all.
fn write_of(
    common: &Common,
    name: &str,
    messages: Messages,
    export: impl FnOnce(&Source, &mut Output) -> io::Result<()>,
) -> Result<u8, Failure> {
    let window = window(common)?;
    let place = common.which.place()?;
    let archive = runs::opened(&place)?;
    let shown = place.display();
    let source = screen::patiently("reading the run", || Source::read(&archive, window))
        .map_err(|error| Failure::Ours(format!("{shown}: cannot read the run: {error}")))?;
    if messages == Messages::Needed && !source.has_messages() {
        return Err(Failure::Usage(format!(
            "{shown}: this run recorded no messages; expected one without --no-messages"
        )));
    }
    warn_of(&source, messages, &shown.to_string());
    let path = match &common.out {
        Some(path) if path.as_os_str() == "-" => None,
        Some(path) => Some(path.clone()),
        None => Some(place.join(name)),
    };
    output::write(path.as_deref(), |out| export(&source, out))
}

fn window(common: &Common) -> Result<std::ops::Range<u64>, Failure> {
    let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    let (from, to) = (
        common.from.map_or(0, nanos),
        common.to.map_or(u64::MAX, nanos),
    );
    if from >= to {
        return Err(Failure::Usage(format!(
            "nothing is between --from {} and --to {}; expected --from before --to",
            exact_duration(Duration::from_nanos(from)),
            exact_duration(Duration::from_nanos(to)),
        )));
    }
    Ok(from..to)
}

/// What is not in the file, and would be missed.
fn warn_of(source: &Source, messages: Messages, run: &str) {
    let left_out = source.messages.left_out;
    if messages == Messages::Used && !source.has_messages() {
        warn(&format!(
            "{run}: this run recorded no messages; the rest is there"
        ));
    }
    if left_out.bodies > 0 {
        warn(&format!(
            "{} messages were recorded without their bodies (--journal-limit)",
            left_out.bodies
        ));
    }
    let lines = left_out.lines + source.operations.unread;
    if lines > 0 {
        warn(&format!(
            "{run}: {lines} lines are no records and are passed over"
        ));
    }
    if source.archive.is_going_on() {
        warn(&format!(
            "{run}: the run is going on; this is what there is of it so far"
        ));
    }
}

fn is_stdout(common: &Common) -> bool {
    common
        .out
        .as_ref()
        .is_some_and(|out| out.as_os_str() == "-")
}

fn warn(text: &str) {
    anstream::eprintln!("warning: {}", swelkie::text::printable(text));
}
