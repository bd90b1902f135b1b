//! Which part of a job array or CI matrix this process is, by the variables that the
//! system set.
//!
//! | system | which | of how many | counted from |
//! |---|---|---|---|
//! | Slurm job array | `SLURM_ARRAY_TASK_ID`, `_MIN`, `_STEP` | `SLURM_ARRAY_TASK_COUNT` | anything, in any step |
//! | Slurm `srun -n` | `SLURM_PROCID` | `SLURM_STEP_NUM_TASKS`, `SLURM_NTASKS` | 0 |
//! | Kubernetes Indexed Job | `JOB_COMPLETION_INDEX` | not said: `--shard auto/8` | 0 |
//! | GitLab `parallel` | `CI_NODE_INDEX` | `CI_NODE_TOTAL` | 1 |
//! | CircleCI `parallelism` | `CIRCLE_NODE_INDEX` | `CIRCLE_NODE_TOTAL` | 0 |
//! | Buildkite `parallelism` | `BUILDKITE_PARALLEL_JOB` | `BUILDKITE_PARALLEL_JOB_COUNT` | 0 |
//!
//! Tasks of `srun` within an array multiply: four array jobs of two tasks are eight parts.

use std::collections::BTreeMap;

use super::Shard;

/// Variables of the environment, by name.
pub type Variables = BTreeMap<String, String>;

/// For people.
pub(super) const LOOKED_FOR: &str = "SLURM_ARRAY_TASK_ID, SLURM_PROCID, JOB_COMPLETION_INDEX, \
     CI_NODE_INDEX, CIRCLE_NODE_INDEX and BUILDKITE_PARALLEL_JOB";

/// A part, and what named it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Which.
    pub shard: Shard,
    /// What named it, for people.
    pub source: &'static str,
}

/// What a system says: the position counted from 0, and of how many if it knows.
struct Place {
    source: &'static str,
    variable: &'static str,
    position: u64,
    count: Option<u64>,
}

/// The part that the environment names, `of` so many if that is said; none if it names
/// none.
///
/// # Errors
/// If a variable is no number, an array has gaps, or two systems name different parts.
pub fn find(variables: &Variables, of: Option<u32>) -> Result<Option<Found>, String> {
    let places = [
        slurm(variables)?,
        kubernetes(variables)?,
        matrix(variables, &GITLAB)?,
        matrix(variables, &CIRCLE)?,
        matrix(variables, &BUILDKITE)?,
    ];
    let mut places: Vec<Place> = places.into_iter().flatten().collect();
    // A CI system says "1 of 1" of a job that has no siblings: another one may know better.
    let siblings = |place: &Place| place.count != Some(1);
    if places.iter().any(siblings) {
        places.retain(siblings);
    }
    let found: Result<Vec<Found>, String> = places.iter().map(|place| place.shard(of)).collect();
    let found = found?;
    let Some(first) = found.first() else {
        return Ok(None);
    };
    match found.iter().find(|found| found.shard != first.shard) {
        None => Ok(Some(*first)),
        Some(other) => Err(format!(
            "--shard auto: {} says part {}, {} says {}; write --shard i/n",
            first.source, first.shard, other.source, other.shard
        )),
    }
}

impl Place {
    fn shard(&self, of: Option<u32>) -> Result<Found, String> {
        let Place {
            source, variable, ..
        } = self;
        let count = match (self.count, of.map(u64::from)) {
            (Some(count), Some(of)) if count != of => {
                return Err(format!(
                    "--shard auto/{of}: {source} says there are {count}; write --shard auto, or --shard i/{of}"
                ));
            }
            (count, of) => count.or(of).ok_or_else(|| {
                format!(
                    "--shard auto: {variable} says which part, but {source} does not say of how \
                     many; write --shard auto/8 if there are 8"
                )
            })?,
        };
        let number = |number: u64| u32::try_from(number).ok();
        let shard = number(count).zip(number(self.position.saturating_add(1)));
        let shard = shard.and_then(|(of, part)| Shard::new(part, of));
        let shard = shard.ok_or_else(|| {
            format!(
                "--shard auto: by {variable} this is part {} of {count}; write --shard i/n",
                self.position.saturating_add(1)
            )
        })?;
        Ok(Found { shard, source })
    }
}

/// A whole number; none if the variable is not set or empty.
fn number(variables: &Variables, name: &str) -> Result<Option<u64>, String> {
    match variables.get(name).map(String::as_str) {
        None | Some("") => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| {
            format!(
                "--shard auto: {name} is `{}`: expected a whole number; write --shard i/n",
                text.escape_debug()
            )
        }),
    }
}

fn slurm(variables: &Variables) -> Result<Option<Place>, String> {
    let array = slurm_array(variables)?;
    let task = slurm_task(variables)?;
    Ok(match (array, task) {
        (Some(array), Some(task)) => {
            let tasks = task.count.unwrap_or(1);
            Some(Place {
                source: "Slurm's array of srun tasks",
                position: array
                    .position
                    .saturating_mul(tasks)
                    .saturating_add(task.position),
                count: array.count.map(|count| count.saturating_mul(tasks)),
                ..array
            })
        }
        (array, task) => array.or(task),
    })
}

/// Arrays begin anywhere and go on in steps; one with gaps (`--array=1,3,7`) has tasks
/// whose position cannot be told.
fn slurm_array(variables: &Variables) -> Result<Option<Place>, String> {
    let get = |name| number(variables, name);
    let Some(id) = get("SLURM_ARRAY_TASK_ID")? else {
        return Ok(None);
    };
    let count = get("SLURM_ARRAY_TASK_COUNT")?;
    let min = get("SLURM_ARRAY_TASK_MIN")?;
    let (Some(count), Some(min)) = (count, min) else {
        return Err(
            "--shard auto: SLURM_ARRAY_TASK_ID is set, but not SLURM_ARRAY_TASK_COUNT \
             and SLURM_ARRAY_TASK_MIN; write --shard i/n"
                .to_owned(),
        );
    };
    let most = get("SLURM_ARRAY_TASK_MAX")?;
    let reach = most.map(|most| most.saturating_sub(min));
    let step = match (get("SLURM_ARRAY_TASK_STEP")?, reach) {
        (Some(step), _) if step > 0 => step,
        (_, Some(reach)) if count > 1 => (reach / (count - 1)).max(1),
        _ => 1,
    };
    let from = id.checked_sub(min);
    let even = reach.is_none_or(|reach| reach == step.saturating_mul(count.saturating_sub(1)));
    match from {
        Some(from) if even && from % step == 0 => Ok(Some(Place {
            source: "Slurm's job array",
            variable: "SLURM_ARRAY_TASK_ID",
            position: from / step,
            count: Some(count),
        })),
        _ => Err(format!(
            "--shard auto: Slurm's array has gaps (task {id}, {count} tasks from {min}): which part \
             this is cannot be told; write --shard i/n, or submit the whole array again: what is \
             played already is kept"
        )),
    }
}

/// A task of `srun`. A batch script by itself is no task, though Slurm sets the same
/// variables for it.
fn slurm_task(variables: &Variables) -> Result<Option<Place>, String> {
    let is_set = |name: &str| variables.contains_key(name);
    let batch = is_set("SLURM_JOB_ID") && !is_set("SLURM_STEP_ID");
    let Some(position) = number(variables, "SLURM_PROCID")?.filter(|_| !batch) else {
        return Ok(None);
    };
    let tasks = number(variables, "SLURM_STEP_NUM_TASKS")?;
    Ok(Some(Place {
        source: "Slurm's srun",
        variable: "SLURM_PROCID",
        position,
        count: match tasks {
            Some(tasks) => Some(tasks),
            None => number(variables, "SLURM_NTASKS")?,
        },
    }))
}

fn kubernetes(variables: &Variables) -> Result<Option<Place>, String> {
    let position = number(variables, "JOB_COMPLETION_INDEX")?;
    Ok(position.map(|position| Place {
        source: "Kubernetes' Indexed Job",
        variable: "JOB_COMPLETION_INDEX",
        position,
        count: None,
    }))
}

/// How a CI system numbers the jobs of a matrix.
struct Matrix {
    source: &'static str,
    index: &'static str,
    total: &'static str,
    first: u64,
}

const GITLAB: Matrix = Matrix {
    source: "GitLab's parallel",
    index: "CI_NODE_INDEX",
    total: "CI_NODE_TOTAL",
    first: 1,
};

const CIRCLE: Matrix = Matrix {
    source: "CircleCI's parallelism",
    index: "CIRCLE_NODE_INDEX",
    total: "CIRCLE_NODE_TOTAL",
    first: 0,
};

const BUILDKITE: Matrix = Matrix {
    source: "Buildkite's parallelism",
    index: "BUILDKITE_PARALLEL_JOB",
    total: "BUILDKITE_PARALLEL_JOB_COUNT",
    first: 0,
};

fn matrix(variables: &Variables, matrix: &Matrix) -> Result<Option<Place>, String> {
    let Some(index) = number(variables, matrix.index)? else {
        return Ok(None);
    };
    let position = index.checked_sub(matrix.first).ok_or_else(|| {
        let Matrix { index, first, .. } = matrix;
        format!("--shard auto: {index} is 0: expected a number from {first}; write --shard i/n")
    })?;
    Ok(Some(Place {
        source: matrix.source,
        variable: matrix.index,
        position,
        count: number(variables, matrix.total)?,
    }))
}
