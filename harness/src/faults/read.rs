//! Reads a schedule file: TOML with places, then table by table against the
//! vocabulary. Everything wrong is collected, not only the first thing.

use std::collections::BTreeSet;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::file::{Deed, Entry, File, Group, Link, Network, Place, Word};
use super::mistake::{Mistake, Mistakes, Source, either};
use super::spec::{self, Key, Kind, Value, fault_keys};
use super::value::{Node, Reader, Table};
use crate::network::LinkFault;

/// Reads a schedule file. `name` is what messages call it.
///
/// ```
/// use std::time::Duration;
/// use swelkie::faults::{Cluster, parse, resolve};
/// use swelkie_nodes::Seed;
///
/// let file = parse(
///     "faults.toml",
///     r#"
///     [network]                          # what it is like all the time
///     latency = "100ms exponential"
///
///     [groups]
///     left = ["n0", "n1"]
///
///     [[fault]]
///     kind = "partition"
///     at = "5s"                          # since operations began
///     for = "10s"                        # until the final heal without it
///     targets = "left"                   # against all others
///
///     [[fault]]
///     kind = "kill"
///     at = "2s"
///     for = "1s"
///     every = "8s"
///     targets = "one"                    # another one each time
///     "#,
/// )?;
/// let cluster = Cluster {
///     nodes: ["n0", "n1", "n2"].map(Into::into).to_vec(),
///     services: Vec::new(),
///     time_limit: Duration::from_secs(20),
/// };
/// let plan = resolve(&file, &cluster, Seed(7))?;
/// assert_eq!(plan.schedule.faults[1].summary, "cut n0 n1 | n2");
/// assert_eq!(plan.schedule.faults[2].name, "kill-1.2");
/// # Ok::<(), swelkie::faults::Mistakes>(())
/// ```
///
/// # Errors
/// Everything that can be seen to be wrong without knowing the nodes.
pub fn parse(name: &str, text: &str) -> Result<File, Mistakes> {
    let mut file = File {
        source: Source {
            name: name.to_owned(),
            text: text.to_owned(),
        },
        ..File::default()
    };
    let mut reader = Reader::default();
    match DeTable::parse(text) {
        Ok(document) => {
            let place = document.span();
            let root = Spanned::new(place, DeValue::Table(document.into_inner()));
            reader.file(&root, &mut file);
        }
        Err(error) => reader.wrong(syntax(&error, text)),
    }
    file.source.judge(reader.mistakes)?;
    Ok(file)
}

/// What the TOML parser says, with a word on the slip everyone makes: `at = 5s`.
pub(crate) fn syntax(error: &toml::de::Error, text: &str) -> Mistake {
    let span = error.span().unwrap_or(0..0);
    let message = error.message();
    let value: String = text[span.start.min(text.len())..]
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || ".%/-_".contains(*c))
        .collect();
    let mistake = Mistake::at(span, "this is not TOML").label(message);
    if message.contains("must be quoted") && !value.is_empty() {
        return mistake.help(format!(
            "write \"{value}\": values with a unit, names and words stand in quotation marks"
        ));
    }
    mistake
}

impl Reader {
    fn file(&mut self, root: &Node, file: &mut File) {
        let Some(table) = self.table(root, "the file", spec::FILE) else {
            return;
        };
        if let Some(network) = table.get("network") {
            file.network = self.network(network).unwrap_or_default();
        }
        if let Some(groups) = table.get("groups") {
            file.groups = self.groups(groups);
        }
        if let Some(faults) = table.get("fault") {
            let tables = self.tables(faults, "[[fault]]");
            file.faults = tables
                .iter()
                .filter_map(|fault| self.fault(fault))
                .collect();
            self.names_differ(&file.faults);
        }
        if let Some(random) = table.get("random") {
            file.random = self.random(random).into_iter().collect();
        }
    }

    /// An array of tables.
    fn tables<'v>(&mut self, value: &'v Node<'v>, header: &str) -> &'v [Node<'v>] {
        if let DeValue::Array(array) = value.get_ref() {
            return array;
        }
        let title = format!("{header} needs two pairs of brackets");
        let label = "there can be many of them";
        self.wrong(
            Mistake::at(value.span(), title)
                .label(label)
                .help(format!("write {header}")),
        );
        &[]
    }

    fn network(&mut self, value: &Node) -> Option<Network> {
        let table = self.table(value, "[network]", spec::NETWORK)?;
        let mut latency = |key: &str| table.get(key).and_then(|value| self.latency(value, key));
        let (latency, client_latency) = (latency("latency"), latency("client-latency"));
        let everywhere = self.conditions(&table);
        let links = table
            .get("link")
            .map_or(&[][..], |v| self.tables(v, "[[network.link]]"));
        Some(Network {
            latency,
            client_latency,
            everywhere,
            links: links.iter().filter_map(|link| self.link(link)).collect(),
        })
    }

    /// The conditions that `[network]` and `[[network.link]]` share.
    fn conditions(&mut self, table: &Table) -> Vec<LinkFault> {
        let loss = table.get("loss").and_then(|v| self.probability(v, "loss"));
        let duplicate = table
            .get("duplicate")
            .and_then(|v| self.probability(v, "duplicate"));
        let reorder = table
            .get("reorder")
            .and_then(|v| self.reorder(v, "reorder"));
        let bandwidth = table
            .get("bandwidth")
            .and_then(|v| self.rate(v, "bandwidth"));
        [
            loss.map(LinkFault::Loss),
            duplicate.map(LinkFault::Duplicate),
            reorder.map(|(probability, delay)| LinkFault::Reorder { probability, delay }),
            bandwidth.map(LinkFault::Bandwidth),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn link(&mut self, value: &Node) -> Option<Link> {
        let table = self.table(value, "[[network.link]]", spec::LINK)?;
        let before = self.mistakes.len();
        let latency = table
            .get("latency")
            .and_then(|v| self.latency(v, "latency"));
        let slow = table.get("slow").and_then(|v| self.latency(v, "slow"));
        let mut faults: Vec<LinkFault> = latency.map(LinkFault::Latency).into_iter().collect();
        faults.extend(slow.map(LinkFault::Delay));
        faults.extend(self.conditions(&table));
        let place = self.place(&table, spec::LINK);
        if faults.is_empty() && self.mistakes.len() == before {
            let keys = spec::LINK.iter().map(|key| key.name);
            let conditions = keys.filter(|key| !spec::WHERE.contains(key));
            let label = format!("expected {}", either(conditions, "`"));
            let title = "[[network.link]] does not say what these links are like";
            self.wrong(Mistake::at(value.span(), title).label(label));
        }
        Some(Link {
            place: place?,
            faults,
            span: value.span(),
        })
    }

    fn groups(&mut self, value: &Node) -> Vec<Group> {
        let DeValue::Table(table) = value.get_ref() else {
            let mistake = Mistake::at(value.span(), "`groups` is a table of names")
                .label("expected [groups], and lines such as left = [\"n0\", \"n1\"]");
            self.wrong(mistake);
            return Vec::new();
        };
        let mut groups = Vec::new();
        for (name, members) in table.iter() {
            let text: &str = name.get_ref();
            if Word::parse(text).is_some() || spec::SETS.contains(&text) {
                let title = format!("a group cannot be called `{text}`");
                let label = "this word has a meaning of its own";
                self.wrong(Mistake::at(name.span(), title).label(label));
            }
            if let Some(members) = self.names_list(members, text) {
                let name = Spanned::new(name.span(), text.to_owned());
                groups.push(Group { name, members });
            }
        }
        groups
    }

    fn fault(&mut self, value: &Node) -> Option<Entry> {
        let kind = self.fault_kind(value)?;
        let keys = fault_keys(*kind.get_ref());
        let what = format!("a fault of kind {:?}", kind.get_ref().name());
        let before = self.mistakes.len();
        let table = self.table(value, &what, &keys)?;
        let keys_are_right = self.mistakes.len() == before;
        let optional = |key: &str| {
            keys.iter()
                .any(|known| known.name == key)
                .then(|| table.get(key))
                .flatten()
        };
        let name = optional("name").and_then(|value| self.name(value));
        let at = optional("at")
            .and_then(|value| Some(Spanned::new(value.span(), self.duration(value, "at")?)));
        let every = optional("every")
            .and_then(|value| Some(Spanned::new(value.span(), self.duration(value, "every")?)));
        let lasts = optional("for").and_then(|value| self.duration(value, "for"));
        let forever = optional("forever").and_then(|value| self.flag(value, "forever"));
        self.times(&kind, &table, lasts, forever == Some(true));
        if let Some(zero) = every.as_ref().filter(|every| every.get_ref().is_zero()) {
            let title = "`every` is zero: it would begin all the time";
            self.wrong(Mistake::at(zero.span(), title).label("expected a duration above zero"));
        }
        let deed = self.deed(*kind.get_ref(), &table, forever == Some(true));
        let place = self.place(&table, &keys);
        let place = place.and_then(|place| match place {
            // What is missing may be behind the key that is wrong.
            Place::Anywhere if !keys_are_right => None,
            place => self.placed(&kind, place),
        });
        Some(Entry {
            name,
            at: at?,
            lasts,
            every,
            place: place?,
            deed: deed?,
            kind,
        })
    }

    /// The kind; without one, or if it is unknown, nothing else can be judged.
    fn fault_kind(&mut self, value: &Node) -> Option<Spanned<Kind>> {
        let DeValue::Table(table) = value.get_ref() else {
            self.table(value, "[[fault]]", &[]);
            return None;
        };
        let Some(kind) = table.get("kind") else {
            // Unknown keys are named, too: one of them may be a mistyped `kind`.
            let keys: Vec<Key> = spec::FAULT
                .iter()
                .map(|(key, _)| Key {
                    required: key.name == "kind",
                    ..*key
                })
                .collect();
            self.table(value, "[[fault]]", &keys);
            return None;
        };
        let found = self.kind(kind)?;
        Some(Spanned::new(kind.span(), found))
    }

    fn name(&mut self, value: &Node) -> Option<Spanned<String>> {
        let name = self.text(value, "name")?;
        let plain =
            !name.get_ref().trim().is_empty() && !name.get_ref().chars().any(char::is_control);
        if !plain {
            let title = "`name` must be printable and not empty";
            self.wrong(Mistake::at(value.span(), title).label("it stands in reports"));
        }
        plain.then_some(name)
    }

    /// `for`, `every` and `forever` against each other.
    fn times(
        &mut self,
        kind: &Spanned<Kind>,
        table: &Table,
        lasts: Option<std::time::Duration>,
        forever: bool,
    ) {
        let timed = *kind.get_ref() != Kind::Restart;
        let span = |key: &str| table.key_span(key);
        if let (Some(place), true) = (span("for"), timed && lasts.is_some_and(|l| l.is_zero())) {
            let mistake = Mistake::at(place, "`for` is zero: the fault would end as it begins")
                .label("expected a duration above zero")
                .help("leave `for` away to keep it until the final heal");
            self.wrong(mistake);
        }
        if let (Some(place), true) = (span("for"), forever) {
            let mistake = Mistake::at(place, "`for` and `forever = true` contradict each other")
                .label("forever means that it never ends");
            self.wrong(mistake);
        }
        if let (Some(place), true) = (span("every"), timed && span("for").is_none()) {
            let mistake = Mistake::at(
                place,
                "`every` without `for`: it would begin again without having ended",
            )
            .label("expected `for` beside it")
            .help(r#"add for = "5s""#);
            self.wrong(mistake);
        }
    }

    fn deed(&mut self, kind: Kind, table: &Table, forever: bool) -> Option<Deed> {
        let mut probability = || {
            table
                .get("probability")
                .and_then(|v| self.probability(v, "probability"))
        };
        Some(Deed::Link(match kind {
            Kind::Partition | Kind::OneWay => LinkFault::Cut,
            Kind::Hold => LinkFault::Hold,
            Kind::Loss => LinkFault::Loss(probability()?),
            Kind::Duplicate => LinkFault::Duplicate(probability()?),
            Kind::Reorder => {
                let probability = probability();
                let delay = table.get("delay").and_then(|v| self.latency(v, "delay"));
                LinkFault::Reorder {
                    probability: probability?,
                    delay: delay?,
                }
            }
            Kind::Latency => LinkFault::Latency(self.latency(table.get("latency")?, "latency")?),
            Kind::Slow => LinkFault::Delay(self.latency(table.get("delay")?, "delay")?),
            Kind::Bandwidth => {
                LinkFault::Bandwidth(self.rate(table.get("bandwidth")?, "bandwidth")?)
            }
            Kind::Kill => return Some(Deed::Kill { forever }),
            Kind::Stop => return Some(Deed::Stop { forever }),
            Kind::Pause => return Some(Deed::Pause),
            Kind::Restart => return Some(Deed::Restart),
        }))
    }

    /// Where it acts: one of the forms that the table knows.
    fn place(&mut self, table: &Table, keys: &[Key]) -> Option<Place> {
        let known = |key: &str| keys.iter().any(|known| known.name == key);
        let said = |key: &'static str| known(key).then(|| table.get(key)).flatten();
        let forms: Vec<&str> = spec::WHERE
            .into_iter()
            .filter(|key| said(key).is_some())
            .collect();
        let both_ends = forms == ["from", "to"];
        if forms.len() > 1 && !both_ends {
            let span = forms
                .iter()
                .filter_map(|key| table.key_span(key))
                .max_by_key(|s| s.start);
            let title = format!(
                "{} both say where",
                either(forms.iter().copied(), "`").replace(" or ", " and ")
            );
            let label = "expected one of them";
            self.wrong(Mistake::maybe_at(span, title).label(label));
            return None;
        }
        match forms.first().copied() {
            None => Some(Place::Anywhere),
            Some("targets") => self.names(said("targets")?, "targets").map(Place::Targets),
            Some("between") => self.between(said("between")?),
            Some("sides") => self.sides(said("sides")?),
            Some("deaf") => self.deaf(said("deaf")?),
            Some(_) => {
                let mut end = |key: &'static str| said(key).map(|value| self.names(value, key));
                let (from, to) = (end("from"), end("to"));
                Some(Place::FromTo(
                    from.map_or(Some(None), |n| n.map(Some))?,
                    to.map_or(Some(None), |n| n.map(Some))?,
                ))
            }
        }
    }

    fn between(&mut self, value: &Node) -> Option<Place> {
        let list = self.list(value, "between", Value::Pair, false)?;
        let [a, b] = list else {
            let title = format!("`between` has two ends, not {}", list.len());
            let label = r#"expected these and those, such as ["n0", ["n1", "n2"]]"#;
            self.wrong(Mistake::at(value.span(), title).label(label));
            return None;
        };
        let (a, b) = (self.names(a, "between"), self.names(b, "between"));
        Some(Place::Between(a?, b?))
    }

    fn sides(&mut self, value: &Node) -> Option<Place> {
        let list = self.list(value, "sides", Value::Sides, false)?;
        if list.len() < 2 {
            let title = "`sides` needs two sides or more";
            let label = r#"expected lists such as [["n0"], ["n1", "n2"]]"#;
            let help = r#"targets = ["n0"] sets them against all other nodes"#;
            self.wrong(Mistake::at(value.span(), title).label(label).help(help));
            return None;
        }
        let sides: Vec<_> = list
            .iter()
            .map(|side| self.names_list(side, "sides"))
            .collect();
        sides.into_iter().collect::<Option<_>>().map(Place::Sides)
    }

    fn deaf(&mut self, value: &Node) -> Option<Place> {
        let DeValue::Table(table) = value.get_ref() else {
            let mistake = Mistake::at(value.span(), "`deaf` is a table").label(
                r#"expected for each receiver whom it does not hear, such as { n0 = ["n1"] }"#,
            );
            self.wrong(mistake);
            return None;
        };
        let mut deaf = Vec::new();
        for (name, senders) in table.iter() {
            let name = Spanned::new(name.span(), name.get_ref().to_string());
            deaf.push((name, self.names(senders, "deaf")?));
        }
        Some(Place::Deaf(deaf))
    }

    /// Cuts must say what they separate.
    fn placed(&mut self, kind: &Spanned<Kind>, place: Place) -> Option<Place> {
        let (title, label, help) = match (*kind.get_ref(), &place) {
            (Kind::Partition, Place::Anywhere) => (
                "a partition does not say whom it separates",
                "expected `targets`, `sides`, `between` or `deaf`",
                r#"add targets = "majority", or sides = [["n0"], ["n1", "n2"]]"#,
            ),
            (Kind::OneWay, Place::Anywhere) => (
                "a one-way cut does not say which way",
                "expected `from` or `to`, or both",
                r#"add from = "one": what one node says is not heard"#,
            ),
            (kind, Place::Anywhere) if kind.on_processes() => return None,
            _ => return Some(place),
        };
        self.wrong(Mistake::at(kind.span(), title).label(label).help(help));
        None
    }

    fn names_differ(&mut self, faults: &[Entry]) {
        let mut seen = BTreeSet::new();
        for name in faults.iter().filter_map(|fault| fault.name.as_ref()) {
            if !seen.insert(name.get_ref()) {
                let title = format!("two faults are called {:?}", name.get_ref());
                self.wrong(Mistake::at(name.span(), title).label("expected a name of its own"));
            }
        }
    }
}
