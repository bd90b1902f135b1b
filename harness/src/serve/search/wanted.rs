//! Which messages are wanted: a query understood, and asked of each record.

use memchr::memmem::Finder;
use swelkie_checkers::Nanos;
use swelkie_nodes::Header;

use super::super::route::Query;
use super::Found;
use crate::propagation::{Event, Record};

/// Which messages are wanted. What is none is not asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Sent or received by this one.
    pub node: Option<String>,
    /// Sent by this one.
    pub src: Option<String>,
    /// For this one.
    pub dest: Option<String>,
    /// With a body of this type.
    pub kind: Option<String>,
    /// With this text in the JSON of the body, as it was written.
    pub text: Option<String>,
    /// With this end.
    pub fate: Option<FateWanted>,
    /// Sent then or later.
    pub from: Option<Nanos>,
    /// Sent before.
    pub to: Option<Nanos>,
    /// With this number.
    pub id: Option<u64>,
}

/// Which ends are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FateWanted {
    /// It, or a copy of it, was delivered.
    Delivered,
    /// It, or a copy of it, was dropped, for this reason if there is one.
    Dropped(Option<String>),
    /// A fault made copies of it.
    Duplicated,
    /// It never ended.
    InFlight,
}

impl Wanted {
    /// Reads a query.
    ///
    /// # Errors
    /// What was expected.
    pub fn of(query: &Query) -> Result<Wanted, String> {
        let text = |name| query.get(name).map(str::to_owned);
        Ok(Wanted {
            node: text("node"),
            src: text("src"),
            dest: text("dest"),
            kind: text("type"),
            text: text("text"),
            fate: query.get("fate").map(fate).transpose()?,
            from: query.moment("from")?,
            to: query.moment("to")?,
            id: query.number("id")?,
        })
    }

    pub(super) fn wants(&self, record: &Record, finder: Option<&Finder>) -> bool {
        let Event::Send { src, dest, body } = &record.event else {
            return false;
        };
        let is = |wanted: &Option<String>, value: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted == value)
        };
        let has_node = self.node.is_none() || is(&self.node, src) || is(&self.node, dest);
        has_node
            && is(&self.src, src)
            && is(&self.dest, dest)
            && self.id.is_none_or(|id| id == record.id)
            && self.from.is_none_or(|from| record.at >= from)
            && finder.is_none_or(|finder| body.is_some_and(|body| finder.find(body).is_some()))
            && self.kind.as_ref().is_none_or(|kind| is_kind(*body, kind))
    }
}

fn fate(text: &str) -> Result<FateWanted, String> {
    Ok(match text {
        "delivered" => FateWanted::Delivered,
        "duplicated" => FateWanted::Duplicated,
        "in-flight" => FateWanted::InFlight,
        "dropped" => FateWanted::Dropped(None),
        other => match other.strip_prefix("dropped:") {
            Some(why) => FateWanted::Dropped(Some(why.to_owned())),
            None => {
                return Err(format!(
                    "fate: expected delivered, dropped, dropped:REASON, duplicated or in-flight, and it is `{other}`"
                ));
            }
        },
    })
}

fn is_kind(body: Option<&[u8]>, kind: &str) -> bool {
    let header = body.and_then(|body| serde_json::from_slice::<Header>(body).ok());
    header.is_some_and(|header| header.kind == kind)
}

impl FateWanted {
    pub(super) fn wants(&self, found: &Found, in_flight: bool) -> bool {
        let mut ends = found.ends.iter();
        match self {
            FateWanted::Delivered => ends.any(|end| end.dropped.is_none()),
            FateWanted::Duplicated => found.copies > 0,
            FateWanted::InFlight => in_flight && !found.is_over(),
            FateWanted::Dropped(why) => ends.any(|end| {
                let reason = end.dropped.as_ref().map(|dropped| &dropped.0);
                reason.is_some() && (why.is_none() || why.as_ref() == reason)
            }),
        }
    }
}
