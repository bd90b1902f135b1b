//! Runs that go on, followed from their files. Readers of one run share one follower, so
//! the files are read once however many look, and each time only what was added.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::pages::Snapshot;
use super::place;
use super::progress::Progress;
use super::route::RunName;
use super::tail::Tail;

/// So many runs are followed at once; the one that was looked at longest ago goes.
const FOLLOWED: usize = 8;
/// So much of a file is read before something is shown.
const BUDGET: u64 = 64 << 20;
/// Of so many nodes the log is looked at.
const LOGS: usize = 60;

/// The runs that are followed, the last looked at at the end.
#[derive(Debug, Default)]
pub struct Followers(Mutex<Vec<(RunName, Arc<Mutex<Follower>>)>>);

impl Followers {
    /// The follower of a run.
    pub fn of(&self, run: &RunName) -> Arc<Mutex<Follower>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.iter().position(|(name, _)| name == run);
        let entry = match known {
            Some(known) => all.remove(known),
            None => (run.clone(), Arc::default()),
        };
        let follower = Arc::clone(&entry.1);
        all.push(entry);
        if all.len() > FOLLOWED {
            all.remove(0);
        }
        follower
    }
}

/// A run that is followed.
#[derive(Debug, Default)]
pub struct Follower {
    history: Stream,
    messages: Stream,
    progress: Progress,
}

#[derive(Debug, Default)]
struct Stream {
    file: Option<File>,
    tail: Tail,
}

impl Stream {
    /// Takes what was added to a file that may not be there yet; returns what is waiting.
    fn advance(
        &mut self,
        store: &Path,
        path: &[OsString],
        take: impl FnMut(&[u8]),
    ) -> io::Result<u64> {
        if self.file.is_none() {
            self.file = place::open(store, path).ok();
        }
        match &self.file {
            Some(file) => self.tail.advance(file, BUDGET, take),
            None => Ok(0),
        }
    }
}

impl Follower {
    /// Takes what was added since the last time.
    ///
    /// # Errors
    /// What reading gives.
    pub fn advance(
        &mut self,
        store: &Path,
        run: &RunName,
        nodes: &[String],
    ) -> io::Result<Snapshot> {
        self.progress.expect(nodes);
        let progress = &mut self.progress;
        let path = run.path(&["history.jsonl".into()]);
        let history = self
            .history
            .advance(store, &path, |line| progress.history(line))?;
        let path = run.path(&["messages.jsonl".into()]);
        let messages = self
            .messages
            .advance(store, &path, |line| progress.message(line))?;
        let log = |node: &String| {
            let log = format!("{node}.stderr.log").into();
            let file = place::open(store, &run.path(&["nodes".into(), log]));
            let size = file.and_then(|file| Ok(file.metadata()?.len()));
            size.unwrap_or(0)
        };
        Ok(Snapshot {
            progress: self.progress.clone(),
            waiting: history + messages,
            stderr: nodes.iter().take(LOGS).map(log).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;

    use super::*;
    use crate::archive::Archive;
    use crate::options::{Options, Target};

    #[test]
    fn however_often_it_is_looked_at_every_line_counts_once() {
        let keep = tempfile::tempdir().expect("a temporary directory");
        let mut options = Options::new("broadcast", Target::Builtin("flood".to_owned()));
        options.sim = true;
        options.report = false;
        options.store = keep.path().join("original");
        options.run().expect("it runs");
        let original = Archive::open(&options.store.join("latest")).expect("a run");
        let nodes = &original.report.plan.nodes;
        let run = RunName {
            workload: "broadcast".to_owned(),
            name: "growing".to_owned(),
        };
        let growing = keep.path().join("broadcast/growing");
        fs::create_dir_all(growing.join("nodes")).expect("made");
        let (followers, mut whole) = (Followers::default(), Progress::default());
        whole.expect(nodes);
        let look = || {
            let follower = followers.of(&run);
            let mut follower = follower.lock().expect("alone");
            follower.advance(keep.path(), &run, nodes).expect("read")
        };
        assert_eq!(look().progress, whole, "before there is anything");
        // Nodes are counted as they are known, so the history comes first, as for a follower.
        for (name, take) in [
            (
                "history.jsonl",
                Progress::history as fn(&mut Progress, &[u8]),
            ),
            ("messages.jsonl", Progress::message),
        ] {
            let text = fs::read(original.directory.join(name)).expect("read");
            let mut file = fs::File::create(growing.join(name)).expect("made");
            for piece in text.chunks(text.len() / 5 + 1) {
                file.write_all(piece).expect("written");
                look();
            }
            let lines = text.strip_suffix(b"\n").expect("whole lines");
            lines
                .split(|&byte| byte == b'\n')
                .for_each(|line| take(&mut whole, line));
            assert_eq!(look().progress, whole, "{name}");
        }
        assert!(whole.sent > 100 && whole.total().ok > 100);
    }
}
