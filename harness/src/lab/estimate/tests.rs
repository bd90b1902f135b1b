//! Targets as printed, the rule of agreement, numbers as read.

use proptest::prelude::*;

use super::*;

fn target(text: &str) -> Target {
    text.parse().expect("a target")
}

fn estimate(value: f64, low: f64, high: f64) -> Estimate {
    Estimate {
        value,
        interval: Interval { low, high },
        trials: 1000,
    }
}

#[test]
fn a_target_knows_its_last_digit() {
    let cases = [
        (".037", 0.037, 1e-3),
        ("5.8e-4", 5.8e-4, 1e-5),
        ("12.30", 12.3, 1e-2),
        ("4.0e-6", 4e-6, 1e-7),
        ("17", 17.0, 1.0),
        (".0000", 0.0, 1e-4),
        ("-1.5", -1.5, 0.1),
        ("1E3", 1000.0, 1000.0),
    ];
    for (text, value, unit) in cases {
        let parsed = target(text);
        assert_eq!(parsed.value().to_bits(), f64::to_bits(value), "{text}");
        assert_eq!(parsed.unit().to_bits(), f64::to_bits(unit), "{text}");
        assert_eq!(parsed.to_string(), text);
    }
}

#[test]
fn what_is_no_decimal_number_is_refused_with_examples() {
    for text in [
        "", ".", "-", "1.", "e3", "1e", "1e2.5", "nan", "inf", "0x1", "1 %", "~13", "1_000",
        "1e999", "1e-400", "--1", "+1",
    ] {
        let error = text.parse::<Target>().expect_err(text);
        assert!(
            error
                .to_string()
                .contains("is not a target; expected a decimal"),
            "{error}"
        );
    }
}

#[test]
fn an_interval_agrees_up_to_half_a_unit_of_the_last_digit() {
    let printed = target(".037");
    let wide = printed.coarsest();
    assert_eq!(
        printed.judge(&estimate(0.0372, 0.0370, 0.0374), wide),
        Agreement::Agrees
    );
    assert_eq!(
        printed.judge(&estimate(0.0380, 0.0375, 0.0385), wide),
        Agreement::Agrees
    );
    assert_eq!(
        printed.judge(&estimate(0.0360, 0.0355, 0.0365), wide),
        Agreement::Agrees
    );
    let Agreement::Misses(how) = printed.judge(&estimate(0.0381, 0.0376, 0.0386), wide) else {
        panic!("half a unit and a bit is too far");
    };
    assert_eq!(
        how,
        ".037 lies 6.0e-4 below the interval 0.03810 [0.03760, 0.03860]; half a unit of its last digit is 5e-4"
    );
    assert!(matches!(
        printed.judge(&estimate(0.0359, 0.0354, 0.0364), wide),
        Agreement::Misses(_)
    ));
}

#[test]
fn an_interval_too_wide_to_prove_anything_is_undecided() {
    let printed = target("12.30");
    let Agreement::Undecided(why) = printed.judge(&estimate(12.1, 11.9, 12.4), printed.coarsest())
    else {
        panic!("it proves nothing");
    };
    assert_eq!(
        why,
        "known to ±0.25 after 1000 trials, ±0.050 is wanted: more trials would tell"
    );
    assert_eq!(
        printed.judge(&estimate(12.1, 11.9, 12.4), 0.25),
        Agreement::Agrees
    );
    // What it leaves out it leaves out, however wide.
    assert!(matches!(
        printed.judge(&estimate(14.0, 13.0, 15.0), 0.05),
        Agreement::Misses(_)
    ));
    let none = Estimate::share(Proportion::default(), Confidence::P999);
    assert_eq!(
        printed.judge(&none, 1.0),
        Agreement::Undecided("no trials yet".to_owned())
    );
}

#[test]
fn trials_that_all_gave_the_same_decide_nothing_but_agreement() {
    let same = estimate(1.0, 1.0, 1.0);
    assert!(matches!(
        target(".9997").judge(&same, 0.001),
        Agreement::Undecided(_)
    ));
    assert_eq!(target("1.000").judge(&same, 0.001), Agreement::Agrees);
}

#[test]
fn measurements_of_the_truth_agree_nearly_always_and_of_another_value_do_not() {
    let mut everybody = Proportion::default();
    everybody += Proportion::new(993_902, 1_000_000);
    let seen = Estimate::share(everybody, Confidence::P999);
    assert_eq!(target(".9939").judge(&seen, 5e-4), Agreement::Agrees);
    assert!(matches!(
        target(".9950").judge(&seen, 5e-4),
        Agreement::Misses(_)
    ));
}

#[test]
fn estimates_show_two_digits_of_what_is_unknown() {
    assert_eq!(
        estimate(0.993_21, 0.992_13, 0.994_08).to_string(),
        "0.99321 [0.99213, 0.99408]"
    );
    assert_eq!(
        estimate(0.9932, 0.9811, 0.9989).to_string(),
        "0.9932 [0.9811, 0.9989]"
    );
    assert_eq!(
        estimate(1.0, 0.992_427, 1.0).to_string(),
        "1.0000 [0.9924, 1.0000]"
    );
    assert_eq!(estimate(0.0, 0.0, 0.007_572).to_string(), "0 [0, 0.0076]");
    assert_eq!(
        estimate(18.0384, 18.017, 18.0598).to_string(),
        "18.038 [18.017, 18.060]"
    );
    assert_eq!(
        estimate(5.8e-4, 5.1e-4, 6.6e-4).to_string(),
        "5.80e-4 [5.10e-4, 6.60e-4]"
    );
    assert_eq!(
        estimate(1234.6, 1100.0, 1369.0).to_string(),
        "1235 [1100, 1369]"
    );
    assert_eq!(estimate(3.0, 3.0, 3.0).to_string(), "3 [all the same]");
    assert_eq!(
        Estimate::share(Proportion::default(), Confidence::P95).to_string(),
        "no trials"
    );
    let mut one = Moments::default();
    one.record(12);
    assert_eq!(
        Estimate::mean(one, 0.5, Confidence::P95).to_string(),
        "6.00 [too few trials]"
    );
}

#[test]
fn means_show_their_margin() {
    assert_eq!(
        estimate(18.0384, 18.017, 18.0598).plus_minus(),
        "18.038 ± 0.022"
    );
    assert_eq!(estimate(3.0, 3.0, 3.0).plus_minus(), "3 [all the same]");
    assert_eq!(
        estimate(5.8e-4, 5.1e-4, 6.5e-4).plus_minus(),
        "5.80e-4 ± 0.70e-4"
    );
}

#[test]
fn numbers_are_scientific_only_where_zeros_would_hide_them() {
    assert_eq!(number(0.0, 3), "0");
    assert_eq!(number(0.001, 2), "0.0010");
    assert_eq!(number(0.000_58, 2), "5.8e-4");
    assert_eq!(number(-4.0e-6, 2), "-4.0e-6");
    assert_eq!(number(290.6, 4), "290.6");
    assert_eq!(number(4.2e9, 3), "4.20e9");
    assert_eq!(number(f64::NAN, 3), "NaN");
    assert_eq!(outward(0.0421), "0.043");
    assert_eq!(outward(0.3), "0.30");
    assert_eq!(outward(0.0), "0");
}

proptest! {
    #[test]
    fn printed_intervals_contain_the_computed_ones(trials in 1_u64..100_000_000, part in 0.0..=1.0_f64) {
        let successes = (part * trials as f64) as u64;
        let seen = Estimate::share(Proportion::new(successes, trials), Confidence::P999);
        let text = seen.to_string();
        let ends = text.split(['[', ',', ']']).map(|part| part.trim().parse::<f64>());
        let ends: Vec<f64> = ends.skip(1).take(2).collect::<Result<_, _>>().expect("two numbers");
        let slack = 1e-8 * seen.interval.half_width();
        prop_assert!(ends[0] <= seen.interval.low + slack && seen.interval.high - slack <= ends[1], "{}", text);
        prop_assert!(text.len() < 50, "{}", text);
    }

    #[test]
    fn every_decimal_is_read_as_it_is_printed(value in -1_000_000_i64..1_000_000, places in 0_usize..8) {
        let text = format!("{:.places$}", value as f64 / 1000.0);
        let read = target(&text);
        prop_assert_eq!(format!("{:.places$}", read.value()), text);
    }
}
