//! The built-in nodes, one file each.
