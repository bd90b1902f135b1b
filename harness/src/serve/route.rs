//! What is asked for: the path and the query of a request, taken apart. Pure.
//!
//! ```text
//!   /                                     the runs                 ?workload=&verdict=&mode=&seed=&text=&before=
//!   /events                               the same, as it changes
//!   /latest                               the newest run
//!   /runs/<workload>/<name>/              a run
//!   /runs/<workload>/<name>/events        the same, while it goes on
//!   /runs/<workload>/<name>/messages      its messages             ?node=&src=&dest=&type=&text=&fate=&from=&to=&at=
//!   /runs/<workload>/<name>/stderr/<node> what a node wrote        ?at=
//!   /runs/<workload>/<name>/report.html   its report               ?from=&to=
//!   /runs/<workload>/<name>/files/<path>  a file of it             ?download
//! ```
//!
//! A path is decoded once, piece by piece. What could lead anywhere else than down (`..`,
//! an empty piece, slashes and NUL that were written as `%2f` and `%00`) is no path at all.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::time::Duration;

use percent_encoding::percent_decode_str;

use crate::units::{Unit, parse_duration};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// The runs of the store.
    Runs,
    /// The same, as it changes.
    RunsEvents,
    /// The newest run.
    Latest,
    /// The style of our pages.
    Style,
    /// The script of our pages.
    Script,
    /// Something of a run.
    Run(RunName, Part),
    /// A run without the slash at the end, which relative links need.
    RunWithoutSlash(RunName),
}

/// Something of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Its page.
    Page,
    /// Its page while it goes on, as it changes.
    Events,
    /// Its messages.
    Messages,
    /// What a node wrote to stderr.
    Stderr(String),
    /// Its report.
    Report,
    /// One of its files.
    File(Vec<OsString>),
}

/// Where a run is, below the store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunName {
    /// `broadcast`
    pub workload: String,
    /// `2026-11-22T12-18-54-1`
    pub name: String,
}

impl RunName {
    /// `broadcast/2026-11-22T12-18-54-1`
    #[must_use]
    pub fn joined(&self) -> String {
        format!("{}/{}", self.workload, self.name)
    }

    /// The pieces of its path, and what is below.
    #[must_use]
    pub fn path(&self, below: &[OsString]) -> Vec<OsString> {
        let own = [&self.workload, &self.name].map(OsString::from);
        own.into_iter().chain(below.iter().cloned()).collect()
    }
}

impl Route {
    /// Takes a path apart; none if nothing is there, whatever the store has.
    #[must_use]
    pub fn parse(path: &str) -> Option<Route> {
        let mut pieces = Vec::new();
        let mut raw = path.strip_prefix('/')?.split('/').peekable();
        let mut slash = false;
        while let Some(piece) = raw.next() {
            if piece.is_empty() && raw.peek().is_none() {
                slash = true;
                break;
            }
            pieces.push(decode(piece)?);
        }
        let words: Option<Vec<&str>> = pieces.iter().map(|piece| piece.to_str()).collect();
        if let Some(words) = words {
            match (words.as_slice(), slash) {
                ([], true) => return Some(Route::Runs),
                (["events"], false) => return Some(Route::RunsEvents),
                (["latest"], _) => return Some(Route::Latest),
                (["assets", "serve.css"], false) => return Some(Route::Style),
                (["assets", "serve.js"], false) => return Some(Route::Script),
                _ => {}
            }
        }
        Route::of_run(&pieces, slash)
    }

    fn of_run(pieces: &[OsString], slash: bool) -> Option<Route> {
        let [runs, workload, name, rest @ ..] = pieces else {
            return None;
        };
        if runs != "runs" {
            return None;
        }
        let run = RunName {
            workload: workload.to_str()?.to_owned(),
            name: name.to_str()?.to_owned(),
        };
        let Some((first, below)) = rest.split_first() else {
            return Some(match slash {
                true => Route::Run(run, Part::Page),
                false => Route::RunWithoutSlash(run),
            });
        };
        let part = match (first.to_str()?, below) {
            _ if slash => return None,
            ("events", []) => Part::Events,
            ("messages", []) => Part::Messages,
            ("report.html", []) => Part::Report,
            ("stderr", [node]) => Part::Stderr(node.to_str()?.to_owned()),
            ("files", [_, ..]) => Part::File(below.to_vec()),
            _ => return None,
        };
        Some(Route::Run(run, part))
    }
}

/// A piece of a path, decoded once; none if it could be anything but the name of a file.
fn decode(piece: &str) -> Option<OsString> {
    let bytes: Vec<u8> = percent_decode_str(piece).collect();
    let odd = |&byte: &u8| byte < 0x20 || matches!(byte, b'/' | b'\\' | 0x7f);
    let names = !matches!(&*bytes, b"" | b"." | b"..") && !bytes.iter().any(odd);
    names.then(|| OsString::from_vec(bytes))
}

/// The query of a request: names and values, decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Takes a query apart, without its question mark.
    #[must_use]
    pub fn parse(query: Option<&str>) -> Query {
        let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        Query(pairs.into_owned().collect())
    }

    /// A value; empty ones are none, as forms send what nobody filled in.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.iter().find(|pair| pair.0 == name)?.1.trim();
        (!value.is_empty()).then_some(value)
    }

    /// Whether a name is there, with or without a value.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|pair| pair.0 == name)
    }

    /// A whole number.
    ///
    /// # Errors
    /// What was expected.
    pub fn number(&self, name: &str) -> Result<Option<u64>, String> {
        let parse = |text: &str| {
            text.parse()
                .map_err(|_| format!("{name}: expected a whole number, and it is `{text}`"))
        };
        self.get(name).map(parse).transpose()
    }

    /// A moment of the run, in nanoseconds: `1.5` and `1.5s` are a second and a half.
    ///
    /// # Errors
    /// What was expected.
    pub fn moment(&self, name: &str) -> Result<Option<u64>, String> {
        let parse = |text: &str| {
            let span: Duration = parse_duration(text, Some(Unit::Seconds))
                .map_err(|error| format!("{name}: {error}"))?;
            Ok(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX))
        };
        self.get(name).map(parse).transpose()
    }

    /// This query with some values changed, or taken away, as a link's `?…`.
    #[must_use]
    pub fn with(&self, changes: &[(&str, Option<&str>)]) -> String {
        let mut out = form_urlencoded::Serializer::for_suffix("?".to_owned(), 1);
        let changed = |name: &str| changes.iter().any(|change| change.0 == name);
        let kept = self
            .0
            .iter()
            .filter(|pair| !pair.1.is_empty() && !changed(&pair.0));
        out.extend_pairs(kept.map(|pair| (&pair.0, &pair.1)));
        out.extend_pairs(
            changes
                .iter()
                .filter_map(|&(name, value)| Some((name, value?))),
        );
        out.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run() -> RunName {
        RunName {
            workload: "broadcast".to_owned(),
            name: "2026-11-22T12-18-54-1".to_owned(),
        }
    }

    #[test]
    fn every_address_of_a_page_is_understood() {
        let of_run = |part| Some(Route::Run(run(), part));
        let base = "/runs/broadcast/2026-11-22T12-18-54-1";
        for (rest, expected) in [
            ("", Some(Route::RunWithoutSlash(run()))),
            ("/", of_run(Part::Page)),
            ("/events", of_run(Part::Events)),
            ("/messages", of_run(Part::Messages)),
            ("/report.html", of_run(Part::Report)),
            ("/stderr/n0", of_run(Part::Stderr("n0".to_owned()))),
            (
                "/files/nodes/n0.stderr.log",
                of_run(Part::File(vec!["nodes".into(), "n0.stderr.log".into()])),
            ),
            ("/files/", None),
            ("/elsewhere", None),
        ] {
            assert_eq!(Route::parse(&format!("{base}{rest}")), expected, "{rest}");
        }
        assert_eq!(Route::parse("/"), Some(Route::Runs));
        assert_eq!(Route::parse("/latest"), Some(Route::Latest));
    }

    #[test]
    fn no_path_leads_up_or_out() {
        for path in [
            "/runs/../etc/passwd",
            "/runs/a/b/files/../../x",
            "/runs/a/b/files/%2e%2e/x",
            "/runs/a/b/files/.%2E/x",
            "/runs/a/b/files/%2fetc/passwd",
            "/runs/a/b/files/..%2f..%2fx",
            "/runs/a/b/files/..%5cx",
            "/runs/a/b/files/..\\x",
            "/runs/a/b/files//etc/passwd",
            "/runs/a/b/files/x%00.log",
            "/runs/a/b/files/x%0d%0ay: z",
            "/runs/./b/",
            "/runs/a/../",
            "/runs//b/",
            "//",
            "",
            "x",
        ] {
            assert_eq!(Route::parse(path), None, "{path}");
        }
    }

    #[test]
    fn what_is_encoded_twice_is_the_name_of_a_file_and_nothing_else() {
        let Some(Route::Run(_, Part::File(path))) = Route::parse("/runs/a/b/files/%252e%252e")
        else {
            panic!("a file");
        };
        assert_eq!(path, ["%2e%2e"]);
    }

    #[test]
    fn a_query_says_what_it_expected() {
        let query = Query::parse(Some("from=1.5&to=2s&at=x&text=a%26b&empty="));
        assert_eq!(query.moment("from"), Ok(Some(1_500_000_000)));
        assert_eq!(query.moment("to"), Ok(Some(2_000_000_000)));
        assert_eq!(query.moment("empty"), Ok(None));
        assert!(query.number("at").unwrap_err().contains("whole number"));
        let link = query.with(&[("at", Some("7")), ("from", None), ("to", None)]);
        assert_eq!(link, "?text=a%26b&at=7");
    }
}
