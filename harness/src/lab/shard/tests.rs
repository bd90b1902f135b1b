use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::*;
use crate::lab::experiment::Experiment;
use crate::lab::result::CellResult;
use crate::lab::runner;

fn experiment(text: &str) -> Experiment {
    Experiment::parse("test", text, Path::new(".")).expect("an experiment")
}

fn variables(text: &str) -> Variables {
    let pairs = text.split_whitespace().map(|pair| {
        let (name, value) = pair.split_once('=').expect("a variable");
        (name.to_owned(), value.to_owned())
    });
    pairs.collect()
}

#[test]
fn parts_are_counted_from_one_and_what_is_no_part_is_refused_with_what_was_expected() {
    for text in ["1/1", "3/8", "8/8"] {
        assert_eq!(text.parse::<Shard>().expect("a part").to_string(), text);
    }
    for text in [
        "0/8",
        "9/8",
        "1/0",
        "3",
        "/",
        "a/b",
        "-1/8",
        "3/8/1",
        "1/4294967296",
        "",
    ] {
        let error = text.parse::<Choice>().expect_err(text);
        assert!(error.contains("counted from 1/8 to 8/8"), "{error}");
        assert!(error.contains("auto"), "{error}");
    }
    assert_eq!("auto".parse(), Ok(Choice::Auto(None)));
    assert_eq!("auto/8".parse(), Ok(Choice::Auto(Some(8))));
    assert!("auto/0".parse::<Choice>().is_err());
    assert!(
        "\u{1b}[2J"
            .parse::<Choice>()
            .is_err_and(|error| !error.contains('\u{1b}'))
    );
}

#[test]
fn a_directory_tells_which_part_it_holds_and_no_other_name_does() {
    let shard = Shard::new(3, 8).expect("a part");
    assert_eq!(shard.directory(), "shard-3-of-8");
    assert_eq!(Shard::from_directory("shard-3-of-8"), Some(shard));
    for name in [
        "shard-9-of-8",
        "shard-03-of-8",
        "shard-+3-of-8",
        "shard-3-of-8.old",
        "x",
    ] {
        assert_eq!(Shard::from_directory(name), None, "{name}");
    }
}

#[test]
fn every_cell_is_dealt_to_one_part_and_the_dearest_part_is_close_to_the_mean() {
    let text = "all = { strategy = [\"flood\", \"sample\"], nodes = [5, 10, 25, 50, 100, 250, 500, 1000] }";
    let cells = experiment(text).cells;
    for of in 1..=20 {
        let parts = (1..=of).map(|part| Shard::new(part, of).expect("a part").own(cells.clone()));
        let parts: Vec<Vec<Cell>> = parts.collect();
        let keys: BTreeSet<String> = parts.iter().flatten().map(Cell::key).collect();
        assert_eq!(keys.len(), cells.len(), "{of} parts");
        assert_eq!(parts.iter().map(Vec::len).sum::<usize>(), cells.len());
        let loads: Vec<u64> = parts
            .iter()
            .map(|part| part.iter().map(cost).sum())
            .collect();
        let all: u64 = loads.iter().sum();
        let best = all.div_ceil(u64::from(of)).max(1000);
        assert!(
            loads.iter().all(|&load| load * 3 <= best * 4),
            "{of}: {loads:?}"
        );
    }
}

#[test]
fn no_part_gets_the_same_end_of_every_list_of_parameters() {
    let text = "all = { strategy = \"sample:fanout={f}\", nodes = [10, 20, 30, 40], vary = { f = [1, 2] } }";
    let own = Shard::new(1, 2)
        .expect("a part")
        .own(experiment(text).cells);
    let strategies: BTreeSet<&str> = own.iter().map(|cell| cell.strategy.as_str()).collect();
    assert_eq!((own.len(), strategies.len()), (4, 2));
}

#[test]
fn the_environments_of_batch_and_ci_systems_name_the_part_that_they_mean() {
    for (text, of, expected) in [
        ("", None, None),
        ("HOME=/root CI_NODE_TOTAL=4", None, None),
        // Arrays from 0, from 1, from 5, in steps of 10.
        (
            "SLURM_ARRAY_TASK_ID=0 SLURM_ARRAY_TASK_COUNT=8 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=7 SLURM_ARRAY_TASK_STEP=1",
            None,
            Some("1/8"),
        ),
        (
            "SLURM_ARRAY_TASK_ID=8 SLURM_ARRAY_TASK_COUNT=8 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=8 SLURM_ARRAY_TASK_STEP=1",
            None,
            Some("8/8"),
        ),
        (
            "SLURM_ARRAY_TASK_ID=7 SLURM_ARRAY_TASK_COUNT=4 SLURM_ARRAY_TASK_MIN=5 SLURM_ARRAY_TASK_MAX=8",
            None,
            Some("3/4"),
        ),
        (
            "SLURM_ARRAY_TASK_ID=20 SLURM_ARRAY_TASK_COUNT=4 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=30 SLURM_ARRAY_TASK_STEP=10",
            None,
            Some("3/4"),
        ),
        (
            "SLURM_ARRAY_TASK_ID=20 SLURM_ARRAY_TASK_COUNT=4 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=30",
            None,
            Some("3/4"),
        ),
        (
            "SLURM_ARRAY_TASK_ID=2 SLURM_ARRAY_TASK_COUNT=3 SLURM_ARRAY_TASK_MIN=1",
            None,
            Some("2/3"),
        ),
        (
            "SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_TASK_COUNT=1 SLURM_ARRAY_TASK_MIN=3 SLURM_ARRAY_TASK_MAX=3",
            None,
            Some("1/1"),
        ),
        // Tasks of srun; a batch script is none, whatever it asked for.
        ("SLURM_PROCID=2 SLURM_NTASKS=4", None, Some("3/4")),
        (
            "SLURM_JOB_ID=7 SLURM_STEP_ID=0 SLURM_PROCID=1 SLURM_NTASKS=4 SLURM_STEP_NUM_TASKS=2",
            None,
            Some("2/2"),
        ),
        ("SLURM_JOB_ID=7 SLURM_PROCID=0 SLURM_NTASKS=4", None, None),
        // Both: tasks of the first array job come first.
        (
            "SLURM_JOB_ID=7 SLURM_STEP_ID=0 SLURM_PROCID=1 SLURM_NTASKS=2 SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_TASK_COUNT=4 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=4",
            None,
            Some("6/8"),
        ),
        (
            "SLURM_JOB_ID=7 SLURM_PROCID=0 SLURM_NTASKS=2 SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_TASK_COUNT=4 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=4",
            None,
            Some("3/4"),
        ),
        ("JOB_COMPLETION_INDEX=0", Some(8), Some("1/8")),
        ("JOB_COMPLETION_INDEX=7", Some(8), Some("8/8")),
        ("CI_NODE_INDEX=2 CI_NODE_TOTAL=4", None, Some("2/4")),
        ("CIRCLE_NODE_INDEX=0 CIRCLE_NODE_TOTAL=3", None, Some("1/3")),
        (
            "BUILDKITE_PARALLEL_JOB=2 BUILDKITE_PARALLEL_JOB_COUNT=3",
            None,
            Some("3/3"),
        ),
        // A CI job without siblings that runs in an array; two that agree.
        (
            "CIRCLE_NODE_INDEX=0 CIRCLE_NODE_TOTAL=1 JOB_COMPLETION_INDEX=1",
            Some(2),
            Some("2/2"),
        ),
        ("CIRCLE_NODE_INDEX=0 CIRCLE_NODE_TOTAL=1", None, Some("1/1")),
        (
            "CIRCLE_NODE_INDEX=0 CIRCLE_NODE_TOTAL=1 CI_NODE_INDEX=2 CI_NODE_TOTAL=4",
            None,
            Some("2/4"),
        ),
        (
            "CIRCLE_NODE_INDEX=1 CIRCLE_NODE_TOTAL=4 CI_NODE_INDEX=2 CI_NODE_TOTAL=4",
            None,
            Some("2/4"),
        ),
    ] {
        let found = find(&variables(text), of);
        let found = found.unwrap_or_else(|error| panic!("{text}: {error}"));
        let shard = found.map(|found| found.shard.to_string());
        assert_eq!(shard.as_deref(), expected, "{text}");
    }
}

#[test]
fn what_the_environment_does_not_say_clearly_is_refused_with_what_to_write_instead() {
    for (text, of, expected) in [
        ("", None, "nothing here names a part"),
        ("JOB_COMPLETION_INDEX=2", None, "--shard auto/8"),
        ("JOB_COMPLETION_INDEX=8", Some(8), "part 9 of 8"),
        (
            "JOB_COMPLETION_INDEX=two",
            Some(8),
            "JOB_COMPLETION_INDEX is `two`",
        ),
        (
            "CI_NODE_INDEX=0 CI_NODE_TOTAL=4",
            None,
            "CI_NODE_INDEX is 0",
        ),
        ("CI_NODE_INDEX=5 CI_NODE_TOTAL=4", None, "part 5 of 4"),
        ("CI_NODE_INDEX=1 CI_NODE_TOTAL=4", Some(8), "there are 4"),
        (
            "SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_TASK_COUNT=3 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=7 SLURM_ARRAY_TASK_STEP=1",
            None,
            "gaps",
        ),
        (
            "SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_TASK_COUNT=3 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=7",
            None,
            "gaps",
        ),
        ("SLURM_ARRAY_TASK_ID=3", None, "SLURM_ARRAY_TASK_COUNT"),
        (
            "SLURM_ARRAY_TASK_ID=18446744073709551615 SLURM_ARRAY_TASK_COUNT=3 SLURM_ARRAY_TASK_MIN=0",
            None,
            "of 3",
        ),
        (
            "CIRCLE_NODE_INDEX=1 CIRCLE_NODE_TOTAL=4 CI_NODE_INDEX=1 CI_NODE_TOTAL=4",
            None,
            "GitLab's parallel says part 1/4, CircleCI's parallelism says 2/4",
        ),
    ] {
        let error = Choice::Auto(of).resolve(&variables(text));
        let error = error.expect_err(text);
        assert!(error.contains(expected), "{text}: {error}");
        assert!(error.contains("write --shard"), "{error}");
    }
}

const FILE: &str = "trials = { most = 20 }
all = { strategy = [\"flood\", \"sample:fanout=2\"], nodes = [3, 5, 9, 17] }";

fn played(experiment: &Experiment, shard: Option<Shard>) -> Source {
    let stop = AtomicBool::new(false);
    let cells = match shard {
        Some(shard) => shard.own(experiment.cells.clone()),
        None => experiment.cells.clone(),
    };
    let play = |cell: &Cell| runner::play(cell, 0, experiment, &stop, &()).expect("played");
    let found = cells.iter().filter_map(play);
    Source {
        place: shard.map_or("whole".to_owned(), Shard::directory),
        shard,
        found: found.map(|result| (result.key.clone(), result)).collect(),
    }
}

fn parts(experiment: &Experiment, of: u32) -> Vec<Source> {
    let part = |part| played(experiment, Shard::new(part, of));
    (1..=of).map(part).collect()
}

#[test]
fn parts_together_are_what_one_machine_plays_in_the_same_order() {
    let experiment = experiment(FILE);
    let whole = played(&experiment, None);
    for of in [1, 3, 11] {
        let merged = merge(&experiment, &parts(&experiment, of)).expect("merged");
        let expected: Vec<&CellResult> = experiment
            .cells
            .iter()
            .map(|cell| &whole.found[&crate::lab::result::key(cell, &experiment)])
            .collect();
        assert_eq!(
            merged.results.iter().collect::<Vec<_>>(),
            expected,
            "{of} parts"
        );
        assert_eq!((merged.missing.len(), merged.foreign), (0, 0));
    }
}

#[test]
fn missing_cells_are_told_with_the_parts_that_were_to_play_them() {
    let experiment = experiment(FILE);
    let mut sources = parts(&experiment, 3);
    let lost = sources.remove(1);
    sources[0].found.pop_first();
    let merged = merge(&experiment, &sources).expect("merged");
    assert_eq!(merged.missing.len(), lost.found.len() + 1);
    let parts = merged.missing_parts(&experiment, &sources);
    let parts: Vec<(String, usize)> = parts
        .into_iter()
        .map(|(shard, cells)| (shard.to_string(), cells))
        .collect();
    assert_eq!(
        parts,
        [("1/3".to_owned(), 1), ("2/3".to_owned(), lost.found.len())]
    );
}

#[test]
fn results_of_another_seed_are_left_out_and_named() {
    let experiment = experiment(FILE);
    let mut other = experiment.clone();
    other.seed = swelkie_nodes::Seed(7);
    let merged = merge(&experiment, &parts(&other, 2)).expect("merged");
    assert_eq!((merged.results.len(), merged.foreign), (0, 8));
    let (how, expected) = merged.otherwise.expect("one of them");
    assert!(how.starts_with("seed=7 most=20"), "{how}");
    assert!(expected.starts_with("seed=0 most=20"), "{expected}");
}

#[test]
fn two_different_results_of_one_cell_are_refused_with_their_places() {
    let experiment = experiment(FILE);
    let mut sources = parts(&experiment, 2);
    let mut copy = sources[0].clone();
    copy.place = "elsewhere".to_owned();
    sources.push(copy);
    merge(&experiment, &sources).expect("the same twice is fine");
    let changed = sources[2].found.values_mut().next().expect("a result");
    changed.measures.storms += 1;
    let error = merge(&experiment, &sources).expect_err("different");
    assert!(error.contains("shard-1-of-2 and elsewhere"), "{error}");

    // What was put together before gives way to parts that were played anew.
    sources[2].shard = None;
    let merged = merge(&experiment, &sources).expect("merged");
    let stormy = |result: &CellResult| result.measures.storms > 0;
    assert!(!merged.results.iter().any(stormy));
}
