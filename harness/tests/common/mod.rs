//! What the integration tests share: options with a store of their own, and the
//! node programs under `tests/nodes`.
#![allow(dead_code, reason = "each test file uses its part")]

pub mod files;
pub mod laws;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use swelkie::options::{Binary, Options, Target, node_names};
use swelkie::report::Report;

/// A run that keeps its files in a temporary directory.
pub struct Run {
    pub options: Options,
    directory: tempfile::TempDir,
}

impl Run {
    pub fn new(workload: &str, target: Target) -> Run {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut options = Options::new(workload, target);
        options.store = directory.path().join("store");
        // Few tests look at the page, and drawing it is most of a short run in a debug build.
        options.report = false;
        Run { options, directory }
    }

    /// A simulation of built-in nodes.
    pub fn sim(workload: &str, spec: &str) -> Run {
        let mut run = Run::new(workload, Target::Builtin(spec.to_owned()));
        run.options.sim = true;
        run
    }

    /// Real processes of a program under `tests/nodes`, for a short time.
    pub fn script(workload: &str, script: &str, args: &[&str]) -> Run {
        let binary = Binary {
            program: nodes_directory().join(script),
            args: args.iter().map(OsString::from).collect(),
            ..Binary::default()
        };
        let mut run = Run::new(workload, Target::Binary(binary));
        run.options.time_limit = Duration::from_secs(1);
        run.options.recovery.bound = Duration::from_secs(3);
        run
    }

    pub fn nodes(mut self, count: usize) -> Run {
        self.options.nodes = node_names(count);
        self
    }

    pub fn with(mut self, change: impl FnOnce(&mut Options)) -> Run {
        change(&mut self.options);
        self
    }

    /// Runs it. Whatever the nodes do, the files keep every law.
    pub fn report(&self) -> Report {
        let report = self.unchecked();
        if self.options.journal_messages
            && let Err(broken) = laws::check(&self.files())
        {
            let schedule = String::from_utf8_lossy(&self.bytes("faults.toml")).into_owned();
            panic!("{broken}\n{:?}\n--faults:\n{schedule}", self.options);
        }
        report
    }

    /// Runs it without a look at its files.
    pub fn unchecked(&self) -> Report {
        let report = self.options.run().unwrap_or_else(|err| panic!("{err}"));
        assert!(self.file("results.json").exists(), "results are on disk");
        report
    }

    /// A file of the newest run.
    pub fn file(&self, name: &str) -> PathBuf {
        self.options.store.join("latest").join(name)
    }

    pub fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.file(name)).unwrap_or_else(|err| panic!("{name}: {err}"))
    }

    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The files of the newest run.
    pub fn files(&self) -> files::Files {
        files::Files::read(&self.options.store.join("latest"))
    }

    /// Puts a schedule into a file and has the run carry it out.
    pub fn schedule(mut self, toml: &str) -> Run {
        let file = self.directory.path().join("faults.toml");
        std::fs::write(&file, toml).expect("a file");
        self.options.faults = Some(file);
        self
    }
}

pub fn nodes_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/nodes")
}

/// What a failing test prints so that a person can see the run again.
pub fn story(report: &Report) -> String {
    let mut report = report.clone();
    report.links.clear();
    serde_json::to_string_pretty(&report).expect("reports serialise")
}
