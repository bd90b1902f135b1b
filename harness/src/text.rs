//! Text that a node controls, made safe to show: on a terminal, and in the log of a CI
//! system, which takes some lines for commands.

use std::fmt::Write as _;

/// At most `max` characters of what a node wrote, on one line, with everything
/// escaped that could act on a terminal (control characters, escapes, bidi marks) or
/// on the log of a CI system; says how long it was when it was cut.
#[must_use]
pub fn excerpt(bytes: &[u8], max: usize) -> String {
    let window = &bytes[..bytes.len().min(max * 4)];
    let text = String::from_utf8_lossy(window);
    let shown = text
        .char_indices()
        .nth(max)
        .map_or(text.len(), |(end, _)| end);
    let mut out = String::new();
    push_line(&mut out, &text[..shown]);
    if shown < text.len() || window.len() < bytes.len() {
        let _ = write!(out, "… ({} bytes)", bytes.len());
    }
    out
}

/// Text with everything escaped that could act on a terminal or on the log of a CI
/// system; newlines are kept.
#[must_use]
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.push('\n');
        }
        push_line(&mut out, line);
    }
    out
}

/// Pushes a line; a newline in it is escaped.
fn push_line(out: &mut String, line: &str) {
    // GitHub: `::error::` at the beginning of a line is a command.
    let mut begins = line.trim_start().starts_with("::");
    for (index, character) in line.char_indices() {
        if begins && character == ':' {
            begins = false;
            out.extend(character.escape_unicode());
        } else if character == '#' && is_marker(&line[index..]) {
            out.extend(character.escape_unicode());
        } else {
            push_escaped(out, character);
        }
    }
}

/// `##[command]` on GitHub, `##vso[…]` on Azure, `##teamcity[…]`, wherever it stands.
fn is_marker(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("##") else {
        return false;
    };
    let rest = rest.trim_start_matches(|one: char| one.is_ascii_alphabetic());
    rest.starts_with('[')
}

fn push_escaped(out: &mut String, character: char) {
    let acts = character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        // No XML can hold the last two.
        || matches!(character, '\u{feff}' | '\u{fffe}' | '\u{ffff}');
    if acts {
        out.extend(character.escape_default());
    } else {
        out.push(character);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_act_on_a_terminal_is_escaped() {
        assert_eq!(
            excerpt(b"a\x1b[31mb\x00\xffc", 99),
            "a\\u{1b}[31mb\\u{0}\u{fffd}c"
        );
        assert_eq!(printable("x\n\u{202e}y"), "x\n\\u{202e}y");
    }

    #[test]
    fn what_a_ci_system_would_take_for_a_command_is_none() {
        for (text, shown) in [
            ("::error::x", "\\u{3a}:error::x"),
            (
                "a\n \u{a0}::stop-commands::x",
                "a\n \u{a0}\\u{3a}:stop-commands::x",
            ),
            ("x ##[add-mask]y", "x \\u{23}#[add-mask]y"),
            ("###[group]", "#\\u{23}#[group]"),
            ("##vso[task.setvariable]", "\\u{23}#vso[task.setvariable]"),
            ("## heading, std::fmt [x]", "## heading, std::fmt [x]"),
        ] {
            assert_eq!(printable(text), shown);
        }
        assert_eq!(excerpt(b"\t::group::", 99), "\\t\\u{3a}:group::");
    }

    #[test]
    fn long_text_is_cut_and_says_how_long_it_was() {
        assert_eq!(excerpt(&[b'x'; 1000], 3), "xxx… (1000 bytes)");
        assert_eq!(excerpt(b"xxx", 3), "xxx");
    }
}
