//! The table: three cells per key, which can be taken apart again when few keys are left.
//!
//! ```text
//!            part 0        part 1        part 2          a cell: how many keys, their
//!          ┌─┬─┬─┬─┐     ┌─┬─┬─┬─┐     ┌─┬─┬─┬─┐         exclusive or, and that of
//!   key ──►│ │x│ │ │     │x│ │ │ │     │ │ │ │x│         their checks
//!          └─┴─┴─┴─┘     └─┴─┴─┴─┘     └─┴─┴─┴─┘
//! ```
//!
//! A cell with one key shows it; taken out of its other cells too, it may leave one key
//! alone there, and so on. With three parts that clears the whole table with high
//! probability up to 0.818 keys per cell, in the limit of large tables (Goodrich &
//! Mitzenmacher 2011).
//!
//! The rows are a power of two, so that a table folds into the one with half of them: the
//! one of a large table's many sizes that is wanted need not be kept.

use super::super::hash::{mix, weight};

/// How many cells a key is in, one in each part of the table.
pub const PARTS: usize = 3;
/// The bytes of a cell in a message.
pub const CELL: usize = 2 + 8 + 4;
/// More than any message holds; a key has 21 bits for each part.
pub const MOST_ROWS: usize = 1 << 20;

/// A set of keys, or the difference of two. See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// One part after the other.
    cells: Vec<Cell>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cell {
    keys: u64,
    checks: u32,
    /// Modulo 2^16: only whether it is 1 or −1 is asked, and the checks confirm it.
    count: i16,
}

/// The keys that two tables differ in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// In the table, not in the one subtracted.
    pub ours: Vec<u64>,
    /// The other way round.
    pub theirs: Vec<u64>,
}

/// What tells a cell of one key from one of several. It fails by chance once in 2^32; what
/// follows is a table that cannot be cleared, or a key that nobody has.
fn check(key: u64) -> u32 {
    (weight(key) >> 32) as u32
}

impl Cell {
    fn add(&mut self, key: u64, count: i16) {
        self.keys ^= key;
        self.checks ^= check(key);
        self.count = self.count.wrapping_add(count);
    }

    fn is_empty(&self) -> bool {
        *self == Cell::default()
    }

    fn has_one(&self) -> bool {
        self.count.unsigned_abs() == 1 && self.checks == check(self.keys)
    }
}

impl Table {
    /// Of the empty set; `rows` is a power of two.
    pub fn new(rows: usize) -> Table {
        debug_assert!(rows.is_power_of_two() && rows <= MOST_ROWS);
        Table {
            cells: vec![Cell::default(); rows * PARTS],
        }
    }

    /// How many cells a part has.
    pub fn rows(&self) -> usize {
        self.cells.len() / PARTS
    }

    /// Adds a key that is not in it.
    pub fn insert(&mut self, key: u64) {
        self.add(key, 1);
    }

    fn add(&mut self, key: u64, count: i16) {
        for at in positions(key, self.rows()) {
            self.cells[at].add(key, count);
        }
    }

    /// The table of the same set with fewer rows, a power of two.
    pub fn fold(&self, rows: usize) -> Table {
        let mut folded = Table::new(rows);
        let parts = self.cells.chunks(self.rows());
        for (from, into) in parts.zip(folded.cells.chunks_mut(rows)) {
            for (at, cell) in from.iter().enumerate() {
                let into = &mut into[at & (rows - 1)];
                into.keys ^= cell.keys;
                into.checks ^= cell.checks;
                into.count = into.count.wrapping_add(cell.count);
            }
        }
        folded
    }

    /// The table of what is in one of two sets only; both have the same rows.
    pub fn minus(mut self, other: &Table) -> Table {
        for (cell, theirs) in self.cells.iter_mut().zip(&other.cells) {
            cell.keys ^= theirs.keys;
            cell.checks ^= theirs.checks;
            cell.count = cell.count.wrapping_sub(theirs.count);
        }
        self
    }

    /// By how many one of two sets is larger, told from their difference: no fewer differ.
    pub fn surplus(&self) -> usize {
        let part = &self.cells[..self.rows()];
        let sum: i64 = part.iter().map(|cell| i64::from(cell.count)).sum();
        sum.unsigned_abs() as usize
    }

    /// The keys of a difference; none if there are too many for it.
    pub fn list(mut self) -> Option<Differences> {
        let rows = self.rows();
        let mut differences = Differences::default();
        let mut ripe: Vec<usize> = (0..self.cells.len()).collect();
        let mut left = self.cells.len();
        while let Some(at) = ripe.pop() {
            let Cell {
                keys: key, count, ..
            } = self.cells[at];
            if !self.cells[at].has_one() || !positions(key, rows).contains(&at) {
                continue;
            }
            // As many keys as cells at most: what was made up cannot go round for ever.
            left = left.checked_sub(1)?;
            let side = match count {
                1 => &mut differences.ours,
                _ => &mut differences.theirs,
            };
            side.push(key);
            self.add(key, count.wrapping_neg());
            ripe.extend(positions(key, rows));
        }
        self.cells.iter().all(Cell::is_empty).then_some(differences)
    }

    /// As it travels: per cell count, keys and checks, little-endian.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.cells.len() * CELL);
        for cell in &self.cells {
            bytes.extend(cell.count.to_le_bytes());
            bytes.extend(cell.keys.to_le_bytes());
            bytes.extend(cell.checks.to_le_bytes());
        }
        bytes
    }

    /// Reads it back; none if it is not a whole table.
    pub fn from_bytes(bytes: &[u8]) -> Option<Table> {
        let (cells, rest) = bytes.as_chunks::<CELL>();
        let rows = cells.len() / PARTS;
        let sound = rest.is_empty()
            && cells.len() == rows * PARTS
            && rows.is_power_of_two()
            && rows <= MOST_ROWS;
        let cells = cells
            .iter()
            .map(|&[a, b, c, d, e, f, g, h, i, j, k, l, m, n]| Cell {
                count: i16::from_le_bytes([a, b]),
                keys: u64::from_le_bytes([c, d, e, f, g, h, i, j]),
                checks: u32::from_le_bytes([k, l, m, n]),
            });
        sound.then(|| Table {
            cells: cells.collect(),
        })
    }
}

/// A key's cells.
fn positions(key: u64, rows: usize) -> [usize; PARTS] {
    let mixed = mix(key);
    [0, 1, 2].map(|part| part * rows + ((mixed >> (21 * part)) as usize & (rows - 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: usize, keys: impl IntoIterator<Item = u64>) -> Table {
        let mut table = Table::new(rows);
        keys.into_iter().for_each(|key| table.insert(key));
        table
    }

    fn sorted(mut keys: Vec<u64>) -> Vec<u64> {
        keys.sort_unstable();
        keys
    }

    #[test]
    fn what_differs_is_listed_however_much_is_in_common() {
        for common in [0, 10, 100_000] {
            let ours = table(64, 0..common + 30);
            let theirs = table(64, (0..common).chain(1_000_000..1_000_050));
            let difference = ours.minus(&theirs);
            assert_eq!(difference.surplus(), 20);
            let found = difference.list().expect("80 in 192 cells");
            assert_eq!(
                sorted(found.ours),
                (common..common + 30).collect::<Vec<_>>()
            );
            let others: Vec<u64> = (1_000_000..1_000_050).collect();
            assert_eq!(sorted(found.theirs), others);
        }
    }

    #[test]
    fn large_tables_are_cleared_up_to_four_fifths_and_not_beyond() {
        // The limit is 0.818 keys per cell: 0.78 succeeds, 0.86 fails, ten times out of ten.
        for at in 0..10u64 {
            let keys = |count: u64| (at << 32..).take(count as usize);
            let cells = 3 * 4096;
            let few = table(4096, keys(cells * 78 / 100)).list();
            assert!(few.is_some_and(|found| found.ours.len() as u64 == cells * 78 / 100));
            assert!(table(4096, keys(cells * 86 / 100)).list().is_none());
        }
    }

    #[test]
    fn a_small_table_clears_as_often_as_it_is_relied_on() {
        let share = |rows: usize, count: u64| {
            let clear = (0..1_000u64).filter(|at| {
                table(rows, (at << 20..).take(count as usize))
                    .list()
                    .is_some()
            });
            clear.count()
        };
        let shares = [
            share(16, 10),
            share(16, 20),
            share(64, 100),
            share(128, 250),
        ];
        println!(
            "of 1000: 10 in 48 cells {}, 20 in 48 {}, 100 in 192 {}, 250 in 384 {}",
            shares[0], shares[1], shares[2], shares[3]
        );
        assert!(shares[0] > 970 && shares[1] > 850 && shares[2] > 980 && shares[3] > 950);
    }

    #[test]
    fn a_folded_table_is_the_one_that_was_small_from_the_start() {
        let large = table(1024, 0..5_000);
        for rows in [1024, 256, 1] {
            assert_eq!(large.fold(rows), table(rows, 0..5_000));
        }
    }

    #[test]
    fn a_table_is_read_as_it_was_written_and_nothing_else_is_one() {
        let table = table(16, 0..1_000);
        let bytes = table.to_bytes();
        assert_eq!(bytes.len(), 16 * PARTS * CELL);
        assert_eq!(Table::from_bytes(&bytes), Some(table));
        for len in [0, 1, CELL, bytes.len() - 1, bytes.len() - 3 * CELL] {
            assert_eq!(Table::from_bytes(&bytes[..len]), None, "{len}");
        }
    }
}
