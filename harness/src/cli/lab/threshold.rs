//! `swelkie lab threshold`: the smallest parameter at which everybody is reached.

use std::path::{Path, PathBuf};

use clap::Args;
use swelkie::lab::experiment::{Asked, Block, Experiment, Values};
use swelkie_nodes::registry;

use super::{How, play};
use crate::cli::Failure;

/// Shown under `swelkie lab threshold --help`.
pub const EXAMPLES: &str = "\
Examples:
  swelkie lab threshold --builtin sample --vary fanout --target 0.99,0.999 --n 5,10,25,100,1000
  swelkie lab threshold --builtin sample --vary share --n 25 --loss 5% --budget 1000000
  swelkie lab threshold --builtin rumor:direction=pull --vary k --n 100 --target 0.9

A range, 16…17, is all that the budget can tell; the same command with a larger --budget goes on.";

/// What is asked.
#[derive(Args, Debug)]
pub struct ThresholdArguments {
    /// The strategy: sample, rumor:direction=pull
    #[arg(long, value_name = "SPEC")]
    builtin: String,
    /// Its parameter whose smallest sufficient value is sought: a count or a share
    #[arg(long, value_name = "PARAMETER")]
    vary: String,
    /// P(everybody reached) that it must give; several are separated by commas
    #[arg(
        long,
        value_name = "P",
        value_delimiter = ',',
        default_value = "0.99,0.999"
    )]
    target: Vec<String>,
    /// Numbers of nodes, separated by commas
    #[arg(
        long = "n",
        value_name = "NODES",
        value_delimiter = ',',
        default_value = "5,10,25,100,1000"
    )]
    nodes: Vec<String>,
    /// How sure each answer must be
    #[arg(long, value_name = "SHARE", default_value = "99.9%")]
    confidence: String,
    /// Trials of each search [default: about half a minute of one core]
    #[arg(long, value_name = "TRIALS")]
    budget: Option<u64>,
    /// The step between shares [default: 0.001 for 10 nodes, finer for more]
    #[arg(long, value_name = "STEP")]
    resolution: Option<String>,
    /// Who is whose neighbour: total, grid, tree4, …
    #[arg(long, default_value = "total")]
    topology: String,
    /// How long a message takes
    #[arg(long, default_value = "1ms")]
    latency: String,
    /// The share of messages that are lost
    #[arg(long, default_value = "0%")]
    loss: String,
    /// What else goes wrong: a fault schedule
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// Where results are kept; the same command goes on where it was interrupted
    #[arg(long, value_name = "DIR", default_value = "store/lab")]
    out: PathBuf,
    /// Forgets earlier results and plays everything anew
    #[arg(long)]
    anew: bool,
    /// Where all chance comes from
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Threads [default: all cores]
    #[arg(long, short = 'j', value_name = "N")]
    jobs: Option<usize>,
    /// No progress and no table
    #[arg(long, short)]
    quiet: bool,
}

/// Asks and answers.
pub fn run(arguments: &ThresholdArguments) -> Result<u8, Failure> {
    let experiment = arguments.experiment().map_err(Failure::Usage)?;
    play::one(experiment, &arguments.how())
}

impl ThresholdArguments {
    fn how(&self) -> How {
        How {
            out: self.out.clone(),
            anew: self.anew,
            seed: Some(self.seed),
            jobs: self.jobs,
            full: true,
            figures: Vec::new(),
            quiet: self.quiet,
            shard: None,
        }
    }

    fn experiment(&self) -> Result<Experiment, String> {
        let spec = self.builtin.trim();
        registry::resolve(spec).map_err(|error| error.to_string())?;
        let (name, assignments) = spec.split_once(':').unwrap_or((spec, ""));
        let sets =
            |assignment: &str| assignment.split('=').next().map(str::trim) == Some(&self.vary);
        if assignments.split(',').any(sets) {
            return Err(format!(
                "--builtin {spec} sets `{}`, which --vary seeks: leave one out",
                self.vary
            ));
        }
        let before = if assignments.is_empty() { "" } else { "," };
        let one = |text: &str| Some(Values(vec![text.to_owned()]));
        let mut of = Block::default();
        of.strategy = one(&format!(
            "{name}:{assignments}{before}{vary}={{{vary}}}",
            vary = self.vary
        ));
        of.nodes = Some(Values(self.nodes.clone()));
        of.topology = one(&self.topology);
        of.latency = one(&self.latency);
        of.loss = one(&self.loss);
        of.faults = self
            .faults
            .as_ref()
            .and_then(|file| one(&file.to_string_lossy()));
        let asked = Asked {
            seek: self.vary.clone(),
            of,
            target: Values(self.target.clone()),
            confidence: one(&self.confidence),
            resolution: self.resolution.as_deref().and_then(one),
            budget: self.budget,
            expect: None,
        };
        let title = format!(
            "The smallest {} of {spec} that reaches everybody",
            self.vary
        );
        let directory = format!("threshold-{name}-{}", self.vary);
        let experiment = Experiment::asking(&directory, title, &asked, Path::new(""));
        experiment.map_err(|error| error.to_string())
    }
}
