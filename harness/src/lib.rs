//! Swelkie: test any stdio node binary under an unfriendly network.

pub mod engine;
pub mod faults;
pub mod network;
pub mod options;
pub mod report;
pub mod services;
pub mod sim;
pub mod text;
pub mod units;
