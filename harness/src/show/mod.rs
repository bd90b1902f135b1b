//! A run in a terminal: small plots under its summary, the way of one message, what
//! happened around a moment.
//!
//! ```text
//!   Archive ─► Recording ─► plots::page      operations, latency, messages, drops, reach
//!           ─► Following ─► following::page  one element from node to node
//!           ─► Moment    ─► moment::page     a log of some milliseconds
//! ```
//!
//! What reads files is the left column; pages are made of data alone. All that a node may
//! have written is escaped, nothing is told by colour alone.

mod axis;
mod faults;
pub mod figures;
pub mod following;
mod glyphs;
pub mod moment;
mod plot;
pub mod plots;
mod series;
#[cfg(test)]
mod tests;
mod value;

pub use glyphs::ascii;

/// What a page is shown on.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    /// Columns.
    pub width: usize,
    /// Whether it takes colours.
    pub color: bool,
    /// Whether it takes nothing but ASCII.
    pub ascii: bool,
}

impl Screen {
    /// The finished page: a screen that takes ASCII only gets no more.
    fn finish(&self, page: crate::summary::Page) -> String {
        let text = page.text();
        if self.ascii { ascii(&text) } else { text }
    }
}
