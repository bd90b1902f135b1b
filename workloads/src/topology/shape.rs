//! The shapes a topology can be asked for by name, and how each is built.

use std::fmt;
use std::str::FromStr;

use swelkie_checkers::text::safe;
use swelkie_nodes::Rng;

use super::{Topology, TopologyError, random};
use crate::suggest;

/// A family of connected, symmetric topologies. Written as `grid`, `tree3`,
/// `random-regular(4)` or `random-regular:4`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Shape {
    /// `line`: each node next to the one before and the one after it.
    Line,
    /// `grid`: rows of ⌈√n⌉ nodes, the last one perhaps shorter; at most 4 neighbours.
    #[default]
    Grid,
    /// `tree2`, `tree3`, `tree4`, …; `tree` is `tree2`. Filled tier by tier.
    Tree {
        /// How many children a node has at most.
        branching: usize,
    },
    /// `total`: everybody is everybody's neighbour.
    Total,
    /// `ring`: a line whose ends meet.
    Ring,
    /// `star`: the first node in the middle.
    Star,
    /// `random-regular(k)`: every node has k neighbours, chosen at random.
    RandomRegular {
        /// k; n·k must be even.
        degree: usize,
    },
    /// `small-world(k,p)`: a ring in which each node knows its k nearest, and with
    /// probability p per such link a shortcut to anywhere (Newman & Watts,
    /// Phys. Lett. A 263, 1999: shortcuts are added, no link is taken away).
    SmallWorld {
        /// k, an even number.
        nearest: usize,
        /// p, in 0…1.
        shortcuts: f64,
    },
    /// `scale-free(m)`: nodes join one by one, each linking to m earlier ones, the
    /// likelier the more links they have (Barabási & Albert, Science 286, 1999).
    ScaleFree {
        /// m.
        links: usize,
    },
}

/// The spellings of the shapes, for messages.
const SPELLINGS: [&str; 11] = [
    "line",
    "grid",
    "tree",
    "tree3",
    "tree4",
    "total",
    "ring",
    "star",
    "random-regular(4)",
    "small-world(4,0.1)",
    "scale-free(2)",
];

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Shape::Line => f.pad("line"),
            Shape::Grid => f.pad("grid"),
            Shape::Tree { branching } => write!(f, "tree{branching}"),
            Shape::Total => f.pad("total"),
            Shape::Ring => f.pad("ring"),
            Shape::Star => f.pad("star"),
            Shape::RandomRegular { degree } => write!(f, "random-regular({degree})"),
            Shape::SmallWorld { nearest, shortcuts } => {
                write!(f, "small-world({nearest},{shortcuts})")
            }
            Shape::ScaleFree { links } => write!(f, "scale-free({links})"),
        }
    }
}

impl FromStr for Shape {
    type Err = TopologyError;

    fn from_str(text: &str) -> Result<Shape, TopologyError> {
        let text = text.trim();
        let (name, arguments) = split(text)?;
        if let Some(branching) = name.strip_prefix("tree") {
            arguments.none(name)?;
            return tree(text, branching);
        }
        match name {
            "random-regular" => {
                let [degree] = arguments.exactly(name)?;
                let degree = whole(name, degree)?;
                Ok(Shape::RandomRegular { degree })
            }
            "small-world" => {
                let [nearest, shortcuts] = arguments.exactly(name)?;
                let (nearest, shortcuts) = (whole(name, nearest)?, probability(name, shortcuts)?);
                if nearest % 2 == 1 {
                    return Err(TopologyError(format!(
                        "`{text}`: half of the {nearest} nearest are on each side, so their number must be even"
                    )));
                }
                Ok(Shape::SmallWorld { nearest, shortcuts })
            }
            "scale-free" => {
                let [links] = arguments.exactly(name)?;
                let links = whole(name, links)?;
                Ok(Shape::ScaleFree { links })
            }
            _ => {
                let fixed = [
                    Shape::Line,
                    Shape::Grid,
                    Shape::Total,
                    Shape::Ring,
                    Shape::Star,
                ];
                let shape = fixed.into_iter().find(|shape| shape.to_string() == name);
                let shape = shape.ok_or_else(|| unknown(name))?;
                arguments.none(name)?;
                Ok(shape)
            }
        }
    }
}

/// What stands in the parentheses, or after the colon.
struct Arguments<'a>(Vec<&'a str>);

impl<'a> Arguments<'a> {
    fn none(&self, name: &str) -> Result<(), TopologyError> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(TopologyError(format!(
            "the topology `{name}` takes no numbers"
        )))
    }

    fn exactly<const N: usize>(self, name: &str) -> Result<[&'a str; N], TopologyError> {
        let count = self.0.len();
        self.0.try_into().map_err(|_| {
            let example = SPELLINGS.iter().find(|spelling| spelling.starts_with(name));
            let example = example.copied().unwrap_or(name);
            let plural = if N == 1 { "" } else { "s" };
            TopologyError(format!(
                "the topology `{name}` wants {N} number{plural}, as in `{example}`, but {count} are given"
            ))
        })
    }
}

/// `name(a,b)`, `name:a,b` or `name`.
fn split(text: &str) -> Result<(&str, Arguments<'_>), TopologyError> {
    let (name, inside) = if let Some((name, rest)) = text.split_once('(') {
        let Some(inside) = rest.strip_suffix(')') else {
            let text = safe(text);
            return Err(TopologyError(format!(
                "in the topology `{text}` the parenthesis is not closed"
            )));
        };
        (name, inside)
    } else if let Some((name, inside)) = text.split_once(':') {
        (name, inside)
    } else {
        return Ok((text, Arguments(Vec::new())));
    };
    let arguments = inside.split(',').map(str::trim).collect();
    Ok((name.trim(), Arguments(arguments)))
}

fn tree(text: &str, branching: &str) -> Result<Shape, TopologyError> {
    if branching.is_empty() {
        return Ok(Shape::Tree { branching: 2 });
    }
    let digits = branching.bytes().all(|byte| byte.is_ascii_digit());
    match branching.parse() {
        Ok(branching) if digits && branching >= 2 => Ok(Shape::Tree { branching }),
        _ => Err(unknown(text)),
    }
}

fn whole(name: &str, text: &str) -> Result<usize, TopologyError> {
    let number = text.parse().ok().filter(|&number| number >= 1);
    number.ok_or_else(|| {
        let text = safe(text);
        TopologyError(format!(
            "the topology `{name}` wants a whole number from 1, got `{text}`"
        ))
    })
}

fn probability(name: &str, text: &str) -> Result<f64, TopologyError> {
    let number = text.parse().ok().filter(|p| (0.0..=1.0).contains(p));
    number.ok_or_else(|| {
        let text = safe(text);
        TopologyError(format!(
            "the topology `{name}` wants a probability from 0 to 1, got `{text}`"
        ))
    })
}

fn unknown(name: &str) -> TopologyError {
    let stem = |spelling: &'static str| spelling.split('(').next().expect("a first part");
    let hint = suggest::hint(name, SPELLINGS.into_iter().map(stem));
    let list = SPELLINGS.join(", ");
    let name = safe(name);
    TopologyError(format!(
        "no topology is called `{name}`{hint} (there are {list})"
    ))
}

impl Shape {
    /// Arranges `n` nodes. Only the shapes that are random use `rng`.
    ///
    /// Connected by construction, except `random-regular`, which is drawn again
    /// until it is: for k ≥ 3 almost every draw is, and k = 2 is a shuffled ring.
    ///
    /// # Errors
    /// If the shape does not exist for `n` nodes.
    pub fn build(self, n: usize, rng: &mut Rng) -> Result<Topology, TopologyError> {
        self.fits(n)
            .map_err(|why| TopologyError(format!("there is no `{self}` of {n} nodes: {why}")))?;
        Ok(match self {
            Shape::Line => Topology::symmetric(n, (1..n).map(|node| (node - 1, node))),
            Shape::Grid => grid(n),
            Shape::Tree { branching } => {
                Topology::symmetric(n, (1..n).map(|node| ((node - 1) / branching, node)))
            }
            Shape::Total => {
                Topology::symmetric(n, (0..n).flat_map(|b| (0..b).map(move |a| (a, b))))
            }
            Shape::Ring => Topology::symmetric(n, ring(n, 1)),
            Shape::Star => Topology::symmetric(n, (1..n).map(|node| (0, node))),
            Shape::RandomRegular { degree } => random::regular(n, degree, rng),
            Shape::SmallWorld { nearest, shortcuts } => {
                random::small_world(n, nearest, shortcuts, rng)
            }
            Shape::ScaleFree { links } => random::scale_free(n, links, rng),
        })
    }

    /// Why there is no such shape of `n` nodes, if there is none.
    fn fits(self, n: usize) -> Result<(), String> {
        let least = |least: usize| match n < least {
            true => Err(format!("it needs at least {least}")),
            false => Ok(()),
        };
        match self {
            Shape::RandomRegular { degree } => {
                least(degree + 1)?;
                if degree == 1 && n > 2 {
                    return Err("with one neighbour each, only 2 nodes are connected".to_owned());
                }
                if n * degree % 2 == 1 {
                    return Err(format!("{n} × {degree} is odd, and a link has two ends"));
                }
                Ok(())
            }
            Shape::SmallWorld { nearest, .. } => least(nearest + 1),
            Shape::ScaleFree { links } => least(links + 1),
            _ => Ok(()),
        }
    }
}

/// The links of a ring in which each node knows the `reach` next ones on each side.
pub(super) fn ring(n: usize, reach: usize) -> impl Iterator<Item = (usize, usize)> {
    let links = (1..=reach).flat_map(move |step| (0..n).map(move |node| (node, (node + step) % n)));
    links.filter(|(a, b)| a != b)
}

/// Row by row, as the reference arranges it.
fn grid(n: usize) -> Topology {
    let side = (1..)
        .find(|side| side * side >= n)
        .expect("a square above n");
    let along = (1..n)
        .filter(|node| node % side != 0)
        .map(|node| (node - 1, node));
    let down = (side..n).map(|node| (node - side, node));
    Topology::symmetric(n, along.chain(down))
}
