//! The experiments that come with Swelkie: the files under `harness/experiments/`.

use std::path::Path;

use super::experiment::Experiment;

macro_rules! experiments {
    ($($name:literal,)*) => {
        const FILES: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../../experiments/", $name, ".toml"))),)*
        ];
    };
}

experiments! {
    "threshold",
    "loss",
    "mean",
    "rounds",
    "demers",
    "sparse",
    "neighbourhoods",
    "congestion",
}

/// Their names and titles.
///
/// # Panics
/// If one is no experiment, which a test rules out.
pub fn list() -> impl Iterator<Item = (&'static str, String)> {
    FILES.iter().map(|(name, text)| {
        let experiment = Experiment::parse(name, text, Path::new("."));
        let experiment = experiment.unwrap_or_else(|error| panic!("{error}"));
        (*name, experiment.title)
    })
}

/// The one of this name.
///
/// # Errors
/// If there is none: which there are.
pub fn find(name: &str) -> Result<Experiment, String> {
    let Some((name, text)) = FILES.iter().find(|file| file.0 == name) else {
        let names: Vec<&str> = FILES.iter().map(|file| file.0).collect();
        return Err(format!(
            "there is no experiment `{}` (known: {}, or all); for a file write `swelkie lab FILE`",
            name.escape_debug(),
            names.join(", ")
        ));
    };
    Experiment::parse(name, text, Path::new(".")).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_experiment_is_one_and_says_what_it_is_about_and_where_its_numbers_come_from() {
        for (name, _) in FILES {
            let experiment = find(name).unwrap_or_else(|error| panic!("{error}"));
            assert!(
                !experiment.title.is_empty() && !experiment.about.is_empty(),
                "{name}"
            );
            assert!(!experiment.source.is_empty(), "{name}");
        }
    }
}
