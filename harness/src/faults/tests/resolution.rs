//! What names, words, groups and times become.

use super::*;
use crate::network::{Endpoint, EndpointSet, LinkFault};

/// For each node who cannot hear it, and whom it cannot hear: the links a cut cuts.
fn cut(links: &Links, n: u32) -> Vec<(u32, u32)> {
    let pairs = (0..n).flat_map(|src| (0..n).map(move |dest| (src, dest)));
    pairs
        .filter(|&(src, dest)| links.contain(Endpoint(src), Endpoint(dest)))
        .collect()
}

fn only_links(plan: &Plan) -> &Links {
    match &plan.schedule.faults[..] {
        [
            Fault {
                action: Action::Link { links, .. },
                ..
            },
        ] => links,
        other => panic!("expected one fault on links: {other:#?}"),
    }
}

fn killed(plan: &Plan) -> Vec<Vec<usize>> {
    let nodes = |fault: &Fault| match &fault.action {
        Action::Kill { nodes, .. } => nodes.clone(),
        other => panic!("expected a kill: {other:?}"),
    };
    plan.schedule.faults.iter().map(nodes).collect()
}

fn summaries(plan: &Plan) -> Vec<&str> {
    plan.schedule
        .faults
        .iter()
        .map(|fault| &fault.summary[..])
        .collect()
}

#[test]
fn every_kind_of_fault_can_be_said() {
    let plan = plan(
        r#"
        fault = [
          { kind = "partition", at = "1s", for = "2s", sides = [["n0"], ["n1", "n2"], ["n3"]] },
          { kind = "one-way", at = "2s", from = "n0" },
          { kind = "hold", at = "3s", targets = ["n0"] },
          { kind = "loss", at = "4s", probability = "25%" },
          { kind = "duplicate", at = "5s", probability = "12.5%", targets = "n4" },
          { kind = "reorder", at = "6s", probability = "5%", delay = "50ms exponential", between = ["n0", "n1"] },
          { kind = "latency", at = "7s", latency = "300ms normal sd=20ms", from = ["n0"], to = ["n1"] },
          { kind = "slow", at = "8s", delay = "70ms", targets = ["n2", "n3"] },
          { kind = "bandwidth", at = "9s", bandwidth = "64KiB/s" },
          { kind = "kill", at = "10s", targets = ["n3", "n1"], forever = true },
          { kind = "stop", at = "11s", targets = "n2" },
          { kind = "pause", at = "12s", targets = "all" },
          { kind = "restart", at = "13s", targets = ["n0"] },
          { kind = "partition", at = "14s", between = ["clients", "n0"] },
          { kind = "loss", at = "15s", probability = "100%", between = ["lin-kv", "nodes"] },
          { kind = "partition", at = "16s", deaf = { n0 = ["n1", "n2"], n3 = "n0" } },
        ]"#,
    );
    assert_eq!(plan.warnings, [""; 0]);
    assert_eq!(
        summaries(&plan),
        [
            "cut n0 | n1 n2 | n3",
            "cut n0 → n1 n2 n3 n4",
            "hold n0 | n1 n2 n3 n4",
            "loss 25% between nodes",
            "duplicate 12.5% around n4",
            "reorder 5% by 50ms exponential between n0 and n1",
            "latency 300ms normal sd=20ms n0 → n1",
            "slow by 70ms around n2 n3",
            "bandwidth 65.536kB/s between nodes",
            "kill n1 n3 forever",
            "stop n2",
            "pause n0 n1 n2 n3 n4",
            "restart n0",
            "cut clients | n0",
            "loss 100% between lin-kv and all nodes",
            "cut n0 deaf to n1 n2, n3 deaf to n0",
        ]
    );
}

#[test]
fn a_cut_of_targets_stands_against_all_other_nodes_and_leaves_clients_and_services_alone() {
    let plan = plan(r#"fault = [{ kind = "partition", at = "1s", targets = ["n0", "n3"] }]"#);
    let links = only_links(&plan);
    for (src, dest) in (0..9).flat_map(|src| (0..9).map(move |dest| (src, dest))) {
        let side = |end: u32| end < 5 && (end == 0 || end == 3);
        let apart = src < 5 && dest < 5 && side(src) != side(dest);
        assert_eq!(
            links.contain(Endpoint(src), Endpoint(dest)),
            apart,
            "{src} → {dest}"
        );
    }
}

#[test]
fn a_one_way_cut_cuts_one_way_only() {
    let plan = plan(r#"fault = [{ kind = "one-way", at = "1s", to = ["n1"] }]"#);
    assert_eq!(cut(only_links(&plan), 7), [(0, 1), (2, 1), (3, 1), (4, 1)]);
}

#[test]
fn clients_and_services_are_touched_once_they_are_named() {
    let plan = plan(
        r#"fault = [{ kind = "loss", at = "1s", probability = "1%", between = ["n0", ["clients", "lin-kv"]] }]"#,
    );
    let links = only_links(&plan);
    let touched = |src, dest| links.contain(Endpoint(src), Endpoint(dest));
    assert!(touched(0, 5) && touched(5, 0), "lin-kv is endpoint 5");
    assert!(
        touched(0, 7) && touched(99, 0),
        "clients are endpoints 7 and up"
    );
    assert!(!touched(0, 6) && !touched(0, 1) && !touched(1, 7));
}

#[test]
fn links_of_latency_and_loss_touch_their_targets_even_among_themselves() {
    let plan =
        plan(r#"fault = [{ kind = "slow", at = "1s", delay = "1s", targets = ["n0", "n1"] }]"#);
    let slow = cut(only_links(&plan), 5);
    assert!(slow.contains(&(0, 1)) && slow.contains(&(4, 0)) && !slow.contains(&(2, 3)));
}

#[test]
fn every_repeats_until_the_time_limit_and_draws_anew_each_time() {
    let plan = plan(
        r#"fault = [{ kind = "kill", at = "5s", for = "1s", every = "10s", targets = "one" }]"#,
    );
    let times: Vec<u64> = plan
        .schedule
        .faults
        .iter()
        .map(|fault| fault.at.as_secs())
        .collect();
    assert_eq!(times, [5, 15, 25, 35, 45, 55]);
    let names: Vec<&str> = plan
        .schedule
        .faults
        .iter()
        .map(|fault| &fault.name[..])
        .collect();
    assert_eq!(names[..2], ["kill-1.1", "kill-1.2"]);
    let mut nodes = killed(&plan);
    nodes.dedup();
    assert!(nodes.len() > 1, "always the same node: {nodes:?}");
}

#[test]
fn an_occurrence_at_the_time_limit_itself_does_not_begin() {
    let plan = plan(r#"fault = [{ kind = "restart", at = "0s", every = "20s", targets = "one" }]"#);
    assert_eq!(plan.schedule.faults.len(), 3);
}

#[test]
fn groups_are_sets_of_names_and_may_be_mixed_with_them() {
    let plan = plan(
        r#"
        [groups]
        left = ["n0", "n1"]
        [[fault]]
        kind = "kill"
        at = "1s"
        targets = ["left", "n4"]
        [[fault]]
        kind = "partition"
        at = "2s"
        targets = "left"
        "#,
    );
    assert_eq!(summaries(&plan), ["kill n0 n1 n4", "cut n0 n1 | n2 n3 n4"]);
}

#[test]
fn faults_come_in_the_order_of_time_and_those_of_the_same_moment_in_that_of_the_file() {
    let plan = plan(
        r#"fault = [
            { name = "late", kind = "kill", at = "9s", targets = "n0" },
            { name = "first", kind = "pause", at = "1s", targets = "n0" },
            { name = "second", kind = "kill", at = "1s", targets = "n0" },
        ]"#,
    );
    let names: Vec<&str> = plan
        .schedule
        .faults
        .iter()
        .map(|fault| &fault.name[..])
        .collect();
    assert_eq!(names, ["first", "second", "late"]);
}

#[test]
fn the_same_seed_gives_the_same_plan_and_others_give_others() {
    let text = r#"fault = [
        { kind = "kill", at = "1s", targets = "random" },
        { kind = "partition", at = "2s", targets = "majority" },
        { kind = "hold", at = "3s", targets = "majorities-ring" },
    ]"#;
    let plans: Vec<Plan> = (0..20)
        .map(|seed| plan_of(text, &cluster(7), seed))
        .collect();
    for (seed, plan) in plans.iter().enumerate() {
        assert_eq!(*plan, plan_of(text, &cluster(7), seed as u64));
    }
    assert!(plans.windows(2).filter(|pair| pair[0] == pair[1]).count() == 0);
}

#[test]
fn faults_of_one_kind_draw_independently_of_each_other() {
    let text = r#"fault = [
        { kind = "kill", at = "1s", targets = "one" },
        { kind = "kill", at = "1s", targets = "one" },
    ]"#;
    let same = (0..700).filter(|&seed| {
        let nodes = killed(&plan_of(text, &cluster(7), seed));
        nodes[0] == nodes[1]
    });
    // One in seven: 100 of 700, standard deviation 9.3.
    let same = same.count();
    assert!((55..145).contains(&same), "{same} of 700");
}

#[test]
fn a_fault_more_changes_no_other() {
    let old = r#"
        { kind = "kill", at = "1s", targets = "random" },
        { kind = "partition", at = "2s", targets = "majority" },
        { name = "mine", kind = "kill", at = "4s", targets = "random" },
    "#;
    let new = r#"{ kind = "pause", at = "0s", targets = "random" },
        { name = "other", kind = "kill", at = "1s", targets = "random" },"#;
    for seed in 0..20 {
        let before = plan_of(&format!("fault = [{old}]"), &cluster(7), seed);
        let more = format!("fault = [{new}{old}]\n[random]\nkinds = [\"kill\"]");
        let after = plan_of(&more, &cluster(7), seed);
        for fault in &before.schedule.faults {
            assert!(
                after.schedule.faults.contains(fault),
                "seed {seed}: {fault:?} in {after:#?}"
            );
        }
    }
}

#[test]
fn words_that_mean_nobody_are_a_warning_and_hit_nobody() {
    let text = r#"fault = [{ kind = "kill", at = "1s", targets = "minority-third" }]"#;
    let plan = plan_of(text, &cluster(3), 7);
    assert_eq!(killed(&plan), [[0usize; 0]]);
    assert_eq!(plan.schedule.faults[0].summary, "kill nobody");
    let warning = "faults.toml:1:48: warning: this kill hits no node\n";
    assert!(
        plan.warnings[0].starts_with(warning),
        "{}",
        plan.warnings[0]
    );
    for n in 1..=3 {
        let text = r#"fault = [{ kind = "partition", at = "1s", targets = "minority-third" }]"#;
        let plan = plan_of(text, &cluster(n), 7);
        assert!(cut(only_links(&plan), 9).is_empty());
        assert!(
            plan.warnings[0].contains("this acts on no link"),
            "{}",
            plan.warnings[0]
        );
    }
}

#[test]
fn a_word_cuts_the_side_it_means_off_on_one_to_nine_nodes() {
    for n in 1..=9u32 {
        for (word, side) in [
            ("one", u32::from(n > 1)),
            ("minority-third", (n - 1) / 3),
            ("minority", (n - 1) / 2),
            ("majority", n / 2),
        ] {
            let text =
                format!("fault = [{{ kind = \"partition\", at = \"1s\", targets = \"{word}\" }}]");
            for seed in 0..20 {
                let plan = plan_of(&text, &cluster(n as usize), seed);
                let cut = cut(only_links(&plan), n + 5);
                let expected = 2 * side * (n - side);
                assert_eq!(
                    cut.len(),
                    expected as usize,
                    "{word} of {n}, seed {seed}: {cut:?}"
                );
            }
        }
    }
}

#[test]
fn a_majorities_ring_cuts_each_node_from_what_is_no_majority() {
    let plan = plan(r#"fault = [{ kind = "partition", at = "1s", targets = "majorities-ring" }]"#);
    let cut = cut(only_links(&plan), 9);
    for node in 0..5 {
        assert_eq!(
            cut.iter().filter(|(_, dest)| *dest == node).count(),
            2,
            "{cut:?}"
        );
    }
}

#[test]
fn the_network_is_as_the_file_says_all_the_time() {
    let plan = plan(
        r#"
        [network]
        latency = "100ms exponential"
        client-latency = "1ms"
        loss = "1%"
        bandwidth = "1MB/s"
        [[network.link]]
        from = "n0"
        to = "n1"
        latency = "300ms"
        slow = "5ms"
        "#,
    );
    let ms = Duration::from_millis;
    let (latency, client) = (
        plan.network.latency.unwrap(),
        plan.network.client_latency.unwrap(),
    );
    assert_eq!(latency, Latency::exponential(ms(100)));
    assert_eq!(client, Latency::constant(ms(1)));
    let standing: Vec<&str> = plan
        .network
        .standing
        .iter()
        .map(|s| &s.summary[..])
        .collect();
    assert_eq!(
        standing,
        [
            "loss 1% between nodes",
            "bandwidth 1MB/s between nodes",
            "latency 300ms n0 → n1",
            "slow by 5ms n0 → n1",
        ]
    );
    let nodes = EndpointSet::nodes(cluster(5).layout());
    assert_eq!(plan.network.standing[0].fault, LinkFault::Loss(0.01));
    assert_eq!(
        plan.network.standing[0].links,
        Links::Between {
            from: nodes.clone(),
            to: nodes
        }
    );
}

#[test]
fn a_fault_beyond_the_time_limit_is_left_out_with_a_warning() {
    let plan = plan("[[fault]]\nkind = \"kill\"\nat = \"2m\"\ntargets = \"one\"\n");
    assert_eq!(plan.schedule.faults, []);
    assert_eq!(
        plan.warnings,
        [
            "faults.toml:3:6: warning: `kill-1` would begin when operations have ended\n  \
          3 | at = \"2m\"\n    |      ^^^^ the time limit is 1m\n    = this fault is left out"
        ]
    );
}

#[test]
fn a_node_with_the_name_of_a_word_is_meant_in_a_list() {
    let mut cluster = cluster(3);
    cluster.nodes[1] = "one".into();
    let text = r#"fault = [{ kind = "kill", at = "1s", targets = ["one"] }]"#;
    assert_eq!(killed(&plan_of(text, &cluster, 7)), [[1]]);
    let alone = parse(
        "faults.toml",
        &text
            .replace(['[', ']'], "")
            .replace("fault = ", "fault = [")
            .replace(" }", " }]"),
    )
    .unwrap();
    let said = resolve(&alone, &cluster, Seed(7)).unwrap_err().to_string();
    assert!(
        said.contains("is a word for a random choice and the name of a node"),
        "{said}"
    );
    assert!(said.contains("write [\"one\"] for the node"), "{said}");
}
