//! GitLab's job log: [collapsible sections][1].
//!
//! [1]: https://docs.gitlab.com/ci/jobs/job_logs/#custom-collapsible-sections

use crate::text::printable;

/// A collapsed section. Its name may have letters, digits, `_`, `.` and `-` only.
pub fn section(id: &str, title: &str, text: &str, (begun, ended): (u64, u64)) -> String {
    let allowed = |one: char| one.is_ascii_alphanumeric() || matches!(one, '_' | '.' | '-');
    let name: String = id
        .chars()
        .map(|one| if allowed(one) { one } else { '_' })
        .collect();
    let title = printable(title).replace('\n', " ");
    let newline = if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    format!(
        "\x1b[0Ksection_start:{begun}:{name}[collapsed=true]\r\x1b[0K{title}\n\
         {text}{newline}\x1b[0Ksection_end:{ended}:{name}\r\x1b[0K\n"
    )
}
