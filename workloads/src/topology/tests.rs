use proptest::prelude::*;
use swelkie_nodes::{NodeId, Seed};

use super::*;

fn members(n: usize) -> Vec<NodeId> {
    (0..n)
        .map(|index| NodeId::from(format!("n{index}")))
        .collect()
}

fn build(shape: &str, n: usize, seed: u64) -> Topology {
    let shape: Shape = shape.parse().unwrap();
    shape.build(n, &mut Seed(seed).fork("topology")).unwrap()
}

fn lists(topology: &Topology) -> Vec<Vec<usize>> {
    (0..topology.len())
        .map(|node| topology.neighbours(node).to_vec())
        .collect()
}

fn degrees(topology: &Topology) -> Vec<usize> {
    (0..topology.len())
        .map(|node| topology.neighbours(node).len())
        .collect()
}

fn refused(shape: &str) -> String {
    shape.parse::<Shape>().unwrap_err().to_string()
}

/// What holds for every shape of every size.
fn assert_sound(topology: &Topology, n: usize) {
    assert_eq!(topology.len(), n);
    assert!(topology.is_connected());
    for node in 0..n {
        let neighbours = topology.neighbours(node);
        assert!(
            neighbours.is_sorted_by(|a, b| a < b),
            "ascending, none twice: {neighbours:?}"
        );
        assert!(!neighbours.contains(&node), "{node} is its own neighbour");
        for &other in neighbours {
            assert!(
                topology.neighbours(other).binary_search(&node).is_ok(),
                "{node}–{other} is one-way"
            );
        }
    }
}

#[test]
fn the_grid_is_the_references_rows_of_a_square_filled_one_by_one() {
    // n0 n1 n2
    // n3 n4
    let five = lists(&build("grid", 5, 1));
    assert_eq!(
        five,
        [vec![1, 3], vec![0, 2, 4], vec![1], vec![0, 4], vec![1, 3]]
    );
    // The reference's side for 25 is 5, for 26 it is 6.
    assert_eq!(build("grid", 25, 1).neighbours(12), [7, 11, 13, 17]);
    assert_eq!(build("grid", 26, 1).neighbours(12), [6, 13, 18]);
}

#[test]
fn the_trees_are_the_references_tiers() {
    //      n0
    //   n1    n2
    // n3 n4  n5
    let six = lists(&build("tree", 6, 1));
    assert_eq!(
        six,
        [
            vec![1, 2],
            vec![0, 3, 4],
            vec![0, 5],
            vec![1],
            vec![1],
            vec![2]
        ]
    );
    assert_eq!(build("tree4", 25, 1).neighbours(0), [1, 2, 3, 4]);
    assert_eq!(build("tree4", 25, 1).neighbours(5), [1, 21, 22, 23, 24]);
    assert_eq!(build("tree3", 25, 1).neighbours(8), [2]);
}

#[test]
fn line_ring_star_and_total_are_what_their_names_say() {
    assert_eq!(lists(&build("line", 3, 1)), [vec![1], vec![0, 2], vec![1]]);
    assert_eq!(
        lists(&build("ring", 4, 1)),
        [vec![1, 3], vec![0, 2], vec![1, 3], vec![0, 2]]
    );
    assert_eq!(lists(&build("ring", 2, 1)), [vec![1], vec![0]]);
    assert_eq!(lists(&build("star", 3, 1)), [vec![1, 2], vec![0], vec![0]]);
    assert_eq!(
        lists(&build("total", 3, 1)),
        [vec![1, 2], vec![0, 2], vec![0, 1]]
    );
}

#[test]
fn a_single_node_gets_its_key_and_an_empty_neighbour_list() {
    for shape in ["line", "grid", "tree", "tree4", "total", "ring", "star"] {
        let body = build(shape, 1, 1).body(&members(1));
        assert_eq!(
            body.as_bytes(),
            r#"{"type":"topology","topology":{"n0":[]}}"#,
            "{shape}"
        );
    }
}

#[test]
fn the_request_names_every_node_in_order() {
    let body = build("line", 3, 1).body(&members(3));
    let text = r#"{"type":"topology","topology":{"n0":["n1"],"n1":["n0","n2"],"n2":["n1"]}}"#;
    assert_eq!(body.as_bytes(), text);
}

#[test]
fn a_shape_is_read_in_every_spelling_and_written_in_one() {
    for (text, written) in [
        ("grid", "grid"),
        ("tree", "tree2"),
        ("tree3", "tree3"),
        (" total ", "total"),
        ("random-regular(4)", "random-regular(4)"),
        ("random-regular:4", "random-regular(4)"),
        ("small-world( 4, 0.25 )", "small-world(4,0.25)"),
        ("small-world:4,1", "small-world(4,1)"),
        ("scale-free:2", "scale-free(2)"),
    ] {
        let shape: Shape = text.parse().unwrap();
        assert_eq!(shape.to_string(), written);
        assert_eq!(written.parse::<Shape>().unwrap(), shape);
    }
    assert_eq!(Shape::default().to_string(), "grid");
}

#[test]
fn a_shape_that_cannot_be_read_says_why_and_what_to_write() {
    for (text, part) in [
        ("gird", "did you mean `grid`?"),
        ("tre", "did you mean `tree`?"),
        ("tree1", "no topology is called `tree1`"),
        ("tree+3", "no topology is called `tree+3`"),
        ("random-reglar(4)", "did you mean `random-regular`?"),
        (
            "random-regular",
            "wants 1 number, as in `random-regular(4)`, but 0 are given",
        ),
        ("random-regular(4", "the parenthesis is not closed"),
        (
            "random-regular(-4)",
            "wants a whole number from 1, got `-4`",
        ),
        ("scale-free(0)", "wants a whole number from 1, got `0`"),
        (
            "small-world(4)",
            "wants 2 numbers, as in `small-world(4,0.1)`, but 1 are given",
        ),
        ("small-world(3,0.1)", "must be even"),
        (
            "small-world(4,1.5)",
            "wants a probability from 0 to 1, got `1.5`",
        ),
        (
            "small-world(4,NaN)",
            "wants a probability from 0 to 1, got `NaN`",
        ),
        ("grid(3)", "the topology `grid` takes no numbers"),
        ("", "no topology is called ``"),
    ] {
        let message = refused(text);
        assert!(message.contains(part), "{text}: {message}");
    }
}

#[test]
fn a_shape_that_does_not_exist_for_so_many_nodes_says_why() {
    for (text, n, message) in [
        (
            "random-regular(3)",
            5,
            "there is no `random-regular(3)` of 5 nodes: 5 × 3 is odd, and a link has two ends",
        ),
        (
            "random-regular(4)",
            3,
            "there is no `random-regular(4)` of 3 nodes: it needs at least 5",
        ),
        (
            "random-regular(1)",
            4,
            "there is no `random-regular(1)` of 4 nodes: with one neighbour each, only 2 nodes are connected",
        ),
        (
            "small-world(4,0.1)",
            4,
            "there is no `small-world(4,0.1)` of 4 nodes: it needs at least 5",
        ),
        (
            "scale-free(3)",
            3,
            "there is no `scale-free(3)` of 3 nodes: it needs at least 4",
        ),
    ] {
        let shape: Shape = text.parse().unwrap();
        let error = shape.build(n, &mut Seed(1).fork("topology")).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn a_seed_gives_one_random_topology_and_another_seed_another() {
    for shape in [
        "random-regular(4)",
        "random-regular(2)",
        "small-world(4,0.5)",
        "scale-free(2)",
    ] {
        let one = lists(&build(shape, 50, 7));
        assert_eq!(one, lists(&build(shape, 50, 7)), "{shape}");
        assert_ne!(one, lists(&build(shape, 50, 8)), "{shape}");
    }
}

#[test]
fn shortcuts_come_at_the_asked_rate() {
    // 1000 nodes with 4 nearest: 2000 ring links, so about 500 shortcuts (sd 19).
    let links = degrees(&build("small-world(4,0.25)", 1000, 7))
        .iter()
        .sum::<usize>()
        / 2;
    assert!((2400..2600).contains(&links), "{links} links");
    let links = degrees(&build("small-world(4,0)", 1000, 7))
        .iter()
        .sum::<usize>()
        / 2;
    assert_eq!(links, 2000);
}

#[test]
fn a_scale_free_topology_has_hubs_and_a_regular_one_has_none() {
    // The hub of m = 2, n = 1000 has degree near m·√n = 63.
    let hub = degrees(&build("scale-free(2)", 1000, 7))
        .into_iter()
        .max()
        .unwrap();
    assert!((40..200).contains(&hub), "hub of {hub}");
    let regular = degrees(&build("random-regular(4)", 1000, 7));
    assert!(regular.iter().all(|&degree| degree == 4));
}

#[test]
fn a_file_may_be_one_way_and_then_is_not_connected() {
    let json = r#"{"n1": ["n2"], "n0": ["n2", "n1"], "n2": []}"#;
    let topology = Topology::from_lists(json, &members(3)).unwrap();
    assert_eq!(lists(&topology), [vec![1, 2], vec![2], vec![]]);
    assert!(!topology.is_connected());
    let json = r#"{"n0": ["n1"], "n1": ["n2"], "n2": ["n0"]}"#;
    let ring = Topology::from_lists(json, &members(3)).unwrap();
    assert!(ring.is_connected());
}

#[test]
fn a_file_with_a_mistake_says_where_it_is_and_what_to_write() {
    for (json, message) in [
        (
            r#"{"n0":["n1"],"n1":["m0"]}"#,
            "in the list of `n1`: no node is called `m0`; did you mean `n0`? (there are 2, n0 … n1)",
        ),
        (
            r#"{"n0":[],"server":[]}"#,
            "no node is called `server` (there are 2, n0 … n1)",
        ),
        (
            r#"{"n0":["n1"]}"#,
            "there is no list for `n1`; write \"n1\": [] for a node without neighbours",
        ),
        (
            r#"{}"#,
            "there is no list for `n0` (nor for 1 more); write \"n0\": [] for a node without neighbours",
        ),
        (
            r#"{"n0":["n0"],"n1":[]}"#,
            "in the list of `n0`: a node is not its own neighbour",
        ),
        (
            r#"{"n0":["n1","n1"],"n1":[]}"#,
            "the list of `n0` has `n1` twice",
        ),
        (
            r#"{"n0":[],"n1":[],"n0":[]}"#,
            "`n0` is there twice; give its neighbours in one list",
        ),
        (
            "{\"n0\":\n [\"n1\",]}",
            "expected an object that lists each node's neighbours, as {\"n0\": [\"n1\"], \"n1\": []}, but trailing comma at line 2 column 8",
        ),
        (
            r#"[["n1"]]"#,
            "expected an object that lists each node's neighbours, as {\"n0\": [\"n1\"], \"n1\": []}, but invalid type: sequence, expected an object of lists at line 1 column 0",
        ),
    ] {
        let error = Topology::from_lists(json, &members(2)).unwrap_err();
        assert_eq!(error.to_string(), message, "{json}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn every_plain_shape_is_connected_symmetric_and_of_bounded_degree(n in 1usize..=200) {
        for (shape, bound) in [
            ("line", 2), ("ring", 2), ("grid", 4), ("tree2", 3), ("tree3", 4), ("tree4", 5),
            ("star", n - 1), ("total", n - 1),
        ] {
            let topology = build(shape, n, 0);
            assert_sound(&topology, n);
            let most = degrees(&topology).into_iter().max();
            prop_assert!(most <= Some(bound), "{shape} of {n}: {most:?}");
        }
        prop_assert!(degrees(&build("total", n, 0)).iter().all(|&degree| degree == n - 1));
    }

    #[test]
    fn a_regular_topology_exists_whenever_it_can(n in 2usize..=200, k in 1usize..200, seed: u64) {
        let degree = 1 + k % (n - 1);
        let shape = Shape::RandomRegular { degree };
        let topology = shape.build(n, &mut Seed(seed).fork("topology"));
        let exists = n * degree % 2 == 0 && (degree > 1 || n == 2);
        prop_assert_eq!(topology.is_ok(), exists);
        if let Ok(topology) = topology {
            assert_sound(&topology, n);
            prop_assert!(degrees(&topology).into_iter().all(|found| found == degree));
        }
    }

    #[test]
    fn a_small_world_keeps_its_ring(n in 3usize..=200, half in 1usize..100, p in 0.0..=1.0, seed: u64) {
        let nearest = 2 * (1 + half % ((n - 1) / 2));
        let shape = Shape::SmallWorld { nearest, shortcuts: p };
        let topology = shape.build(n, &mut Seed(seed).fork("topology")).unwrap();
        assert_sound(&topology, n);
        for node in 0..n {
            prop_assert!(topology.neighbours(node).contains(&((node + 1) % n)));
        }
        prop_assert!(degrees(&topology).into_iter().all(|degree| degree >= nearest));
    }

    #[test]
    fn a_scale_free_topology_has_m_links_per_newcomer(n in 2usize..=200, m in 1usize..200, seed: u64) {
        let links = 1 + m % (n - 1);
        let shape = Shape::ScaleFree { links };
        let topology = shape.build(n, &mut Seed(seed).fork("topology")).unwrap();
        assert_sound(&topology, n);
        let core = links * (links + 1) / 2;
        let total = degrees(&topology).iter().sum::<usize>() / 2;
        prop_assert_eq!(total, core + (n - links - 1) * links);
        prop_assert!(degrees(&topology).into_iter().all(|degree| degree >= links));
    }
}
