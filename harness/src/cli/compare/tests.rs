//! Which runs a command line asks for, and the command that repeats one of them.

use std::ffi::OsString;

use clap::Parser as _;
use swelkie::lab::compare::runner::Contestant;
use swelkie::options::Options;

use crate::cli::{Cli, Command};

fn asked(line: &str) -> Vec<Contestant> {
    let words = shlex::split(&format!("swelkie compare {line}")).expect("quotes are closed");
    let words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
    let cli = Cli::try_parse_from(&words).unwrap_or_else(|error| panic!("{error}"));
    match cli.command {
        Command::Compare(compare) => compare
            .contestants(7, &words)
            .unwrap_or_else(|failure| panic!("{failure}")),
        other => panic!("not a comparison: {other:?}"),
    }
}

fn again(line: &str) -> Vec<String> {
    let contestants = asked(line);
    let runs = contestants.iter().flat_map(|contestant| &contestant.runs);
    runs.map(|options| options.command.clone()).collect()
}

/// What `swelkie test` makes of a command.
fn tested(command: &str) -> Options {
    let words = shlex::split(command).expect("quotes are closed");
    match Cli::try_parse_from(words).expect(command).command {
        Command::Test(test) => {
            let seed = test.faults.seed.expect("the command names its seed");
            let options = test.options(seed, command.to_owned());
            options.unwrap_or_else(|failure| panic!("{failure}"))
        }
        other => panic!("not a test: {other:?}"),
    }
}

#[test]
fn the_defaults_are_the_scoreboard_s() {
    let contestants = asked("--builtin flood");
    let options = &contestants[0].runs[0];
    assert_eq!((options.nodes.len(), options.sim), (25, true));
    assert!(options.recovery.fixed);
    assert_eq!(
        again("--builtin flood"),
        [
            "swelkie test -w broadcast --builtin flood --sim --node-count 25 --time-limit 20s --rate 100 \
             --latency 100ms --recovery-fixed --seed 7"
        ]
    );
}

#[test]
fn the_command_that_repeats_a_run_asks_for_the_very_same_run() {
    for line in [
        "--builtin flood",
        "--builtin sample:fanout=7 --live --runs 2",
        "--builtin flood --nodes a,b,c --nemesis partition,kill --nemesis-interval=3 --latency-dist exponential",
        "--builtin flood --bin './my node' --env A=b --env C=d --home --topology total -q --csv x.csv -- --seed 3",
        "--builtin flood --assert 'net.servers.msgs-per-op < 20' --strict --duplicates allow --concurrency 2n",
        "--builtin flood --wipe --recovery 3 --no-store --time-limit 60 --rate 5 --node-count 5 --latency 0",
    ] {
        for contestant in asked(line) {
            for options in contestant.runs {
                // Where records go is no part of what is run.
                let wanted = Options {
                    store: "store".into(),
                    no_store: false,
                    ..options.clone()
                };
                let repeated = tested(&options.command);
                assert_eq!(
                    format!("{repeated:?}"),
                    format!("{wanted:?}"),
                    "{line}\n{}",
                    options.command
                );
            }
        }
    }
}

#[test]
fn built_in_nodes_are_simulated_and_programs_are_not_unless_told_otherwise() {
    let modes = |line: &str| -> Vec<String> {
        let contestants = asked(line);
        let shown = contestants
            .iter()
            .map(|one| format!("{} {}", one.strategy, one.mode()));
        shown.collect()
    };
    assert_eq!(
        modes("--builtin flood --bin ./x"),
        ["flood sim", "./x live"]
    );
    assert_eq!(
        modes("--builtin flood --bin ./x --live"),
        ["flood live", "./x live"]
    );
    assert_eq!(
        modes("--builtin flood --bin ./x --live --sim"),
        ["flood sim", "flood live", "./x live"]
    );
    // It shares a real file.
    assert_eq!(
        modes("--builtin shared-file --sim --live"),
        ["shared-file live"]
    );
}
