//! Words for evidence: moments, names, and what nodes wrote.

use crate::history::Nanos;

/// The longest element shown in full, in characters.
const SHOWN: usize = 60;

/// A moment of the run: `2.317 s`.
#[must_use]
pub fn moment(nanos: Nanos) -> String {
    let micros = nanos / 1_000;
    let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
    if rest.is_multiple_of(1_000) {
        format!("{seconds}.{:03} s", rest / 1_000)
    } else {
        format!("{seconds}.{rest:06} s")
    }
}

/// Text that a node may have written, safe to show: control and invisible
/// characters are escaped, and it is cut after 60 characters.
#[must_use]
pub fn safe(text: &str) -> String {
    let mut shown = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == SHOWN {
            shown.push('…');
            break;
        }
        match character {
            '"' | '\'' | '\\' => shown.push(character),
            _ => shown.extend(character.escape_debug()),
        }
    }
    shown
}

/// `n1`, `n1 and n2`, `n1, n2 and 3 more`: the first `most` names.
#[must_use]
pub fn list(names: &[&str], most: usize) -> String {
    let (shown, rest) = names.split_at(names.len().min(most));
    match (shown, rest.len()) {
        (_, more @ 1..) => format!("{} and {more} more", shown.join(", ")),
        ([], 0) => String::new(),
        ([first @ .., last], 0) if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        ([.., only], 0) => (*only).to_owned(),
    }
}

/// `1 message`, `2 messages`.
#[must_use]
pub fn plural(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_seconds_with_as_many_digits_as_they_need() {
        assert_eq!(moment(2_317_000_000), "2.317 s");
        assert_eq!(moment(2_317_042_999), "2.317042 s");
        assert_eq!(moment(0), "0.000 s");
    }

    #[test]
    fn what_a_node_wrote_cannot_steer_a_terminal() {
        assert_eq!(
            safe("\"é\u{1b}[2J\u{202e}\u{9b}\""),
            "\"é\\u{1b}[2J\\u{202e}\\u{9b}\""
        );
        assert_eq!(safe(&"x".repeat(100)).chars().count(), 61);
    }

    #[test]
    fn long_lists_of_names_end_in_a_count() {
        assert_eq!(list(&["a"], 2), "a");
        assert_eq!(list(&["a", "b"], 2), "a and b");
        assert_eq!(list(&["a", "b", "c", "d"], 2), "a, b and 2 more");
    }
}
