//! What is on its way, by due time.
//!
//! Contract: items leave in the order of (due time, order of entry). Those entered
//! by [`Queue::push_first`] leave before all others with the same due time, in the
//! order of their own entry. Nothing else about an item matters.
//!
//! Two lanes give that order together: an item that is due no earlier than the
//! last one of the `fifo` joins its end, any other goes to the `heap`; the earlier
//! of the two heads leaves. Under a constant latency everything takes the fifo,
//! under a random one nearly everything the heap.
//!
//! ```text
//!   push ── due ≥ last of fifo? ──► fifo  ██████ ─┐
//!               └─ no ────────────► heap  ▲▲▲▲▲  ─┴─► the earlier head
//! ```

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use swelkie_nodes::Time;

/// A queue by due time, stable for equal due times.
#[derive(Clone, Debug)]
pub struct Queue<T> {
    fifo: VecDeque<Entry<T>>,
    heap: BinaryHeap<Reverse<Entry<T>>>,
    /// Sequence of the next item; those pushed first count from 0.
    next: u64,
    next_first: u64,
}

/// Ordinary items count from here, above all that are pushed first.
const ORDINARY: u64 = 1 << 63;

#[derive(Clone, Debug)]
struct Entry<T> {
    due: Time,
    sequence: u64,
    item: T,
}

impl<T> Entry<T> {
    /// One comparison of two registers instead of two with a branch between.
    fn key(&self) -> u128 {
        (u128::from(self.due.0) << 64) | u128::from(self.sequence)
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<T> Eq for Entry<T> {}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Queue {
            fifo: VecDeque::new(),
            heap: BinaryHeap::new(),
            next: ORDINARY,
            next_first: 0,
        }
    }
}

impl<T> Queue<T> {
    /// Enters an item behind all that are due at the same time or earlier.
    #[inline]
    pub fn push(&mut self, due: Time, item: T) {
        let sequence = self.next;
        self.next += 1;
        self.insert(Entry { due, sequence, item });
    }

    /// Enters an item before all ordinary ones that are due at the same time,
    /// behind those that were pushed first before it.
    pub fn push_first(&mut self, due: Time, item: T) {
        let sequence = self.next_first;
        self.next_first += 1;
        self.insert(Entry { due, sequence, item });
    }

    #[inline]
    fn insert(&mut self, entry: Entry<T>) {
        if self.fifo.back().is_none_or(|last| *last < entry) {
            self.fifo.push_back(entry);
        } else {
            self.heap.push(Reverse(entry));
        }
    }

    /// When the next item is due.
    #[inline]
    #[must_use]
    pub fn next_due(&self) -> Option<Time> {
        match (self.fifo.front(), self.heap.peek()) {
            (Some(first), Some(Reverse(top))) => Some(first.due.min(top.due)),
            (Some(entry), None) | (None, Some(Reverse(entry))) => Some(entry.due),
            (None, None) => None,
        }
    }

    /// Takes the next item if it is due at `now` or earlier, with its due time.
    #[inline]
    pub fn pop(&mut self, now: Time) -> Option<(Time, T)> {
        let from_heap = match (self.fifo.front(), self.heap.peek()) {
            (Some(first), Some(Reverse(top))) => top < first,
            (first, _) => first.is_none(),
        };
        let entry = if from_heap {
            if self.heap.peek()?.0.due > now {
                return None;
            }
            self.heap.pop()?.0
        } else {
            self.fifo.front().filter(|first| first.due <= now)?;
            self.fifo.pop_front()?
        };
        Some((entry.due, entry.item))
    }

    /// How many items are in the queue.
    #[must_use]
    pub fn len(&self) -> usize {
        self.fifo.len() + self.heap.len()
    }

    /// Whether nothing is in the queue.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn drain<T>(queue: &mut Queue<T>) -> Vec<T> {
        std::iter::from_fn(|| queue.pop(Time::MAX).map(|(_, item)| item)).collect()
    }

    #[test]
    fn ties_leave_in_the_order_of_entry() {
        let mut queue = Queue::default();
        for (item, due) in [5, 3, 5, 3, 4, 5, 3].into_iter().enumerate() {
            queue.push(Time(due), item);
        }
        assert_eq!(drain(&mut queue), [1, 3, 6, 4, 0, 2, 5]);
    }

    #[test]
    fn what_is_pushed_first_leaves_before_its_ties_and_not_before_earlier_items() {
        let mut queue = Queue::default();
        queue.push(Time(10), "b");
        queue.push(Time(9), "a");
        queue.push_first(Time(10), "x");
        queue.push_first(Time(10), "y");
        assert_eq!(drain(&mut queue), ["a", "x", "y", "b"]);
    }

    #[test]
    fn nothing_leaves_before_it_is_due() {
        let mut queue = Queue::default();
        queue.push(Time(10), 'b');
        queue.push(Time(5), 'a');
        assert_eq!(queue.next_due(), Some(Time(5)));
        assert_eq!(queue.pop(Time(4)), None);
        assert_eq!(queue.pop(Time(9)), Some((Time(5), 'a')));
        assert_eq!(queue.pop(Time(9)), None);
        assert_eq!(queue.next_due(), Some(Time(10)));
        assert_eq!(queue.len(), 1);
        assert_eq!(queue.pop(Time(10)), Some((Time(10), 'b')));
        assert!(queue.is_empty());
        assert_eq!(queue.next_due(), None);
    }

    proptest! {
        #[test]
        fn items_leave_as_from_a_sorted_list(
            steps in prop::collection::vec((0u64..20, prop::bool::weighted(0.1), 0usize..3), 1..200)
        ) {
            let mut queue = Queue::default();
            // (due, ordinary, order of entry), kept sorted.
            let mut list: Vec<(Time, bool, usize)> = Vec::new();
            for (item, (due, first, pops)) in steps.into_iter().enumerate() {
                let due = Time(due);
                if first {
                    queue.push_first(due, item);
                } else {
                    queue.push(due, item);
                }
                list.push((due, !first, item));
                list.sort_unstable();
                for _ in 0..pops {
                    let now = Time(10);
                    let expected = list.first().copied().filter(|head| head.0 <= now);
                    prop_assert_eq!(queue.next_due(), list.first().map(|head| head.0));
                    prop_assert_eq!(queue.pop(now), expected.map(|(due, _, item)| (due, item)));
                    if expected.is_some() {
                        list.remove(0);
                    }
                }
                prop_assert_eq!(queue.len(), list.len());
            }
            let rest: Vec<usize> = list.iter().map(|entry| entry.2).collect();
            prop_assert_eq!(drain(&mut queue), rest);
        }
    }
}
