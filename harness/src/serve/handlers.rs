//! From a route to an answer. What reads files runs on threads that may block.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use hyper::StatusCode;
use swelkie_checkers::Nanos;
use swelkie_nodes::Header;

use super::answer::{self, Answer, Sending};
use super::follow::Followers;
use super::guard;
use super::pages::{self, MessagesView, Row, RunView, RunsView, Snapshot, StderrView};
use super::place;
use super::route::{Part, Query, Route, RunName};
use super::search::{self, Found, Wanted};
use super::shelf::{Filter, Run, Shelf, State};
use crate::archive::{Archive, Window};
use crate::report::Report;
use crate::report::page::{self, PageOptions};

/// So much of a log is on a page.
const LOG: u64 = 64 << 10;
/// So much of a body is read for the list, and for a page of its own.
const BODY: u64 = 64 << 10;
const WHOLE_BODY: u64 = 1 << 20;

/// What all requests share.
#[derive(Debug)]
pub struct Shop {
    /// The store, as the user named it.
    pub store: PathBuf,
    shelf: Mutex<Shelf>,
    followers: Followers,
    drawing: Mutex<()>,
}

/// What is asked for, and how.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What.
    pub route: Route,
    /// With which values.
    pub query: Query,
    /// Which part of a file.
    pub range: Option<String>,
    /// Whether only the head.
    pub head: bool,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Failure {
    /// There is no such thing.
    Absent(String),
    /// Something in the query.
    Mistake(String),
    /// The disk, or we.
    Ours(String),
}

impl Failure {
    /// As a page.
    pub fn answer(&self) -> Answer {
        let (status, text) = match self {
            Failure::Absent(text) => (StatusCode::NOT_FOUND, text),
            Failure::Mistake(text) => (StatusCode::BAD_REQUEST, text),
            Failure::Ours(text) => (StatusCode::INTERNAL_SERVER_ERROR, text),
        };
        answer::page(status, pages::problem(status, text))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Ours(error.to_string())
    }
}

impl Shop {
    /// The shop of a store.
    #[must_use]
    pub fn new(store: PathBuf) -> Shop {
        Shop {
            shelf: Mutex::new(Shelf::new(store.clone())),
            followers: Followers::default(),
            drawing: Mutex::default(),
            store,
        }
    }

    /// Answers, reading files.
    pub fn answer(&self, asked: &Asked) -> Answer {
        let answer = match &asked.route {
            Route::Style => Ok(answer::asset("text/css; charset=utf-8", pages::STYLE)),
            Route::Script => Ok(answer::asset(
                "text/javascript; charset=utf-8",
                pages::SCRIPT,
            )),
            Route::Runs => self.with_runs(&asked.query, |view| Ok(shown(pages::runs(view)))),
            Route::Latest => self.latest(),
            Route::RunWithoutSlash(run) => Ok(answer::elsewhere(&pages::address(run))),
            Route::Run(run, Part::Page) => self.run(run),
            Route::Run(run, Part::Messages) => self.messages(run, &asked.query),
            Route::Run(run, Part::Stderr(node)) => self.stderr(run, node, &asked.query),
            Route::Run(run, Part::Report) => self.report(run, asked),
            Route::Run(run, Part::File(path)) => self.file(run, path, asked),
            Route::RunsEvents | Route::Run(_, Part::Events) => {
                unreachable!("streams are answered elsewhere")
            }
        };
        answer.unwrap_or_else(|failure| failure.answer())
    }

    /// The changing part of the list of runs.
    pub fn list(&self, query: &Query) -> Result<String, Failure> {
        self.with_runs(query, |view| Ok(pages::list(view).into_string()))
    }

    fn with_runs<T>(
        &self,
        query: &Query,
        make: impl FnOnce(&RunsView) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let runs = self.runs()?;
        make(&RunsView {
            store: &self.store.to_string_lossy(),
            exists: self.store.exists(),
            runs: &runs,
            query,
            filter: &Filter::of(query),
        })
    }

    fn runs(&self) -> Result<Vec<Arc<Run>>, Failure> {
        let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.runs().map_err(|error| {
            Failure::Ours(format!(
                "cannot list the store {}: {error}",
                self.store.display()
            ))
        })
    }

    fn latest(&self) -> Result<Answer, Failure> {
        let runs = self.runs()?;
        let newest = runs
            .first()
            .ok_or_else(|| Failure::Absent("There are no runs yet.".to_owned()))?;
        Ok(answer::elsewhere(&pages::address(&newest.name)))
    }

    /// A run that is really there, and what is to be said of it.
    fn find(&self, run: &RunName) -> Result<Result<Archive, String>, Failure> {
        // Opened piece by piece, so that neither `latest` nor any other link is a run.
        place::open(&self.store, &run.path(&["results.json".into()])).map_err(|_| {
            Failure::Absent(format!(
                "There is no run {} in {}. It may have been removed.",
                crate::text::excerpt(run.joined().as_bytes(), 200),
                self.store.display()
            ))
        })?;
        let directory = self.store.join(&run.workload).join(&run.name);
        Ok(Archive::open(&directory).map_err(|error| error.to_string()))
    }

    fn run(&self, run: &RunName) -> Result<Answer, Failure> {
        let found = self.find(run)?;
        let (files, more) = place::files(&self.store, &run.path(&[]))?;
        let state = found.as_ref().map_or(State::Unreadable, State::of);
        let report = found.as_ref().map(|archive| &archive.report);
        let view = RunView {
            name: run,
            state,
            report: report.map_err(|error| &**error),
            files: (&files, more),
        };
        if let (State::GoingOn, Ok(report)) = (state, report) {
            let snapshot = self.snapshot(run, report)?;
            return Ok(shown(pages::live_page(&view, &report.plan, &snapshot)));
        }
        Ok(shown(pages::run(&view)))
    }

    fn snapshot(&self, run: &RunName, report: &Report) -> io::Result<Snapshot> {
        let follower = self.followers.of(run);
        let mut follower = follower.lock().unwrap_or_else(PoisonError::into_inner);
        follower.advance(&self.store, run, &report.plan.nodes)
    }

    /// The changing part of a run's page; none when it is over.
    pub fn live(&self, run: &RunName) -> Result<Option<String>, Failure> {
        let archive = self.find(run)?.map_err(Failure::Ours)?;
        if State::of(&archive) != State::GoingOn {
            return Ok(None);
        }
        let snapshot = self.snapshot(run, &archive.report)?;
        let live = pages::live(&archive.report.plan, &snapshot);
        Ok(Some(live.into_string()))
    }

    fn messages(&self, run: &RunName, query: &Query) -> Result<Answer, Failure> {
        let found = self.find(run)?;
        let report = found.as_ref().ok().map(|archive| &archive.report);
        let file = place::open(&self.store, &run.path(&["messages.jsonl".into()])).ok();
        let length = file
            .as_ref()
            .map(|file| Ok::<_, io::Error>(file.metadata()?.len()));
        let length = length.transpose()?.filter(|&length| length > 0);
        let results = Wanted::of(query)
            .and_then(|wanted| Ok((wanted, query.number("at")?)))
            .map(|(wanted, at)| look(file.as_ref(), &wanted, at));
        let (found, status) = match results {
            Ok(results) => (Ok(results?), StatusCode::OK),
            Err(mistake) => (Err(mistake), StatusCode::BAD_REQUEST),
        };
        let markup = pages::messages(&MessagesView {
            run,
            nodes: report.map_or(&[], |report| &report.plan.nodes),
            reasons: &report.map(reasons).unwrap_or_default(),
            query,
            found: found
                .as_ref()
                .map(|(results, rows)| (results, &**rows))
                .map_err(|mistake| &**mistake),
            file: length,
        });
        Ok(answer::page(status, markup))
    }

    fn stderr(&self, run: &RunName, node: &str, query: &Query) -> Result<Answer, Failure> {
        self.find(run)?.ok();
        let log = OsString::from(format!("{node}.stderr.log"));
        let file = place::open(&self.store, &run.path(&["nodes".into(), log])).map_err(|_| {
            let node = crate::text::excerpt(node.as_bytes(), 60);
            Failure::Absent(format!("There is no stderr of {node} in this run."))
        })?;
        let size = file.metadata()?.len();
        let asked = query.number("at").map_err(Failure::Mistake)?;
        let at = asked.unwrap_or(size.saturating_sub(LOG)).min(size);
        let mut text = vec![0; (size - at).min(LOG) as usize];
        let read = read_up_to(&file, &mut text, at)?;
        text.truncate(read);
        Ok(shown(pages::stderr(&StderrView {
            run,
            node,
            text: &text,
            at,
            before: (at > 0).then(|| at.saturating_sub(LOG)),
            size,
        })))
    }

    /// The report as the run left it; where there is none, or a part of the run is asked
    /// for, it is made now.
    fn report(&self, run: &RunName, asked: &Asked) -> Result<Answer, Failure> {
        let archive = self.find(run)?.map_err(Failure::Ours)?;
        let moment = |name| asked.query.moment(name).map_err(Failure::Mistake);
        let (from, to) = (moment("from")?, moment("to")?);
        let kept = place::open(&self.store, &run.path(&["report.html".into()]));
        match kept {
            Ok(file) if from.is_none() && to.is_none() => Ok(answer::file(
                file,
                &Sending {
                    kind: "text/html; charset=utf-8",
                    policy: guard::REPORT,
                    save_as: None,
                    range: asked.range.as_deref(),
                    head: asked.head,
                },
            )?),
            _ => self.draw(run, &archive, from.unwrap_or(0), to.unwrap_or(Nanos::MAX)),
        }
    }

    fn draw(
        &self,
        run: &RunName,
        archive: &Archive,
        from: Nanos,
        to: Nanos,
    ) -> Result<Answer, Failure> {
        if from >= to {
            let text = "from is not before to: there is nothing between them";
            return Err(Failure::Mistake(text.to_owned()));
        }
        // What the page reads by name must not be a link to elsewhere.
        for name in ["history.jsonl", "messages.jsonl"] {
            if archive.directory.join(name).exists() {
                place::open(&self.store, &run.path(&[name.into()]))
                    .map_err(|error| Failure::Ours(format!("cannot read {name}: {error}")))?;
            }
        }
        let defaults = PageOptions::default();
        let options = PageOptions {
            window: Window {
                from,
                to,
                ..defaults.window
            },
            ..defaults
        };
        // One at a time: the page of a long run takes some memory.
        let _turn = self.drawing.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(answer::report(page::page(archive, &options).html))
    }

    /// A file as it is. Nothing of it is taken for a page or a script.
    fn file(&self, run: &RunName, path: &[OsString], asked: &Asked) -> Result<Answer, Failure> {
        self.find(run)?.ok();
        let file = place::open(&self.store, &run.path(path)).map_err(|_| {
            Failure::Absent("There is no such file in this run, or it is a link.".to_owned())
        })?;
        let name = path.last().map(|name| name.to_string_lossy());
        let name = name.unwrap_or_default();
        let save = asked.query.has("download");
        let saved = format!("{}-{}-{name}", run.workload, run.name);
        Ok(answer::file(
            file,
            &Sending {
                kind: kind(&name, save),
                policy: guard::RAW_FILE,
                save_as: save.then_some(&saved),
                range: asked.range.as_deref(),
                head: asked.head,
            },
        )?)
    }
}

fn shown(markup: maud::Markup) -> Answer {
    answer::page(StatusCode::OK, markup)
}

/// What a file is sent as. A picture is shown, in an origin of its own and without scripts;
/// everything else is text.
fn kind(name: &str, save: bool) -> &'static str {
    match name.rsplit_once('.').map(|parts| parts.1) {
        Some("svg") => "image/svg+xml",
        Some("jsonl") if save => "application/x-ndjson",
        _ if save => "application/octet-stream",
        _ => "text/plain; charset=utf-8",
    }
}

/// Searches, and reads the bodies that are shown.
fn look(
    file: Option<&File>,
    wanted: &Wanted,
    at: Option<u64>,
) -> io::Result<(search::Results, Vec<Row>)> {
    let Some(file) = file else {
        return Ok(Default::default());
    };
    let results = search::search(file, wanted, at, search::BUDGET)?;
    let most = wanted.id.map_or(BODY, |_| WHOLE_BODY);
    let row = |found: &Found| -> io::Result<Row> {
        let body = found.read_body(file, most)?;
        let header = body
            .as_ref()
            .and_then(|body| serde_json::from_slice::<Header>(body).ok());
        Ok(Row {
            kind: header.map_or_else(String::new, |header| header.kind.into_owned()),
            body,
        })
    };
    let rows = results
        .messages
        .iter()
        .map(row)
        .collect::<io::Result<_>>()?;
    Ok((results, rows))
}

/// Why messages of a run were dropped.
fn reasons(report: &Report) -> Vec<String> {
    let names = report.figures.0.keys();
    let reasons = names.filter_map(|name| name.strip_prefix("net.dropped."));
    let reasons = reasons.filter(|reason| !reason.contains('.'));
    reasons.map(str::to_owned).collect()
}

fn read_up_to(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read_at(&mut buffer[filled..], at + filled as u64)? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}
