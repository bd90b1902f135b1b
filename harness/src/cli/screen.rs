//! Colours, complaints and the log.

use std::fmt::Display;
use std::io::Write as _;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressStyle};
use tracing_subscriber::filter::LevelFilter;

use super::{Color, Failure};

/// Chooses colours for everything printed from now on.
pub fn set_color(color: Color) {
    match color {
        // Looks at the terminal, NO_COLOR, CLICOLOR and CLICOLOR_FORCE.
        Color::Auto => {}
        Color::Always => ColorChoice::Always.write_global(),
        Color::Never => ColorChoice::Never.write_global(),
    }
}

/// Whether stdout takes colours.
pub fn color_on_stdout() -> bool {
    AutoStream::choice(&std::io::stdout()) != ColorChoice::Never
}

/// Whether a person sits at stderr, rather than a log.
pub fn person_at_stderr() -> bool {
    use std::io::IsTerminal as _;
    let in_ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
    std::io::stderr().is_terminal() && !in_ci
}

/// Says what is wrong, the way clap does; a message about a place in a file says
/// `error:` behind the place.
pub fn complain(failure: &Failure) {
    let bold_red = AnsiColor::Red.on_default().bold();
    let (text, error) = (failure.to_string(), painted("error:", bold_red));
    match text.split_once(": error: ") {
        Some((place, rest)) if !place.contains([' ', '\n']) => {
            anstream::eprintln!("{place}: {error} {rest}");
        }
        _ => anstream::eprintln!("{error} {text}"),
    }
}

/// Says what did not succeed and changes nothing.
pub fn warn(text: &str) {
    let text = swelkie::text::printable(text);
    let yellow = AnsiColor::Yellow.on_default();
    anstream::eprintln!("{} {text}", painted("warning:", yellow));
}

fn painted(text: impl Display, style: Style) -> String {
    format!("{style}{text}{style:#}")
}

/// Turns the log on: by -v, or by SWELKIE_LOG.
///
/// # Errors
/// If SWELKIE_LOG is no level.
pub fn log(verbose: u8) -> Result<(), Failure> {
    let named = std::env::var("SWELKIE_LOG").unwrap_or_default();
    let level = match (verbose, named.as_str()) {
        (0, "") => return Ok(()),
        (0, name) => name.parse().map_err(|_| {
            let shown = swelkie::text::excerpt(name.as_bytes(), 40);
            Failure::Usage(format!(
                "SWELKIE_LOG is `{shown}`; expected off, error, warn, info, debug or trace"
            ))
        })?,
        (1, _) => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr);
    subscriber.with_target(false).init();
    Ok(())
}

/// A name that a user or a node wrote, safe to show.
pub fn name(text: &str) -> String {
    swelkie::text::excerpt(text.as_bytes(), 64)
}

/// Columns of what stdout shows on: COLUMNS, or the terminal's; none for a pipe.
pub fn width_of_stdout() -> Option<usize> {
    let told = std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok());
    told.filter(|&columns| columns > 0).or_else(|| {
        let (width, _) = terminal_size::terminal_size_of(std::io::stdout())?;
        Some(usize::from(width.0)).filter(|&columns| columns > 0)
    })
}

/// Whether the locale can show what is not ASCII; one that says nothing can.
pub fn takes_unicode() -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].map(|name| std::env::var(name).unwrap_or_default());
    is_unicode(set.iter().map(String::as_str))
}

/// The first variable that is set decides.
fn is_unicode<'a>(mut set: impl Iterator<Item = &'a str>) -> bool {
    set.find(|locale| !locale.is_empty()).is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

/// After this long one wants to know that something goes on.
const PATIENCE: Duration = Duration::from_secs(1);

/// Does something that may take long; after a second it says what.
pub fn patiently<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let (done, waiting) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            if waiting.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            if !person_at_stderr() {
                let _ = writeln!(std::io::stderr(), "{what} …");
                return;
            }
            let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}");
            let bar = ProgressBar::new_spinner()
                .with_style(style.expect("the template is valid"))
                .with_elapsed(PATIENCE);
            bar.set_message(what.to_owned());
            bar.enable_steady_tick(Duration::from_millis(120));
            let _ = waiting.recv();
            bar.finish_and_clear();
        });
        let result = work();
        drop(done);
        result
    })
}

#[cfg(test)]
mod tests {
    use super::is_unicode;

    #[test]
    fn the_first_locale_that_is_set_says_whether_it_takes_unicode() {
        for (set, takes) in [
            (["", "", ""], true),
            (["", "", "en_GB.UTF-8"], true),
            (["C", "", "en_GB.UTF-8"], false),
            (["C.utf8", "", "POSIX"], true),
            (["", "de_DE.ISO-8859-1", "C.UTF-8"], false),
        ] {
            assert_eq!(is_unicode(set.into_iter()), takes, "{set:?}");
        }
    }
}
