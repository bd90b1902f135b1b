//! When each element came to each node first, over how many hops, and how often again.

use swelkie_checkers::{Element, Figure, Figures, History, Nanos};

use super::elements::Known;

/// First arrivals by element and place: the nodes, then the services.
pub(super) struct Arrivals {
    places: usize,
    /// (time + 1) << 12 | hops; 0 for never. Untouched pages of it cost no memory.
    cells: Vec<u64>,
    /// By element: deliveries from nodes and services to a node that had it already.
    copies: Vec<u32>,
    nodes: usize,
}

const HOP_BITS: u32 = 12;
const MAX_HOPS: u64 = (1 << HOP_BITS) - 1;

/// One gibibyte of first arrivals.
pub(super) const MAX_CELLS: usize = 1 << 27;

impl Arrivals {
    pub fn new(nodes: usize, places: usize, elements: usize) -> Arrivals {
        Arrivals {
            places,
            cells: vec![0; places * elements],
            copies: vec![0; elements],
            nodes,
        }
    }

    /// An element was carried to a place; `src` is none for a client.
    pub fn carried(&mut self, at: Nanos, src: Option<u32>, dest: u32, element: Element) {
        let row = element as usize * self.places;
        let cell = row + dest as usize;
        if self.cells[cell] != 0 {
            let between_nodes = src.is_some() && (dest as usize) < self.nodes;
            self.copies[element as usize] += u32::from(between_nodes);
            return;
        }
        // A sender that never got it (it made it up) counts as its origin.
        let hops = src.map_or(0, |src| (self.cells[row + src as usize] & MAX_HOPS) + 1);
        self.cells[cell] = (at + 1) << HOP_BITS | hops.min(MAX_HOPS);
    }

    /// When the element came to a place first.
    pub fn first(&self, element: Element, place: usize) -> Option<Nanos> {
        let cell = self.cells[element as usize * self.places + place];
        (cell != 0).then(|| (cell >> HOP_BITS) - 1)
    }

    fn hops(&self, element: Element, place: usize) -> u64 {
        self.cells[element as usize * self.places + place] & MAX_HOPS
    }

    /// Sets the figures that [`names`] lists.
    pub fn figures(&self, history: &History, known: &Known, prefix: &str, figures: &mut Figures) {
        let judged: Vec<usize> = (0..self.nodes)
            .filter(|&node| history.nodes[node].judged)
            .collect();
        let most = (judged.len() * 9).div_ceil(10);
        let (mut to_node, mut to_all, mut to_most) = (Vec::new(), Vec::new(), Vec::new());
        let mut hops = Vec::new();
        let (mut copies, mut carried) = (0, 0_u64);
        let mut times = Vec::with_capacity(judged.len());
        for element in 0..known.len() as Element {
            let Some(asked) = known.asked(element).filter(|asked| !asked.failed) else {
                continue;
            };
            times.clear();
            for &node in &judged {
                if let Some(at) = self.first(element, node) {
                    times.push(at.saturating_sub(asked.invoked));
                    hops.push(self.hops(element, node));
                }
            }
            if times.is_empty() {
                continue;
            }
            carried += 1;
            copies += u64::from(self.copies[element as usize]);
            to_node.extend_from_slice(&times);
            if times.len() >= most {
                to_most.push(*times.select_nth_unstable(most - 1).1);
            }
            if times.len() == judged.len() {
                to_all.extend(times.iter().max());
            }
        }
        let prefix = format!("{prefix}.carried");
        figures.count(format!("{prefix}.everywhere"), to_all.len());
        figures.quantiles(&format!("{prefix}.time-to-node"), to_node);
        figures.quantiles(&format!("{prefix}.time-to-90%"), to_most);
        figures.quantiles(&format!("{prefix}.time-to-all"), to_all);
        if carried > 0 {
            let mean = copies as f64 / carried as f64;
            figures.set(format!("{prefix}.copies"), Figure::Number(mean));
            hops.sort_unstable();
            let at = |rank: usize| Figure::Count(hops[rank]);
            figures.set(format!("{prefix}.hops.p50"), at(hops.len().div_ceil(2) - 1));
            figures.set(format!("{prefix}.hops.max"), at(hops.len() - 1));
        }
    }
}

/// The names of all figures, each with a zero of what it measures: a catalogue of
/// figures needs to know which are times.
#[must_use]
pub fn names(prefix: &str) -> Vec<(String, Figure)> {
    let mut names = Vec::new();
    for time in ["time-to-node", "time-to-90%", "time-to-all"] {
        for quantile in ["min", "p50", "p95", "p99", "max", "mean"] {
            names.push((format!("{time}.{quantile}"), Figure::Duration(0)));
        }
    }
    for count in ["everywhere", "hops.p50", "hops.max"] {
        names.push((count.to_owned(), Figure::Count(0)));
    }
    names.push(("copies".to_owned(), Figure::Number(0.0)));
    let named = |(name, figure)| (format!("{prefix}.carried.{name}"), figure);
    names.into_iter().map(named).collect()
}
