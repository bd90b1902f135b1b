//! What is written is read back as the same plan, whatever the seed.

use proptest::prelude::*;

use super::*;

fn written(plan: &Plan, cluster: &Cluster) -> String {
    to_toml(
        &plan.schedule,
        &plan.network,
        cluster,
        "workload broadcast\nseed 7",
        |number| (number == 0).then(|| "dropped 12 messages".to_owned()),
    )
}

/// Asserts that the plan, written and read with another seed, is the same.
fn comes_back(plan: &Plan, cluster: &Cluster, seed: u64) {
    let text = written(plan, cluster);
    let again = plan_of(&text, cluster, seed);
    assert_eq!(plan.schedule, again.schedule, "\n{text}");
    assert_eq!(plan.network, again.network, "\n{text}");
    assert_eq!(written(&again, cluster), text);
}

const EVERYTHING: &str = r#"
[network]
latency = "100ms lognormal sd=33ms"
client-latency = "250us"
loss = "0.1%"
reorder = { probability = "2%", delay = "10ms exponential" }
[[network.link]]
from = "n0"
to = "n1"
latency = "300ms pareto alpha=2.5"
[[network.link]]
loss = "1%"
bandwidth = "10Mbit/s"
[[network.link]]
targets = "n3"
slow = "7ms"
[groups]
left = ["n0", "n1"]
[[fault]]
kind = "partition"
at = "5s"
for = "10s"
targets = "left"
[[fault]]
kind = "kill"
name = "for \"good\" \\ ü"
at = "7s"
targets = "n2"
forever = true
[[fault]]
kind = "hold"
at = "8s"
for = "1500us"
targets = "majorities-ring"
"#;

#[test]
fn a_written_schedule_is_pleasant_to_read_and_says_what_happened() {
    let text = EVERYTHING.replace("targets = \"majorities-ring\"", "deaf = { n0 = [\"n1\"] }");
    assert_eq!(
        written(&plan(&text), &cluster(5)),
        r#"
# workload broadcast
# seed 7

[network]
latency = "100ms lognormal sd=33ms"
client-latency = "250us"
loss = "0.1%"
reorder = { probability = "2%", delay = "10ms exponential" }

# latency 300ms pareto alpha=2.5 n0 → n1
[[network.link]]
latency = "300ms pareto alpha=2.5"
from = ["n0"]
to = ["n1"]

# loss 1% between nodes
[[network.link]]
loss = "1%"

# bandwidth 1.25MB/s between nodes
[[network.link]]
bandwidth = "1.25MB/s"

# slow by 7ms around n3
[[network.link]]
slow = "7ms"
targets = ["n3"]

# cut n0 n1 | n2 n3 n4
# dropped 12 messages
[[fault]]
name = "partition-1"
kind = "partition"
at = "5s"
for = "10s"
sides = [["n0", "n1"], ["n2", "n3", "n4"]]

# kill n2 forever
[[fault]]
name = "for \"good\" \\ ü"
kind = "kill"
at = "7s"
targets = ["n2"]
forever = true

# hold n0 deaf to n1
[[fault]]
name = "hold-1"
kind = "hold"
at = "8s"
for = "1.5ms"
[fault.deaf]
n0 = ["n1"]
"#
        .trim_start()
    );
}

#[test]
fn everything_that_can_be_said_comes_back() {
    comes_back(&plan(EVERYTHING), &cluster(5), 99);
    comes_back(&Plan::default(), &cluster(5), 99);
}

#[test]
fn a_header_cannot_break_out_of_its_comment() {
    let plan = plan(EVERYTHING);
    let header = "swelkie test -- '\r\u{1b}[31m\n[[fault]]\nkind = 1\u{7f}'";
    let text = to_toml(&plan.schedule, &plan.network, &cluster(5), header, |_| {
        Some("a\nb = 1".into())
    });
    let again = plan_of(&text, &cluster(5), 1);
    assert_eq!(plan.schedule, again.schedule, "\n{text}");
}

#[test]
fn strange_names_of_nodes_come_back() {
    let mut cluster = cluster(3);
    cluster.nodes = ["nodes", "a \"b\"\\", "one"].map(NodeId::from).to_vec();
    let text = r#"fault = [
        { kind = "hold", at = "1s", targets = "majorities-ring" },
        { kind = "kill", at = "1s", targets = "all" },
        { kind = "loss", at = "1s", probability = "5%", targets = ["one"] },
    ]"#;
    comes_back(&plan_of(text, &cluster, 3), &cluster, 4);
}

#[test]
fn a_thousand_nodes_come_back() {
    let text = r#"fault = [
        { kind = "partition", at = "1s", targets = "majority" },
        { kind = "kill", at = "1s", targets = "minority" },
    ]"#;
    comes_back(&plan_of(text, &cluster(1000), 3), &cluster(1000), 4);
}

/// A place in TOML, words and names, for kinds that take it.
fn place(kind: Kind) -> BoxedStrategy<String> {
    let names = prop_oneof![
        Just("\"one\""),
        Just("\"minority\""),
        Just("\"majority\""),
        Just("\"minority-third\""),
        Just("\"random\""),
        Just("[\"n0\"]"),
        Just("[\"n1\", \"left\"]"),
        Just("\"nodes\""),
        Just("[\"n0\", \"n1\", \"n2\"]"),
        Just("[]"),
    ];
    let more = prop_oneof![
        Just("\"clients\""),
        Just("[\"lin-kv\", \"n0\"]"),
        Just("[\"nodes\", \"clients\"]"),
        Just("\"services\""),
        Just("\"left\""),
        Just("\"one\""),
    ];
    let targets = names.clone().prop_map(|names| format!("targets = {names}"));
    if kind.on_processes() {
        return targets.boxed();
    }
    let ends = (names, more).prop_map(|(a, b)| (a.to_owned(), b.to_owned()));
    let ways = ends.clone().prop_flat_map(|(a, b)| {
        prop_oneof![
            Just(format!("from = {a}\nto = {b}")),
            Just(format!("from = {a}")),
            Just(format!("to = {b}")),
        ]
    });
    if kind == Kind::OneWay {
        return ways.boxed();
    }
    let sides = prop_oneof![
        Just("sides = [[\"left\"], [\"n2\"]]".to_owned()),
        Just("sides = [[\"n0\"], [\"n1\", \"lin-kv\"], [\"n2\"]]".to_owned()),
        Just("sides = [[\"n0\", \"clients\"], [\"n2\"]]".to_owned()),
        Just("deaf = { n0 = [\"n1\", \"clients\"], lin-kv = \"nodes\" }".to_owned()),
    ];
    let between = ends.prop_map(|(a, b)| format!("between = [{a}, {b}]"));
    let cuts = prop_oneof![targets, between, sides];
    match kind {
        Kind::Partition => {
            prop_oneof![cuts, Just("targets = \"majorities-ring\"".to_owned())].boxed()
        }
        _ => prop_oneof![cuts, ways, Just(String::new())].boxed(),
    }
}

fn latency() -> impl Strategy<Value = String> {
    let shape = prop_oneof![
        Just(String::new()),
        Just(" uniform".to_owned()),
        Just(" exponential".to_owned()),
        (1u64..5_000_000_000).prop_map(|sd| format!(" normal sd={sd}ns")),
        (1u64..5_000_000_000).prop_map(|sd| format!(" lognormal sd={sd}ns")),
        (1.01f64..9.0).prop_map(|alpha| format!(" pareto alpha={alpha}")),
    ];
    (0u64..10_000_000_000, shape).prop_map(|(mean, shape)| format!("\"{mean}ns{shape}\""))
}

/// One `[[fault]]` of any kind, with any settings.
pub(super) fn any_fault() -> impl Strategy<Value = String> {
    let kind = prop::sample::select(Kind::ALL.to_vec());
    let settings = (
        0.0f64..100.0,
        latency(),
        1.0f64..1e9,
        0u64..70_000_000_000,
        any::<(bool, bool)>(),
    );
    (kind, settings).prop_flat_map(|(kind, (percent, latency, rate, at, (timed, last)))| {
        let percent = crate::units::exact_fraction(percent / 100.0);
        let mut lines = format!("[[fault]]\nkind = \"{kind}\"\nat = \"{at}ns\"\n");
        lines += &match kind {
            Kind::Loss | Kind::Duplicate => format!("probability = \"{percent}\"\n"),
            Kind::Reorder => format!("probability = \"{percent}\"\ndelay = {latency}\n"),
            Kind::Slow => format!("delay = {latency}\n"),
            Kind::Latency => format!("latency = {latency}\n"),
            Kind::Bandwidth => format!("bandwidth = \"{}\"\n", crate::units::exact_rate(rate)),
            Kind::Kill | Kind::Stop if last => "forever = true\n".to_owned(),
            _ => String::new(),
        };
        if kind == Kind::Restart {
            lines += "every = \"7s\"\n";
        } else if timed && !lines.contains("forever") {
            lines += "for = \"3s\"\nevery = \"11s\"\n";
        }
        place(kind).prop_map(move |place| format!("{lines}{place}\n"))
    })
}

pub(super) fn any_network() -> impl Strategy<Value = String> {
    (
        latency(),
        latency(),
        0.0f64..1.0,
        place(Kind::Loss),
        any::<[bool; 4]>(),
    )
        .prop_map(|(a, b, p, place, [latency, loss, link, both])| {
            let percent = crate::units::exact_fraction(p);
            let mut text = "[network]\n".to_owned();
            if latency {
                text += &format!("latency = {a}\n");
            }
            if loss {
                text += &format!("duplicate = \"{percent}\"\nloss = \"{percent}\"\n");
            }
            if link {
                text += &format!("[[network.link]]\nlatency = {b}\n{place}\n");
            }
            if both {
                text += &format!(
                    "[[network.link]]\nloss = \"{percent}\"\nslow = {b}\nbandwidth = \"1MB/s\"\n"
                );
            }
            text
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_plan_comes_back(
        faults in prop::collection::vec(any_fault(), 0..6),
        network in any_network(),
        random in prop::sample::subsequence(Kind::ALL.to_vec(), 0..4),
        nodes in 3usize..9,
        seed in any::<u64>(),
    ) {
        let cluster = cluster(nodes);
        let text = format!("{network}[groups]\nleft = [\"n0\", \"n1\"]\n{}", faults.concat());
        let mut file = parse("faults.toml", &text).unwrap_or_else(|said| panic!("{said}\n{text}"));
        let kinds: Vec<&str> = random.iter().map(|kind| kind.name()).collect();
        file.add_nemesis(&kinds.join(","), Duration::from_secs(5)).unwrap();
        let plan = resolve(&file, &cluster, Seed(seed)).unwrap_or_else(|said| panic!("{said}\n{text}"));
        comes_back(&plan, &cluster, !seed);
    }
}
