//! The `swelkie test` that repeats one run of a comparison.

use std::ffi::{OsStr, OsString};

use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, CommandFactory as _};

use crate::cli::Cli;
use crate::cli::arguments::Tested;
use crate::cli::repeat::quote;

/// Flags of both commands that say how something is shown or where it is kept, or that
/// are different for each run.
const OWN: [&str; 9] = [
    "builtin", "bin", "sim", "seed", "json", "html", "quiet", "store", "no_store",
];

/// Flags that only concern programs.
const FOR_PROGRAMS: [&str; 4] = ["env", "cwd", "home", "wrap"];

/// What all the runs have in common, as flags of `swelkie test`.
pub struct Again {
    program: OsString,
    /// The name of a flag in the code, and how it is written.
    flags: Vec<(String, Vec<OsString>)>,
}

impl Again {
    /// Out of the command line of the comparison: what `swelkie test` would take for
    /// granted otherwise is spelt out.
    pub fn new(command: &[OsString]) -> Again {
        let mut cli = Cli::command();
        cli.build();
        let program = command.first().cloned().unwrap_or_else(|| "swelkie".into());
        let matches = cli.clone().try_get_matches_from(command);
        let ours = matches
            .as_ref()
            .ok()
            .and_then(|all| all.subcommand_matches("compare"));
        let test = cli.find_subcommand("test");
        let flags = match (ours, test) {
            (Some(ours), Some(test)) => test
                .get_arguments()
                .filter(|argument| argument.get_long().is_some())
                .filter(|argument| !OWN.contains(&argument.get_id().as_str()))
                .filter_map(|argument| {
                    Some((argument.get_id().to_string(), written(argument, ours)?))
                })
                .collect(),
            // It was parsed once, so this does not happen.
            _ => Vec::new(),
        };
        Again { program, flags }
    }

    /// The command for a run of this strategy with this seed.
    pub fn test(&self, tested: &Tested, seed: u64) -> String {
        let mut words: Vec<OsString> = vec![self.program.clone(), "test".into()];
        let mut push = |word: &OsStr| words.push(word.to_owned());
        if let Some(workload) = &tested.workload {
            push("-w".as_ref());
            push(workload.as_ref());
        }
        if let Some(spec) = &tested.builtin {
            push("--builtin".as_ref());
            push(spec.as_ref());
        }
        for program in &tested.bin {
            push("--bin".as_ref());
            push(program.path.as_os_str());
        }
        if tested.sim {
            push("--sim".as_ref());
        }
        for (name, flag) in &self.flags {
            if tested.builtin.is_none() || !FOR_PROGRAMS.contains(&name.as_str()) {
                flag.iter().for_each(|word| push(word));
            }
        }
        push("--recovery-fixed".as_ref());
        push("--seed".as_ref());
        push(seed.to_string().as_ref());
        if !tested.arguments.is_empty() {
            push("--".as_ref());
            tested.arguments.iter().for_each(|word| push(word));
        }
        let quoted: Vec<String> = words.iter().map(|word| quote(word)).collect();
        quoted.join(" ")
    }
}

/// A flag as `swelkie test` needs it; none if it would do the same without.
fn written(argument: &clap::Arg, ours: &ArgMatches) -> Option<Vec<OsString>> {
    let id = argument.get_id().as_str();
    // Flags that only `swelkie test` has are not there.
    let source = ours
        .try_contains_id(id)
        .ok()
        .and_then(|_| ours.value_source(id))?;
    let flag = OsString::from(format!("--{}", argument.get_long()?));
    if id == "recovery_fixed" {
        return None;
    }
    if matches!(argument.get_action(), ArgAction::SetTrue) {
        return (source == ValueSource::CommandLine).then(|| vec![flag]);
    }
    let values: Vec<&OsStr> = ours.get_raw(id)?.collect();
    let usual: Vec<&OsStr> = argument
        .get_default_values()
        .iter()
        .map(|value| value.as_os_str())
        .collect();
    if values == usual {
        return None;
    }
    // `--nodes a` beside the node count it replaces: clap leaves the default in place.
    if id == "node_count" && ours.value_source("nodes") == Some(ValueSource::CommandLine) {
        return None;
    }
    let words = match argument.get_value_delimiter() {
        Some(delimiter) => vec![flag, values.join(OsStr::new(&delimiter.to_string()))],
        None => values
            .into_iter()
            .flat_map(|value| [flag.clone(), value.to_owned()])
            .collect(),
    };
    Some(words)
}
