//! Lists of plain items that share one store of chunks.
//!
//! A thousand lists grow and shrink while their total stays about the same. If each
//! were a `Vec`, each would keep the memory of its own worst moment, and the one that
//! doubles would need three times its size. Here a list is a chain of chunks; chunks
//! that were read go back to the store, and the store grows by whole segments that
//! never move.
//!
//! ```text
//!   list a  ■■■■■■■■─►■■■■■■■■─►■■·····      chunks of 31 items
//!   list b  ■■■■■■■■─►■·······               in segments of 1,024
//!   free    ········─►········─►·
//! ```

/// How many items a chunk holds.
const ITEMS: usize = 31;
/// How many chunks a segment holds.
const SEGMENT: usize = 1 << SEGMENT_BITS;
const SEGMENT_BITS: u32 = 10;
/// No chunk.
const NONE: u32 = u32::MAX;

#[derive(Clone, Debug)]
struct Chunk<T> {
    items: [T; ITEMS],
    next: u32,
}

/// A list; its items are in the [`Chunks`] that it was used with.
#[derive(Clone, Copy, Debug)]
pub struct List {
    first: u32,
    last: u32,
    /// How many items are in the last chunk.
    fill: u32,
    len: u32,
}

impl List {
    /// No item.
    pub const EMPTY: List = List {
        first: NONE,
        last: NONE,
        fill: ITEMS as u32,
        len: 0,
    };

    /// How many items it has.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.len as usize
    }
}

/// The store of chunks.
#[derive(Clone, Debug)]
pub struct Chunks<T> {
    segments: Vec<Box<[Chunk<T>]>>,
    free: u32,
}

impl<T> Default for Chunks<T> {
    fn default() -> Self {
        Chunks {
            segments: Vec::new(),
            free: NONE,
        }
    }
}

impl<T: Copy + Default> Chunks<T> {
    /// Appends an item to a list.
    #[inline]
    pub fn push(&mut self, list: &mut List, item: T) {
        if list.fill as usize == ITEMS {
            self.extend(list);
        }
        self.chunk(list.last).items[list.fill as usize] = item;
        list.fill += 1;
        list.len += 1;
    }

    /// Takes all items out of a list, in order, a chunk at a time.
    #[inline]
    pub fn drain(&mut self, list: &mut List, mut each: impl FnMut(&[T])) {
        let List {
            first, last, fill, ..
        } = std::mem::replace(list, List::EMPTY);
        if first == NONE {
            return;
        }
        let mut at = first;
        while at != last {
            let chunk = self.chunk(at);
            each(&chunk.items);
            at = chunk.next;
        }
        let free = self.free;
        let chunk = self.chunk(last);
        each(&chunk.items[..fill as usize]);
        chunk.next = free;
        self.free = first;
    }

    #[inline]
    fn chunk(&mut self, index: u32) -> &mut Chunk<T> {
        let segment = &mut self.segments[(index >> SEGMENT_BITS) as usize];
        &mut segment[index as usize % SEGMENT]
    }

    /// Gives a list another chunk at its end.
    fn extend(&mut self, list: &mut List) {
        if self.free == NONE {
            self.grow();
        }
        let new = self.free;
        self.free = self.chunk(new).next;
        if list.first == NONE {
            list.first = new;
        } else {
            self.chunk(list.last).next = new;
        }
        list.last = new;
        list.fill = 0;
    }

    #[cold]
    fn grow(&mut self) {
        let base = (self.segments.len() * SEGMENT) as u32;
        let chunk = |at: u32| Chunk {
            items: [T::default(); ITEMS],
            next: if at + 1 == SEGMENT as u32 {
                NONE
            } else {
                base + at + 1
            },
        };
        self.segments.push((0..SEGMENT as u32).map(chunk).collect());
        self.free = base;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn lists_that_share_a_store_keep_their_items_apart_and_in_order(
            steps in prop::collection::vec((0usize..4, 0u32..60), 1..100),
        ) {
            let mut chunks = Chunks::default();
            let mut lists = [List::EMPTY; 4];
            let mut expected: [Vec<u32>; 4] = Default::default();
            let mut next = 0;
            for (list, count) in steps {
                for _ in 0..count {
                    chunks.push(&mut lists[list], next);
                    expected[list].push(next);
                    next += 1;
                }
                prop_assert_eq!(lists[list].len(), expected[list].len());
                if count % 3 == 0 {
                    let mut seen = Vec::new();
                    chunks.drain(&mut lists[list], |items| seen.extend_from_slice(items));
                    prop_assert_eq!(&seen, &expected[list]);
                    expected[list].clear();
                }
            }
            // At most one chunk per list is not full.
            prop_assert!(chunks.segments.len() <= 1 + (next as usize / ITEMS + 4) / SEGMENT);
        }
    }
}
