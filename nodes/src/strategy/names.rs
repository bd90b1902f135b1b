//! What rumors and peers are called outside a strategy.

use super::{Attributes, Peer, Rumor};

/// The texts behind the numbers: in a process what clients and the harness called them,
/// in the lab made up.
pub trait Names {
    /// Appends the rumor's JSON.
    fn write_rumor(&self, rumor: Rumor, out: &mut Vec<u8>);

    /// Appends the peer's name, a JSON string.
    fn write_peer(&self, peer: Peer, out: &mut Vec<u8>);

    /// The number of a rumor given as JSON, a new one if it was not heard of before.
    fn read_rumor(&mut self, json: &str) -> Rumor;

    /// The peer of this name, given without quotes.
    fn read_peer(&self, name: &str) -> Option<Peer>;

    /// A number that is the same on every node for equal rumors, and for no two others
    /// but by chance (64 bits).
    fn key(&self, rumor: Rumor) -> u64;

    /// The rumor of this key, if it was heard of.
    fn find(&self, key: u64) -> Option<Rumor>;

    /// What is known of a rumor.
    fn attributes(&self, rumor: Rumor) -> Attributes;
}
