use super::*;
use proptest::prelude::*;

fn nanos(text: &str) -> u64 {
    parse_duration(text, None).unwrap().as_nanos() as u64
}

#[test]
fn durations_are_read_exactly_to_the_nanosecond() {
    for (text, expected) in [
        ("100ms", 100_000_000),
        ("1.5s", 1_500_000_000),
        ("250us", 250_000),
        ("250µs", 250_000),
        ("7ns", 7),
        ("2m", 120_000_000_000),
        ("1h", 3_600_000_000_000),
        ("1m30s", 90_000_000_000),
        ("1h 2m 3.5s", 3_723_500_000_000),
        (" 0.1 ms ", 100_000),
        ("0s", 0),
        ("0.000000001s", 1),
        ("0.0000000004s", 0),
        ("0.0000000005s", 1),
        ("18446744073.709551615s", u64::MAX),
    ] {
        assert_eq!(nanos(text), expected, "{text}");
    }
}

#[test]
fn a_bare_number_means_what_the_caller_says_or_asks_for_a_unit() {
    let ms = parse_duration("1.5", Some(Unit::Millis)).unwrap();
    assert_eq!(ms, Duration::from_micros(1500));
    let error = parse_duration("10", None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "\"10\" lacks a unit of time; expected a duration such as \"250ms\", \"1.5s\" or \
         \"1m30s\" (units: h, m, s, ms, us, ns); did you mean \"10s\" or \"10ms\"?"
    );
    assert!(parse_duration("1m30", Some(Unit::Millis)).is_err());
}

#[test]
fn wrong_durations_are_named_and_the_likely_meaning_offered() {
    for (text, problem, suggestion) in [
        (
            "10sec",
            "\"sec\" in \"10sec\" is not a unit of time",
            Some("\"10s\""),
        ),
        (
            "10 MS",
            "\"MS\" in \"10 MS\" is not a unit of time",
            Some("\"10ms\""),
        ),
        (
            "3 fortnights",
            "\"fortnights\" in \"3 fortnights\" is not a unit of time",
            None,
        ),
        ("-1s", "\"-1s\" is negative", None),
        ("", "the duration is empty", None),
        ("1,5s", "\",\" in \"1,5s\" is not a unit of time", None),
        ("1e3s", "\"e\" in \"1e3s\" is not a unit of time", None),
        ("s", "\"s\" is not a duration", None),
        ("1.s", "\"1.s\" is not a duration", None),
        ("1.2.3s", "\"1.2.3s\" is not a duration", None),
        (
            "1s1s",
            "the units in \"1s1s\" do not go from long to short",
            None,
        ),
        (
            "1s2m",
            "the units in \"1s2m\" do not go from long to short",
            None,
        ),
        ("6000000h", "\"6000000h\" is longer than 584 years", None),
        (
            "1\u{7}s",
            "\"\\u{7}s\" in \"1\\u{7}s\" is not a unit of time",
            None,
        ),
    ] {
        let error = parse_duration(text, None).unwrap_err();
        assert_eq!(error.problem, problem);
        assert_eq!(error.suggestion.as_deref(), suggestion, "{text}");
    }
    let digits = "9".repeat(60);
    assert!(parse_duration(&format!("{digits}s"), None).is_err());
    assert_eq!(nanos(&format!("0.{digits}s")), 1_000_000_000);
}

#[test]
fn fractions_want_a_percent_sign_and_say_what_was_meant() {
    assert_eq!(parse_fraction("25%", false), Ok(0.25));
    assert_eq!(parse_fraction("0.1 %", false), Ok(0.001));
    assert_eq!(parse_fraction("100%", true), Ok(1.0));
    assert_eq!(parse_fraction("0.999", true), Ok(0.999));
    for (text, bare, suggestion) in [
        ("25", false, Some("\"25%\"")),
        ("25", true, Some("\"25%\"")),
        ("0.25", false, Some("\"25%\"")),
        ("1", false, Some("\"100%\"")),
        ("250", false, None),
        ("101%", false, None),
        ("25 percent", false, None),
        ("-5%", false, None),
    ] {
        let error = parse_fraction(text, bare).unwrap_err();
        assert_eq!(error.suggestion.as_deref(), suggestion, "{text}");
    }
}

#[test]
fn rates_are_bytes_per_second() {
    for (text, expected) in [
        ("500B/s", 500.0),
        ("1MB/s", 1e6),
        ("1.5 kB/s", 1500.0),
        ("64KiB/s", 65536.0),
        ("2GiB/s", 2_147_483_648.0),
        ("10Mbit/s", 1_250_000.0),
        ("1bit/s", 0.125),
    ] {
        assert_eq!(parse_rate(text), Ok(expected), "{text}");
    }
    for (text, suggestion) in [
        ("100", Some("\"100B/s\" or \"100kB/s\"")),
        ("1Mbps", Some("\"1MB/s\" or \"1Mbit/s\"")),
        ("1MB", Some("\"1MB/s\"")),
        ("1mbit", Some("\"1Mbit/s\"")),
        ("1 furlong", None),
        ("0B/s", None),
    ] {
        let error = parse_rate(text).unwrap_err();
        assert_eq!(error.suggestion.as_deref(), suggestion, "{text}");
    }
    assert!(parse_rate(&format!("{}B/s", "9".repeat(400))).is_err());
}

#[test]
fn durations_are_printed_in_the_unit_a_person_would_choose() {
    for (nanos, exact, short) in [
        (0, "0s", "0 s"),
        (999, "999ns", "999 ns"),
        (1_500, "1.5us", "1.50 µs"),
        (100_000_000, "100ms", "100 ms"),
        (98_654_321, "98.654321ms", "98.7 ms"),
        (999_600_000, "999.6ms", "1.00 s"),
        (1_500_000_000, "1.5s", "1.50 s"),
        (90_000_000_000, "90s", "90.0 s"),
        (120_000_000_000, "2m", "2 min 0 s"),
        (125_000_000_000, "125s", "2 min 5 s"),
        (7_200_000_000_000, "2h", "2 h 0 min"),
    ] {
        let span = Duration::from_nanos(nanos);
        assert_eq!(exact_duration(span), exact);
        assert_eq!(short_duration(span), short);
    }
    assert_eq!(exact_fraction(0.25), "25%");
    assert_eq!(exact_fraction(0.001), "0.1%");
    assert_eq!(exact_fraction(1.0), "100%");
    assert_eq!(exact_fraction(0.0), "0%");
    assert_eq!(exact_rate(1e6), "1MB/s");
    assert_eq!(exact_rate(65536.0), "65.536kB/s");
    assert_eq!(exact_rate(0.125), "0.125B/s");
}

proptest! {
    #[test]
    fn what_is_printed_exactly_is_read_back_exactly(
        nanos in prop_oneof![any::<u64>(), 0u64..10_000_000, (0u64..1_000_000).prop_map(|ms| ms * 1_000_000)],
        fraction in prop_oneof![0.0..=1.0, 0.0..1e-9],
        rate in prop_oneof![1e-3..1e12, (1u32..2_000_000_000).prop_map(f64::from)],
    ) {
        let span = Duration::from_nanos(nanos);
        prop_assert_eq!(parse_duration(&exact_duration(span), None), Ok(span));
        prop_assert_eq!(parse_fraction(&exact_fraction(fraction), false), Ok(fraction));
        prop_assert_eq!(parse_rate(&exact_rate(rate)), Ok(rate));
    }

    #[test]
    fn no_text_makes_a_parser_panic(text in r"[0-9.]{0,4}[ a-zA-Zµ%/-]{0,6}[0-9.é]{0,3}") {
        let _ = parse_duration(&text, None);
        let _ = parse_duration(&text, Some(Unit::Millis));
        let _ = parse_fraction(&text, true);
        let _ = parse_rate(&text);
    }
}
