//! From options to a plan: names resolved, files read, faults drawn. What is
//! wrong is found here, before any node starts.
