//! Scoreboards of made-up scores.

use std::collections::BTreeMap;

use proptest::prelude::*;
use swelkie_checkers::Validity;

use super::*;

fn score(seed: u64, figures: [f64; 3], validity: Validity) -> Score {
    let keys = [Key::Msgs, Key::Median, Key::Max];
    let exit_status = match validity {
        Validity::Valid => 0,
        Validity::Invalid => 1,
        Validity::Unknown => 2,
    };
    Score {
        seed,
        validity,
        exit_status,
        figures: keys.into_iter().zip(figures).collect(),
        warnings: Vec::new(),
        trouble: (validity != Validity::Valid).then(|| Trouble {
            text: "lost ×1: message 3".to_owned(),
            again: format!("swelkie test --seed {seed}"),
            directory: None,
        }),
    }
}

fn standing(strategy: &str, figures: &[[f64; 3]]) -> Standing {
    let scores = figures.iter().zip(1..);
    Standing {
        strategy: strategy.to_owned(),
        mode: Mode::Sim,
        scores: scores
            .map(|(&figures, seed)| score(seed, figures, Validity::Valid))
            .collect(),
    }
}

fn names(board: &Scoreboard) -> Vec<&str> {
    let standings = board.standings.iter();
    standings.map(|one| one.strategy.as_str()).collect()
}

/// Three sound strategies and a cheap one that loses something once.
fn some() -> Vec<Standing> {
    let mut lossy = standing("lossy", &[[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]);
    lossy.scores[1] = score(2, [1.0, 1.0, 1.0], Validity::Invalid);
    vec![
        standing("hub", &[[1.9, 330.0, 670.0]]),
        lossy,
        standing("tree", &[[12.0, 380.0, 500.0]]),
        standing("flood", &[[28.0, 450.0, 790.0], [26.0, 452.0, 800.0]]),
    ]
}

#[test]
fn rows_are_sorted_by_any_figure_and_what_is_not_valid_comes_last() {
    let by_messages = Scoreboard::new(some(), Key::Msgs, true);
    assert_eq!(names(&by_messages), ["hub", "tree", "flood", "lossy"]);
    let by_max = Scoreboard::new(some(), Key::Max, true);
    assert_eq!(names(&by_max), ["tree", "hub", "flood", "lossy"]);
    assert_eq!(by_max.exit_status(), 1);
}

#[test]
fn an_invalid_strategy_is_on_no_front_and_beats_nobody() {
    let board = Scoreboard::new(some(), Key::Msgs, true);
    assert_eq!(board.front_median, [true, false, false, false]);
    assert_eq!(board.front_max, [true, true, false, false]);
    let best = PUBLIC.last().expect("there are some");
    let beat: Vec<String> = board.beat(best).into_iter().map(Standing::name).collect();
    assert_eq!(beat, ["hub (sim)"]);
    assert!(!LIMITS[0].is_kept_by(&board.standings[3]));
}

#[test]
fn a_limit_holds_for_every_run_and_not_only_for_the_median() {
    let kept = |figures: &[[f64; 3]]| LIMITS.map(|limit| limit.is_kept_by(&standing("x", figures)));
    assert_eq!(kept(&[[30.0, 400.0, 600.0]]), [true, false]);
    assert_eq!(kept(&[[19.0, 300.0, 500.0]]), [true, true]);
    assert_eq!(
        kept(&[[19.0, 300.0, 500.0], [19.0, 300.0, 601.0]]),
        [false, true]
    );
}

#[test]
fn who_is_equal_to_a_public_figure_does_not_beat_it() {
    let best = PUBLIC.last().expect("there are some");
    assert!(!best.is_beaten_by(&standing("x", &[[1.99, 339.0, 678.0]])));
    assert!(best.is_beaten_by(&standing("x", &[[1.98, 339.0, 678.0]])));
    assert!(!best.is_beaten_by(&standing("x", &[[1.0, 339.0, 679.0]])));
    // Where reports differ, the best of them counts.
    let batching = &PUBLIC[5];
    assert!(!batching.is_beaten_by(&standing("x", &[[5.7, 600.0, 800.0]])));
}

#[test]
fn the_table_shows_ranges_marks_and_what_people_report() {
    let table = table(&Scoreboard::new(some(), Key::Msgs, true));
    let line = |name: &str| {
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut lines = table.lines().map(words);
        lines.find(|line| line.starts_with(name)).expect(name)
    };
    assert_eq!(
        line("flood"),
        "flood sim valid 27.00 (26.00–28.00) 451 (450–452) 795 (790–800) – – – fail fail"
    );
    assert!(line("hub sim").ends_with("– – – median, max fail pass"));
    assert!(line("lossy").starts_with("lossy sim INVALID 1 of 2 1.00 1 1"));
    assert_eq!(
        line("hub with"),
        "hub with 500/100 ms flush, acked public beaten by 1 1.99 339 678 – – –"
    );
    assert_eq!(
        line("batching"),
        "batching, various public beaten by 1 5.6–11.7 680–890 900–1500 – – –"
    );
}

#[test]
fn what_blurs_a_figure_is_said_below_the_table() {
    let mut hub = standing("hub", &[[1.9, 330.0, 670.0]]);
    hub.mode = Mode::Live;
    hub.scores[0].warnings = vec!["the harness was late".to_owned()];
    let legend = legend(&Scoreboard::new(vec![hub], Key::Msgs, true));
    let said = "\nhub (live), seed 1: warning: the harness was late\n";
    assert!(legend.ends_with(said), "{legend}");
}

#[test]
fn under_other_conditions_there_is_nothing_public_to_compare_with() {
    let board = Scoreboard::new(some(), Key::Msgs, false);
    let (table, legend) = (table(&board), legend(&board));
    assert!(
        !table.contains("public") && !table.contains("3d"),
        "{table}"
    );
    assert!(legend.contains("left out"), "{legend}");
    assert!(json(&board)["standings"][0]["limits"].is_null());
}

#[test]
fn a_run_that_is_not_valid_is_told_in_a_line_with_the_command_that_repeats_it() {
    let legend = legend(&Scoreboard::new(some(), Key::Msgs, true));
    let told = "lossy (sim), seed 2: lost ×1: message 3\n  again  swelkie test --seed 2\n";
    assert!(legend.ends_with(told), "{legend}");
}

#[test]
fn csv_has_a_line_for_everybody_and_as_many_fields_as_heads() {
    let mut out = Vec::new();
    csv(&Scoreboard::new(some(), Key::Msgs, true), &mut out).expect("memory takes it");
    let text = String::from_utf8(out).expect("it is text");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 1 + 4 + PUBLIC.len());
    assert!(
        lines[0].starts_with("strategy,mode,verdict,runs,not_valid,msgs,msgs_low,msgs_high,median")
    );
    assert!(lines[3].starts_with("flood,sim,valid,2,0,27,26,28,451,450,452,795,790,800,"));
}

proptest! {
    #[test]
    fn every_order_of_rows_gives_the_same_board(
        order in Just(some()).prop_shuffle(),
        sort in prop::sample::select(Key::ALL.to_vec()),
    ) {
        let (board, other) = (Scoreboard::new(order, sort, true), Scoreboard::new(some(), sort, true));
        prop_assert_eq!(board.standings, other.standings);
        prop_assert_eq!(board.front_max, other.front_max);
    }
}

#[test]
fn figures_of_a_run_without_them_are_left_out() {
    let mut bare = standing("bare", &[[0.0; 3]]);
    bare.scores[0].figures = BTreeMap::new();
    let board = Scoreboard::new(vec![bare, standing("x", &[[1.0; 3]])], Key::Median, true);
    assert_eq!(names(&board), ["x", "bare"]);
    assert_eq!(board.front_median, [true, false]);
}

#[test]
fn the_page_tells_what_went_wrong_and_escapes_what_others_wrote() {
    let mut board = Scoreboard::new(some(), Key::Msgs, true);
    let lossy = board.standings.last_mut().expect("there are some");
    lossy.strategy = "<b>lossy".to_owned();
    let html = page(&board, "25 nodes").html();
    assert!(html.contains("lost ×1: message 3") && html.contains("swelkie test --seed 2"));
    assert!(html.contains("&lt;b&gt;lossy") && !html.contains("<b>lossy"));
    let sound = page(
        &Scoreboard::new(vec![some().swap_remove(0)], Key::Msgs, false),
        "",
    );
    assert!(!sound.html().contains("What went wrong"));
}
