//! What a person reads who made a mistake, word for word.

use super::*;

/// What is said about one fault in a file of its own.
fn fault(lines: &str) -> String {
    mistakes(&format!("[[fault]]\n{lines}\n"))
}

#[test]
fn a_time_without_a_unit_is_answered_with_the_unit() {
    assert_eq!(
        fault("kind = \"kill\"\nat = 5\ntargets = \"one\""),
        r#"
faults.toml:3:6: error: `at`: "5" lacks a unit of time
  3 | at = 5
    |      ^ expected a duration such as "250ms", "1.5s" or "1m30s" (units: h, m, s, ms, us, ns)
    = write at = "5s" or "5ms""#
            .trim_start()
    );
}

#[test]
fn a_probability_without_a_percent_sign_or_above_a_hundred_is_refused() {
    assert_eq!(
        mistakes("[network]\nloss = 25\nduplicate = 0.5\n"),
        r#"
faults.toml:2:8: error: `loss`: "25" lacks a percent sign
  2 | loss = 25
    |        ^^ expected a percentage such as "25%", from "0%" to "100%"
    = write loss = "25%"

faults.toml:3:13: error: `duplicate`: "0.5" lacks a percent sign
  3 | duplicate = 0.5
    |             ^^^ expected a percentage such as "25%", from "0%" to "100%"
    = write duplicate = "50%""#
            .trim_start()
    );
    assert_eq!(
        fault("kind = \"loss\"\nat = \"5s\"\nprobability = \"150%\""),
        r#"
faults.toml:4:15: error: `probability`: "150%" is more than 100%
  4 | probability = "150%"
    |               ^^^^^^ expected a percentage such as "25%", from "0%" to "100%""#
            .trim_start()
    );
}

#[test]
fn a_mistyped_key_is_answered_with_the_key_and_the_missing_one_is_not_complained_about() {
    assert_eq!(
        fault("kind = \"kill\"\nstart = \"5s\"\ntargts = \"one\"\nuntill = \"9s\""),
        r#"
faults.toml:3:1: error: unknown key `start` in a fault of kind "kill"
  3 | start = "5s"
    | ^^^^^ expected `kind`, `name`, `at`, `for`, `every`, `forever` or `targets`
    = did you mean `at`?

faults.toml:4:1: error: unknown key `targts` in a fault of kind "kill"
  4 | targts = "one"
    | ^^^^^^ expected `kind`, `name`, `at`, `for`, `every`, `forever` or `targets`
    = did you mean `targets`?

faults.toml:5:1: error: unknown key `untill` in a fault of kind "kill"
  5 | untill = "9s"
    | ^^^^^^ expected `kind`, `name`, `at`, `for`, `every`, `forever` or `targets`"#
            .trim_start()
    );
    assert_eq!(
        mistakes("[[faults]]\nkind = \"kill\"\n"),
        r#"
faults.toml:1:3: error: unknown key `faults` in the file
  1 | [[faults]]
    |   ^^^^^^ expected `network`, `groups`, `fault` or `random`
    = did you mean `fault`?"#
            .trim_start()
    );
}

#[test]
fn an_unknown_kind_is_answered_with_the_nearest() {
    assert_eq!(
        fault("kind = \"partion\"\nat = \"5s\""),
        r#"
faults.toml:2:8: error: "partion" is not a kind
  2 | kind = "partion"
    |        ^^^^^^^^^ expected "partition", "one-way", "hold", "loss", "duplicate", "reorder", "latency", "slow", "bandwidth", "kill", "stop", "pause" or "restart"
    = did you mean "partition"?"#
            .trim_start()
    );
}

#[test]
fn a_key_of_another_kind_is_said_to_be_one() {
    assert_eq!(
        fault("kind = \"kill\"\nat = \"5s\"\ntargets = \"one\"\nprobability = \"5%\""),
        r#"
faults.toml:5:1: error: `probability` does not belong to a fault of kind "kill"
  5 | probability = "5%"
    | ^^^^^^^^^^^ it is for loss, duplicate or reorder"#
            .trim_start()
    );
    assert_eq!(
        fault("kind = \"restart\"\nat = \"5s\"\ntargets = \"one\"\nfor = \"5s\""),
        r#"
faults.toml:5:1: error: `for` does not belong to a fault of kind "restart"
  5 | for = "5s"
    | ^^^ it is for partition, one-way, hold, loss, duplicate, reorder, latency, slow, bandwidth, kill, stop or pause
    = a restart is over at once; kind = "kill" keeps nodes down for a while"#
            .trim_start()
    );
    assert_eq!(
        fault("kind = \"partition\"\nat = \"5s\"\nfrom = \"n0\""),
        r#"
faults.toml:4:1: error: `from` does not belong to a fault of kind "partition"
  4 | from = "n0"
    | ^^^^ it is for one-way, hold, loss, duplicate, reorder, latency, slow or bandwidth
    = kind = "one-way" cuts one direction; `between` cuts both"#
            .trim_start()
    );
}

#[test]
fn names_that_nobody_has_are_answered_with_those_that_somebody_has() {
    assert_eq!(
        mistakes(
            "[groups]\nleft = [\"n0\", \"n9\"]\n[[fault]]\nkind = \"pause\"\nat = \"1s\"\ntargets = [\"lefft\", \"majority\"]\n"
        ),
        r#"
faults.toml:2:15: error: nobody is called `n9`
  2 | left = ["n0", "n9"]
    |               ^^^^ nodes: n0 n1 n2 n3 n4

faults.toml:6:12: error: nobody is called `lefft`
  6 | targets = ["lefft", "majority"]
    |            ^^^^^^^ nodes: n0 n1 n2 n3 n4; groups: left
    = did you mean "left"?

faults.toml:6:21: error: `majority` is a word for a random choice
  6 | targets = ["lefft", "majority"]
    |                     ^^^^^^^^^^ expected names in a list
    = write it alone: "majority""#
            .trim_start()
    );
    assert_eq!(
        fault("kind = \"kill\"\nat = \"1s\"\ntargets = \"majorty\""),
        r#"
faults.toml:4:11: error: nobody is called `majorty`
  4 | targets = "majorty"
    |           ^^^^^^^^^ nodes: n0 n1 n2 n3 n4
    = did you mean "majority"?"#
            .trim_start()
    );
}

#[test]
fn processes_of_services_and_clients_cannot_be_killed() {
    assert_eq!(
        fault("kind = \"kill\"\nat = \"1s\"\ntargets = \"lin-kv\""),
        r#"
faults.toml:4:11: error: `lin-kv` is a service: kill acts on nodes
  4 | targets = "lin-kv"
    |           ^^^^^^^^ expected nodes: n0 n1 n2 n3 n4"#
            .trim_start()
    );
    let said = fault("kind = \"pause\"\nat = \"1s\"\ntargets = [\"n0\", \"clients\"]");
    assert!(
        said.contains("error: `clients` are not processes: pause acts on nodes"),
        "{said}"
    );
}

#[test]
fn sides_must_not_overlap_be_empty_or_be_alone() {
    assert_eq!(
        mistakes(
            "[groups]\nleft = [\"n0\", \"n1\"]\n[[fault]]\nkind = \"partition\"\nat = \"1s\"\nsides = [[\"left\"], [\"n2\", \"n1\"]]\n"
        ),
        r#"
faults.toml:6:27: error: `n1` is on two sides
  6 | sides = [["left"], ["n2", "n1"]]
    |                           ^^^^ expected on one side only"#
            .trim_start()
    );
    let said = |sides: &str| {
        fault(&format!(
            "kind = \"partition\"\nat = \"1s\"\nsides = {sides}"
        ))
    };
    assert!(said("[[\"n0\"]]").contains("error: `sides` needs two sides or more"));
    assert!(said("[[\"n0\"], []]").contains("error: a side is empty"));
    let three = said("[[\"n0\"], [\"n1\"], [\"clients\"]]");
    assert!(
        three.contains("error: clients can stand on a side only where there are two"),
        "{three}"
    );
    assert_eq!(
        fault("kind = \"partition\"\nat = \"1s\"\ntargets = [[\"n0\"], [\"n1\"]]"),
        r#"
faults.toml:4:11: error: `targets` is one set, not several sides
  4 | targets = [["n0"], ["n1"]]
    |           ^^^^^^^^^^^^^^^^ expected names, or a word such as "majority"
    = write sides = [["n0"], ["n1", "n2"]]"#
            .trim_start()
    );
}

#[test]
fn cuts_must_say_what_they_separate_and_where_is_said_once() {
    assert_eq!(
        fault("kind = \"partition\"\nat = \"1s\""),
        r#"
faults.toml:2:8: error: a partition does not say whom it separates
  2 | kind = "partition"
    |        ^^^^^^^^^^^ expected `targets`, `sides`, `between` or `deaf`
    = add targets = "majority", or sides = [["n0"], ["n1", "n2"]]"#
            .trim_start()
    );
    let said = fault("kind = \"one-way\"\nat = \"1s\"");
    assert!(
        said.contains("error: a one-way cut does not say which way"),
        "{said}"
    );
    assert_eq!(
        fault(
            "kind = \"loss\"\nat = \"1s\"\nprobability = \"5%\"\nbetween = [\"n0\", \"n1\"]\nfrom = \"n2\""
        ),
        r#"
faults.toml:6:1: error: `between` and `from` both say where
  6 | from = "n2"
    | ^^^^ expected one of them"#
            .trim_start()
    );
    let said = fault("kind = \"partition\"\nat = \"1s\"\ntargets = \"all\"");
    assert!(
        said.contains("error: `all` leaves nobody on the other side of a partition"),
        "{said}"
    );
}

#[test]
fn times_must_make_sense_together() {
    let kill = |lines: &str| {
        fault(&format!(
            "kind = \"kill\"\nat = \"1s\"\ntargets = \"one\"\n{lines}"
        ))
    };
    assert_eq!(
        kill("for = \"0s\""),
        r#"
faults.toml:5:1: error: `for` is zero: the fault would end as it begins
  5 | for = "0s"
    | ^^^ expected a duration above zero
    = leave `for` away to keep it until the final heal"#
            .trim_start()
    );
    assert_eq!(
        kill("forever = true\nfor = \"5s\""),
        r#"
faults.toml:6:1: error: `for` and `forever = true` contradict each other
  6 | for = "5s"
    | ^^^ forever means that it never ends"#
            .trim_start()
    );
    assert_eq!(
        kill("every = \"5s\""),
        r#"
faults.toml:5:1: error: `every` without `for`: it would begin again without having ended
  5 | every = "5s"
    | ^^^^^ expected `for` beside it
    = add for = "5s""#
            .trim_start()
    );
    assert!(kill("every = \"0s\"\nfor = \"1s\"").contains("error: `every` is zero"));
    assert!(
        kill("every = \"1us\"\nfor = \"1s\"")
            .contains("`every` makes 59000000 faults; 100000 is the most")
    );
}

#[test]
fn names_of_faults_and_groups_must_be_their_own() {
    assert_eq!(
        mistakes(
            "fault = [\n  { name = \"a\", kind = \"kill\", at = \"1s\", targets = \"one\" },\n  { name = \"a\", kind = \"kill\", at = \"2s\", targets = \"one\" },\n]\n"
        ),
        r#"
faults.toml:3:12: error: two faults are called "a"
  3 |   { name = "a", kind = "kill", at = "2s", targets = "one" },
    |            ^^^ expected a name of its own"#
            .trim_start()
    );
    assert_eq!(
        mistakes("[groups]\none = [\"n0\"]\n"),
        r#"
faults.toml:2:1: error: a group cannot be called `one`
  2 | one = ["n0"]
    | ^^^ this word has a meaning of its own"#
            .trim_start()
    );
    assert_eq!(
        mistakes("[groups]\nn3 = [\"n0\"]\n"),
        r#"
faults.toml:2:1: error: the group `n3` is called like a node or a service
  2 | n3 = ["n0"]
    | ^^ expected a name of its own"#
            .trim_start()
    );
}

#[test]
fn what_is_not_toml_is_shown_with_what_the_parser_expected() {
    assert_eq!(
        fault("kind = \"kill\"\nat = 5s"),
        r#"
faults.toml:3:6: error: this is not TOML
  3 | at = 5s
    |      ^^ string values must be quoted, expected literal string
    = write "5s": values with a unit, names and words stand in quotation marks"#
            .trim_start()
    );
    assert_eq!(
        fault("kind = \"kill\"\nkind = \"pause\""),
        r#"
faults.toml:3:1: error: this is not TOML
  3 | kind = "pause"
    | ^^^^ duplicate key"#
            .trim_start()
    );
    assert_eq!(
        mistakes("[fault]\nkind = \"kill\"\n"),
        r#"
faults.toml:1:1: error: [[fault]] needs two pairs of brackets
  1 | [fault]
    | ^^^^^^^ there can be many of them
    = write [[fault]]"#
            .trim_start()
    );
}

#[test]
fn the_reference_s_latency_flags_are_translated() {
    assert_eq!(
        mistakes("[network]\nlatency = \"100ms\"\nlatency-dist = \"exponential\"\n"),
        r#"
faults.toml:3:1: error: unknown key `latency-dist` in [network]
  3 | latency-dist = "exponential"
    | ^^^^^^^^^^^^ expected `latency`, `client-latency`, `loss`, `duplicate`, `reorder`, `bandwidth` or `link`
    = write latency = "100ms exponential", or "100ms normal sd=20ms""#
            .trim_start()
    );
    let said = mistakes("[network]\nlatency = \"100ms exponentail\"\n");
    assert!(
        said.contains("\"exponentail\" is not a distribution"),
        "{said}"
    );
    assert!(
        said.contains("= write latency = \"exponential\"") || said.contains("exponential"),
        "{said}"
    );
}

#[test]
fn random_faults_that_cannot_be_are_refused() {
    assert_eq!(
        mistakes("[random]\nkinds = [\"kill\"]\nloss = \"5%\"\ninterval = \"0s\"\ntargets = \"majorities-ring\"\n"),
        r#"
faults.toml:3:1: error: `loss` is set, but `kinds` does not have "loss"
  3 | loss = "5%"
    | ^^^^ it would do nothing
    = add "loss" to `kinds`, or leave `loss` away

faults.toml:4:1: error: `interval` is zero: faults need time between them
  4 | interval = "0s"
    | ^^^^^^^^ expected a duration above zero

faults.toml:5:11: error: none of these targets suits "kill"
  5 | targets = "majorities-ring"
    |           ^^^^^^^^^^^^^^^^^ expected "one", "minority", "minority-third", "majority", "all" or "random""#
            .trim_start()
    );
}

#[test]
fn the_caret_stands_below_the_mistake_after_tabs_letters_of_two_bytes_and_in_long_lines() {
    assert_eq!(
        mistakes("[[fault]]\n\tname = \"Bäche\"\n\tkind = \"kill\"; at = \"1s\"\n"),
        "faults.toml:3:15: error: this is not TOML\n  3 | \tkind = \"kill\"; at = \"1s\"\n    \
         | \t             ^ unexpected key or value, expected newline, `#`"
    );
    let umlauts = fault("name = \"ä\\u001b\"\nat = \"ö\"\nkind = \"kill\"\ntargets = \"one\"");
    assert!(
        umlauts.contains("faults.toml:3:6: error: `at`: \"ö\" is not a duration"),
        "{umlauts}"
    );
    let names: String = (0..300).map(|n| format!("\"n{}\", ", n % 5)).collect();
    let long = fault(&format!(
        "kind = \"kill\"\nat = \"1s\"\ntargets = [{names}\"who\"]"
    ));
    let lines: Vec<&str> = long.lines().collect();
    let caret = lines[2].find('^').unwrap();
    let shown: String = lines[1].chars().skip(caret).take(5).collect();
    assert_eq!(shown, "\"who\"", "{long}");
    assert!(lines[1].chars().count() < 120, "{long}");
}

#[test]
fn what_a_file_escapes_does_not_reach_the_terminal() {
    let said = fault("kind = \"kill\"\nat = \"1s\"\ntargets = [\"\\u001b[31m\"]\n\"\\u0007\" = 1");
    assert!(!said.contains(['\u{1b}', '\u{7}']), "{said:?}");
}
