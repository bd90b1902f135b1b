//! The characters that plots and trees are drawn with, and what they become where only
//! ASCII can be shown.

/// One set of characters.
#[derive(Debug)]
pub(super) struct Glyphs {
    /// From an empty cell to a full one.
    pub levels: &'static [char],
    /// The axis, where nothing is wrong.
    pub calm: char,
    /// The axis and the bar of a fault, while it acts.
    pub fault: char,
    /// A tick of the time axis.
    pub tick: char,
    /// The low end, the middle and the high end of a range.
    pub range: [char; 3],
    /// The limbs of a tree: a branch, the last branch, the trunk beside a branch.
    pub tree: [&'static str; 3],
}

const BLOCKS: Glyphs = Glyphs {
    levels: &[' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
    calm: '─',
    fault: '━',
    tick: '│',
    range: ['●', '│', '○'],
    tree: ["├─ ", "└─ ", "│  "],
};

const ASCII: Glyphs = Glyphs {
    levels: &[' ', '.', ':', '|', '#'],
    calm: '-',
    fault: '=',
    tick: '|',
    range: ['*', '|', 'o'],
    tree: ["+- ", "`- ", "|  "],
};

impl Glyphs {
    pub const fn choose(ascii: bool) -> &'static Glyphs {
        if ascii { &ASCII } else { &BLOCKS }
    }
}

/// Text without anything beyond ASCII: what Swelkie itself writes has a likeness, and
/// what others wrote is escaped.
#[must_use]
pub fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            _ if character.is_ascii() => out.push(character),
            '…' => out.push_str("..."),
            '→' => out.push_str("->"),
            '–' | '−' | '─' | '━' => out.push('-'),
            '×' => out.push('x'),
            'µ' => out.push('u'),
            '·' => out.push('*'),
            '│' => out.push('|'),
            '≤' => out.push_str("<="),
            other => out.extend(other.escape_default()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_signs_have_a_likeness_and_what_others_wrote_is_escaped() {
        assert_eq!(
            ascii("n0 → n1 … 3 µs ×2 – ü\u{1b}[0m"),
            "n0 -> n1 ... 3 us x2 - \\u{fc}\u{1b}[0m"
        );
    }
}
