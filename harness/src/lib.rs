//! Swelkie: test any stdio node binary under an unfriendly network.

pub mod engine;
pub mod faults;
pub mod network;
pub mod services;
