//! `swelkie replay`: one node again, with the input it had in a recorded run.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use clap::{Args, Parser as _};
use serde::Deserialize;
use swelkie::live::{DATA, ProgramError, SEED, node_seed, resolve_program, resolve_wrapped};
use swelkie::options::{Binary, Options, Target};
use swelkie::replay::{self, Recording};
use swelkie::supervisor::{INCARNATION, NODE};
use swelkie::text::excerpt;
use swelkie_nodes::NodeId;

use super::{Cli, Failure, screen};

/// Shown under `swelkie replay --help`.
pub const EXAMPLES: &str = "\
Examples:
  swelkie replay --node n3                          the newest run, with the program it tested
  swelkie replay --node n3 -- gdbserver :1234 ./my-node
  swelkie replay --node n3 --print > input && gdb -ex 'run < input' ./my-node";

/// How long a node may live on after its input has ended, before it is killed.
const PATIENCE: Duration = Duration::from_secs(2);

/// Everything after `swelkie replay`.
#[derive(Args, Clone, Debug)]
pub struct ReplayArguments {
    /// The directory of the run
    #[arg(default_value = "store/latest")]
    run: PathBuf,
    /// Which node
    #[arg(long)]
    node: String,
    /// Which of its lives: 0 until it is killed, 1 after it is started again, …
    #[arg(long, value_name = "N", default_value = "0")]
    incarnation: u32,
    /// Prints the input instead of feeding it to the node
    #[arg(long)]
    print: bool,
    /// Keeps the time between lines, rather than writing as fast as the node reads
    #[arg(long)]
    timing: bool,
    /// What to start, in this directory [default: the program that was tested, in a fresh directory]
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Replays; returns the exit status.
pub fn run(arguments: &ReplayArguments) -> Result<u8, Failure> {
    let recording = recording(arguments)?;
    if recording.without_body > 0 {
        anstream::eprintln!(
            "warning: {} of its messages were recorded without their bodies (--journal-limit) and are left out",
            recording.without_body
        );
    }
    if arguments.print {
        return match feed(&recording, io::stdout().lock(), arguments.timing) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(0),
        };
    }
    let (mut command, ours) = match arguments.command.split_first() {
        Some((program, rest)) => {
            let mut command = Command::new(program);
            command.args(rest);
            (command, false)
        }
        None => (recorded_command(arguments)?, true),
    };
    start(&mut command, &recording, arguments.timing, ours)
}

fn recording(arguments: &ReplayArguments) -> Result<Recording, Failure> {
    let path = arguments.run.join("messages.jsonl");
    let shown = path.display();
    let node = excerpt(arguments.node.as_bytes(), 40);
    let file = File::open(&path).map_err(|error| {
        Failure::Usage(format!(
            "{shown}: {error}; expected the directory of a run that recorded its messages \
             (without --no-store and --no-messages; of many runs those that are valid do not: --keep all)"
        ))
    })?;
    let recording = replay::read(
        BufReader::with_capacity(1 << 20, file),
        &arguments.node,
        arguments.incarnation,
    );
    let recording = recording.map_err(|error| Failure::Usage(format!("{shown}: {error}")))?;
    let nodes: Vec<&str> = recording.nodes.iter().map(String::as_str).collect();
    let problem = match (nodes.as_slice(), recording.lives) {
        ([], _) => "no node was started in this run".to_owned(),
        (_, 0) => format!(
            "nothing was handed to {node}; the run's nodes are {}",
            nodes.join(", ")
        ),
        (_, lives) if arguments.incarnation >= lives => {
            format!(
                "{node} has no incarnation {}; the last is {}",
                arguments.incarnation,
                lives - 1
            )
        }
        _ => return Ok(recording),
    };
    Err(Failure::Usage(format!("{shown}: {problem}")))
}

/// Writes the lines, and keeps their distances if asked to.
#[expect(
    clippy::disallowed_methods,
    reason = "keeps to the wall clock on request"
)]
fn feed(recording: &Recording, mut to: impl Write, timing: bool) -> io::Result<()> {
    let begin = Instant::now();
    let first = recording.deliveries.first().map(|delivery| delivery.time);
    for delivery in &recording.deliveries {
        if timing && let Some(first) = first {
            thread::sleep((delivery.time - first).saturating_sub(begin.elapsed()));
        }
        to.write_all(&delivery.line)?;
    }
    to.flush()
}

fn start(
    command: &mut Command,
    recording: &Recording,
    timing: bool,
    ours: bool,
) -> Result<u8, Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    let child = command.stdin(Stdio::piped()).spawn();
    let mut child = child.map_err(|error| Failure::Usage(format!("{program}: {error}")))?;
    let stdin = child.stdin.take().expect("it is piped");
    if let Err(error) = feed(recording, stdin, timing) {
        anstream::eprintln!("the node stopped reading before its input ended: {error}");
    }
    finish(&mut child, ours)
}

/// Waits for the node's end: as long as it takes for a command of the user's (a
/// debugger), not for ever otherwise.
#[expect(clippy::disallowed_methods, reason = "waits for a process")]
fn finish(child: &mut Child, ours: bool) -> Result<u8, Failure> {
    let end = Instant::now() + PATIENCE;
    let status = loop {
        let status = if ours {
            child.try_wait()?
        } else {
            Some(child.wait()?)
        };
        if let Some(status) = status {
            break status;
        }
        if Instant::now() >= end {
            child.kill()?;
            child.wait()?;
            anstream::eprintln!("its input has ended and the node lives on: killed");
            return Ok(0);
        }
        thread::sleep(Duration::from_millis(10));
    };
    if !status.success() {
        anstream::eprintln!("the node ended with {status}");
    }
    Ok(u8::from(!status.success()))
}

/// What `results.json` tells us.
#[derive(Deserialize)]
struct Results {
    run: Run,
    plan: Planned,
}

#[derive(Deserialize)]
struct Run {
    command: String,
}

#[derive(Deserialize)]
struct Planned {
    seed: u64,
}

/// The command that the run started the node with.
fn recorded_command(arguments: &ReplayArguments) -> Result<Command, Failure> {
    let path = arguments.run.join("results.json");
    let advice = "name what to start after --: swelkie replay … -- ./my-node";
    let unknown = |why: String| Failure::Usage(format!("{}: {why}; {advice}", path.display()));
    let text = fs::read(&path).map_err(|error| unknown(error.to_string()))?;
    let results: Results =
        serde_json::from_slice(&text).map_err(|error| unknown(error.to_string()))?;
    let options = recorded_options(&results)
        .ok_or_else(|| unknown("it does not say how the nodes were started".to_owned()))?;
    let node = &arguments.node;
    let mut command = match &options.target {
        Target::Builtin(spec) => {
            let mut command = Command::new(std::env::current_exe()?);
            command.args(["node", spec]);
            command
        }
        Target::Binary(binary) => binary_command(binary, node)?,
    };
    surround(&mut command, &options, arguments)?;
    Ok(command)
}

/// The options of the recorded run, read back from its command line.
fn recorded_options(results: &Results) -> Option<Options> {
    let words = shlex::split(&results.run.command)?;
    let cli = Cli::try_parse_from(words).ok()?;
    match cli.command {
        super::Command::Test(test) => test.options(results.plan.seed, String::new()).ok(),
        _ => None,
    }
}

/// The working directory and the variables a node has in a run; its data directory
/// is new and empty, whatever its earlier lives stored.
fn surround(
    command: &mut Command,
    options: &Options,
    arguments: &ReplayArguments,
) -> Result<(), Failure> {
    let data = std::path::absolute(arguments.run.join("replay").join(&arguments.node))?;
    match fs::remove_dir_all(&data) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => fs::create_dir_all(&data)?,
    }
    let own_cwd = match &options.target {
        Target::Binary(binary) => binary.cwd.clone(),
        Target::Builtin(_) => None,
    };
    let home = matches!(&options.target, Target::Binary(binary) if binary.home);
    if home {
        command.env("HOME", &data);
    }
    let seed = node_seed(
        options.seed,
        &NodeId::from(arguments.node.as_str()),
        arguments.incarnation,
    );
    command.env(SEED, seed.0.to_string()).env(DATA, &data);
    command
        .env(NODE, &arguments.node)
        .env(INCARNATION, arguments.incarnation.to_string());
    command.current_dir(own_cwd.unwrap_or(data));
    if arguments.incarnation > 0 {
        anstream::eprintln!(
            "warning: what {} stored in its earlier lives is not there",
            screen::name(&arguments.node)
        );
    }
    Ok(())
}

/// The program of a node with its arguments, found as `swelkie test` finds it.
fn binary_command(binary: &Binary, node: &str) -> Result<Command, Failure> {
    let here = std::env::current_dir()?;
    let path = std::env::var_os("PATH");
    let usage = |error: ProgramError| Failure::Usage(error.to_string());
    let program = binary
        .programs
        .get(node)
        .unwrap_or(&binary.program)
        .as_os_str();
    let mut command = match binary.wrap.split_first() {
        None => Command::new(resolve_program(program, &here, path.as_deref()).map_err(usage)?),
        Some((wrapper, rest)) => {
            let mut command =
                Command::new(resolve_program(wrapper, &here, path.as_deref()).map_err(usage)?);
            let program = resolve_wrapped(program, &here, path.as_deref()).map_err(usage)?;
            command.args(rest).arg(program);
            command
        }
    };
    command.args(&binary.args).envs(binary.env.iter().cloned());
    Ok(command)
}
