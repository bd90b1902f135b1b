//! The data in the page: columns of whole numbers and texts, each compressed by itself.
//!
//! ```text
//!   container   length of the header (4 bytes, little-endian)
//!               header: JSON, deflated; its `columns` say where each column stands
//!               columns, deflated, one after the other
//!
//!   column      LEB128 numbers: as they are, or differences to the one before, whose sign
//!               is folded into the lowest bit
//!   texts       `name`: UTF-8 end to end; `name.length`: bytes of each
//! ```
//!
//! Times of messages are the bulk, and their differences are small: a column of them is
//! half of what eight bytes each come to when compressed. The container stands in the page
//! as base64, whose alphabet has no `<`: nothing that a node wrote can end its element.

use std::cell::RefCell;
use std::collections::BTreeMap;

use flate2::{Compress, Compression, FlushCompress, Status};
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use serde::Serialize;

/// Fast: a run ends when its page is written.
const LEVEL: u32 = 3;

/// Fewer bytes are not worth waking other threads.
const FEW: usize = 256 << 10;

/// Columns by name.
#[derive(Default)]
pub struct Columns(BTreeMap<&'static str, Column>);

struct Column {
    /// How the reader undoes it.
    coding: Coding,
    count: usize,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
enum Coding {
    /// LEB128.
    Plain,
    /// LEB128 of the difference to the one before, the sign in the lowest bit.
    Delta,
    /// Bytes.
    Bytes,
}

/// Where a column stands, for the reader.
#[derive(Serialize)]
pub struct Entry {
    coding: Coding,
    count: usize,
    /// From the end of the header.
    at: usize,
    bytes: usize,
}

impl Columns {
    /// Numbers as they are: small ones, or ones without order.
    pub fn plain(&mut self, name: &'static str, numbers: impl IntoIterator<Item = u64>) {
        self.coded(name, Coding::Plain, numbers);
    }

    /// Numbers that are close to the one before.
    pub fn deltas(&mut self, name: &'static str, numbers: impl IntoIterator<Item = u64>) {
        let mut before = 0;
        let difference = |number: u64| {
            let difference = number.wrapping_sub(before) as i64;
            before = number;
            folded(difference)
        };
        self.coded(name, Coding::Delta, numbers.into_iter().map(difference));
    }

    /// Texts; `lengths` is the name of the column of their lengths.
    pub fn texts<T: AsRef<str>>(
        &mut self,
        (name, lengths): (&'static str, &'static str),
        texts: impl IntoIterator<Item = T>,
    ) {
        let (mut bytes, mut sizes) = (Vec::new(), Vec::new());
        for text in texts {
            bytes.extend_from_slice(text.as_ref().as_bytes());
            sizes.push(text.as_ref().len() as u64);
        }
        let column = Column {
            coding: Coding::Bytes,
            count: bytes.len(),
            bytes,
        };
        self.0.insert(name, column);
        self.plain(lengths, sizes);
    }

    fn coded(
        &mut self,
        name: &'static str,
        coding: Coding,
        numbers: impl IntoIterator<Item = u64>,
    ) {
        let mut bytes = Vec::new();
        let mut count = 0;
        for number in numbers {
            push(&mut bytes, number);
            count += 1;
        }
        let column = Column {
            coding,
            count,
            bytes,
        };
        self.0.insert(name, column);
    }

    /// The container. `header` makes the header of the directory of columns.
    pub fn pack(self, header: impl FnOnce(BTreeMap<&'static str, Entry>) -> Vec<u8>) -> Vec<u8> {
        let total: usize = self.0.values().map(|column| column.bytes.len()).sum();
        let pack = |(name, column): (&'static str, Column)| {
            (name, column.coding, column.count, deflate(&column.bytes))
        };
        let packed: Vec<_> = if total < FEW {
            self.0.into_iter().map(pack).collect()
        } else {
            self.0.into_par_iter().map(pack).collect()
        };
        let mut directory = BTreeMap::new();
        let mut at = 0;
        for (name, coding, count, bytes) in &packed {
            let entry = Entry {
                coding: *coding,
                count: *count,
                at,
                bytes: bytes.len(),
            };
            at += bytes.len();
            directory.insert(*name, entry);
        }
        let header = deflate(&header(directory));
        let mut container = Vec::with_capacity(4 + header.len() + at);
        container.extend_from_slice(&(header.len() as u32).to_le_bytes());
        container.extend_from_slice(&header);
        for (_, _, _, bytes) in &packed {
            container.extend_from_slice(bytes);
        }
        container
    }
}

thread_local! {
    /// Its tables are larger than most columns: one is enough for all of them.
    static COMPRESSOR: RefCell<Compress> =
        RefCell::new(Compress::new(Compression::new(LEVEL), false));
}

/// Compresses, without any frame: `DecompressionStream("deflate-raw")` reads it.
pub fn deflate(bytes: &[u8]) -> Vec<u8> {
    COMPRESSOR.with_borrow_mut(|compressor| {
        compressor.reset();
        let mut out = Vec::with_capacity(bytes.len() / 4 + 64);
        loop {
            let rest = &bytes[compressor.total_in() as usize..];
            let status = compressor.compress_vec(rest, &mut out, FlushCompress::Finish);
            if status.expect("there is nothing that cannot be compressed") == Status::StreamEnd {
                return out;
            }
            out.reserve(out.capacity());
        }
    })
}

/// The sign in the lowest bit: 0, -1, 1, -2 are 0, 1, 2, 3.
fn folded(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

/// Seven bits a byte, the lowest first; the highest bit says that there is more.
fn push(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}
