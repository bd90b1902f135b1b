//! From a suite file to rungs that can be played. Everything is checked before the first
//! run: options, programs, schedules, assertions.

use std::ffi::{OsStr, OsString};
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use swelkie::faults::mistake::{Mistake, Source, closest};
use swelkie::options::{Keep, Options};
use swelkie::suite::file::{self, Block, Entry, File, SeedsAsked};
use swelkie::suite::{Rung, Seeds};

use super::SuiteArguments;
use super::keys::{Keys, Setting, first_paragraph, said, written};
use crate::cli::Failure;
use crate::cli::arguments::{Sweeping, TestArguments};
use crate::cli::repeat::quote;
use crate::cli::test::drawn_seed;

/// What is to be played.
pub struct Suite {
    pub name: String,
    pub rungs: Vec<Rung>,
    pub budget: Option<Duration>,
    pub warnings: Vec<String>,
}

/// Keys of which one takes the place of the other: a rung's `builtin` that of the
/// defaults' `bin`.
const INSTEAD: [(&str, &str); 2] = [("bin", "builtin"), ("nodes", "node-count")];

/// Keys that say how a rung is played, not what a run is.
const NO_PART: [&str; 4] = ["seed", "keep", "stress-count", "stress-duration"];

/// Reads the file and makes its rungs.
pub fn assemble(arguments: &SuiteArguments, program: &OsStr) -> Result<Suite, Failure> {
    let path = &arguments.file;
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::Usage(format!(
            "{shown} cannot be read: {error}; expected a suite, a TOML file (swelkie suite --help shows one)"
        ))
    })?;
    let (file, mistakes) = file::parse(&shown, &text);
    // What could not be read is no reason for a second complaint.
    let whole = mistakes.is_empty();
    let chosen = match whole {
        true => chosen(&file, &arguments.only)?,
        false => (0..file.rungs.len()).collect(),
    };
    let directory = path.parent().unwrap_or(Path::new(""));
    let mut maker = Maker {
        keys: Keys::new(directory),
        arguments,
        program,
        drawn: drawn_seed(),
        mistakes,
        foreign: Vec::new(),
        warnings: Vec::new(),
        file: &file,
    };
    let rungs = maker.rungs(&chosen, whole);
    let Maker {
        mistakes,
        foreign,
        warnings,
        ..
    } = maker;
    conclude(&file.source, mistakes, foreign).map_err(Failure::Usage)?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    Ok(Suite {
        name: file.name.clone().unwrap_or_else(|| stem.into_owned()),
        rungs,
        budget: file.budget,
        warnings,
    })
}

/// All mistakes in one text; those of other files last.
fn conclude(source: &Source, mistakes: Vec<Mistake>, foreign: Vec<String>) -> Result<(), String> {
    let mut messages = match source.judge(mistakes) {
        Ok(_) => Vec::new(),
        Err(mistakes) => mistakes.messages,
    };
    messages.extend(foreign);
    match messages.is_empty() {
        true => Ok(()),
        false => Err(messages.join("\n\n")),
    }
}

/// The indices of the rungs that are played.
fn chosen(file: &File, only: &[String]) -> Result<Vec<usize>, Failure> {
    let names: Vec<&str> = file.rungs.iter().map(Block::called).collect();
    if only.is_empty() {
        return Ok((0..names.len()).collect());
    }
    if let Some(stranger) = only.iter().find(|name| !names.contains(&name.as_str())) {
        let shown = swelkie::text::excerpt(stranger.as_bytes(), 60);
        let guess = closest(stranger, names.iter().copied());
        let guess = guess.map(|name| format!("; did you mean \"{name}\"?"));
        return Err(Failure::Usage(format!(
            "--only \"{shown}\": there is no such rung{} (there are {})",
            guess.unwrap_or_default(),
            swelkie::text::excerpt(names.join(", ").as_bytes(), 400)
        )));
    }
    let wanted = |index: &usize| only.iter().any(|name| name == names[*index]);
    Ok((0..names.len()).filter(wanted).collect())
}

struct Maker<'a> {
    keys: Keys,
    arguments: &'a SuiteArguments,
    program: &'a OsStr,
    /// The base seed if nobody names one.
    drawn: u64,
    mistakes: Vec<Mistake>,
    /// Mistakes in other files, such as a schedule of faults.
    foreign: Vec<String>,
    warnings: Vec<String>,
    file: &'a File,
}

impl Maker<'_> {
    fn rungs(&mut self, chosen: &[usize], whole: bool) -> Vec<Rung> {
        let file = self.file;
        let defaults = self.settings(&file.defaults.entries, "[defaults]");
        let mut rungs = Vec::new();
        for &index in chosen {
            let block = &file.rungs[index];
            let before = self.mistakes.len();
            let own = self.settings(&block.entries, "this rung");
            // Whatever is missing may be what could not be read.
            if self.mistakes.len() > before || !whole {
                continue;
            }
            let rung = self.rung(block, &merged(&defaults, &own));
            rungs.extend(rung.map(|rung| Rung {
                needs: block.needs.as_ref().and_then(|needs| {
                    let needed = |&at: &usize| file.rungs[at].called() == needs.get_ref();
                    chosen.iter().position(needed)
                }),
                ..rung
            }));
        }
        rungs
    }

    fn settings(&mut self, entries: &[Entry], place: &str) -> Vec<Setting> {
        let mut settings = Vec::new();
        for entry in entries {
            match self.keys.read(entry, place) {
                Ok(setting) => settings.push(setting),
                Err(mistake) => self.mistakes.push(mistake),
            }
        }
        settings
    }

    fn rung(&mut self, block: &Block, settings: &[&Setting]) -> Option<Rung> {
        let test = match self.keys.parse(settings) {
            Ok(test) => test,
            Err(error) => return self.wrong(block, settings, &first_paragraph(&error)),
        };
        let seeds = self.seeds(block, &test);
        let first = seeds.get(0).unwrap_or_default();
        let mut options = match test.options(first, String::new()) {
            Ok(options) => options,
            Err(failure) => return self.wrong(block, settings, &failure.to_string()),
        };
        self.overrule(&test, &mut options);
        match options.plan() {
            Ok(plan) => {
                let told = plan.warnings.iter();
                self.warnings
                    .extend(told.map(|told| format!("{}: {told}", block.called())));
            }
            Err(error) => return self.wrong(block, settings, &error.to_string()),
        }
        let defaults = &self.file.defaults;
        Some(Rung {
            again: self.again(settings),
            seeds,
            repeat: block.repeat.or(defaults.repeat).unwrap_or(1),
            expect: block
                .expect
                .clone()
                .or(defaults.expect.clone())
                .unwrap_or_default(),
            budget: block.budget.or(defaults.budget),
            ..Rung::new(block.called(), options)
        })
    }

    /// What the command line says goes before what the file says.
    fn overrule(&self, test: &TestArguments, options: &mut Options) {
        let Sweeping { keep, .. } = self.arguments.sweeping;
        options.keep = keep.or(test.sweeping.keep).map_or(Keep::Failed, Keep::from);
        options.no_store |= self.arguments.no_store;
        options.catch_signals = false;
        if let Some(store) = &self.arguments.store {
            options.store.clone_from(store);
            options.no_store = false;
        }
    }

    fn seeds(&mut self, block: &Block, test: &TestArguments) -> Seeds {
        let (file, arguments) = (self.file, self.arguments);
        let base = arguments
            .seed
            .or(test.faults.seed)
            .or(file.seed)
            .unwrap_or(self.drawn);
        let asked = block.seeds.as_ref().or(file.defaults.seeds.as_ref());
        let seeds = match asked {
            None => Seeds::List(vec![base]),
            Some(SeedsAsked::These(seeds)) => seeds.clone(),
            Some(&SeedsAsked::Count(count)) => Seeds::From {
                first: base,
                count: Some(count),
                during: None,
            },
        };
        let (given, own) = (&arguments.sweeping, &test.sweeping);
        let stress = if given.stresses() { given } else { own };
        stress.seeds(seeds.get(0).unwrap_or(base)).unwrap_or(seeds)
    }

    /// Something is wrong with the rung as a whole, or with what a key means beside others.
    fn wrong<T>(&mut self, block: &Block, settings: &[&Setting], text: &str) -> Option<T> {
        let name = block.called();
        if let Some((place, _)) = text.split_once(": error: ")
            && !place.contains([' ', '\n'])
        {
            self.foreign.push(format!("{text}\n    = in rung `{name}`"));
            return None;
        }
        let span = mentioned(text, settings).unwrap_or_else(|| {
            let span = block.name.as_ref().map(toml::Spanned::span);
            span.unwrap_or_else(|| block.span.clone())
        });
        let mistake = Mistake::at(span, format!("rung `{name}` cannot be run"));
        self.mistakes.push(said(mistake, text));
        None
    }

    /// The `swelkie test` that repeats a run.
    fn again(&self, settings: &[&Setting]) -> swelkie::suite::Again {
        let part = |setting: &&&Setting| !NO_PART.contains(&setting.key.as_str());
        let settings: Vec<&Setting> = settings.iter().filter(part).copied().collect();
        let mut words: Vec<OsString> = vec![self.program.to_owned(), "test".into()];
        let all = written(&settings, |flag, value| match value.as_encoded_bytes() {
            [b'-', ..] => vec![OsString::from(format!(
                "{flag}={}",
                value.to_string_lossy()
            ))],
            _ => vec![flag.into(), value.to_owned()],
        });
        let split = all
            .iter()
            .position(|word| word == "--")
            .unwrap_or(all.len());
        words.extend(all[..split].iter().cloned());
        if let Some(store) = &self.arguments.store {
            words.extend(["--store".into(), store.clone().into_os_string()]);
        }
        let quoted = |words: &[OsString]| -> String {
            let words: Vec<String> = words.iter().map(|word| quote(word)).collect();
            words.join(" ")
        };
        let (ours, rest) = (quoted(&words), quoted(&all[split..]));
        Box::new(move |seed| format!("{ours} --seed {seed} {rest}").trim_end().to_owned())
    }
}

/// The defaults with what a rung says instead.
fn merged<'s>(defaults: &'s [Setting], own: &'s [Setting]) -> Vec<&'s Setting> {
    let other = |key: &str| {
        let pair = INSTEAD
            .iter()
            .find(|(one, other)| *one == key || *other == key);
        pair.map(|&(one, other)| if one == key { other } else { one })
    };
    let replaced = |setting: &&Setting| {
        let key = setting.key.as_str();
        own.iter()
            .any(|own| own.key == key || Some(own.key.as_str()) == other(key))
    };
    let kept = defaults.iter().filter(|setting| !replaced(setting));
    let mut all: Vec<&Setting> = kept.chain(own).collect();
    // As one would write it: what, with what, then the rest.
    const FIRST: [&str; 4] = ["workload", "builtin", "bin", "sim"];
    let place = |setting: &&Setting| {
        let first = FIRST.iter().position(|key| *key == setting.key);
        first.unwrap_or(FIRST.len())
    };
    all.sort_by_key(place);
    all
}

/// The key that a complaint speaks of.
fn mentioned(text: &str, settings: &[&Setting]) -> Option<Range<usize>> {
    let flags = text.split("--").skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        &rest[..end.unwrap_or(rest.len())]
    });
    let found = flags.filter_map(|flag| settings.iter().find(|one| one.key == flag));
    found.map(|setting| setting.span.clone()).next()
}
