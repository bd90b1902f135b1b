//! Playing a part of an experiment: `--shard`.

use std::path::PathBuf;

use swelkie::lab::experiment::Experiment;
use swelkie::lab::shard::{self, Choice, Shard, Variables};

use super::How;
use crate::cli::Failure;

/// The same with the part that the environment names in the place of `auto`, said on
/// stderr. Without `--shard` everything is played, which is said if the environment names
/// a part.
pub fn resolved(how: &How) -> Result<How, Failure> {
    let variables = variables();
    let Some(choice) = how.shard else {
        if let Ok(Some(found)) = shard::find(&variables, None)
            && found.shard.of() > 1
            && !how.quiet
        {
            eprintln!(
                "{} says that this is part {}, and all of it is played; --shard auto plays the part",
                found.source, found.shard
            );
        }
        return Ok(how.clone());
    };
    let found = choice.resolve(&variables).map_err(Failure::Usage)?;
    if matches!(choice, Choice::Auto(_)) && !how.quiet {
        eprintln!("part {}, by {}", found.shard, found.source);
    }
    Ok(How {
        shard: Some(Choice::Given(found.shard)),
        ..how.clone()
    })
}

fn variables() -> Variables {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(text).collect()
}

fn chosen(how: &How) -> Option<Shard> {
    match how.shard {
        Some(Choice::Given(shard)) => Some(shard),
        _ => None,
    }
}

/// Leaves an experiment the cells of the part that is asked for. Returns where its results
/// are kept.
pub fn take(experiment: &mut Experiment, how: &How) -> PathBuf {
    let directory = how.out.join(&experiment.name);
    let Some(shard) = chosen(how) else {
        return directory;
    };
    if !experiment.questions.is_empty() || !experiment.loads.is_empty() {
        eprintln!(
            "{}: threshold searches and queues are not shared out to parts; play them without --shard",
            experiment.name
        );
    }
    experiment.questions.clear();
    experiment.loads.clear();
    let all = experiment.cells.len();
    experiment.cells = shard.own(std::mem::take(&mut experiment.cells));
    experiment.title = format!(
        "{}: part {shard}, {} of {all} cells",
        experiment.title,
        experiment.cells.len()
    );
    directory.join(shard.directory())
}

/// The verdict on a part: targets are judged when all parts are together, so that neither
/// a batch system nor a CI system takes a missed target for a part that failed.
pub fn verdict(how: &How, all_played: bool) -> Option<(u8, Option<String>)> {
    let shard = chosen(how)?;
    let said = format!("part {shard} is done; `swelkie lab merge` puts all parts together");
    Some((0, all_played.then_some(said)))
}
