//! `[random]` and `--nemesis`.

use super::*;

/// A long run of a nemesis on five nodes.
fn nemesis(kinds: &str, interval: Duration, limit: Duration, seed: u64) -> Plan {
    let mut file = File::empty();
    file.add_nemesis(kinds, interval).unwrap();
    let cluster = Cluster {
        time_limit: limit,
        ..cluster(5)
    };
    resolve(&file, &cluster, Seed(seed)).unwrap()
}

const HOURS: Duration = Duration::from_secs(100_000);

/// The faults whose name says that they are of this kind.
fn of_kind<'a>(plan: &'a Plan, kind: &str) -> Vec<&'a Fault> {
    let prefix = format!("nemesis-{kind}-");
    plan.schedule
        .faults
        .iter()
        .filter(|fault| fault.name.starts_with(&prefix))
        .collect()
}

#[test]
fn a_nemesis_begins_and_ends_in_turns() {
    let plan = nemesis("partition,kill,pause", DEFAULT_INTERVAL, HOURS, 7);
    for kind in ["partition", "kill", "pause"] {
        let faults = of_kind(&plan, kind);
        for pair in faults.windows(2) {
            let end = pair[0].at
                + pair[0]
                    .lasts
                    .expect("only the last may last until the heal");
            assert!(end <= pair[1].at, "{pair:#?}");
            assert!(pair[0].lasts.unwrap() > Duration::ZERO);
        }
        assert!(faults.iter().all(|fault| fault.at < HOURS));
    }
}

#[test]
fn the_gaps_of_a_nemesis_are_uniform_with_the_interval_as_their_mean() {
    let plan = nemesis("kill", DEFAULT_INTERVAL, HOURS, 7);
    let faults = of_kind(&plan, "kill");
    let mut gaps = Vec::new();
    let mut before = Duration::ZERO;
    for fault in &faults[..faults.len() - 1] {
        let end = fault.at + fault.lasts.unwrap();
        gaps.extend([fault.at - before, end - fault.at]);
        before = end;
    }
    let seconds: Vec<f64> = gaps.iter().map(Duration::as_secs_f64).collect();
    let mean = seconds.iter().sum::<f64>() / seconds.len() as f64;
    // About 10,000 gaps uniform on 0…20 s: the mean's deviation is 0.06 s.
    assert!(
        (9.7..10.3).contains(&mean),
        "mean {mean} of {}",
        seconds.len()
    );
    assert!(seconds.iter().all(|gap| *gap <= 20.0));
    let below = seconds.iter().filter(|gap| **gap < 5.0).count() as f64 / seconds.len() as f64;
    assert!(
        (0.22..0.28).contains(&below),
        "a quarter of the gaps is below a quarter: {below}"
    );
}

#[test]
fn what_lasts_at_the_end_of_the_run_lasts_until_the_final_heal() {
    let mut open = 0;
    for seed in 0..50 {
        let plan = nemesis(
            "pause",
            Duration::from_secs(5),
            Duration::from_secs(30),
            seed,
        );
        let faults = of_kind(&plan, "pause");
        for fault in &faults {
            match fault.lasts {
                Some(lasts) => assert!(fault.at + lasts < Duration::from_secs(30)),
                None => open += 1,
            }
        }
    }
    // Every second run on average ends with a pause.
    assert!((10..40).contains(&open), "{open}");
}

#[test]
fn the_kinds_of_a_nemesis_do_not_touch_each_other() {
    for seed in 0..5 {
        let alone = nemesis("kill", DEFAULT_INTERVAL, HOURS, seed);
        let together = nemesis("partition,kill,loss", DEFAULT_INTERVAL, HOURS, seed);
        assert_eq!(
            alone.schedule.faults.iter().collect::<Vec<_>>(),
            of_kind(&together, "kill")
        );
    }
}

#[test]
fn the_kinds_of_a_nemesis_do_not_strike_at_the_same_times() {
    let plan = nemesis("pause,kill", DEFAULT_INTERVAL, HOURS, 7);
    let times = |kind| {
        of_kind(&plan, kind)
            .iter()
            .map(|fault| fault.at)
            .collect::<Vec<_>>()
    };
    let (kills, pauses) = (times("kill"), times("pause"));
    let together = kills.iter().filter(|at| pauses.contains(at)).count();
    // 5,000 of 100,000,000 milliseconds in each list: a quarter of a meeting is expected.
    assert!(together < 10, "{together} of {}", kills.len());
}

#[test]
fn random_partitions_take_the_shapes_of_the_reference() {
    let plan = nemesis("partition", DEFAULT_INTERVAL, HOURS, 7);
    let mut rings = 0;
    let mut sizes = [0; 5];
    for fault in of_kind(&plan, "partition") {
        match &fault.action {
            Action::Link {
                links: Links::Deaf(_),
                ..
            } => rings += 1,
            Action::Link {
                links: Links::Sides(sides),
                ..
            } => sizes[sides_of(sides)[0].len()] += 1,
            other => panic!("{other:?}"),
        }
    }
    // `one` and `minority-third` are both one node of five, `majority` is two against three.
    let all = f64::from(rings + sizes[1] + sizes[2]);
    assert_eq!((sizes[0], sizes[3], sizes[4]), (0, 0, 0));
    for (count, expected) in [(rings, 0.25), (sizes[1], 0.5), (sizes[2], 0.25)] {
        let share = f64::from(count) / all;
        assert!(
            (share - expected).abs() < 0.05,
            "{share} for {expected} of {all}"
        );
    }
}

#[test]
fn random_kills_hit_from_one_node_to_all_of_them() {
    let plan = nemesis("kill", DEFAULT_INTERVAL, HOURS, 7);
    let mut sizes: Vec<usize> = plan
        .schedule
        .faults
        .iter()
        .map(|fault| match &fault.action {
            Action::Kill {
                nodes,
                forever: false,
            } => nodes.len(),
            other => panic!("{other:?}"),
        })
        .collect();
    sizes.sort_unstable();
    sizes.dedup();
    assert_eq!(sizes, [1, 2, 3, 4, 5]);
}

#[test]
fn every_kind_can_be_a_nemesis_and_acts_on_somebody() {
    for kind in Kind::ALL {
        let plan = nemesis(kind.name(), DEFAULT_INTERVAL, HOURS / 10, 7);
        assert!(plan.schedule.faults.len() > 300, "{kind}");
        assert_eq!(plan.warnings, [""; 0], "{kind}");
        for fault in &plan.schedule.faults {
            assert!(
                !fault.summary.contains("nobody"),
                "{kind}: {}",
                fault.summary
            );
            assert!(kind != Kind::Restart || fault.lasts.is_none());
        }
    }
}

#[test]
fn the_file_says_how_hard_random_faults_strike_and_from_when_to_when() {
    let plan = plan(
        r#"
        [random]
        kinds = ["loss", "slow", "kill"]
        at = "10s"
        until = "30s"
        interval = "1s"
        loss = "50%"
        slow = "70ms exponential"
        targets = ["minority"]
        "#,
    );
    for fault in &plan.schedule.faults {
        let end = fault.at + fault.lasts.expect("it ends with the random faults");
        assert!(fault.at >= Duration::from_secs(10) && end <= Duration::from_secs(30));
        let known = match &fault.action {
            Action::Kill { nodes, .. } => nodes.len() == 2,
            _ if fault.summary.starts_with("loss 50% around n") => true,
            _ => fault
                .summary
                .starts_with("slow by 70ms exponential around n"),
        };
        assert!(known, "{}", fault.summary);
    }
    assert!(plan.schedule.faults.len() > 10);
}

#[test]
fn one_node_cannot_be_partitioned_and_that_is_said() {
    let mut file = File::empty();
    file.add_nemesis("partition,kill", DEFAULT_INTERVAL)
        .unwrap();
    let plan = resolve(&file, &cluster(1), Seed(7)).unwrap();
    assert!(
        plan.schedule
            .faults
            .iter()
            .all(|fault| fault.name.starts_with("nemesis-kill"))
    );
    assert_eq!(
        plan.warnings,
        ["warning: there is no random partition of 1 node: it is left out"]
    );
}

#[test]
fn a_run_too_short_for_its_nemesis_is_warned_about() {
    let short = Duration::from_millis(2);
    let plan = nemesis("kill", DEFAULT_INTERVAL, short, 7);
    assert_eq!(
        plan.warnings,
        [
            "warning: no random kill came about in this run: 10s is the mean interval, 2ms the end\n    \
          = choose a shorter interval or another seed"
        ]
    );
}

#[test]
fn a_wrong_nemesis_is_answered_with_what_was_probably_meant() {
    let say = |kinds| {
        File::empty()
            .add_nemesis(kinds, DEFAULT_INTERVAL)
            .unwrap_err()
    };
    assert_eq!(
        say("partion,kill"),
        "--nemesis \"partion\": no such fault; did you mean partition? There are partition, one-way, \
         hold, loss, duplicate, reorder, latency, slow, bandwidth, kill, stop, pause or restart"
    );
    assert_eq!(say("kill,kill"), "--nemesis kill,kill: kill is named twice");
    let zero = File::empty()
        .add_nemesis("kill", Duration::ZERO)
        .unwrap_err();
    assert!(zero.starts_with("--nemesis-interval 0:"), "{zero}");
}
