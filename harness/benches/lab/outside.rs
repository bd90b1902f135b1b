//! What a researcher would otherwise use.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::measure::{Figures, Work};

fn here() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/benches"))
}

fn run(command: &mut Command) -> Option<Figures> {
    let output = command.stderr(Stdio::inherit()).output().ok()?;
    Figures::read(&String::from_utf8_lossy(&output.stdout))
}

/// The Python script; none if there is no Python.
pub fn python(work: Work) -> Option<Figures> {
    let numbers = [u64::from(work.nodes), u64::from(work.fanout), work.trials];
    run(Command::new("python3")
        .arg(here().join("lab/gossip.py"))
        .arg(work.way.to_string())
        .args(numbers.map(|number| number.to_string())))
}

/// The program on turmoil, built.
pub struct Turmoil {
    program: PathBuf,
}

impl Turmoil {
    /// Builds it; none, with a word why, if that fails, perhaps for want of a network.
    pub fn build() -> Option<Turmoil> {
        let manifest = here().join("turmoil/Cargo.toml");
        let target = std::env::temp_dir().join("swelkie-bench-turmoil");
        let built = Command::new(env!("CARGO"))
            .args(["build", "--release", "--quiet", "--manifest-path"])
            .arg(manifest)
            .arg("--target-dir")
            .arg(&target)
            .status();
        if !built.is_ok_and(|status| status.success()) {
            println!("\n(turmoil is left out: harness/benches/turmoil could not be built)");
            return None;
        }
        let program = target.join("release/turmoil-gossip");
        Some(Turmoil { program })
    }

    pub fn run(&self, work: Work) -> Option<Figures> {
        let numbers = [u64::from(work.nodes), u64::from(work.fanout), work.trials];
        run(Command::new(&self.program).args(numbers.map(|number| number.to_string())))
    }
}
