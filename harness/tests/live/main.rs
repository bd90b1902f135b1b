//! The live driver with real processes and a scripted engine.
//!
//! Nothing here sleeps to wait for something: tests wait for events, with bounds far
//! beyond what they take.

mod backlog;
mod cleanup;
mod lives;
mod output;
mod scale;
mod script;
