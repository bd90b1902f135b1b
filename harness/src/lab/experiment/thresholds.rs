//! Reading `[[threshold]]`: questions of an experiment.
//!
//! ```toml
//! [[threshold]]
//! seek = "fanout"                   # the hole in the strategy
//! of = { strategy = "sample:fanout={fanout}", nodes = [5, 25] }
//! target = [0.99, 0.999]            # P(everybody) to reach
//! budget = 100_000                  # trials of each search; confidence and resolution may be said, too
//! expect = ["4", "4", "7", "9"]     # one for each, targets changing fastest
//! ```

use std::path::Path;

use serde::Deserialize;

use super::cell::Cell;
use super::file::{self, Block};
use super::matrix::{Combination, Values, combinations};
use crate::lab::estimate::Target;
use crate::lab::interval::Confidence;
use crate::lab::question::{self, Question};
use crate::lab::threshold::Goal;
use crate::units::parse_fraction;

/// What is asked of the clusters that `of` describes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Asked {
    /// The parameter whose smallest sufficient value is sought; `{…}` in the strategy.
    pub seek: String,
    /// Which clusters.
    #[serde(default)]
    pub of: Block,
    /// The P(everybody) to reach, one or several.
    pub target: Values,
    /// How sure the answer must be; 99.9 % if nothing is said.
    pub confidence: Option<Values>,
    /// The step between shares.
    pub resolution: Option<Values>,
    /// Trials of each search.
    pub budget: Option<u64>,
    /// Answers as printed: one for all, or one for each.
    pub expect: Option<Values>,
}

/// The questions, each with all its values by name.
pub fn questions(
    asked: &Asked,
    all: &Block,
    directory: &Path,
) -> Result<Vec<(Question, Combination)>, String> {
    let axes = asked.axes(all)?;
    let combinations = combinations(&axes);
    let mut questions = Vec::new();
    for (at, values) in combinations.iter().enumerate() {
        let cell = file::cell(values, directory)?;
        let mut question = asked.question(cell, &values["target"])?;
        question.expect = asked.expected(at, combinations.len())?;
        question.cell.full = asked.of.full || all.full;
        question.check()?;
        questions.push((question, values.clone()));
    }
    Ok(questions)
}

impl Asked {
    /// The conditions and targets; the hole is filled with itself, so that it stays open.
    fn axes(&self, all: &Block) -> Result<Vec<(String, Vec<String>)>, String> {
        let hole = format!("{{{}}}", self.seek);
        let mut axes = self.of.axes(all);
        let strategies = axes.iter().find(|(name, _)| name == "strategy");
        let mut specs = strategies.iter().flat_map(|(_, specs)| specs);
        if let Some(spec) = specs.find(|spec| !spec.contains(&hole)) {
            return Err(format!(
                "the strategy `{spec}` has no {hole} in it, whose smallest value is sought: \
                 expected one such as `sample:fanout={{fanout}}` with seek = \"fanout\""
            ));
        }
        if self.target.0.is_empty() {
            return Err("target is empty: expected one such as 0.99".to_owned());
        }
        axes.push(("target".to_owned(), self.target.0.clone()));
        axes.push((self.seek.clone(), vec![hole]));
        Ok(axes)
    }

    fn question(&self, cell: Cell, target: &str) -> Result<Question, String> {
        let target = parse_fraction(target, true)
            .ok()
            .filter(|target| *target > 0.0 && *target < 1.0)
            .ok_or_else(|| {
                format!(
                    "target is `{}`: expected a probability between 0 and 1 such as 0.99",
                    target.escape_debug()
                )
            })?;
        let confidence = match &self.confidence {
            None => Confidence::P999,
            Some(Values(values)) => file::confidence("confidence", values)?,
        };
        let step = match &self.resolution {
            None => None,
            Some(Values(values)) => Some(question::read_resolution(values)?),
        };
        let budget = match self.budget {
            Some(0) => return Err("budget is 0: expected at least 1 trial".to_owned()),
            budget => budget.unwrap_or_else(|| question::usual_budget(cell.nodes)),
        };
        Ok(Question {
            ladder: question::ladder(&cell.strategy, &self.seek, cell.nodes, step)?,
            seek: self.seek.clone(),
            goal: Goal {
                target,
                confidence,
                budget,
            },
            expect: None,
            cell,
        })
    }

    /// The printed answer of the question at this place.
    fn expected(&self, at: usize, questions: usize) -> Result<Option<String>, String> {
        let Some(Values(answers)) = &self.expect else {
            return Ok(None);
        };
        let answer = match answers.len() {
            1 => &answers[0],
            len if len == questions => &answers[at],
            len => {
                return Err(format!(
                    "expect has {len} values for {questions} thresholds: expected one, or one for each"
                ));
            }
        };
        if answer == "-" {
            return Ok(None);
        }
        let target = answer.parse::<Target>();
        let target = target.map_err(|error| format!("expect: {error}"))?;
        Ok(Some(target.to_string()))
    }
}
