//! Swelkie: test any stdio node binary under an unfriendly network.

pub mod engine;
pub mod faults;
pub mod live;
pub mod network;
mod platform;
pub mod supervisor;
