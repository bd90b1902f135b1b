//! What is on its way, by due time.
//!
//! Contract: items leave in the order of (due time, order of entry). Those entered
//! by [`Queue::push_first`] leave before all others with the same due time, in the
//! order of their own entry. Time does not go back: an item that should have left
//! before the last one that did is due with that one.
//!
//! An item that is due no earlier than the end of the `fifo` joins it; under a
//! constant latency that is every item. Any other goes to the `wheel`, a radix heap:
//! slots of 1, 64, 64² … nanoseconds, the fine ones near to the last due time, the
//! coarse ones far away. Time reaches a coarse slot only once the finer ones are
//! empty; then its items move to those. So an item is copied a few times, from one
//! list to the end of another, however many there are.
//!
//! ```text
//!                      last                                          due ──►
//!   wheel              │· · · ·│·  ·  ·  ·│·      ·      ·      ·│· …
//!                      └ 1 ns ─┘└─ 64 ns ─┘└────── 4,096 ns ─────┘
//! ```
//!
//! No sequence number is needed. In the wheel ties are always in the same slot, in
//! the order of entry. If the fifo and the wheel both have an item due at t, the one
//! of the fifo is the older: the other went to the wheel because the end of the fifo
//! was due after t, and what joins the fifo later is due after that.

use std::collections::VecDeque;

use swelkie_nodes::Time;

/// A queue by due time, stable for equal due times.
#[derive(Clone, Debug)]
pub struct Queue<T> {
    first: VecDeque<Entry<T>>,
    fifo: VecDeque<Entry<T>>,
    wheel: Wheel<T>,
}

#[derive(Clone, Debug)]
struct Entry<T> {
    due: u64,
    item: T,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Queue {
            first: VecDeque::new(),
            fifo: VecDeque::new(),
            wheel: Wheel::default(),
        }
    }
}

impl<T> Queue<T> {
    /// Enters an item behind all that are due at the same time or earlier.
    #[inline]
    pub fn push(&mut self, due: Time, item: T) {
        let entry = Entry { due: due.0, item };
        if self.fifo.back().is_none_or(|last| last.due <= entry.due) {
            self.fifo.push_back(entry);
        } else {
            self.wheel.push(entry);
        }
    }

    /// Enters an item before all ordinary ones that are due at the same time, behind
    /// those that were pushed first before it, which must not be due later.
    pub fn push_first(&mut self, due: Time, item: T) {
        let last = self.first.back().map_or(0, |last| last.due);
        let due = due.0.max(last);
        self.first.push_back(Entry { due, item });
    }

    /// When the next item is due.
    #[inline]
    #[must_use]
    pub fn next_due(&self) -> Option<Time> {
        let next = due(&self.first).min(due(&self.fifo)).min(self.wheel.next);
        // An item may be due at the maximum: never, to all intents.
        (next < u64::MAX || !self.is_empty()).then_some(Time(next))
    }

    /// Takes the next item if it is due at `now` or earlier, with its due time.
    #[inline]
    pub fn pop(&mut self, now: Time) -> Option<(Time, T)> {
        let (first, fifo, wheel) = (due(&self.first), due(&self.fifo), self.wheel.next);
        if first.min(fifo).min(wheel) > now.0 {
            return None;
        }
        let entry = if first <= fifo.min(wheel) && !self.first.is_empty() {
            self.first.pop_front()
        } else if fifo <= wheel && !self.fifo.is_empty() {
            self.fifo.pop_front()
        } else {
            self.wheel.pop()
        };
        entry.map(|entry| (Time(entry.due), entry.item))
    }

    /// Forgets everything; time starts again at 0.
    pub fn clear(&mut self) {
        self.first.clear();
        self.fifo.clear();
        self.wheel.clear();
    }

    fn is_empty(&self) -> bool {
        let wheel = self.wheel.levels == 0 && self.wheel.current.is_empty();
        self.first.is_empty() && self.fifo.is_empty() && wheel
    }
}

/// When the head of a lane is due, the maximum if there is none.
#[inline]
fn due<T>(lane: &VecDeque<Entry<T>>) -> u64 {
    lane.front().map_or(u64::MAX, |entry| entry.due)
}

/// Each level of the wheel has 2^BITS slots, each as long as a whole level below.
const BITS: u32 = 6;
const SLOTS: usize = 1 << BITS;
const LEVELS: usize = u64::BITS.div_ceil(BITS) as usize;

/// A radix heap: a priority queue for due times that never go back.
#[derive(Clone, Debug)]
struct Wheel<T> {
    /// The due time that the slots are relative to: that of what left last.
    last: u64,
    /// The next due time, the maximum if nothing is here.
    next: u64,
    /// Items due at `last`.
    current: VecDeque<T>,
    /// Where an item belongs is told by the highest digit, in base 2^BITS, in which its
    /// due time differs from `last`: the level is its position, the slot its value.
    slots: Vec<Slot<T>>,
    /// By level, which slots have items.
    occupied: [u64; LEVELS],
    /// Which levels have items.
    levels: u64,
}

#[derive(Clone, Debug)]
struct Slot<T> {
    /// The earliest due time in it.
    next: u64,
    entries: Vec<Entry<T>>,
}

impl<T> Default for Wheel<T> {
    fn default() -> Self {
        let slot = || Slot {
            next: u64::MAX,
            entries: Vec::new(),
        };
        Wheel {
            last: 0,
            next: u64::MAX,
            current: VecDeque::new(),
            slots: (0..LEVELS * SLOTS).map(|_| slot()).collect(),
            occupied: [0; LEVELS],
            levels: 0,
        }
    }
}

impl<T> Wheel<T> {
    #[inline]
    fn push(&mut self, mut entry: Entry<T>) {
        entry.due = entry.due.max(self.last);
        self.next = self.next.min(entry.due);
        self.place(entry);
    }

    #[inline]
    fn place(&mut self, entry: Entry<T>) {
        let differs = entry.due ^ self.last;
        if differs == 0 {
            self.current.push_back(entry.item);
            return;
        }
        let level = (differs.ilog2() / BITS) as usize;
        let digit = (entry.due >> (level as u32 * BITS)) as usize % SLOTS;
        let slot = &mut self.slots[level * SLOTS + digit];
        slot.next = slot.next.min(entry.due);
        slot.entries.push(entry);
        self.occupied[level] |= 1 << digit;
        self.levels |= 1 << level;
    }

    /// Takes the next item.
    #[inline]
    fn pop(&mut self) -> Option<Entry<T>> {
        let due = self.next;
        let item = match self.current.pop_front() {
            Some(item) => item,
            None => self.advance()?,
        };
        if self.current.is_empty() {
            self.next = self
                .next_slot()
                .map_or(u64::MAX, |slot| self.slots[slot].next);
        }
        Some(Entry { due, item })
    }

    fn clear(&mut self) {
        while let Some(index) = self.next_slot() {
            let level = index / SLOTS;
            self.occupied[level] &= self.occupied[level] - 1;
            if self.occupied[level] == 0 {
                self.levels &= self.levels - 1;
            }
            self.slots[index].next = u64::MAX;
            self.slots[index].entries.clear();
        }
        self.current.clear();
        self.last = 0;
        self.next = u64::MAX;
    }

    /// The slot that time reaches next: the lowest of the lowest level.
    #[inline]
    fn next_slot(&self) -> Option<usize> {
        if self.levels == 0 {
            return None;
        }
        let level = self.levels.trailing_zeros() as usize;
        Some(level * SLOTS + self.occupied[level].trailing_zeros() as usize)
    }

    /// Moves time to the next slot, and its items to finer slots but for the first
    /// that is due, which is returned.
    fn advance(&mut self) -> Option<T> {
        let index = self.next_slot()?;
        let level = index / SLOTS;
        self.occupied[level] &= self.occupied[level] - 1;
        if self.occupied[level] == 0 {
            self.levels &= self.levels - 1;
        }
        let slot = &mut self.slots[index];
        self.last = slot.next;
        slot.next = u64::MAX;
        if slot.entries.len() == 1 {
            return slot.entries.pop().map(|entry| entry.item);
        }
        let mut entries = std::mem::take(&mut slot.entries);
        entries.drain(..).for_each(|entry| self.place(entry));
        // The slot keeps its memory for the next time round unless it is large: all
        // slots together would keep many times what is ever in the queue.
        if entries.capacity() <= 1024 {
            self.slots[index].entries = entries;
        }
        self.current.pop_front()
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
        assert_eq!(queue.pop(Time(10)), Some((Time(10), 'b')));
        assert_eq!(queue.pop(Time::MAX), None);
        assert_eq!(queue.next_due(), None);
    }

    /// Delays of all sizes, small ones often so that there are ties.
    fn delay() -> impl Strategy<Value = u64> {
        prop_oneof![4 => 0u64..8, 2 => 0u64..300, 1 => 0u64..100_000, 1 => 0u64..1 << 40]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn items_leave_as_from_a_sorted_list(
            start in prop_oneof![Just(0u64), 0u64..1 << 50],
            steps in prop::collection::vec((delay(), prop::bool::weighted(0.1), delay()), 1..200),
        ) {
            let mut queue = Queue::default();
            // (due, ordinary, order of entry), kept sorted.
            let mut list: Vec<(Time, bool, usize)> = Vec::new();
            let mut now = Time(start);
            for (item, (delay, first, advance)) in steps.into_iter().enumerate() {
                let due = if first { now } else { Time(now.0 + delay) };
                if first {
                    queue.push_first(due, item);
                } else {
                    queue.push(due, item);
                }
                list.push((due, !first, item));
                list.sort_unstable();
                // Mostly several are pushed at the same time.
                if advance % 4 == 0 {
                    now = Time(now.0 + advance);
                    let due = list.iter().take_while(|entry| entry.0 <= now).count();
                    for (due, _, item) in list.drain(..due) {
                        prop_assert_eq!(queue.next_due(), Some(due));
                        prop_assert_eq!(queue.pop(now), Some((due, item)));
                    }
                    prop_assert_eq!(queue.pop(now), None);
                }
                prop_assert_eq!(queue.next_due(), list.first().map(|head| head.0));
            }
            let rest: Vec<usize> = list.iter().map(|entry| entry.2).collect();
            prop_assert_eq!(drain(&mut queue), rest);
        }
    }
}
