//! Every number of the project's table of targets that theory can produce, and checks of
//! the exact computations against others of a different kind.

mod complete;
mod epidemics;
mod grids;

/// As printed: `actual` rounds to `printed`, whose last digit is worth `unit`.
fn assert_prints(actual: f64, printed: f64, unit: f64, what: &str) {
    assert!(
        (actual - printed).abs() <= unit * 0.5000001,
        "{what}: {actual} does not print as {printed}"
    );
}

fn assert_close(actual: f64, expected: f64, relative: f64, what: &str) {
    assert!(
        (actual - expected).abs() <= relative * expected.abs().max(1e-300),
        "{what}: {actual} is not {expected}"
    );
}
