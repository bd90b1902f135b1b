//! The keys of a rung: the options of `swelkie test`, read by the very definition that
//! reads its command line, so that both mean the same and complain alike.
//!
//! ```text
//!   nemesis = ["partition", "kill"]  ─►  --nemesis=partition --nemesis=kill  ─►  clap
//! ```

use std::error::Error as _;
use std::ffi::{OsStr, OsString};
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Args as _, FromArgMatches as _};
use swelkie::faults::mistake::{Mistake, closest, either};
use swelkie::suite::file::{Entry, RUNG, Value, unknown_key};

use crate::cli::arguments::TestArguments;
use crate::cli::values;

/// The key of the arguments for node programs, which have no name on the command line.
pub const ARGUMENTS: &str = "args";

/// Flags that are no keys, and what to write instead.
const FLAGS: [(&str, &str); 8] = [
    ("test-count", "write seeds = 20 for twenty runs"),
    ("dry-run", "it is a flag: swelkie suite FILE --dry-run"),
    ("json", "it is a flag: swelkie suite FILE --json"),
    ("quiet", "it is a flag: swelkie suite FILE --quiet"),
    (
        "junit",
        "it is a flag: swelkie suite FILE --junit junit.xml",
    ),
    ("ci", "it is a flag: swelkie suite FILE --ci github"),
    ("jobs", "it is a flag: swelkie suite FILE --jobs 4"),
    (
        "log-net-send",
        "what several runs send would be mixed; messages.jsonl has it",
    ),
];

/// More of them, of the same kind.
const LOGS: [(&str, &str); 2] = [
    (
        "log-net-recv",
        "what several runs receive would be mixed; messages.jsonl has it",
    ),
    ("log-stderr", "it is kept in nodes/*.stderr.log"),
];

/// Keys whose values are paths if they look like one.
const PATHS: [&str; 5] = ["bin", "cwd", "faults", "topology", "store"];

/// The options of a test as keys.
pub struct Keys {
    command: clap::Command,
    /// Where the suite file is: paths are relative to it.
    directory: PathBuf,
}

/// A key that was read.
#[derive(Clone, Debug)]
pub struct Setting {
    pub key: String,
    pub span: Range<usize>,
    /// What it comes to on the command line: a flag and its value, or a flag alone. Of
    /// node arguments the values alone.
    pub flags: Vec<(String, Option<OsString>)>,
}

impl Keys {
    /// For a suite in this directory.
    pub fn new(directory: &Path) -> Keys {
        let command = clap::Command::new("rung")
            .no_binary_name(true)
            .disable_help_flag(true);
        let mut command = TestArguments::augment_args(command);
        command.build();
        Keys {
            command,
            directory: directory.to_owned(),
        }
    }

    /// The options that are keys.
    pub fn arguments(&self) -> impl Iterator<Item = (&str, &Arg)> {
        let key = |argument: &'_ Arg| !is_flag(argument.get_long().unwrap_or(ARGUMENTS));
        self.command
            .get_arguments()
            .filter(move |argument| key(argument))
            .map(|argument| (argument.get_long().unwrap_or(ARGUMENTS), argument))
    }

    /// Reads a key.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(&self, entry: &Entry, place: &str) -> Result<Setting, Mistake> {
        let known = self.arguments().find(|(name, _)| *name == entry.key);
        let Some((_, argument)) = known else {
            return Err(self.unknown(entry, place));
        };
        let values = self.values(entry, argument)?;
        let flag = |value: OsString| (format!("--{}", entry.key), Some(value));
        let flags = match values {
            Some(values) => values.into_iter().map(flag).collect(),
            None if entry.value == Value::Flag(true) => vec![(format!("--{}", entry.key), None)],
            None => Vec::new(),
        };
        let setting = Setting {
            key: entry.key.clone(),
            span: entry.span.clone(),
            flags,
        };
        // Alone, so that a complaint is about this key.
        match self.parse(&[&setting]) {
            Ok(_) => Ok(setting),
            Err(error) => Err(complaint(&error, &setting)),
        }
    }

    /// What clap makes of settings.
    pub fn parse(&self, settings: &[&Setting]) -> Result<TestArguments, clap::Error> {
        let words = written(settings, |flag, value| {
            let mut word = OsString::from(flag);
            word.push("=");
            word.push(value);
            vec![word]
        });
        let matches = self.command.clone().try_get_matches_from(words)?;
        TestArguments::from_arg_matches(&matches)
    }

    fn unknown(&self, entry: &Entry, place: &str) -> Mistake {
        let key = entry.key.as_str();
        if let Some((_, instead)) = FLAGS.iter().chain(&LOGS).find(|row| row.0 == key) {
            let title = format!("`{key}` is no key of a rung");
            return Mistake::at(entry.key_span.clone(), title).help(*instead);
        }
        let names = self.arguments().map(|(name, _)| name);
        let known: Vec<&str> = names.chain(RUNG.map(|row| row.0)).collect();
        let underscores = key.replace('_', "-");
        let meant = known.iter().find(|name| **name == underscores);
        let mistake = unknown_key(key, entry.key_span.clone(), place, known.clone());
        match meant {
            Some(name) => mistake.help(format!("did you mean `{name}`?")),
            None if closest(key, known.iter().copied()).is_some() => mistake,
            None => mistake.help(format!(
                "keys are the options that `swelkie test --help` shows, and {}",
                RUNG.map(|row| row.0).join(", ")
            )),
        }
    }

    /// The values of a key as text; none for a switch.
    fn values(&self, entry: &Entry, argument: &Arg) -> Result<Option<Vec<OsString>>, Mistake> {
        let key = entry.key.as_str();
        let wrong =
            |title: String, label: &str| Err(Mistake::at(entry.span.clone(), title).label(label));
        let many = matches!(argument.get_action(), ArgAction::Append);
        let switch = matches!(argument.get_action(), ArgAction::SetTrue);
        let words: Vec<String> = match &entry.value {
            Value::Flag(_) if switch => return Ok(None),
            _ if switch => {
                return wrong(format!("`{key}` is on or off"), "expected true or false");
            }
            Value::Flag(_) => {
                let kind = value_name(argument);
                return wrong(
                    format!("`{key}` is no switch"),
                    &format!("expected a value: {kind}"),
                );
            }
            Value::Text(text) => vec![text.clone()],
            Value::List(words) if many => words.clone(),
            Value::List(_) => {
                return wrong(
                    format!("`{key}` takes one value"),
                    "expected it alone, without [ ]",
                );
            }
            Value::Table(pairs) if matches!(key, "env" | "bin") => {
                let pairs = pairs.iter();
                pairs
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect()
            }
            Value::Table(_) => {
                return wrong(
                    format!("`{key}` has no keys of its own"),
                    "expected a value or a list",
                );
            }
        };
        let words = words.into_iter().map(|word| self.rebased(key, word));
        Ok(Some(words.collect()))
    }

    /// A path from the suite's directory as one from the current directory.
    fn rebased(&self, key: &str, word: String) -> OsString {
        let word = OsString::from(word);
        if !PATHS.contains(&key) {
            return word;
        }
        if key == "bin"
            && let Ok(program) = values::program(word.clone())
        {
            let path = self.path(key, &program.path);
            return match program.node {
                Some(node) => {
                    let mut word = OsString::from(node + "=");
                    word.push(path);
                    word
                }
                None => path.into_os_string(),
            };
        }
        self.path(key, Path::new(&word)).into_os_string()
    }

    fn path(&self, key: &str, path: &Path) -> PathBuf {
        let text = path.to_string_lossy();
        // A program without a slash is looked up in PATH; line and grid are shapes.
        let is_path = match key {
            "bin" => text.contains('/'),
            "topology" => text.contains('/') || text.ends_with(".json"),
            _ => true,
        };
        if !is_path || path.is_absolute() || self.directory.as_os_str().is_empty() {
            return path.to_owned();
        }
        let parts = path.components().filter(|part| *part != Component::CurDir);
        let joined = self.directory.join(parts.collect::<PathBuf>());
        match joined.components().count() {
            // It must not become a bare name.
            1 => Path::new(".").join(joined),
            _ => joined,
        }
    }
}

/// Settings as words: flags, then node arguments behind `--`.
pub fn written(
    settings: &[&Setting],
    join: impl Fn(&str, &OsStr) -> Vec<OsString>,
) -> Vec<OsString> {
    let (arguments, options): (Vec<&Setting>, Vec<&Setting>) = settings
        .iter()
        .partition(|setting| setting.key == ARGUMENTS);
    let mut words = Vec::new();
    for (flag, value) in options.iter().flat_map(|setting| &setting.flags) {
        match value {
            Some(value) => words.extend(join(flag, value)),
            None => words.push(flag.into()),
        }
    }
    let arguments: Vec<OsString> = arguments
        .iter()
        .flat_map(|setting| &setting.flags)
        .filter_map(|(_, value)| value.clone())
        .collect();
    if !arguments.is_empty() {
        words.push("--".into());
        words.extend(arguments);
    }
    words
}

fn is_flag(key: &str) -> bool {
    FLAGS.iter().chain(&LOGS).any(|row| row.0 == key)
}

/// What stands for the value in the help.
pub fn value_name(argument: &Arg) -> String {
    let names = argument.get_value_names().unwrap_or_default();
    names
        .first()
        .map_or_else(|| "text".to_owned(), ToString::to_string)
}

/// What clap says about one key, at its place.
fn complaint(error: &clap::Error, setting: &Setting) -> Mistake {
    let value = match error.get(ContextKind::InvalidValue) {
        Some(ContextValue::String(value)) => format!("\"{value}\""),
        _ => "this".to_owned(),
    };
    let title = format!("`{}` cannot be {value}", setting.key);
    let mistake = Mistake::at(setting.span.clone(), title);
    let text = match (
        error.kind(),
        error.source(),
        error.get(ContextKind::ValidValue),
    ) {
        (ErrorKind::ValueValidation, Some(source), _) => source.to_string(),
        (_, _, Some(ContextValue::Strings(valid))) => {
            format!(
                "expected {}",
                either(valid.iter().map(String::as_str), "\"")
            )
        }
        _ => first_paragraph(error),
    };
    said(mistake, &text)
}

/// A complaint of several lines: the first beside the caret, the others below.
pub fn said(mistake: Mistake, text: &str) -> Mistake {
    let mut lines = text.lines().map(str::trim);
    let mistake = mistake.label(lines.next().unwrap_or_default());
    let rest: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    match rest.is_empty() {
        true => mistake,
        false => mistake.help(rest.join("; ")),
    }
}

/// What clap says, without its advice on usage.
pub fn first_paragraph(error: &clap::Error) -> String {
    let text = error.to_string();
    let paragraph = text.split("\n\n").next().unwrap_or_default();
    let paragraph = paragraph.strip_prefix("error: ").unwrap_or(paragraph);
    paragraph.replace('\n', " ")
}
