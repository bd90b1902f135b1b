//! The laboratory: how a dissemination strategy behaves over thousands of clusters.
//!
//! The same strategies that run as processes run here typed, without JSON, in virtual
//! time; one trial is one cluster with a seed of its own.

pub mod congestion;
