//! A trial takes the memory that trials before it left, and no other.
#![allow(missing_docs)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use swelkie::lab::{AnyCluster, Conditions};
use swelkie::network::Latency;
use swelkie_nodes::Seed;
use swelkie_nodes::registry::{self, Visitor};
use swelkie_nodes::strategy::Strategy;

/// Counts how often memory is asked for.
struct Counting;

static ASKED: AtomicU64 = AtomicU64::new(0);

// SAFETY: all is left to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ASKED.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// How often a hundred trials ask for memory, having been played once before.
struct Trials<'a>(&'a Conditions);

impl Visitor for Trials<'_> {
    type Output = u64;

    fn visit<S: Strategy + 'static>(self, config: S::Config) -> u64 {
        let mut cluster = AnyCluster::<S>::new(config, self.0);
        let mut play = || {
            let reached: u32 = (0..100)
                .map(|seed| cluster.run(Seed(seed)).rumors[0].reached)
                .sum();
            assert!(reached > 2000);
        };
        play();
        let before = ASKED.load(Ordering::Relaxed);
        play();
        ASKED.load(Ordering::Relaxed) - before
    }
}

// One test: what another one allocates meanwhile would count.
#[test]
fn trials_allocate_nothing_once_the_cluster_has_its_memory() {
    let mean = Duration::from_millis(100);
    for latency in [Latency::constant(mean), Latency::exponential(mean)] {
        let mut conditions = Conditions::new(25, latency);
        for loss in [0.0, 0.1] {
            conditions.loss = loss;
            let asked = registry::visit("sample:fanout=7", Trials(&conditions));
            assert_eq!(asked.unwrap(), 0, "{latency}, loss {loss}");
        }
    }
}
