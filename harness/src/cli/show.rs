//! `swelkie show`: a run again, with plots; one value's way; what happened around a moment.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use swelkie::archive::Archive;
use swelkie::show::following::{self, Following};
use swelkie::show::moment::{self, Log, Window};
use swelkie::show::{Screen, figures, plots};
use swelkie::summary;
use swelkie::units::{Unit, parse_duration};

use super::{Failure, print, runs, screen};

/// Shown under `swelkie show --help`.
pub const EXAMPLES: &str = "\
Examples:
  swelkie show                                    the newest run, with plots
  swelkie show broadcast/2026-11-22T12 --all      one whose name begins so, with all of the evidence
  swelkie show --follow-value 17                  which way message 17 went, and where it stopped
  swelkie show --follow-value 17 --node n3        its way to n3
  swelkie show --at 6.3s --for 200ms --node n0    what happened around then
  swelkie show --figures 'broadcast.*'            figures by name";

/// Everything after `swelkie show`.
#[derive(Args, Clone, Debug)]
pub struct ShowArguments {
    /// The run: a directory, a name as `swelkie ls` prints it, or the beginning of one [default: the newest]
    run: Option<String>,
    /// Where runs are kept
    #[arg(long, value_name = "DIR", default_value = "store")]
    store: PathBuf,
    /// All of the evidence, all faults, every arrival
    #[arg(long)]
    all: bool,
    /// Every figure, or those whose names fit: 'broadcast.*', latency
    #[arg(long, value_name = "PATTERN", num_args = 0..=1, default_missing_value = "*")]
    #[arg(conflicts_with_all = ["follow_value", "at"])]
    figures: Option<String>,
    /// The way of one value (JSON, or a plain word): from node to node, and where it stopped
    #[arg(
        long,
        value_name = "VALUE",
        conflicts_with = "at",
        allow_hyphen_values = true
    )]
    follow_value: Option<String>,
    /// What happened around this moment of the run
    #[arg(long, value_name = "TIME", value_parser = moment_of)]
    at: Option<Duration>,
    /// How long a part of the run --at shows, half of it before the moment
    #[arg(long = "for", value_name = "SPAN", default_value = "200ms", value_parser = span_of)]
    span: Duration,
    /// Of --at and --follow-value: what concerns this node only
    #[arg(long)]
    node: Option<String>,
    /// Of --at: how many lines
    #[arg(long, value_name = "N", default_value = "100")]
    limit: usize,
    /// Prints JSON: the report, or what was asked for
    #[arg(long)]
    json: bool,
    /// Exits as the run did: 0 valid, 1 invalid, 2 unknown
    #[arg(long)]
    exit_status: bool,
    /// Draws with ASCII only [default: if the locale is not UTF-8]
    #[arg(long)]
    ascii: bool,
}

fn moment_of(text: &str) -> Result<Duration, String> {
    parse_duration(text, Some(Unit::Seconds)).map_err(|error| error.to_string())
}

fn span_of(text: &str) -> Result<Duration, String> {
    parse_duration(text, Some(Unit::Millis)).map_err(|error| error.to_string())
}

/// Shows; returns the exit status.
pub fn run(arguments: &ShowArguments) -> Result<u8, Failure> {
    let archive = runs::open(arguments.run.as_deref(), &arguments.store)?;
    if arguments.node.is_some() && arguments.at.is_none() && arguments.follow_value.is_none() {
        let text = "--node needs --follow-value or --at: of which value, or around which moment?";
        return Err(Failure::Usage(text.to_owned()));
    }
    let screen = Screen {
        width: screen::width_of_stdout().unwrap_or(100),
        color: screen::color_on_stdout(),
        ascii: arguments.ascii || !screen::takes_unicode(),
    };
    let page = if let Some(pattern) = &arguments.figures {
        chosen_figures(arguments, &archive, pattern, &screen)?
    } else if let Some(value) = &arguments.follow_value {
        followed(arguments, &archive, value, &screen)?
    } else if let Some(at) = arguments.at {
        around(arguments, &archive, at, &screen)?
    } else if arguments.json {
        json(&archive.report)?
    } else {
        whole(arguments, &archive, &screen)?
    };
    print(&page)?;
    let status = archive.report.exit_status;
    Ok(if arguments.exit_status { status } else { 0 })
}

fn whole(arguments: &ShowArguments, archive: &Archive, screen: &Screen) -> Result<String, Failure> {
    let mut report = archive.report.clone();
    if report.was_cut_short() {
        report.headline = match archive.is_going_on() {
            true => "the run is going on; this is how far it got".to_owned(),
            false => "the run was cut short: Swelkie was killed; this is how far it got".to_owned(),
        };
    }
    let mut text = match arguments.all {
        true => summary::in_full(&report, screen.color),
        false => summary::summary(&report, screen.color),
    };
    if screen.ascii {
        text = swelkie::show::ascii(&text);
    }
    let read =
        || plots::Recording::read(archive).map(|read| plots::page(&read, screen, arguments.all));
    // The summary stands whatever became of the streams.
    match runs::patiently("reading messages", read) {
        Ok(plots) if plots.is_empty() => Ok(text),
        Ok(plots) => Ok(format!("{text}\n{plots}")),
        Err(error) => {
            anstream::eprintln!("warning: there are no plots: {}", in_run(archive, &error));
            Ok(text)
        }
    }
}

fn chosen_figures(
    arguments: &ShowArguments,
    archive: &Archive,
    pattern: &str,
    screen: &Screen,
) -> Result<String, Failure> {
    let all = &archive.report.figures;
    let some = figures::chosen(all, pattern);
    if some.0.is_empty() && !archive.report.is_over() {
        let text = "this run has no figures: it is not over, or Swelkie was killed";
        return Err(Failure::Usage(text.to_owned()));
    }
    if some.0.is_empty() {
        return Err(Failure::Usage(format!(
            "none of the {} figures fits `{}`; `swelkie show --figures` lists them",
            all.0.len(),
            screen::name(pattern)
        )));
    }
    match arguments.json {
        true => json(&some),
        false => Ok(figures::page(&some, screen)),
    }
}

fn followed(
    arguments: &ShowArguments,
    archive: &Archive,
    value: &str,
    screen: &Screen,
) -> Result<String, Failure> {
    let node = arguments.node.as_deref();
    let read = runs::patiently("reading messages", || Following::read(archive, value, node));
    let following = read.map_err(|error| match error {
        following::Error::Unknown(text) => Failure::Usage(text),
        following::Error::Io(error) => Failure::Ours(in_run(archive, &error)),
    })?;
    match arguments.json {
        true => json(&following),
        false => Ok(following::page(&following, screen, arguments.all)),
    }
}

fn around(
    arguments: &ShowArguments,
    archive: &Archive,
    at: Duration,
    screen: &Screen,
) -> Result<String, Failure> {
    let nanos = |span: Duration| u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
    let nodes = &archive.report.plan.nodes;
    if let Some(node) = &arguments.node {
        let client = node
            .strip_prefix('c')
            .is_some_and(|rest| rest.parse::<u64>().is_ok());
        let service = swelkie::services::all()
            .iter()
            .any(|service| service.name() == node);
        if !nodes.contains(node) && !client && !service {
            return Err(Failure::Usage(format!(
                "there is no node {}; the run's nodes are {}",
                screen::name(node),
                nodes.join(", ")
            )));
        }
    }
    let window = Window {
        at: nanos(at),
        around: nanos(arguments.span) / 2,
        node: arguments.node.as_deref(),
        limit: match arguments.all {
            true => usize::MAX,
            false => arguments.limit,
        },
    };
    let read = runs::patiently("reading messages", || Log::read(archive, &window));
    let log = read.map_err(|error| Failure::Ours(in_run(archive, &error)))?;
    match arguments.json {
        true => json(&log),
        false => Ok(moment::page(&log, &window, screen)),
    }
}

fn in_run(archive: &Archive, error: &io::Error) -> String {
    format!("{}: {error}", archive.directory.display())
}

fn json(value: &impl Serialize) -> Result<String, Failure> {
    let text =
        serde_json::to_string_pretty(value).map_err(|error| Failure::Ours(error.to_string()))?;
    Ok(format!("{text}\n"))
}
