//! Spellings, refusals and help. What the plan refuses is tried with the real binary
//! in `tests/command_line.rs`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{CommandFactory as _, Parser as _};
use swelkie::engine::Rate;
use swelkie::network::{Latency, Shape};
use swelkie::options::{Concurrency, Options, Target, TopologyChoice};
use swelkie_checkers::availability::Availability;
use swelkie_nodes::strategy::{Priority, Sensitivity};
use swelkie_workloads::topology;

use super::{Cli, Command};

fn words(line: &str) -> Vec<OsString> {
    let words = shlex::split(line).expect("quotes are closed");
    words.into_iter().map(OsString::from).collect()
}

/// The options that `swelkie test …` asks for, or the complaint.
fn options(line: &str) -> Result<Options, String> {
    let line = words(&format!("swelkie test {line}"));
    let cli = Cli::try_parse_from(line).map_err(|error| error.to_string())?;
    match cli.command {
        Command::Test(test) => test
            .options(7, String::new())
            .map_err(|failure| failure.to_string()),
        other => panic!("not a test: {other:?}"),
    }
}

/// With a workload and a node, so that only `line` matters.
fn accepted(line: &str) -> Options {
    options(&format!("-w broadcast --builtin flood {line}"))
        .unwrap_or_else(|error| panic!("{line}: {error}"))
}

/// The first paragraph of the complaint: clap adds advice on its usage.
fn refused(line: &str) -> String {
    complaint(&format!("-w broadcast --builtin flood {line}"))
}

fn complaint(line: &str) -> String {
    let error = options(line).expect_err(line);
    let paragraph = error.split("\n\n").next().unwrap_or_default();
    paragraph
        .strip_prefix("error: ")
        .unwrap_or(paragraph)
        .to_owned()
}

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn the_definition_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn defaults_are_those_of_the_reference() {
    let options = accepted("");
    assert_eq!(options.nodes, ["n0", "n1", "n2", "n3", "n4"]);
    assert_eq!(options.time_limit, s(60));
    assert_eq!(options.rate, Rate::PerSecond(5.0));
    assert_eq!(options.concurrency, Concurrency::PerNode(1));
    assert_eq!(options.latency, Latency::constant(Duration::ZERO));
    assert!(matches!(
        options.topology,
        TopologyChoice::Shape(topology::Shape::Grid)
    ));
    assert_eq!(options.nemesis_interval, s(10));
    assert_eq!(
        (options.recovery.bound, options.recovery.fixed),
        (s(10), false)
    );
    assert_eq!(options.store, PathBuf::from("store"));
    assert!(
        options.nemesis.is_empty()
            && options.availability.is_none()
            && options.rpc_timeout.is_none()
    );
}

#[test]
fn durations_take_units_and_bare_numbers_mean_what_the_reference_means() {
    for (line, time) in [
        ("20", s(20)),
        ("0", s(0)),
        ("1m", s(60)),
        ("500ms", ms(500)),
        ("1.5", ms(1500)),
        ("1m30s", s(90)),
    ] {
        assert_eq!(
            accepted(&format!("--time-limit {line}")).time_limit,
            time,
            "{line}"
        );
    }
    for (line, time) in [
        ("100", ms(100)),
        ("0.5", Duration::from_micros(500)),
        ("2s", s(2)),
    ] {
        assert_eq!(
            accepted(&format!("--latency {line}")).latency.mean,
            time,
            "{line}"
        );
    }
    assert_eq!(accepted("--nemesis-interval 3").nemesis_interval, s(3));
    assert_eq!(accepted("--init-timeout 30").init_timeout, s(30));
    assert_eq!(accepted("--rpc-timeout 250ms").rpc_timeout, Some(ms(250)));
    let recovery = accepted("--recovery 20s --recovery-fixed").recovery;
    assert_eq!((recovery.bound, recovery.fixed), (s(20), true));
}

#[test]
fn rates_and_concurrencies_take_their_spellings() {
    for (line, rate) in [
        ("100", Rate::PerSecond(100.0)),
        ("0.5", Rate::PerSecond(0.5)),
        ("max", Rate::Max),
    ] {
        assert_eq!(accepted(&format!("--rate {line}")).rate, rate, "{line}");
    }
    for (line, many) in [
        ("10", Concurrency::Clients(10)),
        ("2n", Concurrency::PerNode(2)),
        ("1n", Concurrency::PerNode(1)),
    ] {
        assert_eq!(
            accepted(&format!("--concurrency {line}")).concurrency,
            many,
            "{line}"
        );
    }
}

#[test]
fn latency_distributions_take_options_in_parentheses_words_or_flags() {
    let shape = |line: &str| accepted(&format!("--latency 100 {line}")).latency.shape;
    assert_eq!(shape("--latency-dist uniform"), Shape::Uniform);
    assert_eq!(shape("--latency-dist exponential"), Shape::Exponential);
    assert_eq!(shape("--latency-dist normal"), Shape::Normal { sd: ms(25) });
    assert_eq!(
        shape("--latency-dist 'normal(sd=20ms)'"),
        Shape::Normal { sd: ms(20) }
    );
    assert_eq!(
        shape("--latency-dist 'lognormal sd=20'"),
        Shape::LogNormal { sd: ms(20) }
    );
    assert_eq!(
        shape("--latency-dist normal --latency-sd 10"),
        Shape::Normal { sd: ms(10) }
    );
    assert_eq!(
        shape("--latency-dist 'pareto(alpha=2.5)'"),
        Shape::Pareto { alpha: 2.5 }
    );
    assert_eq!(
        shape("--latency-dist pareto --latency-alpha 4"),
        Shape::Pareto { alpha: 4.0 }
    );
    assert_eq!(
        accepted("--client-latency '5ms exponential'").client_latency,
        Latency::exponential(ms(5))
    );
}

#[test]
fn the_rest_of_the_flags_arrive_where_they_belong() {
    let options = accepted(
        "--nodes a,b,c --nemesis partition,kill --faults f.toml --strict --duplicates allow --wipe --store s \
         --no-messages --queue-limit 64MiB --line-limit 1MB --journal-limit 5000 --spawn-limit 4 --log-stderr \
         --log-net-send --log-net-recv --availability total --assert 'ops.ok > 3' --assert 'ops.fail < 1' --sim \
         --storm-limit 77 --trace chrome",
    );
    assert_eq!(options.nodes, ["a", "b", "c"]);
    assert_eq!(options.nemesis, ["partition", "kill"]);
    assert_eq!(options.faults, Some(PathBuf::from("f.toml")));
    assert!(
        options.strict
            && options.allow_duplicates
            && options.wipe
            && !options.journal_messages
            && options.sim
    );
    assert_eq!(options.store, PathBuf::from("s"));
    assert_eq!(
        (
            options.queue_limit,
            options.line_limit,
            options.journal_limit
        ),
        (64 << 20, 1_000_000, 5000)
    );
    assert_eq!((options.spawn_limit, options.storm_limit), (4, 77));
    assert_eq!(options.trace, Some(swelkie::trace::TraceFormat::Chrome));
    assert!(options.log_stderr && options.log_net_send && options.log_net_recv);
    assert_eq!(options.availability, Some(Availability::Total));
    assert_eq!(options.assertions, ["ops.ok > 3", "ops.fail < 1"]);
    assert_eq!(
        accepted("--availability 99.9%").availability,
        Some(Availability::AtLeast(0.999))
    );
    assert!(
        matches!(accepted("--topology graph.json").topology, TopologyChoice::File(path) if path == *"graph.json")
    );
    assert!(matches!(
        accepted("--topology tree4").topology,
        TopologyChoice::Shape(topology::Shape::Tree { branching: 4 })
    ));
}

#[test]
fn a_program_comes_with_arguments_surroundings_and_exceptions() {
    let line = "-w echo --bin ./node --bin n0=./old --node-count 2 --env A=b=c --cwd d --home --wrap 'strace -f' -- -x --seed 3";
    let options = options(line).unwrap();
    let Target::Binary(binary) = options.target else {
        panic!("a program");
    };
    assert_eq!(binary.program, PathBuf::from("./node"));
    assert_eq!(
        binary.programs.into_iter().collect::<Vec<_>>(),
        [("n0".to_owned(), PathBuf::from("./old"))]
    );
    assert_eq!(binary.args, words("-x --seed 3"));
    assert_eq!(binary.env, [("A".into(), "b=c".into())]);
    assert_eq!((binary.cwd, binary.home), (Some(PathBuf::from("d")), true));
    assert_eq!(binary.wrap, words("strace -f"));
}

#[test]
fn labels_are_words_and_levels_and_one_of_each_is_explained() {
    let labels = accepted(
        "--priorities urgent,bulk,bulk --sensitivities team,3,everyone --team-size 5 --branching 2",
    )
    .labels;
    assert_eq!(
        labels.priorities,
        [Priority::Urgent, Priority::Bulk, Priority::Bulk]
    );
    assert_eq!(
        labels.sensitivities,
        [
            Sensitivity::Team,
            Sensitivity::Level(3),
            Sensitivity::Everyone
        ]
    );
    assert_eq!((labels.team_size, labels.branching), (Some(5), Some(2)));
    for (line, expected) in [
        ("--priorities loud", "expected urgent, normal or bulk"),
        ("--sensitivities 0", "the number of a level from 1 to 255"),
        ("--team-size 0", "expected a whole number from 1"),
    ] {
        let text = complaint(&format!("-w broadcast --builtin flood {line}"));
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn a_program_per_node_needs_no_other() {
    let options = options("-w echo --nodes a,b --bin a=./x --bin b=/y=z").unwrap();
    let Target::Binary(binary) = options.target else {
        panic!("a program");
    };
    assert_eq!(binary.programs["b"], PathBuf::from("/y=z"));
    assert_eq!(
        complaint("-w echo --nodes a,b --bin a=./x"),
        "no program for b: give one for it (--bin b=PATH) or for all other nodes (--bin PATH)"
    );
    assert_eq!(
        complaint("-w echo --node-count 2 --bin ./x --bin n7=./y"),
        "--bin n7=./y: there is no node n7 (there are n0, n1); write ./n7=./y if that is the name of a file"
    );
    assert_eq!(
        complaint("-w echo --bin ./x --bin ./y"),
        "--bin names two programs for all nodes: ./x and ./y; write NODE=PATH for one node alone"
    );
}

#[test]
fn what_is_missing_or_contradicts_itself_is_said_with_what_to_do() {
    assert_eq!(
        complaint("--builtin flood"),
        "which promises shall be tested? Name a workload with -w: echo, unique-ids, broadcast, g-set, g-counter, pn-counter\n\
         (`swelkie workloads` shows their messages; the reference's default, lin-kv, is not built yet)"
    );
    assert_eq!(
        complaint("-w broadcast"),
        "nothing to test: name your node program with --bin ./my-node, or a built-in node with --builtin (flood, flood-retry, shared-file, full-set, …: swelkie strategies)"
    );
    assert_eq!(
        complaint("-w broadcast --bin ./x --sim"),
        "--sim does not go with --bin: a simulation runs nodes inside this process in virtual time, \
         and a program of its own reads the real clock.\n\
         Leave out --sim, or simulate a built-in node: --builtin flood"
    );
    assert_eq!(
        refused("--bin ./x"),
        "--bin and --builtin exclude each other: a run tests your program or one of Swelkie's nodes.\n\
         To mix them start Swelkie's as a program: --bin n0=swelkie … -- node flood"
    );
    assert_eq!(
        refused("--wrap strace"),
        "--wrap: only for programs given by --bin; a built-in node takes its parameters in its spec (`swelkie nodes`).\n\
         To start it like any other program: --bin swelkie -- node flood"
    );
    assert_eq!(
        refused("--latency-sd 3"),
        "--latency-sd belongs to normal and lognormal latency, and --latency-dist is constant"
    );
}

#[test]
fn values_out_of_range_are_refused_with_what_was_expected() {
    for (line, expected) in [
        (
            "--node-count 0",
            "invalid value '0' for '--node-count <N>': expected a number of nodes from 1 to 100000",
        ),
        (
            "--node-count -3",
            "invalid value '-3' for '--node-count <N>': expected a number of nodes from 1 to 100000",
        ),
        (
            "--rate -1",
            "invalid value '-1' for '--rate <HZ>': expected operations per second above 0, such as 10 or 0.5, or `max` for as fast as it goes",
        ),
        (
            "--concurrency 0",
            "invalid value '0' for '--concurrency <CLIENTS>': expected a number of clients from 1, such as 10, or `2n` for two per node",
        ),
        (
            "--time-limit 20x",
            "invalid value '20x' for '--time-limit <TIME>': \"x\" in \"20x\" is not a unit of time; expected a duration such as \"250ms\", \"1.5s\" or \"1m30s\" (units: h, m, s, ms, us, ns)",
        ),
        (
            "--nemesis-interval 0",
            "invalid value '0' for '--nemesis-interval <TIME>': expected a duration above zero",
        ),
        (
            "--latency-alpha 1",
            "invalid value '1' for '--latency-alpha <ALPHA>': expected a tail index above 1, such as 2.5 (at 1 and below there is no mean)",
        ),
        (
            "--queue-limit 1TiB",
            "invalid value '1TiB' for '--queue-limit <SIZE>': expected a size above 0, such as 64MiB, 1GB or a number of bytes",
        ),
        (
            "--seed x",
            "invalid value 'x' for '--seed <N>': expected a whole number from 0 to 18446744073709551615, as a run prints it",
        ),
        (
            "--availability 2%0",
            "invalid value '2%0' for '--availability <SHARE>': expected `total`, a fraction such as `0.999` or a percentage such as `99.9%`, got `2%0`",
        ),
        (
            "--env A",
            "invalid value 'A' for '--env <KEY=VALUE>': expected KEY=VALUE, such as RUST_LOG=debug",
        ),
        (
            "--wrap \"strace '-f\"",
            "invalid value 'strace '-f' for '--wrap <COMMAND>': expected a command as in a shell, with its quotes closed, such as 'strace -f'",
        ),
    ] {
        assert_eq!(refused(line), expected);
    }
}

#[test]
fn mistyped_names_get_the_nearest_and_the_list() {
    for (line, expected) in [
        (
            "-w brodcast --builtin flood",
            "did you mean `broadcast`? (there are echo, unique-ids, broadcast,",
        ),
        (
            "-w lin-kv --builtin flood",
            "this workload is not built yet (there are echo,",
        ),
        ("-w echo --builtin flod", "did you mean `flood`?"),
        (
            "-w broadcast --builtin flood --topology grdi",
            "did you mean `grid`?",
        ),
        (
            "-w broadcast --builtin flood --nemesis partition,kil",
            "no such fault; did you mean `kill`? (there are partition,",
        ),
        (
            "-w broadcast --builtin flood --latency-dist expnential",
            "did you mean \"exponential\"?",
        ),
        (
            "-w broadcast --builtin flood --node-conut 3",
            "a similar argument exists: '--node-count'",
        ),
    ] {
        let error = options(line).expect_err(line);
        assert!(error.contains(expected), "{line}: {error}");
    }
}

#[test]
fn help_is_grouped_and_fits_on_a_page() {
    let error = Cli::try_parse_from(["swelkie", "test", "--help"])
        .expect_err("help is none of the options");
    let help = error.to_string();
    let headings = [
        "What is tested:",
        "Nodes:",
        "Operations:",
        "Network:",
        "Faults:",
        "Verdict:",
        "Output:",
        "Sweeps:",
        "Limits:",
    ];
    let places: Vec<usize> = headings
        .iter()
        .map(|heading| help.find(heading).expect(heading))
        .collect();
    assert!(places.is_sorted(), "{help}");
    assert!(
        help.lines().count() < 125,
        "{} lines\n{help}",
        help.lines().count()
    );
    assert!(
        help.contains("Exit status: 0 valid, 1 invalid, 2 unknown"),
        "{help}"
    );
}
