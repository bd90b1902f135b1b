//! Text that a node controls, made safe to show.

use std::fmt::Write as _;

/// At most `max` characters of what a node wrote, on one line, with everything
/// escaped that could act on a terminal (control characters, escapes, bidi marks);
/// says how long it was when it was cut.
#[must_use]
pub fn excerpt(bytes: &[u8], max: usize) -> String {
    let window = &bytes[..bytes.len().min(max * 4)];
    let text = String::from_utf8_lossy(window);
    let mut out = String::new();
    for character in text.chars().take(max) {
        push_escaped(&mut out, character);
    }
    if text.chars().count() > max || window.len() < bytes.len() {
        let _ = write!(out, "… ({} bytes)", bytes.len());
    }
    out
}

/// Text with everything escaped that could act on a terminal; newlines are kept.
#[must_use]
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => out.push('\n'),
            other => push_escaped(&mut out, other),
        }
    }
    out
}

fn push_escaped(out: &mut String, character: char) {
    let acts = character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
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
    fn long_text_is_cut_and_says_how_long_it_was() {
        assert_eq!(excerpt(&[b'x'; 1000], 3), "xxx… (1000 bytes)");
        assert_eq!(excerpt(b"xxx", 3), "xxx");
    }
}
