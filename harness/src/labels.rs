//! Labels of elements, from what the user asked for to what the workload is told.
//!
//! The organisation is given in one place. A built-in node that has one brings it along,
//! and flags that contradict it are refused; for other nodes the flags say it.

use std::fmt;

use swelkie_nodes::NodeId;
use swelkie_nodes::strategies::hierarchy::{Shape, leader};
use swelkie_nodes::strategy::{Priority, Sensitivity};
use swelkie_workloads::labels::Labels;

use crate::options::Target;
use crate::plan::UsageError;
use crate::run::spreads;

/// What the user asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelChoice {
    /// What priorities are drawn from; empty for none.
    pub priorities: Vec<Priority>,
    /// What sensitivities are drawn from; empty for none.
    pub sensitivities: Vec<Sensitivity>,
    /// How many members a team has; none for the node's own idea, or the default.
    pub team_size: Option<u32>,
    /// How many teams make a department, and so on.
    pub branching: Option<u32>,
}

impl LabelChoice {
    /// What the workload is told; none if elements get no labels.
    ///
    /// # Errors
    /// If the workload has no elements, or nothing speaks of an organisation that was
    /// given, or it contradicts the node's or itself.
    pub fn resolve(
        &self,
        workload: &str,
        target: &Target,
        members: &[NodeId],
    ) -> Result<Option<Labels>, UsageError> {
        let shaped = self.team_size.is_some() || self.branching.is_some();
        if self.sensitivities.is_empty() && shaped {
            return Err(UsageError(
                "--team-size and --branching say who is in which team and department, and \
                 nothing speaks of them: add --sensitivities team,department,everyone"
                    .to_owned(),
            ));
        }
        if self.priorities.is_empty() && self.sensitivities.is_empty() {
            return Ok(None);
        }
        if !spreads(workload) {
            return Err(UsageError(format!(
                "--priorities and --sensitivities label what `broadcast` and `g-set` spread; \
                 `{workload}` spreads nothing"
            )));
        }
        Ok(Some(Labels {
            priorities: self.priorities.clone(),
            sensitivities: self.sensitivities.clone(),
            shape: self.shape(target)?,
            members: members.to_vec(),
        }))
    }

    fn shape(&self, target: &Target) -> Result<Shape, UsageError> {
        let own = match target {
            Target::Builtin(spec) => leader::shape_of(spec),
            Target::Binary(_) => None,
        };
        let base = own.unwrap_or_default();
        let team = self.team_size.unwrap_or(base.team);
        let branching = self.branching.unwrap_or(base.branching);
        let shape = Shape::new(team, branching).map_err(|why| format!("--branching: {why}"))?;
        if own.is_some_and(|own| own != shape) {
            return Err(UsageError(format!(
                "--team-size and --branching ask for teams of {team} and {branching} teams in a \
                 department, {target} for teams of {} and {}; say it once, in the node's spec: \
                 --builtin leader:team={team},branching={branching}",
                base.team, base.branching
            )));
        }
        Ok(shape)
    }
}

/// `priority bulk, urgent; sensitivity team, everyone, in teams of 3, 3 in a department`
pub struct Shown<'a>(pub &'a Labels);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Labels {
            priorities,
            sensitivities,
            shape,
            ..
        } = self.0;
        let mut parts = Vec::new();
        if !priorities.is_empty() {
            let words: Vec<_> = priorities.iter().map(|priority| priority.word()).collect();
            parts.push(format!("priority {}", words.join(", ")));
        }
        if !sensitivities.is_empty() {
            let words: Vec<_> = sensitivities.iter().map(Sensitivity::to_string).collect();
            parts.push(format!(
                "sensitivity {}, in teams of {}, {} in a department",
                words.join(", "),
                shape.team,
                shape.branching
            ));
        }
        f.write_str(&parts.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice() -> LabelChoice {
        LabelChoice {
            priorities: vec![Priority::Urgent],
            sensitivities: vec![Sensitivity::Team, Sensitivity::Level(3)],
            ..LabelChoice::default()
        }
    }

    fn resolve(choice: &LabelChoice, workload: &str, spec: &str) -> Result<String, String> {
        let target = Target::Builtin(spec.to_owned());
        let resolved = choice.resolve(workload, &target, &["n0".into()]);
        let shown = resolved.map(|labels| labels.map(|labels| Shown(&labels).to_string()));
        shown
            .map(Option::unwrap_or_default)
            .map_err(|error| error.0)
    }

    #[test]
    fn nothing_is_labelled_unless_asked_for() {
        assert_eq!(
            resolve(&LabelChoice::default(), "echo", "echo"),
            Ok(String::new())
        );
    }

    #[test]
    fn the_organisation_is_the_nodes_own_or_the_flags_and_never_both() {
        let shown = |shape: &str| format!("priority urgent; sensitivity team, 3, in {shape}");
        let threes = "teams of 3, 3 in a department";
        assert_eq!(resolve(&choice(), "broadcast", "flood"), Ok(shown(threes)));
        let own = resolve(&choice(), "g-set", "leader:team=5");
        assert_eq!(own, Ok(shown("teams of 5, 3 in a department")));
        let flags = LabelChoice {
            team_size: Some(5),
            ..choice()
        };
        let of_flags = resolve(&flags, "broadcast", "flood");
        assert_eq!(of_flags, Ok(shown("teams of 5, 3 in a department")));
        assert_eq!(resolve(&flags, "broadcast", "leader:team=5"), of_flags);
        let error = resolve(&flags, "broadcast", "leader").unwrap_err();
        assert!(error.contains("say it once"), "{error}");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let error = resolve(&choice(), "echo", "echo").unwrap_err();
        assert!(error.contains("`echo` spreads nothing"), "{error}");
        let shaped = LabelChoice {
            branching: Some(1),
            ..LabelChoice::default()
        };
        let error = resolve(&shaped, "broadcast", "flood").unwrap_err();
        assert!(error.contains("add --sensitivities"), "{error}");
        let endless = LabelChoice {
            branching: Some(1),
            ..choice()
        };
        let error = resolve(&endless, "broadcast", "flood").unwrap_err();
        assert!(error.contains("branching=1"), "{error}");
    }
}
