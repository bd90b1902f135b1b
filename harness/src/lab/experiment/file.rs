//! Reading an experiment file.
//!
//! Every condition may be one value or a list; what is written under `[[cells]]`
//! replaces what stands above for the cells of that block.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use swelkie_nodes::Seed;
use swelkie_nodes::strategy::Peer;
use swelkie_workloads::topology::Shape;

use super::cell::{Cell, Expectation, Until};
use super::matrix::{Combination, Values, combinations, filled};
use super::queues::{self, QueueBlock};
use super::thresholds::{self, Asked};
use super::{Experiment, ExperimentError, Trials};
use crate::faults;
use crate::lab::Origin;
use crate::lab::estimate::Target;
use crate::lab::interval::Confidence;
use crate::lab::question::Question;
use crate::network::Latency;
use crate::units::{Unit, parse_duration, parse_fraction};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    title: Option<String>,
    #[serde(default)]
    about: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    seed: u64,
    #[serde(default)]
    trials: TrialsFile,
    #[serde(default)]
    all: Block,
    #[serde(default)]
    cells: Vec<Block>,
    #[serde(default)]
    threshold: Vec<Asked>,
    #[serde(default)]
    queue: Vec<QueueBlock>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct TrialsFile {
    most: Option<u64>,
    width: Option<f64>,
    figure: Option<String>,
    confidence: Option<Values>,
}

/// Conditions, each one value or several.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Block {
    /// The strategy and its parameters.
    pub strategy: Option<Values>,
    /// How many nodes.
    pub nodes: Option<Values>,
    /// Who is whose neighbour.
    pub topology: Option<Values>,
    /// How long a message takes.
    pub latency: Option<Values>,
    /// The probability that a message is lost.
    pub loss: Option<Values>,
    /// A file with what else goes wrong.
    pub faults: Option<Values>,
    origin: Option<Values>,
    broadcasts: Option<Values>,
    every: Option<Values>,
    start: Option<Values>,
    until: Option<Values>,
    idle: Option<Values>,
    horizon: Option<Values>,
    round: Option<Values>,
    /// Only for those with time.
    #[serde(default)]
    pub full: bool,
    #[serde(default)]
    vary: BTreeMap<String, Values>,
    #[serde(default)]
    expect: BTreeMap<String, Values>,
}

impl Block {
    /// The conditions by name. What varies is named by its own name in `strategy`.
    pub(super) fn axes(&self, all: &Block) -> Vec<(String, Vec<String>)> {
        let own = [
            ("nodes", &self.nodes, &all.nodes),
            ("topology", &self.topology, &all.topology),
            ("latency", &self.latency, &all.latency),
            ("loss", &self.loss, &all.loss),
            ("faults", &self.faults, &all.faults),
            ("origin", &self.origin, &all.origin),
            ("broadcasts", &self.broadcasts, &all.broadcasts),
            ("every", &self.every, &all.every),
            ("start", &self.start, &all.start),
            ("until", &self.until, &all.until),
            ("idle", &self.idle, &all.idle),
            ("horizon", &self.horizon, &all.horizon),
            ("round", &self.round, &all.round),
            ("strategy", &self.strategy, &all.strategy),
        ];
        let mut vary = all.vary.clone();
        vary.extend(self.vary.clone());
        let named = own.into_iter().filter_map(|(name, own, all)| {
            let values = own.as_ref().or(all.as_ref())?;
            Some((name.to_owned(), values.0.clone()))
        });
        let varied = vary.into_iter().map(|(name, values)| (name, values.0));
        named.chain(varied).collect()
    }
}

/// Reads an experiment.
pub fn parse(name: &str, text: &str, directory: &Path) -> Result<Experiment, ExperimentError> {
    let wrong = |what: String| ExperimentError(format!("{name}: {what}"));
    let file: File = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
    let trials = trials(&file.trials).map_err(wrong)?;
    // What stands under [all] is an experiment by itself if there is nothing else.
    let bare = file.cells.is_empty() && file.threshold.is_empty() && file.queue.is_empty();
    let blocks = if bare {
        vec![Block::default()]
    } else {
        file.cells
    };
    let mut cells = Vec::new();
    for (number, block) in blocks.iter().enumerate() {
        let made = block_cells(block, &file.all, directory);
        let place = |what| wrong(format!("[[cells]] number {}: {what}", number + 1));
        cells.extend(made.map_err(place)?);
    }
    once(&mut cells);
    label(&mut cells);
    let mut asked = Vec::new();
    for (number, block) in (1..).zip(&file.threshold) {
        let made = thresholds::questions(block, &file.all, directory);
        let place = |what| wrong(format!("[[threshold]] number {number}: {what}"));
        asked.extend(made.map_err(place)?);
    }
    let mut loads = Vec::new();
    for (number, block) in (1..).zip(&file.queue) {
        let place = |what| wrong(format!("[[queue]] number {number}: {what}"));
        loads.extend(queues::loads(block).map_err(place)?);
    }
    Ok(Experiment {
        name: name.to_owned(),
        title: file.title.unwrap_or_else(|| name.to_owned()),
        about: file.about,
        source: file.source,
        trials,
        seed: Seed(file.seed),
        cells: cells.into_iter().map(|(cell, _)| cell).collect(),
        questions: labelled(asked),
        loads,
    })
}

/// Questions, labelled by what differs.
pub fn labelled(asked: Vec<(Question, Combination)>) -> Vec<Question> {
    let (mut questions, mut cells) = (Vec::new(), Vec::new());
    for (question, values) in asked {
        cells.push((question.cell.clone(), values));
        questions.push(question);
    }
    label(&mut cells);
    for (question, (cell, _)) in questions.iter_mut().zip(cells) {
        question.cell = cell;
    }
    questions
}

fn trials(file: &TrialsFile) -> Result<Trials, String> {
    let usual = Trials::default();
    let confidence = match &file.confidence {
        None => usual.confidence,
        Some(Values(values)) => confidence("trials.confidence", values)?,
    };
    let figure = match &file.figure {
        None => usual.figure,
        Some(name) => name.parse()?,
    };
    let most = file.most.unwrap_or(usual.most);
    if most == 0 {
        return Err("trials.most is 0: expected at least 1".to_owned());
    }
    let width = match (file.width, file.most) {
        (Some(width), _) if width > 0.0 => Some(width),
        (Some(width), _) => return Err(format!("trials.width is {width}: expected more than 0")),
        // Who says only how many wants that many, or as many as targets need.
        (None, Some(_)) => None,
        (None, None) => usual.width,
    };
    Ok(Trials {
        most,
        width,
        figure,
        confidence,
    })
}

/// How sure: one value.
pub(super) fn confidence(name: &str, values: &[String]) -> Result<Confidence, String> {
    let [value] = values else {
        return Err(format!("{name} wants one value"));
    };
    let level = parse_fraction(value, true).map_err(|error| format!("{name}: {error}"))?;
    Confidence::new(level)
        .ok_or_else(|| format!("{name} is {value}: expected more than 0% and less than 100%"))
}

/// The cells of a block, each with all its values by name.
fn block_cells(
    block: &Block,
    all: &Block,
    directory: &Path,
) -> Result<Vec<(Cell, Combination)>, String> {
    let expect = if block.expect.is_empty() {
        &all.expect
    } else {
        &block.expect
    };
    let mut cells = Vec::new();
    let combinations = combinations(&block.axes(all));
    for (at, values) in combinations.iter().enumerate() {
        let mut cell = cell(values, directory)?;
        for (name, Values(targets)) in expect {
            // One target for all cells, or one for each, in their order.
            let target = match targets.len() {
                1 => &targets[0],
                len if len == combinations.len() => &targets[at],
                len => {
                    return Err(format!(
                        "expect.{name} has {len} values for {} cells: expected one, or one for each",
                        combinations.len()
                    ));
                }
            };
            if target == "-" {
                continue;
            }
            cell.expect.push(Expectation {
                figure: name.parse()?,
                target: Target::from_str(target)
                    .map_err(|error| format!("expect.{name}: {error}"))?,
            });
        }
        cell.full = block.full || all.full;
        cell.check()?;
        cells.push((cell, values.clone()));
    }
    Ok(cells)
}

/// The cell of these values.
pub(super) fn cell(values: &Combination, directory: &Path) -> Result<Cell, String> {
    let get = |name: &str| values.get(name).map(String::as_str);
    let number = |name: &str, usual: u32| match get(name) {
        None => Ok(usual),
        Some(text) => match text.parse::<u32>() {
            Ok(number) if number > 0 => Ok(number),
            _ => Err(format!(
                "{name} is `{text}`: expected a whole number from 1"
            )),
        },
    };
    let span = |name: &str, usual: Duration| match get(name) {
        None => Ok(usual),
        Some(text) => {
            parse_duration(text, Some(Unit::Millis)).map_err(|error| format!("{name}: {error}"))
        }
    };
    let strategy =
        get("strategy").ok_or("there is no `strategy`: expected one such as \"flood\"")?;
    let strategy = filled(strategy, values)?;
    let latency = get("latency").unwrap_or("1ms");
    let latency =
        Latency::parse(latency, Some(Unit::Millis)).map_err(|error| format!("latency: {error}"))?;
    let loss = get("loss").unwrap_or("0");
    let loss = parse_fraction(loss, true).map_err(|error| format!("loss: {error}"))?;
    let topology = get("topology").unwrap_or("total").parse::<Shape>();
    let nodes = number("nodes", 25)?;
    let origin = match get("origin").unwrap_or("n0") {
        "random" => Origin::Random,
        text => match text.strip_prefix('n').unwrap_or(text).parse() {
            Ok(node) if node < nodes => Origin::Node(Peer(node)),
            _ => {
                return Err(format!(
                    "origin is `{text}`: expected `random`, or a node from n0 to n{}",
                    nodes - 1
                ));
            }
        },
    };
    let until = match get("until").unwrap_or("quiet") {
        "quiet" => Until::Quiet,
        "everybody" => Until::Everybody,
        text => {
            return Err(format!(
                "until is `{text}`: expected `quiet` or `everybody`"
            ));
        }
    };
    let faults = match get("faults") {
        None | Some("none") => None,
        Some(name) => Some((name.to_owned(), Arc::new(schedule(&directory.join(name))?))),
    };
    Ok(Cell {
        strategy,
        nodes,
        topology: topology.map_err(|error| format!("topology: {error}"))?,
        round: span("round", unit(latency))?,
        latency,
        loss,
        faults,
        origin,
        broadcasts: number("broadcasts", 1)?,
        every: span("every", Duration::from_millis(10))?,
        start: span("start", Duration::ZERO)?,
        until,
        idle: get("idle")
            .map(|_| span("idle", Duration::ZERO))
            .transpose()?,
        horizon: span("horizon", Duration::from_secs(600))?,
        full: false,
        labels: Vec::new(),
        expect: Vec::new(),
    })
}

/// What a round is if nothing is said: one hop.
fn unit(latency: Latency) -> Duration {
    match latency.mean {
        Duration::ZERO => Duration::from_millis(1),
        mean => mean,
    }
}

fn schedule(path: &Path) -> Result<faults::File, String> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("the fault schedule {shown} cannot be read: {error}"))?;
    faults::parse(&shown.to_string(), &text).map_err(|mistakes| mistakes.to_string())
}

/// Leaves out cells that are there already: a strategy without the varied parameter is the
/// same for all its values.
fn once(cells: &mut Vec<(Cell, Combination)>) {
    let mut seen = BTreeSet::new();
    cells.retain(|(cell, _)| seen.insert((cell.key(), format!("{:?}", cell.expect))));
}

/// Gives each cell the values by which it differs from others.
fn label(cells: &mut [(Cell, Combination)]) {
    let mut differs: Vec<String> = Vec::new();
    let names: Vec<String> = cells
        .iter()
        .flat_map(|(_, values)| values.keys().cloned())
        .collect();
    for name in names {
        let first = cells[0].1.get(&name);
        if !differs.contains(&name) && cells.iter().any(|(_, values)| values.get(&name) != first) {
            differs.push(name);
        }
    }
    for (cell, values) in cells {
        let shown = |name: &String| {
            let value = match name.as_str() {
                "strategy" => Some(cell.strategy.clone()),
                _ => values.get(name).cloned(),
            };
            Some((name.clone(), value?))
        };
        // What is in the strategy already need not be said again.
        let strategy = differs.contains(&"strategy".to_owned());
        let in_strategy = |name: &String| strategy && is_varied(name);
        let labels = differs.iter().filter(|name| !in_strategy(name));
        cell.labels = labels.filter_map(shown).collect();
        if cell.labels.is_empty() {
            cell.labels = vec![("strategy".to_owned(), cell.strategy.clone())];
        }
    }
}

/// Whether a name is one under `vary`, none of the conditions'.
fn is_varied(name: &str) -> bool {
    const CONDITIONS: [&str; 15] = [
        "strategy",
        "nodes",
        "topology",
        "latency",
        "loss",
        "faults",
        "origin",
        "broadcasts",
        "every",
        "start",
        "until",
        "idle",
        "horizon",
        "round",
        "target",
    ];
    !CONDITIONS.contains(&name)
}
