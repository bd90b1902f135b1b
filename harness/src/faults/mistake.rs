//! What is wrong in a file that a user wrote (a schedule of faults, a suite), said so that it can be put right at once:
//! the place, the line, what was expected there and what was probably meant.
//!
//! ```text
//!   faults.toml:4:6: error: `at` = 5 has no unit
//!     4 | at = 5
//!       |      ^ expected a duration such as "250ms", "1.5s" or "1m30s"
//!       = write at = "5s"
//! ```

use std::fmt;
use std::ops::Range;

/// Everything that is wrong in a file, in the order of the file. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes {
    /// One message per mistake, several lines each.
    pub messages: Vec<String>,
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.messages.join("\n\n"))
    }
}

impl std::error::Error for Mistakes {}

/// One thing that is wrong, or, as a warning, probably not meant.
#[derive(Clone, Debug)]
pub struct Mistake {
    /// Where, in bytes of the text; none if it does not come from a file.
    span: Option<Range<usize>>,
    warning: bool,
    title: String,
    label: String,
    help: Option<String>,
}

impl Mistake {
    /// A mistake at a place of the file.
    pub fn at(span: Range<usize>, title: impl Into<String>) -> Mistake {
        Mistake {
            span: Some(span),
            warning: false,
            title: title.into(),
            label: String::new(),
            help: None,
        }
    }

    /// A mistake at a place of the file or, without one, of the command line.
    pub fn maybe_at(span: Option<Range<usize>>, title: impl Into<String>) -> Mistake {
        Mistake {
            span,
            ..Mistake::at(0..0, title)
        }
    }

    /// What stands beside the caret: what was expected there.
    pub fn label(mut self, label: impl Into<String>) -> Mistake {
        self.label = label.into();
        self
    }

    /// What to do.
    pub fn help(mut self, help: impl Into<String>) -> Mistake {
        self.help = Some(help.into());
        self
    }

    /// What to do, if there is a guess.
    pub fn maybe_help(mut self, help: Option<String>) -> Mistake {
        self.help = help.or(self.help);
        self
    }

    /// Makes it a warning.
    pub fn warning(mut self) -> Mistake {
        self.warning = true;
        self
    }
}

/// The text of a file and its name, for messages.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// As messages call it: the path as the user gave it.
    pub name: String,
    /// What is in it.
    pub text: String,
}

/// A shown line is cut to this many characters around the mistake.
const WINDOW: usize = 100;

impl Source {
    /// Splits mistakes into errors and warnings, each in the order of the file:
    /// the warnings if there is no error, the errors otherwise.
    ///
    /// # Errors
    /// If there is an error among them.
    pub fn judge(&self, mut found: Vec<Mistake>) -> Result<Vec<String>, Mistakes> {
        found.sort_by_key(|mistake| mistake.span.as_ref().map_or(0, |span| span.start));
        let shown = |warning: bool| {
            let wanted = found.iter().filter(|m| m.warning == warning);
            wanted.map(|m| self.show(m)).collect::<Vec<_>>()
        };
        match shown(false) {
            errors if errors.is_empty() => Ok(shown(true)),
            messages => Err(Mistakes { messages }),
        }
    }

    /// The line (from 1) and the column (in characters, from 1) of a byte.
    fn position(&self, offset: usize) -> (usize, usize) {
        let before = &self.text[..self.floor(offset)];
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (line, before[start..].chars().count() + 1)
    }

    fn floor(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }

    fn show(&self, mistake: &Mistake) -> String {
        let severity = if mistake.warning { "warning" } else { "error" };
        let (title, label) = (printable(&mistake.title), printable(&mistake.label));
        let mut text = match &mistake.span {
            None if label.is_empty() => format!("{severity}: {title}"),
            None => format!("{severity}: {title}: {label}"),
            Some(span) => {
                let (line, column) = self.position(span.start);
                let head = format!("{}:{line}:{column}: {severity}", self.name);
                let excerpt = self.excerpt(line, column, span, &label);
                format!("{head}: {title}\n{excerpt}")
            }
        };
        if let Some(help) = &mistake.help {
            text += &format!("\n    = {}", printable(help));
        }
        text
    }

    /// The line with a caret under what is wrong.
    fn excerpt(&self, line: usize, column: usize, span: &Range<usize>, label: &str) -> String {
        let shown: Vec<char> = self
            .text
            .lines()
            .nth(line - 1)
            .unwrap_or("")
            .chars()
            .map(|c| {
                if c.is_control() && c != '\t' {
                    '\u{fffd}'
                } else {
                    c
                }
            })
            .collect();
        let marked = self.text[self.floor(span.start)..self.floor(span.end)]
            .lines()
            .next()
            .map_or(0, |first| first.chars().count());
        let caret = column - 1;
        let from = if shown.len() <= WINDOW {
            0
        } else {
            caret.saturating_sub(WINDOW / 2)
        };
        let to = shown.len().min(from + WINDOW);
        let marked = marked.clamp(1, (to.max(caret + 1)) - caret);
        let dots = |cut: bool| if cut { "…" } else { "" };
        let visible: String = shown[from.min(to)..to].iter().collect();
        // A tab stays a tab so that the caret stands below what it means.
        let pad: String = shown[from.min(to)..caret.min(to)]
            .iter()
            .map(|&c| if c == '\t' { '\t' } else { ' ' })
            .collect();
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        let (before, after) = (dots(from > 0), dots(to < shown.len()));
        let shift = if from > 0 { " " } else { "" };
        let carets = "^".repeat(marked);
        let under = format!("  {margin} | {shift}{pad}{carets} {label}");
        format!(
            "  {number} | {before}{visible}{after}\n{}",
            under.trim_end()
        )
    }
}

/// Names in a message may come from a file's escapes: they must not reach a terminal.
fn printable(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            clean.extend(c.escape_default());
        } else {
            clean.push(c);
        }
    }
    clean
}

/// The candidate a mistyped word most likely means, if one is close enough.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let most = word.chars().count().div_ceil(3);
    // `n7` is not a mistyped `n3`.
    let letters = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "");
    let numbered =
        |candidate: &&str| letters(candidate) == letters(&word) && *candidate != letters(&word);
    candidates
        .into_iter()
        .filter(|candidate| !numbered(candidate))
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&word, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|&(distance, _)| distance <= most)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// Words in quotation marks for a message: `"a"`, `"a" or "b"`, `"a", "b" or "c"`.
pub fn either<'a>(words: impl IntoIterator<Item = &'a str>, quote: &str) -> String {
    let mut words: Vec<_> = words
        .into_iter()
        .map(|w| format!("{quote}{w}{quote}"))
        .collect();
    match words.pop() {
        None => "nothing".to_owned(),
        Some(last) if words.is_empty() => last,
        Some(last) => format!("{} or {last}", words.join(", ")),
    }
}
