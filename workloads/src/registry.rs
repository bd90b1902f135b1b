//! The workloads by name.
