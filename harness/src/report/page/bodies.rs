//! Bodies of messages, in blocks that are compressed each by itself: a page opens without
//! reading any of them, and reads the one it needs.

use std::io;

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use serde::Serialize;

use super::columns::deflate;
use crate::archive::Messages;

/// Bytes of a block before compression; one body may be more.
const BLOCK: usize = 1 << 20;
/// Blocks that are compressed at a time.
const ABREAST: usize = 8;

/// The bodies of the first messages, as many as fit.
#[derive(Default)]
pub struct Blocks {
    /// Compressed.
    pub blocks: Vec<Vec<u8>>,
    /// The same, for the reader.
    pub ranges: Vec<BlockRange>,
    /// Rows from this one on have none.
    pub end: usize,
    /// Why bodies are missing though there is room, if reading them failed.
    pub failure: Option<io::Error>,
}

/// What a block holds: the bodies of rows, end to end.
#[derive(Clone, Copy, Serialize)]
pub struct BlockRange {
    /// The first row.
    row: usize,
    /// Bytes before compression.
    bytes: usize,
}

struct Block {
    row: usize,
    end: usize,
    bytes: Vec<u8>,
}

impl Blocks {
    /// Reads and compresses until so many bytes are full.
    pub fn read(messages: &Messages, limit: usize) -> Blocks {
        let mut result = Blocks::default();
        let mut bodies = messages.bodies();
        let (mut row, mut total) = (0, 0);
        while row < messages.rows.len() {
            let mut batch: Vec<Block> = Vec::new();
            while batch.len() < ABREAST && row < messages.rows.len() {
                let mut block = Block {
                    row,
                    end: row,
                    bytes: Vec::new(),
                };
                while block.bytes.len() < BLOCK && row < messages.rows.len() {
                    match bodies.get(&messages.rows[row]) {
                        Ok(body) => block.bytes.extend_from_slice(body.unwrap_or_default()),
                        Err(error) => {
                            result.failure = Some(error);
                            break;
                        }
                    }
                    row += 1;
                }
                block.end = row;
                batch.push(block);
                if result.failure.is_some() {
                    break;
                }
            }
            let compressed: Vec<Vec<u8>> = match &batch[..] {
                [only] => vec![deflate(&only.bytes)],
                _ => batch
                    .par_iter()
                    .map(|block| deflate(&block.bytes))
                    .collect(),
            };
            for (block, compressed) in batch.into_iter().zip(compressed) {
                total += compressed.len();
                if total > limit {
                    return result;
                }
                result.ranges.push(BlockRange {
                    row: block.row,
                    bytes: block.bytes.len(),
                });
                result.blocks.push(compressed);
                result.end = block.end;
            }
            if result.failure.is_some() {
                return result;
            }
        }
        result
    }
}
