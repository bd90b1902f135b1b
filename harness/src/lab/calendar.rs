//! What is on its way under a random latency, by due time: a calendar queue.
//!
//! Contract: items leave in the order of (due time, order of entry). Time does not go
//! back: no item is due before the one that left last.
//!
//! Time is cut into days, and a page holds what is due on a day, unsorted (R. Brown,
//! "Calendar queues", CACM 31(10), 1988). When time reaches a day its page is sorted by
//! the digits of the time of day, which keeps equals in the order of entry, so that no
//! sequence number is needed. What is entered for the present day goes to a small heap
//! beside it. What is due in another year is kept on a coarser page, of 1, 64, 64² …
//! years, and moved to finer ones when time gets there.
//!
//! ```text
//!            today                                   end of year
//!   page │▓▓▓▓▓▓│  ▒  │ ▒ ▒ │▒ ▒▒▒│ ▒   │     │  ▒  │        ▒        │   …
//!         sorted └────────── unsorted ──────────────┘ └── a year ──┘
//!         + late
//! ```
//!
//! Where time matters: an item is written to the end of a page, read and written twice
//! or thrice when its page is sorted, and that is all, however many there are. Memory
//! is 17 bytes an item of 8 bytes, none of it ever copied to grow (see [`chunks`](super::chunks)).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use swelkie_nodes::Time;

use super::chunks::{Chunks, List};

/// A year has 2^YEAR days.
const YEAR: u32 = 10;
const DAYS: usize = 1 << YEAR;
/// Each level above has 2^BITS pages.
const BITS: u32 = 6;
/// Days in the mean delay that a calendar is made for, about.
const DAYS_PER_DELAY: u64 = 64;

#[derive(Clone, Copy, Debug, Default)]
struct Entry<T> {
    due: u64,
    item: T,
}

/// What is due within a stretch of time, in the order of entry.
#[derive(Clone, Copy, Debug)]
struct Page {
    list: List,
    /// The earliest due time on it.
    next: u64,
}

impl Page {
    const EMPTY: Page = Page {
        list: List::EMPTY,
        next: u64::MAX,
    };
}

/// A queue by due time, stable for equal due times. See the module.
#[derive(Clone, Debug)]
pub struct Calendar<T> {
    /// A day has 2^shift nanoseconds.
    shift: u32,
    /// The day that time has reached: due time >> shift.
    today: u64,
    /// What is due today, in order, from `at` on.
    open: Vec<Entry<T>>,
    at: usize,
    /// What was entered today for today: (due time, order of entry).
    late: BinaryHeap<Reverse<Late<T>>>,
    entered_late: u64,
    /// The earliest due time of all, the maximum if there is none.
    next: u64,
    len: usize,
    chunks: Chunks<Entry<T>>,
    days: Box<[Page]>,
    /// Which days of the year have items, and which words of that are not 0.
    occupied: [u64; DAYS / 64],
    occupied_words: u64,
    /// The coarser pages, 64 a level; empty as long as nothing is due in another year.
    coarse: Vec<Page>,
    coarse_occupied: [u64; LEVELS],
    scratch: Vec<Entry<T>>,
}

const LEVELS: usize = 64usize.div_ceil(BITS as usize);

#[derive(Clone, Copy, Debug)]
struct Late<T> {
    due: u64,
    order: u64,
    item: T,
}

impl<T> PartialEq for Late<T> {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl<T> Eq for Late<T> {}

impl<T> PartialOrd for Late<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Late<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.due, self.order).cmp(&(other.due, other.order))
    }
}

impl<T: Copy + Default> Calendar<T> {
    /// An empty calendar at time 0, for delays of about this many nanoseconds: any
    /// others are right, too, but slower if they are much shorter.
    #[must_use]
    pub fn new(delay: u64) -> Calendar<T> {
        Calendar {
            shift: (delay / DAYS_PER_DELAY).max(1).ilog2(),
            today: 0,
            open: Vec::new(),
            at: 0,
            late: BinaryHeap::new(),
            entered_late: 0,
            next: u64::MAX,
            len: 0,
            chunks: Chunks::default(),
            days: vec![Page::EMPTY; DAYS].into_boxed_slice(),
            occupied: [0; DAYS / 64],
            occupied_words: 0,
            coarse: Vec::new(),
            coarse_occupied: [0; LEVELS],
            scratch: Vec::new(),
        }
    }

    /// How many items are in it.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.len
    }

    /// When the next item is due.
    #[inline]
    #[must_use]
    pub fn next_due(&self) -> Option<Time> {
        (self.len > 0).then_some(Time(self.next))
    }

    /// Enters an item behind all that are due at the same time or earlier.
    #[inline]
    pub fn push(&mut self, due: Time, item: T) {
        let due = due.0;
        self.len += 1;
        self.next = self.next.min(due);
        let entry = Entry { due, item };
        if due >> self.shift <= self.today {
            self.push_late(entry);
        } else {
            self.place(entry);
        }
    }

    /// Takes the next item, with its due time.
    #[inline]
    pub fn pop(&mut self) -> Option<(Time, T)> {
        if self.len == 0 {
            return None;
        }
        if self.at == self.open.len() && self.late.is_empty() {
            self.turn();
        }
        self.len -= 1;
        let entry = match self.late.peek() {
            // What is on the page was entered before what came late.
            Some(late)
                if self
                    .open
                    .get(self.at)
                    .is_none_or(|head| late.0.due < head.due) =>
            {
                let Reverse(late) = self.late.pop().expect("it was peeked at");
                Entry {
                    due: late.due,
                    item: late.item,
                }
            }
            _ => {
                self.at += 1;
                self.open[self.at - 1]
            }
        };
        self.next = self.earliest();
        Some((Time(entry.due), entry.item))
    }

    /// The next items after the one that [`Calendar::pop`] will return, as far as they
    /// are sorted already.
    #[inline]
    pub fn ahead(&self, by: usize) -> Option<T> {
        self.open.get(self.at + by).map(|entry| entry.item)
    }

    /// Forgets everything and goes back to time 0; keeps its memory.
    pub fn clear(&mut self) {
        while self.len > 0 && (self.occupied_words != 0 || self.coarse_level().is_some()) {
            let index = self.next_page();
            self.len -= self.page(index).list.len();
            let mut list = self.take(index).list;
            self.chunks.drain(&mut list, |_| ());
        }
        self.open.clear();
        self.late.clear();
        (self.at, self.len, self.today, self.entered_late) = (0, 0, 0, 0);
        self.next = u64::MAX;
    }

    #[inline]
    fn earliest(&self) -> u64 {
        let open = self.open.get(self.at).map_or(u64::MAX, |entry| entry.due);
        let late = self.late.peek().map_or(u64::MAX, |late| late.0.due);
        let today = open.min(late);
        if today < u64::MAX || self.len == 0 {
            return today;
        }
        self.page(self.next_page()).next
    }

    fn push_late(&mut self, entry: Entry<T>) {
        let Entry { due, item } = entry;
        let order = self.entered_late;
        self.entered_late += 1;
        self.late.push(Reverse(Late { due, order, item }));
    }

    /// Writes an entry on the page of its day, or of its year, and so on.
    #[inline]
    fn place(&mut self, entry: Entry<T>) {
        let day = entry.due >> self.shift;
        let years_differ = (day ^ self.today) >> YEAR;
        let page = if years_differ == 0 {
            let day = day as usize % DAYS;
            self.occupied[day / 64] |= 1 << (day % 64);
            self.occupied_words |= 1 << (day / 64);
            &mut self.days[day]
        } else {
            if self.coarse.is_empty() {
                self.coarse = vec![Page::EMPTY; LEVELS << BITS];
            }
            let level = years_differ.ilog2() / BITS;
            let digit = (day >> YEAR >> (level * BITS)) as usize % (1 << BITS);
            self.coarse_occupied[level as usize] |= 1 << digit;
            &mut self.coarse[((level as usize) << BITS) + digit]
        };
        page.next = page.next.min(entry.due);
        self.chunks.push(&mut page.list, entry);
    }

    fn coarse_level(&self) -> Option<usize> {
        self.coarse_occupied.iter().position(|&pages| pages != 0)
    }

    /// The page that time reaches next: a day, or DAYS + a coarse one.
    #[inline]
    fn next_page(&self) -> usize {
        if self.occupied_words != 0 {
            let word = self.occupied_words.trailing_zeros() as usize;
            return word * 64 + self.occupied[word].trailing_zeros() as usize;
        }
        let level = self.coarse_level().expect("something is on a page");
        let digit = self.coarse_occupied[level].trailing_zeros() as usize;
        DAYS + (level << BITS) + digit
    }

    #[inline]
    fn page(&self, index: usize) -> &Page {
        if index < DAYS {
            &self.days[index]
        } else {
            &self.coarse[index - DAYS]
        }
    }

    /// Takes a page out, which leaves an empty one.
    fn take(&mut self, index: usize) -> Page {
        let page = if index < DAYS {
            self.occupied[index / 64] &= !(1 << (index % 64));
            if self.occupied[index / 64] == 0 {
                self.occupied_words &= !(1 << (index / 64));
            }
            &mut self.days[index]
        } else {
            let index = index - DAYS;
            self.coarse_occupied[index >> BITS] &= !(1 << (index % (1 << BITS)));
            &mut self.coarse[index]
        };
        std::mem::replace(page, Page::EMPTY)
    }

    /// Time reaches the next day on which something is due.
    fn turn(&mut self) {
        loop {
            let index = self.next_page();
            let mut page = self.take(index);
            self.today = page.next >> self.shift;
            if index < DAYS {
                return self.sort(&mut page.list);
            }
            // A year, or many, is reached: its items move to the pages of its days.
            let mut entries = std::mem::take(&mut self.scratch);
            entries.clear();
            self.chunks
                .drain(&mut page.list, |items| entries.extend_from_slice(items));
            entries.iter().for_each(|&entry| self.place(entry));
            self.scratch = entries;
        }
    }

    /// Puts what a page lists into `open`, sorted by due time, equals in order.
    fn sort(&mut self, list: &mut List) {
        let Calendar {
            open,
            scratch,
            chunks,
            ..
        } = self;
        open.clear();
        self.at = 0;
        chunks.drain(list, |items| open.extend_from_slice(items));
        if open.len() <= FEW {
            insertion_sort(open);
        } else if open.len() < 1 << 10 {
            radix_sort::<T, 7>(open, scratch, self.shift);
        } else {
            radix_sort::<T, 11>(open, scratch, self.shift);
        }
    }
}

/// Up to this many items are sorted by insertion.
const FEW: usize = 40;

fn insertion_sort<T: Copy>(entries: &mut [Entry<T>]) {
    for end in 1..entries.len() {
        let entry = entries[end];
        let mut at = end;
        while at > 0 && entries[at - 1].due > entry.due {
            entries[at] = entries[at - 1];
            at -= 1;
        }
        entries[at] = entry;
    }
}

/// Sorts by the lowest `bits` bits of the due time, DIGIT bits at a time.
fn radix_sort<T: Copy + Default, const DIGIT: u32>(
    entries: &mut Vec<Entry<T>>,
    scratch: &mut Vec<Entry<T>>,
    bits: u32,
) {
    scratch.resize(entries.len(), Entry::default());
    let mut starts = [0u32; 1 << 11];
    let starts = &mut starts[..1 << DIGIT];
    for shift in (0..bits).step_by(DIGIT as usize) {
        // The day's number is above: it is the same for all, and so is the digit's rest.
        let width = DIGIT.min(bits - shift);
        let digit = |entry: &Entry<T>| (entry.due >> shift) as usize & ((1 << width) - 1);
        starts.fill(0);
        entries.iter().for_each(|entry| starts[digit(entry)] += 1);
        let mut sum = 0;
        for start in starts.iter_mut() {
            sum += std::mem::replace(start, sum);
        }
        for entry in entries.iter() {
            let start = &mut starts[digit(entry)];
            scratch[*start as usize] = *entry;
            *start += 1;
        }
        std::mem::swap(entries, scratch);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Delays of all sizes against a day of about a millisecond; many ties.
    fn delay() -> impl Strategy<Value = u64> {
        prop_oneof![
            3 => 0u64..4,
            3 => 0u64..1_000,
            3 => (0u64..2_000).prop_map(|ms| ms * 1_000_000),
            2 => 0u64..1 << 32,
            1 => 0u64..1 << 50,
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn items_leave_as_from_a_sorted_list(
            mean in prop_oneof![Just(1u64), Just(1 << 26), Just(1 << 40)],
            start in prop_oneof![Just(0u64), 0u64..1 << 60],
            rounds in prop::collection::vec(
                (prop::collection::vec(delay(), 0..80), 0usize..100),
                1..12,
            ),
        ) {
            let mut calendar = Calendar::new(mean);
            for _ in 0..2 {
                // (due, order of entry), kept sorted.
                let mut list: Vec<(u64, u32)> = Vec::new();
                let (mut now, mut entered) = (start, 0);
                for (delays, pops) in &rounds {
                    for delay in delays {
                        calendar.push(Time(now + delay), entered);
                        list.push((now + delay, entered));
                        entered += 1;
                    }
                    list.sort_unstable();
                    prop_assert_eq!(calendar.len(), list.len());
                    for (due, item) in list.drain(..(*pops).min(list.len())) {
                        prop_assert_eq!(calendar.next_due(), Some(Time(due)));
                        prop_assert_eq!(calendar.pop(), Some((Time(due), item)));
                        now = due;
                    }
                    prop_assert_eq!(calendar.next_due(), list.first().map(|head| Time(head.0)));
                }
                // What is left is forgotten, and the same happens once more.
                calendar.clear();
                prop_assert_eq!(calendar.pop(), None);
                prop_assert_eq!(calendar.next_due(), None);
            }
        }
    }

    #[test]
    fn a_full_day_is_sorted_and_keeps_ties_in_the_order_of_entry() {
        for count in [10u32, 41, 500, 5_000] {
            let mut calendar = Calendar::new(1 << 26);
            let due =
                |item: u32| 5_000_000 + u64::from(item.wrapping_mul(2_654_435_761) % 97) * 9_001;
            (0..count).for_each(|item| calendar.push(Time(due(item)), item));
            let mut expected: Vec<u32> = (0..count).collect();
            expected.sort_by_key(|&item| due(item));
            let left: Vec<u32> =
                std::iter::from_fn(|| calendar.pop().map(|(_, item)| item)).collect();
            assert_eq!(left, expected);
        }
    }
}
