//! The built-in nodes by name.
