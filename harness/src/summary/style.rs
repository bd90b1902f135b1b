//! How the page looks: colours, columns, plurals, safe text.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use crate::text::printable;

pub const GOOD: Style = AnsiColor::Green.on_default().bold();
pub const BAD: Style = AnsiColor::Red.on_default().bold();
pub const DOUBTFUL: Style = AnsiColor::Yellow.on_default().bold();
pub const HINT: Style = AnsiColor::Yellow.on_default();
pub const FAINT: Style = Style::new().dimmed();
pub const TITLE: Style = Style::new().bold();

/// Width of the column of labels, the gap after it included.
pub const LABELS: usize = 14;

/// A page that is being written.
pub struct Page {
    out: String,
    color: bool,
}

impl Page {
    pub fn new(color: bool) -> Page {
        let out = String::new();
        Page { out, color }
    }

    pub fn text(self) -> String {
        self.out
    }

    /// Text in a style, if the page has colours.
    pub fn paint(&self, text: &str, style: Style) -> String {
        match self.color {
            true => format!("{style}{text}{style:#}"),
            false => text.to_owned(),
        }
    }

    /// A line; blanks at its end are left out.
    pub fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    /// A blank line, unless there is one.
    pub fn gap(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// `label   text`
    pub fn fact(&mut self, label: &str, text: &str) {
        let label = self.paint(&format!("{label:<LABELS$}"), FAINT);
        self.line(&format!("{label}{text}"));
    }

    /// Rows in columns: `left` of them aligned left, the others right. Colours do not
    /// count as width; the first row is the heading.
    pub fn table(&mut self, left: usize, rows: &[Vec<String>]) {
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for (index, row) in rows.iter().enumerate() {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                let width = widths[column];
                let _ = match column < left {
                    true => write!(line, "{cell:<width$}  "),
                    false => write!(line, "{cell:>width$}  "),
                };
            }
            let line = match index {
                0 => self.paint(line.trim_end(), FAINT),
                _ => line,
            };
            self.line(&line);
        }
    }
}

/// Text on one line in which nothing acts on a terminal.
pub fn safe(text: &str) -> String {
    printable(text).replace('\n', " ")
}

/// `1 node`, `2 nodes`, `12,345 messages`
pub fn counted(count: u64, one: &str, many: &str) -> String {
    let word = if count == 1 { one } else { many };
    format!("{} {word}", grouped(count))
}

/// `12,345`
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `7.92`, `79.2`, `1,234`; whole numbers without a point.
pub fn three_digits(number: f64) -> String {
    let size = number.abs();
    if !number.is_finite() || size < 1e15 && number.fract() == 0.0 && size < 1000.0 {
        format!("{number}")
    } else if size >= 999.5 {
        let sign = if number < 0.0 { "-" } else { "" };
        format!("{sign}{}", grouped(size.round() as u64))
    } else {
        let digits = match size {
            ..9.995 => 2,
            ..99.95 => 1,
            _ => 0,
        };
        format!("{number:.digits$}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_digits_a_person_needs() {
        for (number, text) in [
            (7.0, "7"),
            (7.916, "7.92"),
            (79.16, "79.2"),
            (791.6, "792"),
            (12_345.6, "12,346"),
            (-0.5, "-0.50"),
        ] {
            assert_eq!(three_digits(number), text);
        }
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(123), "123");
        assert_eq!(counted(1, "node", "nodes"), "1 node");
        assert_eq!(counted(0, "node", "nodes"), "0 nodes");
    }
}
