//! A schedule file as it was read: keys, units and kinds are right, names and
//! words for random choices are not looked up yet.

use std::time::Duration;

use toml::Spanned;

use super::mistake::{Source, closest, either};
use super::spec::Kind;
use crate::network::{Latency, LinkFault};

/// What is to go wrong: a schedule file, the command line's sugar, or both.
#[derive(Clone, Debug, Default)]
pub struct File {
    pub(super) source: Source,
    pub(super) network: Network,
    pub(super) groups: Vec<Group>,
    pub(super) faults: Vec<Entry>,
    pub(super) random: Vec<RandomFaults>,
}

impl File {
    /// No file: nothing goes wrong.
    #[must_use]
    pub fn empty() -> File {
        File::default()
    }

    /// Adds what `--nemesis partition,kill --nemesis-interval 10s` means: a
    /// `[random]` section with these kinds and this mean interval.
    ///
    /// # Errors
    /// If a kind is unknown or named twice, or the interval is zero: a message for the user.
    pub fn add_nemesis(&mut self, kinds: &str, interval: Duration) -> Result<(), String> {
        if interval.is_zero() {
            return Err(
                "--nemesis-interval 0: faults need time between them; the default is 10s"
                    .to_owned(),
            );
        }
        let mut chosen = Vec::new();
        for word in kinds
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty())
        {
            let kind = Kind::parse(word).ok_or_else(|| {
                let names = Kind::ALL.map(Kind::name);
                let guess = closest(word, names).map(|name| format!("did you mean {name}? "));
                let guess = guess.unwrap_or_default();
                format!(
                    "--nemesis {word:?}: no such fault; {guess}There are {}",
                    either(names, "")
                )
            })?;
            if chosen.contains(&kind) {
                return Err(format!("--nemesis {kinds}: {kind} is named twice"));
            }
            chosen.push(kind);
        }
        if !chosen.is_empty() {
            self.random.push(RandomFaults {
                interval,
                ..RandomFaults::new("nemesis", chosen)
            });
        }
        Ok(())
    }
}

/// `[network]`
#[derive(Clone, Debug, Default)]
pub(super) struct Network {
    pub(super) latency: Option<Latency>,
    pub(super) client_latency: Option<Latency>,
    /// What all links between nodes are like, in the order it is written back.
    pub(super) everywhere: Vec<LinkFault>,
    pub(super) links: Vec<Link>,
}

/// `[[network.link]]`
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) place: Place,
    pub(super) faults: Vec<LinkFault>,
    pub(super) span: std::ops::Range<usize>,
}

/// A line of `[groups]`.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) name: Spanned<String>,
    pub(super) members: Vec<Spanned<String>>,
}

/// `[[fault]]`
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) kind: Spanned<Kind>,
    pub(super) name: Option<Spanned<String>>,
    pub(super) at: Spanned<Duration>,
    pub(super) lasts: Option<Duration>,
    pub(super) every: Option<Spanned<Duration>>,
    pub(super) place: Place,
    pub(super) deed: Deed,
}

/// What a fault does, without where.
#[derive(Clone, Debug)]
pub(super) enum Deed {
    Link(LinkFault),
    Kill { forever: bool },
    Stop { forever: bool },
    Pause,
    Restart,
}

/// Names, or a word for a random choice.
#[derive(Clone, Debug)]
pub(super) enum Names {
    /// A string that stands alone: a name, or a word such as `majority`.
    One(String),
    /// A list: names only.
    List(Vec<Spanned<String>>),
}

/// Where a fault acts.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// Not said: every link between nodes.
    Anywhere,
    Targets(Spanned<Names>),
    Between(Spanned<Names>, Spanned<Names>),
    FromTo(Option<Spanned<Names>>, Option<Spanned<Names>>),
    Sides(Vec<Vec<Spanned<String>>>),
    Deaf(Vec<(Spanned<String>, Spanned<Names>)>),
}

/// A word for a random choice of nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Word {
    One,
    Minority,
    MinorityThird,
    Majority,
    MajoritiesRing,
    All,
    Random,
}

impl Word {
    pub(super) const ALL: [Word; 7] = [
        Word::One,
        Word::Minority,
        Word::MinorityThird,
        Word::Majority,
        Word::MajoritiesRing,
        Word::All,
        Word::Random,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Word::One => "one",
            Word::Minority => "minority",
            Word::MinorityThird => "minority-third",
            Word::Majority => "majority",
            Word::MajoritiesRing => "majorities-ring",
            Word::All => "all",
            Word::Random => "random",
        }
    }

    pub(super) fn parse(name: &str) -> Option<Word> {
        Word::ALL.into_iter().find(|word| word.name() == name)
    }

    /// Whether it can be said of this kind: a cut needs someone on the other side,
    /// and only what separates can go around in a ring.
    pub(super) fn suits(self, kind: Kind) -> bool {
        match self {
            Word::MajoritiesRing => matches!(kind, Kind::Partition | Kind::Hold),
            Word::All => !kind.separates(),
            _ => true,
        }
    }
}

/// `[random]`, or `--nemesis`: each kind begins and ends, over and over, at
/// intervals uniform on 0…2·`interval`.
#[derive(Clone, Debug)]
pub(super) struct RandomFaults {
    /// The faults are named `random-kill-1` or `nemesis-kill-1`.
    pub(super) prefix: &'static str,
    pub(super) kinds: Vec<Kind>,
    /// Where the kinds are said, if in a file.
    pub(super) span: Option<std::ops::Range<usize>>,
    pub(super) interval: Duration,
    pub(super) at: Duration,
    pub(super) until: Option<Duration>,
    /// None: what suits the kind.
    pub(super) targets: Option<Vec<Word>>,
    pub(super) loss: f64,
    pub(super) duplicate: f64,
    pub(super) reorder: (f64, Latency),
    pub(super) latency: Latency,
    pub(super) slow: Latency,
    pub(super) bandwidth: f64,
}

/// Mean time between the begin of a random fault and its end, and until the next begins.
pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(10);

impl RandomFaults {
    pub(super) fn new(prefix: &'static str, kinds: Vec<Kind>) -> RandomFaults {
        let ms = Duration::from_millis;
        RandomFaults {
            prefix,
            kinds,
            span: None,
            interval: DEFAULT_INTERVAL,
            at: Duration::ZERO,
            until: None,
            targets: None,
            loss: 0.2,
            duplicate: 0.2,
            reorder: (0.2, Latency::constant(ms(100))),
            latency: Latency::exponential(ms(500)),
            slow: Latency::constant(ms(250)),
            bandwidth: 125_000.0,
        }
    }

    /// What a fault of this kind does.
    pub(super) fn deed(&self, kind: Kind) -> Deed {
        Deed::Link(match kind {
            Kind::Partition | Kind::OneWay => LinkFault::Cut,
            Kind::Hold => LinkFault::Hold,
            Kind::Loss => LinkFault::Loss(self.loss),
            Kind::Duplicate => LinkFault::Duplicate(self.duplicate),
            Kind::Reorder => LinkFault::Reorder {
                probability: self.reorder.0,
                delay: self.reorder.1,
            },
            Kind::Latency => LinkFault::Latency(self.latency),
            Kind::Slow => LinkFault::Delay(self.slow),
            Kind::Bandwidth => LinkFault::Bandwidth(self.bandwidth),
            Kind::Kill => return Deed::Kill { forever: false },
            Kind::Stop => return Deed::Stop { forever: false },
            Kind::Pause => return Deed::Pause,
            Kind::Restart => return Deed::Restart,
        })
    }
}
