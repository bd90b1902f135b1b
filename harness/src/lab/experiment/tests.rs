use std::path::Path;

use super::*;

fn parse(text: &str) -> Result<Experiment, ExperimentError> {
    Experiment::parse("test", text, Path::new("."))
}

fn message(text: &str) -> String {
    parse(text).expect_err("no experiment").to_string()
}

fn keys(text: &str) -> Vec<String> {
    let experiment = parse(text).expect("an experiment");
    experiment.cells.iter().map(Cell::key).collect()
}

#[test]
fn every_combination_of_values_is_a_cell_that_is_labelled_by_what_differs() {
    let experiment = parse(
        r#"
        title = "Fan-out"
        [all]
        strategy = "sample:fanout={fanout}"
        nodes = [25, 100]
        loss = [0, "5%"]
        vary = { fanout = [7, 9] }
        "#,
    )
    .expect("an experiment");
    assert_eq!(experiment.cells.len(), 8);
    let labels: Vec<String> = experiment
        .cells
        .iter()
        .map(|cell| format!("{:?}", cell.labels))
        .collect();
    assert!(
        labels.iter().all(|label| label.contains("nodes")
            && label.contains("loss")
            && label.contains("fanout")),
        "{labels:?}"
    );
    let mut keys = keys("all = { strategy = \"sample:fanout={f}\", vary = { f = [1, 2, 3] } }");
    keys.dedup();
    assert_eq!(keys.len(), 3);
}

#[test]
fn a_block_replaces_what_stands_above_and_brings_its_own_expectations() {
    let experiment = parse(
        r#"
        all = { strategy = "flood", nodes = 25, latency = "5ms" }

        [[cells]]
        nodes = [5, 7]
        expect = { everybody = ["1.0", "-"], hops = "1" }

        [[cells]]
        topology = "line"
        "#,
    )
    .expect("an experiment");
    let cells = &experiment.cells;
    let nodes: Vec<u32> = cells.iter().map(|cell| cell.nodes).collect();
    assert_eq!(nodes, [5, 7, 25]);
    let expected: Vec<usize> = cells.iter().map(|cell| cell.expect.len()).collect();
    assert_eq!(expected, [2, 1, 0]);
}

#[test]
fn a_cells_seeds_depend_on_its_own_conditions_alone() {
    let one = parse("all = { strategy = \"flood\", nodes = [5, 9] }").expect("an experiment");
    let more = parse("all = { strategy = [\"sample\", \"flood\"], nodes = [3, 9] }");
    let more = more.expect("an experiment");
    let same = |cell: &&Cell| cell.key() == one.cells[1].key();
    let again = more.cells.iter().find(same).expect("the same cell");
    assert_eq!(one.cells[1].seed(one.seed, 7), again.seed(more.seed, 7));
    assert_ne!(
        one.cells[1].seed(one.seed, 7),
        one.cells[0].seed(one.seed, 7)
    );
    assert_ne!(
        one.cells[1].seed(one.seed, 7),
        one.cells[1].seed(one.seed, 8)
    );
}

#[test]
fn a_mistake_is_answered_with_where_it_is_and_what_was_expected() {
    let unknown = message("all = { strategy = \"flood\", node = 5 }");
    assert!(unknown.contains("unknown field `node`"), "{unknown}");
    assert!(unknown.contains("line 1"), "{unknown}");
    for (text, expected) in [
        ("", "[[cells]] number 1: there is no `strategy`"),
        ("all = { strategy = \"flod\" }", "did you mean `flood`?"),
        (
            "all = { strategy = \"echo\" }",
            "`echo` is no dissemination strategy",
        ),
        (
            "all = { strategy = \"flood\", nodes = 0 }",
            "nodes is `0`: expected a whole number from 1",
        ),
        (
            "all = { strategy = \"flood\", origin = \"n25\" }",
            "expected `random`, or a node from n0 to n24",
        ),
        (
            "all = { strategy = \"sample:fanout={f}\" }",
            "there is no `f` under `vary`",
        ),
        ("all = { strategy = \"flood\", loss = 2 }", "loss"),
        (
            "all = { strategy = \"flood\", topology = \"random-regular(3)\", nodes = 5 }",
            "random-regular",
        ),
        (
            "all = { strategy = \"flood\", expect = { residu = \".1\" } }",
            "did you mean `residue`?",
        ),
        (
            "all = { strategy = \"flood\", expect = { residue = \"abc\" } }",
            "expect.residue",
        ),
        (
            "all = { strategy = \"flood\", nodes = [3, 4, 5], expect = { residue = [\"1\", \"2\"] } }",
            "2 values for 3 cells",
        ),
        (
            "trials = { most = 0 }\nall = { strategy = \"flood\" }",
            "trials.most is 0",
        ),
        (
            "all = { strategy = \"flood\", faults = \"nowhere.toml\" }",
            "nowhere.toml cannot be read",
        ),
    ] {
        let message = message(text);
        assert!(message.contains(expected), "{text}\n{message}");
    }
}

#[test]
fn a_strategy_without_the_varied_parameter_is_one_cell_and_not_one_for_each_value() {
    let text = r#"all = { strategy = ["sample:fanout={f}", "flood"], vary = { f = [4, 6, 8] } }"#;
    let keys = keys(text);
    assert_eq!(keys.len(), 4, "{keys:#?}");
}
