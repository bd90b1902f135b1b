//! The command line: one definition for parsing, help, completions and man pages.
//!
//! Exit statuses: 0 valid, 1 invalid, 2 unknown, 130 and 143 interrupted; 254 for
//! what is found wrong before a node starts, clap's own complaints included; 255
//! when we fail.

mod arguments;
mod compare;
mod diff;
mod export;
mod herald;
mod lab;
mod lists;
mod ls;
mod manual;
mod node;
mod repeat;
mod replay;
mod report;
mod request;
mod runs;
mod screen;
mod serve;
mod show;
mod signals;
mod suite;
mod sweep;
mod test;
#[cfg(test)]
mod tests;
mod values;

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::builder::Styles;
use clap::builder::styling::{AnsiColor, Effects};
use clap::{ArgAction, Parser, Subcommand, ValueEnum};

use arguments::TestArguments;
use compare::CompareArguments;
use diff::DiffArguments;
use export::ExportArguments;
use lab::LabArguments;
use ls::LsArguments;
use replay::ReplayArguments;
use report::ReportArguments;
pub use screen::person_at_stderr;
use serve::ServeArguments;
use show::ShowArguments;
use suite::SuiteArguments;

/// What the user wrote is wrong, or a binary cannot be run.
const USAGE: u8 = 254;
/// We failed.
pub const FAILURE: u8 = 255;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().effects(Effects::BOLD))
    .usage(AnsiColor::Green.on_default().effects(Effects::BOLD))
    .literal(AnsiColor::Cyan.on_default().effects(Effects::BOLD))
    .placeholder(AnsiColor::Cyan.on_default());

/// Test any program that speaks JSON lines on stdin and stdout, under an unfriendly network.
#[derive(Parser, Debug)]
#[command(name = "swelkie", version, styles = STYLES, max_term_width = 110, disable_help_subcommand = true)]
#[command(
    after_help = "Try it: swelkie test -w broadcast --builtin flood --sim --nemesis partition"
)]
pub struct Cli {
    /// Shows what Swelkie does, on stderr; -vv shows more (or SWELKIE_LOG=debug)
    #[arg(short, long, global = true, action = ArgAction::Count)]
    verbose: u8,
    /// Colours: when the output is a terminal and NO_COLOR is not set, or as told
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true
    )]
    color: Color,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Runs a workload against nodes and judges what they did
    #[command(after_help = test::EXAMPLES)]
    Test(Box<TestArguments>),
    /// Plays the rungs of a file: the same node under growing trouble, one table, one status
    #[command(after_help = suite::EXAMPLES)]
    Suite(Box<SuiteArguments>),
    /// Shows a run: its verdict with plots, the way of one message, a moment
    #[command(after_help = show::EXAMPLES)]
    Show(Box<ShowArguments>),
    /// Lists the runs, newest first
    #[command(after_help = ls::EXAMPLES)]
    Ls(LsArguments),
    /// Compares two runs: what differs, and which of it is more than chance
    #[command(after_help = diff::EXAMPLES)]
    Diff(DiffArguments),
    /// Runs several strategies on one task and shows them side by side
    #[command(after_help = compare::EXAMPLES)]
    Compare(Box<CompareArguments>),
    /// Feeds one node its recorded input again, for a debugger
    #[command(after_help = replay::EXAMPLES)]
    Replay(ReplayArguments),
    /// Writes the page of a run: one HTML file with everything that happened
    #[command(after_help = report::EXAMPLES)]
    Report(ReportArguments),
    /// Writes a run for other programs: Perfetto, ShiViz, Graphviz, CSV, Parquet
    #[command(after_help = export::EXAMPLES)]
    Export(ExportArguments),
    /// Runs a built-in node on stdin and stdout
    Node {
        /// The node: flood, flood-retry:retry=50ms
        spec: String,
    },
    /// Plays experiments: how a strategy behaves over thousands of simulated clusters
    #[command(after_help = lab::EXAMPLES)]
    Lab(Box<LabArguments>),
    /// Shows the runs of a store in a browser, also while they go on
    #[command(after_help = serve::EXAMPLES)]
    Serve(ServeArguments),
    /// Lists the built-in nodes
    Nodes,
    /// Lists the dissemination strategies and their parameters
    Strategies,
    /// Lists the workloads and their messages
    Workloads,
    /// Prints a JSON Schema, for editors
    Schema {
        /// Of which file
        file: SchemaFile,
    },
    /// Prints shell completions
    Completions {
        /// For which shell
        shell: clap_complete::Shell,
    },
    /// Prints a man page
    Man {
        /// Of this command rather than all of them: test, replay, …
        command: Option<String>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SchemaFile {
    /// A schedule of faults
    Faults,
    /// A suite
    Suite,
}

/// Why a command did not get to its end.
#[derive(Debug)]
pub enum Failure {
    /// The user can put it right: exit status 254.
    Usage(String),
    /// We failed: exit status 255.
    Ours(String),
}

impl Failure {
    fn status(&self) -> u8 {
        match self {
            Failure::Usage(_) => USAGE,
            Failure::Ours(_) => FAILURE,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let (Failure::Usage(text) | Failure::Ours(text)) = self;
        f.write_str(text)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Ours(error.to_string())
    }
}

/// Parses the arguments and does what they say.
pub fn main(arguments: Vec<OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help that nobody reads to its end is no failure.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { USAGE } else { 0 });
        }
    };
    screen::set_color(cli.color);
    match screen::log(cli.verbose).and_then(|()| carry_out(cli.command, &arguments)) {
        Ok(status) => ExitCode::from(status),
        Err(failure) => {
            screen::complain(&failure);
            ExitCode::from(failure.status())
        }
    }
}

fn carry_out(command: Command, arguments: &[OsString]) -> Result<u8, Failure> {
    match command {
        Command::Test(test) => return test::run(&test, arguments),
        Command::Suite(suite) => return suite::run(&suite, arguments),
        Command::Show(show) => return show::run(&show),
        Command::Ls(ls) => return ls::run(&ls),
        Command::Diff(diff) => return diff::run(&diff),
        Command::Compare(compare) => return compare::run(&compare, arguments),
        Command::Replay(replay) => return replay::run(&replay),
        Command::Lab(lab) => return lab::run(&lab),
        Command::Report(report) => return report::run(&report),
        Command::Serve(serve) => return serve::run(&serve),
        Command::Export(export) => return export::run(&export),
        Command::Node { spec } => return node::run(&spec),
        Command::Nodes => print(&lists::nodes())?,
        Command::Strategies => print(&lists::strategies())?,
        Command::Workloads => print(&lists::workloads())?,
        Command::Schema {
            file: SchemaFile::Faults,
        } => print(&manual::fault_schema())?,
        Command::Schema {
            file: SchemaFile::Suite,
        } => print(&format!("{:#}\n", suite::schema()))?,
        Command::Completions { shell } => print_bytes(&manual::completions(shell))?,
        Command::Man { command } => print_bytes(&manual::page(command.as_deref())?)?,
    }
    Ok(0)
}

/// Prints to stdout; a reader that has seen enough is no failure.
fn print(text: &str) -> io::Result<()> {
    print_bytes(text.as_bytes())
}

fn print_bytes(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}
