//! Who is whose neighbour.
