//! What is wrong with a spec, and what was probably meant.

use std::fmt;

use super::{Parameter, entries, find};

/// Why a spec names no node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpecError {
    /// There is no node of this name.
    UnknownNode {
        /// The name.
        name: String,
    },
    /// The node has no such parameter.
    UnknownParameter {
        /// The node.
        node: &'static str,
        /// The parameter.
        name: String,
    },
    /// A parameter is set twice.
    Repeated {
        /// The parameter.
        name: &'static str,
    },
    /// A parameter's value is not what it takes.
    BadValue {
        /// The parameter.
        parameter: Parameter,
        /// The value; none if there is no `=`.
        value: Option<String>,
    },
    /// The parameters contradict each other.
    Contradiction {
        /// The spec.
        spec: String,
        /// How.
        why: String,
    },
    /// The node is not a dissemination strategy.
    NoStrategy {
        /// The node.
        name: &'static str,
    },
}

impl SpecError {
    pub(super) fn contradiction(spec: &str, why: String) -> SpecError {
        let spec = spec.to_owned();
        SpecError::Contradiction { spec, why }
    }
}

/// The closest of these names, if one is close.
fn closest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |known: &str| strsim::damerau_levenshtein(&name.to_lowercase(), known);
    names
        .map(|known| (distance(known), known))
        .min()
        .filter(|(distance, known)| *distance <= 1 + known.len() / 4)
        .map(|(_, known)| known)
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

fn hint(f: &mut fmt::Formatter, closest: Option<&str>) -> fmt::Result {
    match closest {
        Some(name) => write!(f, ": did you mean `{name}`?"),
        None => Ok(()),
    }
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            SpecError::UnknownNode { name } => {
                write!(f, "there is no built-in node `{}`", name.escape_debug())?;
                hint(f, closest(name, entries().map(|entry| entry.name)))?;
                let sound = entries().filter(|entry| !entry.planted);
                write!(f, " (known: {})", list(sound.map(|entry| entry.name)))
            }
            SpecError::UnknownParameter { node, name } => {
                write!(f, "`{node}` has no parameter `{}`", name.escape_debug())?;
                let names = || {
                    find(node)
                        .into_iter()
                        .flat_map(|entry| entry.parameters)
                        .map(|p| p.name)
                };
                hint(f, closest(name, names()))?;
                match list(names()) {
                    none if none.is_empty() => write!(f, " (it has none)"),
                    known => write!(f, " (known: {known})"),
                }
            }
            SpecError::Contradiction { spec, why } => {
                write!(f, "`{}`: {why}", spec.escape_debug())
            }
            SpecError::NoStrategy { name } => {
                write!(f, "`{name}` is no dissemination strategy")?;
                let strategies = entries().filter(|entry| entry.family.is_some());
                write!(f, " (known: {})", list(strategies.map(|entry| entry.name)))
            }
            SpecError::Repeated { name } => write!(f, "`{name}` is set twice"),
            SpecError::BadValue {
                parameter:
                    Parameter {
                        name,
                        kind,
                        default,
                        ..
                    },
                value,
            } => match value {
                Some(value) => {
                    let value = value.escape_debug();
                    write!(
                        f,
                        "`{name}={value}`: `{name}` takes {kind} (default {default})"
                    )
                }
                None => write!(f, "`{name}` takes {kind}: write `{name}={default}`"),
            },
        }
    }
}

impl std::error::Error for SpecError {}
