//! GitLab's job log: [collapsible sections][1].
//!
//! [1]: https://docs.gitlab.com/ci/jobs/job_logs/#custom-collapsible-sections

use super::Fold;
use crate::text::printable;

/// A section. Its name may have letters, digits, `_`, `.` and `-` only.
pub fn section(fold: &Fold, text: &str) -> String {
    let allowed = |one: char| one.is_ascii_alphanumeric() || matches!(one, '_' | '.' | '-');
    let name = fold.id.chars();
    let name: String = name
        .map(|one| if allowed(one) { one } else { '_' })
        .collect();
    let title = printable(fold.title).replace('\n', " ");
    let collapsed = if fold.open { "" } else { "[collapsed=true]" };
    let newline = if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    let (begun, ended) = fold.span;
    format!(
        "\x1b[0Ksection_start:{begun}:{name}{collapsed}\r\x1b[0K{title}\n\
         {text}{newline}\x1b[0Ksection_end:{ended}:{name}\r\x1b[0K\n"
    )
}
