//! The ready-made experiments reproduce what they cite: of each its cheapest pieces, played
//! until they can be judged. All of them: `swelkie lab run all`.

use std::sync::atomic::AtomicBool;

use swelkie::lab::estimate::Agreement;
use swelkie::lab::experiment::{Cell, Experiment};
use swelkie::lab::question::Answer;
use swelkie::lab::{experiments, runner};

fn experiment(name: &str) -> Experiment {
    experiments::find(name).unwrap_or_else(|error| panic!("{error}"))
}

/// Plays the cells that are chosen, and expects each of their targets to agree.
fn agrees(name: &str, chosen: impl Fn(&Cell) -> bool, cells: usize) {
    let experiment = experiment(name);
    let stop = AtomicBool::new(false);
    let mut played = 0;
    for cell in experiment.cells.iter().filter(|cell| chosen(cell)) {
        let result = runner::play(cell, 0, &experiment, &stop, &());
        let result = result.expect("playable").expect("not stopped");
        for comparison in result.comparisons() {
            assert_eq!(
                comparison.agreement,
                Agreement::Agrees,
                "{name}, {}, seed {:?}: {comparison:?}",
                cell.key(),
                experiment.seed
            );
        }
        played += usize::from(!cell.expect.is_empty());
    }
    assert_eq!(played, cells, "cells of {name}");
}

#[test]
fn the_least_counts_that_reach_everybody_are_those_of_the_table() {
    let experiment = experiment("threshold");
    let never = AtomicBool::new(false);
    let cheap = experiment.questions.iter().filter(|question| {
        let (nodes, target) = (question.cell.nodes, question.goal.target);
        question.seek == "fanout" && (nodes == 5 || (nodes == 10 && target == 0.99))
    });
    let mut asked = 0;
    for question in cheap {
        let steps = question.ask(experiment.seed, Vec::new(), &never, &mut |_| {});
        let answer = Answer::new(question, experiment.seed, steps.expect("playable"));
        assert_eq!(answer.judge(), Some(Agreement::Agrees), "{answer:?}");
        asked += 1;
    }
    assert_eq!(asked, 3);
}

#[test]
fn a_lost_share_of_messages_counts_as_so_many_fewer() {
    agrees("loss", |cell| cell.nodes == 25 && cell.loss < 0.01, 1);
}

#[test]
fn rounds_of_push_and_pull_together_are_those_of_the_markov_chain() {
    let chosen = |cell: &Cell| cell.nodes == 100 && cell.strategy.contains("push-pull");
    agrees("rounds", chosen, 1);
}

#[test]
fn rumor_mongering_leaves_the_residues_of_1987() {
    let cheap = [
        "rumor:direction=push,interest=feedback,loss=counter,k=3",
        "rumor:direction=push,interest=blind,loss=coin,k=2",
    ];
    agrees("demers", |cell| cheap.contains(&cell.strategy.as_str()), 2);
}

#[test]
fn sixty_three_percent_fail_on_a_small_grid_and_on_trees() {
    let chosen = |cell: &Cell| {
        let share = cell.strategy.contains("share=0.63,") || cell.strategy.contains("share=0.8,");
        let tree = !cell.topology.to_string().contains("grid");
        cell.nodes == 25 && !cell.full && share && (tree || cell.strategy.contains("0.63"))
    };
    agrees("sparse", chosen, 3);
}

#[test]
fn random_neighbourhoods_drawn_once_reach_everybody_for_three_messages_a_node() {
    let chosen = |cell: &Cell| cell.nodes <= 100 && !cell.expect.is_empty();
    agrees("neighbourhoods", chosen, 2);
}

#[test]
fn one_lock_does_not_congest_at_ten_requests_a_second() {
    let experiment = experiment("congestion");
    for (at, load) in experiment.loads.iter().enumerate() {
        let seed = experiment.seed.child(&format!("queue {at}"));
        let loaded = load.simulate(seed);
        for judged in [loaded.judge_mean(), loaded.judge_claim()] {
            assert!(
                judged
                    .as_ref()
                    .is_none_or(|judged| *judged == Agreement::Agrees),
                "{loaded:?}: {judged:?}"
            );
        }
    }
    let claimed = experiment.loads.iter().find(|load| load.queue.rate == 10.0);
    assert_eq!(claimed.expect("the claim").congests, Some(false));
}

#[test]
#[ignore = "takes minutes in a debug build: `swelkie lab run mean` does the same"]
fn the_count_that_is_needed_is_ln_n_plus_c() {
    agrees("mean", |cell| !cell.full, 5);
}
