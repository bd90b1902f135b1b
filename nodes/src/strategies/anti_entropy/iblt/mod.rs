//! Anti-entropy with invertible Bloom lookup tables.
//!
//! ```text
//!   A ── what do you have? mine hashes to h ──► B     equal: silence
//!   A ◄──────── table of 48 cells ───────────── B     A subtracts its own: what both
//!                                                     have is gone; not clear? larger
//!   A ─────── table of 192 cells ─────────────► B     …, and all keys in the end
//!   A ◄─────── what A lacks; I lack … ───────── B
//!   A ─────────── what B lacks ───────────────► B
//! ```
//!
//! - Idea: a table adds every key to three of its cells. The difference of two tables is
//!   the table of what differs, however large the sets, and can be listed if it has about
//!   1.3 cells or more per difference (small tables need more). How many there are nobody
//!   knows, so the first table is small, and who cannot list a difference answers with a
//!   table of its own four times as large: with the last one, the sum is a third more. The
//!   keys themselves are listed instead where they are fewer bytes than the next table, and
//!   if the largest table that fits into a message fails.
//! - Source: Goodrich & Mitzenmacher, "Invertible Bloom Lookup Tables", Allerton 2011
//!   (arXiv 1101.2245), for the table; Eppstein, Goodrich, Uyeda, Varghese, "What's the
//!   Difference?", SIGCOMM 2011, for reconciliation. Their strata estimator costs more than
//!   the two tables that it would spare, unless thousands differ.
//! - Parameters: `cells` (48) of the first table; `interval` (100ms), `flow` (push-pull),
//!   `peer` (random), `among` (others), `batch` (1000), as in [`anti_entropy`](super).
//! - Cost: per node and round one message of 8 bytes (60 in JSON) if sets are equal;
//!   otherwise three messages and one for each larger table, of 14 bytes a cell, whatever
//!   N. A new rumor costs three cells of the node's own table, which is kept.
//! - Survives loss, cuts, kills and wiped stores.

mod table;

use std::convert::Infallible;

use super::{AMONG, Answer, BATCH, Digest, Entropy, FLOW, Flow, INTERVAL, Listing, PEER, Summary};
use crate::registry::{Kind, Parameter, Promises, Settings};
use crate::strategy::{About, Context, Reader, Rumor, Wire, Writer};
pub use table::Table;
use table::{CELL, PARTS};

/// The digest that is an invertible table. See the module.
#[derive(Clone, Debug)]
pub struct Iblt {
    /// Of the whole set, as large as was ever asked for; none as long as none was.
    own: Option<Table>,
    /// Of the first table of an exchange.
    rows: usize,
}

/// A table, or where it does not pay, keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sketch {
    /// Of the whole set.
    Table(Table),
    /// The keys of the whole set, or a part of it.
    Listing(Listing),
}

/// A table has four times the rows of the one that did not do.
const GROWTH: usize = 4;

/// The rows of the largest table of at most `words` of 64 bits.
fn most_rows(words: usize) -> usize {
    let rows = words.saturating_mul(8) / (CELL * PARTS);
    1 << rows.max(1).ilog2().min(table::MOST_ROWS.ilog2())
}

impl Iblt {
    /// The table of the whole set with so many rows.
    fn table(&mut self, rows: usize, cx: &Context<Entropy<Self>>) -> Table {
        if let Some(own) = &self.own
            && own.rows() >= rows
        {
            return own.fold(rows);
        }
        let mut table = Table::new(rows);
        cx.known().for_each(|rumor| table.insert(cx.key(rumor)));
        self.own.insert(table).clone()
    }

    /// Says what the set has in a table of so many rows, or in keys if they are fewer bytes.
    fn describe(
        &mut self,
        rows: usize,
        flow: Flow,
        own: Summary,
        cx: &mut Context<Entropy<Self>>,
        out: &mut Answer<Sketch>,
    ) {
        let most = most_rows(cx.config().batch).max(self.rows);
        if rows > most || own.count as usize * size_of::<u64>() <= rows * PARTS * CELL {
            let listings = Listing::all(cx).into_iter();
            out.says
                .extend(listings.map(|listing| (flow, Sketch::Listing(listing))));
        } else {
            out.says.push((flow, Sketch::Table(self.table(rows, cx))));
        }
    }
}

impl Digest for Iblt {
    const ABOUT: About = About {
        name: "iblt",
        family: "anti-entropy",
        summary: "subtracts invertible Bloom lookup tables, larger ones until what differs is clear",
        parameters: &[
            INTERVAL,
            FLOW,
            PEER,
            AMONG,
            BATCH,
            Parameter {
                name: "cells",
                kind: Kind::Count,
                default: "48",
                summary: "of an exchange's first table, rounded up to three times a power of two",
            },
        ],
        promises: Promises::ALL,
    };
    const ASKS: bool = true;

    type Config = usize;
    type Message = Sketch;
    type Record = Infallible;

    fn configure(settings: &Settings) -> Result<usize, String> {
        let cells = settings.number("cells");
        let rows = cells.div_ceil(PARTS).checked_next_power_of_two();
        rows.filter(|&rows| rows <= table::MOST_ROWS)
            .ok_or_else(|| {
                format!(
                    "a table of {cells} cells is too large: at most {}",
                    table::MOST_ROWS * PARTS
                )
            })
    }

    fn new(&rows: &usize) -> Iblt {
        Iblt { own: None, rows }
    }

    fn insert(&mut self, rumor: Rumor, _own: Summary, cx: &mut Context<Entropy<Self>>) {
        if let Some(own) = &mut self.own {
            own.insert(cx.key(rumor));
        }
    }

    fn reveal(
        &mut self,
        flow: Flow,
        own: Summary,
        cx: &mut Context<Entropy<Self>>,
        out: &mut Answer<Sketch>,
    ) {
        self.describe(self.rows, flow, own, cx, out);
    }

    fn compare(
        &mut self,
        flow: Flow,
        theirs: &Sketch,
        own: Summary,
        cx: &mut Context<Entropy<Self>>,
        out: &mut Answer<Sketch>,
    ) {
        let theirs = match theirs {
            Sketch::Table(table) => table,
            Sketch::Listing(listing) => return listing.compare(flow, cx, out),
        };
        let rows = theirs.rows();
        let difference = self.table(rows, cx).minus(theirs);
        let least = difference.surplus();
        let Some(differences) = difference.list() else {
            let rows = (rows * GROWTH).max((least / 2).next_power_of_two());
            let most = most_rows(cx.config().batch).max(self.rows);
            // The largest is tried before all keys, unless it cannot do.
            let tried = theirs.rows() >= most || least > most * PARTS;
            let rows = if tried { rows } else { rows.min(most) };
            return self.describe(rows, flow.turned(), own, cx, out);
        };
        if flow.take {
            let lacking = differences.ours.iter().filter_map(|&key| cx.find(key));
            out.lacks.extend(lacking.filter(|&rumor| cx.has(rumor)));
        }
        if flow.give {
            out.wants.extend(differences.theirs);
        }
    }
}

impl Wire for Sketch {
    fn write(&self, out: &mut Writer) {
        match self {
            Sketch::Table(table) => {
                out.kind("table");
                out.bytes("cells", &table.to_bytes());
            }
            Sketch::Listing(listing) => listing.write(out),
        }
    }

    fn read(kind: &str, body: &mut Reader) -> Option<Self> {
        if kind == "table" {
            return Table::from_bytes(&body.bytes("cells")?).map(Sketch::Table);
        }
        Listing::read(kind, body).map(Sketch::Listing)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Said;
    use super::super::net::Net;
    use super::*;

    /// What is said in an exchange of two nodes that differ in so many of 3,000 rumors.
    fn said(spec: &str, differences: u32) -> Vec<String> {
        let mut net = Net::<Iblt>::new(spec, 2, 2, 3_000);
        net.start();
        for rumor in 0..3_000 - differences {
            net.broadcast(0, rumor);
            net.broadcast(1, rumor);
        }
        for rumor in 3_000 - differences..3_000 {
            net.broadcast(rumor % 2, rumor);
        }
        let mut said = Vec::new();
        net.round_of(0, |message| {
            said.push(match message {
                Said::Ask { .. } => "ask".to_owned(),
                Said::Rumors { .. } => "rumors".to_owned(),
                Said::Digest { digest, .. } => match digest {
                    Sketch::Table(table) => format!("{} rows", table.rows()),
                    Sketch::Listing(_) => "keys".to_owned(),
                },
            });
            false
        });
        assert!(net.all_know(3_000), "{spec}: {said:?}");
        said
    }

    #[test]
    fn tables_grow_until_what_differs_is_clear_and_keys_are_listed_if_none_does() {
        let swapped = ["rumors", "rumors"];
        assert_eq!(said("iblt", 0), ["ask"]);
        assert_eq!(
            said("iblt", 6),
            [&["ask", "16 rows"], &swapped[..]].concat()
        );
        let two = [&["ask", "16 rows", "64 rows"], &swapped[..]].concat();
        assert_eq!(said("iblt", 100), two);
        let three = ["ask", "16 rows", "64 rows", "128 rows"];
        assert_eq!(said("iblt", 250), [&three, &swapped[..]].concat());
        let keys = [&three[..], &["keys"; 3], &["rumors"; 6]].concat();
        assert_eq!(said("iblt", 900), keys);
    }

    #[test]
    fn who_has_less_than_a_table_takes_lists_it() {
        let mut net = Net::<Iblt>::new("iblt", 2, 2, 3_000);
        net.start();
        (0..800).for_each(|rumor| net.broadcast(0, rumor));
        let mut first = None;
        net.round_of(0, |message| {
            if let Said::Digest { digest, .. } = message {
                first.get_or_insert(
                    matches!(digest, Sketch::Listing(listing) if listing.keys.is_empty()),
                );
            }
            false
        });
        assert_eq!(first, Some(true));
        assert!(net.all_know(800));
    }

    #[test]
    fn a_table_that_lies_brings_nothing_and_breaks_nothing() {
        let mut net = Net::<Iblt>::new("iblt", 2, 2, 200);
        net.start();
        (0..200).for_each(|rumor| net.broadcast(0, rumor));
        let mut table = Table::new(16);
        (0..50).for_each(|key| table.insert(key));
        let mut bytes = table.to_bytes();
        bytes.iter_mut().step_by(5).for_each(|byte| *byte ^= 0x55);
        // One key that seems to be there, and that nobody has.
        let mut alone = Table::new(16);
        alone.insert(12345);
        for table in [
            Table::from_bytes(&bytes).expect("of the right length"),
            alone,
        ] {
            let digest = Sketch::Table(table);
            let flow = Flow::BOTH;
            net.say(1, 0, Said::Digest { flow, digest });
            net.exchange(0);
            assert!(net.all_know(200));
        }
    }
}
