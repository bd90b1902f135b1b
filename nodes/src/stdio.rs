//! Turns a [`Node`](crate::Node) into a process that speaks JSON lines on stdio.
