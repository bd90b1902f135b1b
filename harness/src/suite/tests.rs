//! Seeds, groups, statuses; and what playing promises, on simulations.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use swelkie_checkers::Validity;

use super::*;
use crate::options::{Keep, Target};

fn rung(name: &str, builtin: &str, seeds: &[u64]) -> Rung {
    let mut options = Options::new("broadcast", Target::Builtin(builtin.to_owned()));
    (options.sim, options.no_store) = (true, true);
    options.time_limit = Duration::from_secs(3);
    Rung {
        seeds: Seeds::List(seeds.to_vec()),
        ..Rung::new(name, options)
    }
}

fn limits(jobs: usize) -> Limits<'static> {
    Limits {
        jobs,
        budget: None,
        fail_fast: false,
        reports: false,
        stop: &|| None,
    }
}

/// `easy 1 passed`
fn told(rungs: &[Rung], cases: &[Case]) -> Vec<String> {
    let line = |case: &Case| {
        let name = &rungs[case.rung].name;
        format!("{name} {} {}", case.seed, case.outcome())
    };
    cases.iter().map(line).collect()
}

fn skipped(case: &Case) -> &str {
    match &case.end {
        End::Skipped(why) => why,
        other => panic!("not skipped: {other:?}"),
    }
}

#[test]
fn seeds_are_listed_counted_or_as_many_as_there_is_time_for() {
    let seeds = |count| Seeds::From {
        first: 5,
        count,
        during: None,
    };
    assert_eq!(
        (0..3)
            .map_while(|at| seeds(Some(2)).get(at))
            .collect::<Vec<_>>(),
        [5, 6]
    );
    assert_eq!(
        (seeds(None).count(), seeds(None).get(1000)),
        (None, Some(1005))
    );
    let mut rung = rung("a", "flood", &[7, 3]);
    rung.repeat = 2;
    let turns: Vec<(u64, u32)> = (0..9).map_while(|at| rung.turn(at)).collect();
    assert_eq!(turns, [(7, 1), (7, 2), (3, 1), (3, 2)]);
    assert_eq!(rung.len(), Some(4));
}

#[test]
fn seeds_are_shown_as_ranges_and_many_pieces_are_cut() {
    assert_eq!(seed_list([33, 4, 19]), "4, 19, 33");
    assert_eq!(seed_list(1..=20), "1…20");
    assert_eq!(
        seed_list([1, 2, 5, 6, 7, u64::MAX]),
        "1, 2, 5…7, 18446744073709551615"
    );
    assert_eq!(
        seed_list((0..20).map(|n| n * 2)),
        "0, 2, 4, 6, 8, 10, 12, 14 and 12 more"
    );
}

#[test]
fn the_cases_are_the_same_for_any_number_of_jobs() {
    let rungs = [
        rung("easy", "flood-retry", &[1, 2, 3, 4, 5]),
        rung("hard", "broken-never-gossip", &[9, 8, 7]),
    ];
    let told = |jobs| {
        let cases = play(&rungs, &limits(jobs), &mut ());
        let mut json = json("s", &rungs, &cases, None, Duration::ZERO);
        for case in json["rungs"].as_array_mut().expect("rungs").iter_mut() {
            for case in case["cases"].as_array_mut().expect("cases") {
                case["run"]["wall_s"].take();
            }
        }
        json.to_string()
    };
    let alone = told(1);
    assert!(
        alone.contains("passed") && alone.contains("failed"),
        "{alone}"
    );
    for jobs in [2, 7] {
        assert_eq!(told(jobs), alone, "{jobs} jobs");
    }
}

#[test]
fn after_the_first_failure_nothing_counts_whatever_was_under_way() {
    let rungs = [
        rung("easy", "flood", &[1, 2]),
        rung("hard", "broken-never-gossip", &[5, 6, 7, 8]),
        rung("later", "flood", &[1]),
    ];
    for jobs in [1, 4] {
        let limits = Limits {
            fail_fast: true,
            ..limits(jobs)
        };
        let cases = play(&rungs, &limits, &mut ());
        assert_eq!(
            told(&rungs, &cases),
            [
                "easy 1 passed",
                "easy 2 passed",
                "hard 5 failed",
                "hard 6 skipped",
                "hard 7 skipped",
                "hard 8 skipped",
                "later 1 skipped"
            ]
        );
        assert_eq!(skipped(&cases[6]), "--fail-fast: `hard`, seed 5 failed");
    }
}

#[test]
fn a_rung_is_skipped_if_what_it_needs_failed_or_was_skipped() {
    let mut rungs = [
        rung("easy", "flood", &[1]),
        rung("hard", "broken-never-gossip", &[1]),
        rung("harder", "flood", &[1]),
        rung("hardest", "flood", &[1]),
        rung("beside", "flood", &[1]),
    ];
    (rungs[1].needs, rungs[2].needs, rungs[3].needs) = (Some(0), Some(1), Some(2));
    rungs[4].needs = Some(0);
    let cases = play(&rungs, &limits(2), &mut ());
    assert_eq!(
        told(&rungs, &cases),
        [
            "easy 1 passed",
            "hard 1 failed",
            "harder 1 skipped",
            "hardest 1 skipped",
            "beside 1 passed"
        ]
    );
    assert_eq!(skipped(&cases[2]), "it needs `hard`, which failed");
    assert_eq!(skipped(&cases[3]), "it needs `harder`, which was skipped");
    assert_eq!(exit_status(&cases, None), 1);
}

#[test]
fn a_broken_node_that_is_caught_passes_and_one_that_is_not_fails() {
    let expect = |validity, kinds: &[&str]| Expectation {
        validity,
        kinds: kinds.iter().map(|&kind| kind.to_owned()).collect(),
    };
    for (builtin, expected, status) in [
        (
            "broken-never-gossip",
            expect(Validity::Invalid, &["lost"]),
            0,
        ),
        (
            "broken-never-gossip",
            expect(Validity::Invalid, &["phantom", "lost"]),
            0,
        ),
        (
            "broken-never-gossip",
            expect(Validity::Invalid, &["phantom"]),
            1,
        ),
        ("broken-never-gossip", expect(Validity::Valid, &[]), 1),
        ("flood", expect(Validity::Invalid, &[]), 1),
        ("flood", expect(Validity::Unknown, &[]), 1),
    ] {
        let mut rung = rung("one", builtin, &[1]);
        rung.expect = expected;
        let cases = play(std::slice::from_ref(&rung), &limits(1), &mut ());
        assert_eq!(exit_status(&cases, None), status, "{builtin}, {rung:?}");
        let told = results("s", &[rung], &cases);
        let failed = told.count(crate::ci::Status::Failed);
        assert_eq!(failed, usize::from(status), "{told:?}");
    }
}

#[test]
fn a_run_that_cannot_be_planned_is_a_case_that_failed_and_the_others_are_played() {
    let mut rungs = [rung("wrong", "flood", &[1]), rung("right", "flood", &[1])];
    rungs[0].options.target = Target::Builtin("no-such-node".to_owned());
    let cases = play(&rungs, &limits(1), &mut ());
    assert_eq!(told(&rungs, &cases), ["wrong 1 failed", "right 1 passed"]);
    assert_eq!(exit_status(&cases, None), 254);
    assert_eq!(evidence(&cases)[0].kind, "not-run");
}

#[test]
fn the_exit_status_is_the_gravest_and_a_signal_goes_before_all() {
    let rungs = [
        rung("easy", "flood", &[1]),
        rung("hard", "broken-never-gossip", &[1]),
    ];
    let mut cases = play(&rungs, &limits(1), &mut ());
    assert_eq!(exit_status(&cases[..1], None), 0);
    assert_eq!(exit_status(&cases, None), 1);
    assert_eq!(exit_status(&cases, Some(2)), 130);
    assert_eq!(exit_status(&[], None), 0);
    cases[0].end = End::Skipped("the time was up".to_owned());
    assert_eq!(exit_status(&cases[..1], None), 2);
    assert_eq!(exit_status(&cases, None), 1);
    cases[0].end = End::NotRun {
        why: "the disk is full".to_owned(),
        exit_status: 255,
    };
    assert_eq!(exit_status(&cases, None), 255);
}

#[test]
fn a_signal_ends_the_run_that_goes_on_and_skips_the_rest() {
    let mut rungs = [
        rung("long", "flood-retry", &[1, 2]),
        rung("next", "flood", &[1]),
    ];
    // It would take minutes.
    rungs[0].options.time_limit = Duration::from_secs(1_000_000);
    rungs[1].needs = Some(0);
    let asked = AtomicU64::new(0);
    let stop = || (asked.fetch_add(1, Ordering::Relaxed) > 10).then_some(15);
    let limits = Limits {
        stop: &stop,
        ..limits(2)
    };
    let cases = play(&rungs, &limits, &mut ());
    assert_eq!(
        told(&rungs, &cases),
        ["long 1 skipped", "long 2 skipped", "next 1 skipped"]
    );
    let why = "the suite was interrupted (signal 15)";
    assert!(skipped(&cases[0]).starts_with(why), "{cases:?}");
    assert_eq!(skipped(&cases[2]), why);
}

#[test]
fn a_billion_runs_that_do_not_get_a_turn_are_not_listed_one_by_one() {
    let mut rung = rung("many", "flood", &[]);
    rung.seeds = Seeds::From {
        first: 1,
        count: Some(1_000_000_000),
        during: None,
    };
    let limits = Limits {
        stop: &|| Some(2),
        ..limits(2)
    };
    let cases = play(&[rung], &limits, &mut ());
    assert_eq!(cases.len(), 10_000);
    let last = skipped(&cases[9_999]);
    assert!(
        last.ends_with("(and 999990000 runs more, which are not listed)"),
        "{last}"
    );
}

#[test]
fn a_budget_that_is_used_up_ends_a_run_and_says_whose_it_was() {
    let long = |name| {
        let mut rung = rung(name, "flood-retry", &[1, 2]);
        rung.options.time_limit = Duration::from_secs(1_000_000);
        rung
    };
    let mut rungs = [long("slow"), rung("quick", "flood", &[1])];
    rungs[0].budget = Some(Duration::from_millis(300));
    let cases = play(&rungs, &limits(1), &mut ());
    let outcomes = ["slow 1 skipped", "slow 2 skipped", "quick 1 passed"];
    assert_eq!(told(&rungs, &cases), outcomes);
    let why = "`slow` used up its budget of 300ms";
    assert!(skipped(&cases[0]).starts_with(why), "{cases:?}");
    assert_eq!(skipped(&cases[1]), why);
    assert_eq!(exit_status(&cases, None), 2);

    let rungs = [long("slow")];
    let limits = Limits {
        budget: Some(Duration::from_millis(300)),
        ..limits(1)
    };
    let cases = play(&rungs, &limits, &mut ());
    let why = "the suite's budget of 300ms was used up";
    assert!(skipped(&cases[0]).starts_with(why), "{cases:?}");
    assert_eq!(skipped(&cases[1]), why);
}

#[test]
fn evidence_is_grouped_by_kind_with_the_seeds_that_have_it() {
    let rungs = [rung("hard", "broken-never-gossip", &[33, 4, 19])];
    let cases = play(&rungs, &limits(2), &mut ());
    let grouped = evidence(&cases);
    assert_eq!(grouped.len(), 1, "{grouped:?}");
    assert_eq!(grouped[0].to_string(), "lost ×3 (seeds 4, 19, 33)");
    let text = sweep(&rungs[0], &cases, Duration::from_secs(1), false);
    for line in [
        "FAILED: 3 of 3 runs are not valid\n",
        "The first of them, seed 33:\n  INVALID: lost",
        "\n  lost ×3 (seeds 4, 19, 33)\n",
        "\nfailed        100% of all runs; between 29% and 100% with 95% confidence\n",
    ] {
        assert!(text.contains(line), "{line}\n---\n{text}");
    }
}

#[test]
fn the_worst_of_figures_are_those_asserted_or_the_usual_two() {
    let mut one = rung("one", "flood", &[1, 2, 3]);
    one.options.assertions = vec!["ops.ok>=1".to_owned(), "ops.read.ok < 99".to_owned()];
    let cases = play(std::slice::from_ref(&one), &limits(2), &mut ());
    let of = |seed: u64, name: &str| {
        let case = cases.iter().find(|case| case.seed == seed).expect("played");
        case.judged().expect("judged").figures[name].as_f64()
    };
    let found = worst(&one.options, &cases);
    let names: Vec<&str> = found.keys().map(String::as_str).collect();
    assert_eq!(names, ["ops.ok", "ops.read.ok"]);
    for seed in [1, 2, 3] {
        assert!(found["ops.ok"].figure.as_f64() <= of(seed, "ops.ok"));
        assert!(found["ops.read.ok"].figure.as_f64() >= of(seed, "ops.read.ok"));
    }
    one.options.assertions.clear();
    assert_eq!(
        worst::watched(&one.options)
            .into_iter()
            .map(|(name, _)| name)
            .collect::<Vec<_>>(),
        ["net.servers.msgs-per-op", "broadcast.stable-latency.max"]
    );
}

#[test]
fn a_verdict_does_not_depend_on_what_is_kept() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for builtin in ["flood", "broken-never-gossip"] {
        let told = [Keep::All, Keep::Failed, Keep::None].map(|keep| {
            let mut options = rung("one", builtin, &[1]).options;
            options.no_store = false;
            options.keep = keep;
            options.store = directory.path().to_owned();
            let mut report = options.run().expect("it runs");
            let kept = report.run.directory.take().expect("kept");
            assert_eq!(
                kept.join("messages.jsonl").exists(),
                keep.keeps(report.exit_status)
            );
            assert!(kept.join("results.json").exists() && kept.join("faults.toml").exists());
            assert_eq!(report.run.dropped, !keep.keeps(report.exit_status));
            report.run = Default::default();
            serde_json::to_string(&report).expect("it serialises")
        });
        assert_eq!(told[0], told[1], "{builtin}");
        assert_eq!(told[0], told[2], "{builtin}");
    }
}
