//! Swelkie: test any stdio node binary under an unfriendly network.

mod builtin;
pub mod engine;
pub mod faults;
pub mod judge;
pub mod live;
pub mod network;
pub mod options;
pub mod plan;
mod platform;
pub mod propagation;
pub mod replay;
pub mod report;
pub mod run;
pub mod services;
pub mod sim;
pub mod store;
pub mod summary;
pub mod supervisor;
pub mod text;
pub mod units;
