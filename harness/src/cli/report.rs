//! `swelkie report`: the page of a run that is over, or of a part of it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use swelkie::archive::Window;
use swelkie::report::page::{self, PageOptions};
use swelkie::units::short_duration;

use super::runs::{self, Which};
use super::{Failure, print, screen, values};

/// Shown under `swelkie report --help`.
pub const EXAMPLES: &str = "\
Examples:
  swelkie report                             report.html of the newest run
  swelkie report --from 5s --to 8s --out moment.html
  swelkie report store/broadcast/latest --limit 100000

Every run that is kept gets a report.html when it is over; this makes it again, of a run that
was told --no-report, was cut short, or is too long for one page.";

/// Everything after `swelkie report`.
#[derive(Args, Clone, Debug)]
pub struct ReportArguments {
    #[command(flatten)]
    which: Which,
    /// Where the page goes [default: report.html in the run's directory]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Leaves out messages sent before this time of the run
    #[arg(long, value_name = "TIME", default_value = "0s", allow_negative_numbers = true, value_parser = values::seconds)]
    from: Duration,
    /// Leaves out messages sent at this time of the run or later
    #[arg(long, value_name = "TIME", allow_negative_numbers = true, value_parser = values::seconds)]
    to: Option<Duration>,
    /// How many messages the page holds at most, the first ones
    #[arg(long, value_name = "N", default_value = "1500000", allow_negative_numbers = true, value_parser = values::count)]
    limit: usize,
}

/// Writes the page; returns the exit status.
#[expect(clippy::disallowed_methods, reason = "tells how long it took")]
pub fn run(arguments: &ReportArguments) -> Result<u8, Failure> {
    let begin = Instant::now();
    let options = options(arguments)?;
    let place = arguments.which.place()?;
    let archive = runs::opened(&place)?;
    let path = match &arguments.out {
        Some(path) => path.clone(),
        None => place.join("report.html"),
    };
    let (page, written) = screen::patiently("drawing the run", || {
        let page = page::page(&archive, &options);
        let written = page::write(&page, &path);
        (page, written)
    });
    written.map_err(|error| Failure::Usage(format!("{error}; --out names another place")))?;
    for sentence in &page.left_out {
        anstream::eprintln!("note: {}", swelkie::text::printable(sentence));
    }
    print(&format!(
        "{}  ({:.1} MB, {} messages, {})\n",
        path.display(),
        page.html.len() as f64 / 1e6,
        page.messages,
        short_duration(begin.elapsed())
    ))?;
    Ok(0)
}

fn options(arguments: &ReportArguments) -> Result<PageOptions, Failure> {
    let nanos = |span: Duration| u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
    let from = nanos(arguments.from);
    let to = arguments.to.map_or(u64::MAX, nanos);
    if to <= from {
        return Err(Failure::Usage(format!(
            "--from {} is not before --to {}: there is nothing between them",
            short_duration(arguments.from),
            short_duration(arguments.to.unwrap_or_default())
        )));
    }
    Ok(PageOptions {
        window: Window {
            from,
            to,
            limit: arguments.limit,
        },
        ..PageOptions::default()
    })
}
