//! Every figure of a run, or those whose names fit a pattern.

use swelkie_checkers::Figures;

use super::Screen;
use crate::summary::{Page, safe, shown};

/// The figures whose names fit: `*` stands for any characters; a pattern without it is
/// looked for anywhere in a name.
#[must_use]
pub fn chosen(figures: &Figures, pattern: &str) -> Figures {
    let fit = |name: &str| match pattern.contains('*') {
        true => fits(pattern, name),
        false => name.contains(pattern),
    };
    let some = figures.0.iter().filter(|(name, _)| fit(name));
    Figures(some.map(|(name, figure)| (name.clone(), *figure)).collect())
}

/// Whether a name is spelled by a pattern.
fn fits(pattern: &str, name: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(name) = name.strip_prefix(head) else {
        return false;
    };
    (0..=name.len())
        .filter(|&skipped| name.is_char_boundary(skipped))
        .any(|skipped| fits(rest, &name[skipped..]))
}

/// Names and values, a line each.
#[must_use]
pub fn page(figures: &Figures, screen: &Screen) -> String {
    let mut page = Page::new(screen.color);
    let width = figures.0.keys().map(|name| name.chars().count()).max();
    let width = width.unwrap_or(0) + 2;
    for (name, &figure) in &figures.0 {
        page.line(&format!("{:<width$}{}", safe(name), shown(figure)));
    }
    screen.finish(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything_and_a_word_is_found_anywhere() {
        for (pattern, name, fit) in [
            ("*", "ops.count", true),
            ("broadcast.*", "broadcast.carried.hops.max", true),
            ("broadcast.*", "ops.broadcast.count", false),
            ("*.p99", "ops.latency.p99", true),
            ("ops.*.p99", "ops.latency.p99.x", false),
            ("ops.*a*.p99", "ops.latency.p99", true),
        ] {
            assert_eq!(fits(pattern, name), fit, "{pattern} {name}");
        }
        let mut figures = Figures::default();
        figures.count("ops.count", 1);
        figures.count("net.all.msgs", 2);
        assert_eq!(chosen(&figures, "count").0.len(), 1);
        assert_eq!(chosen(&figures, "*").0.len(), 2);
    }
}
