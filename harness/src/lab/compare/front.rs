//! Pareto fronts: who is beaten by nobody on two axes at once, less being better.

/// For each point whether no other is at least as good on both axes and better on one.
/// Equal points stand or fall together. O(n log n).
///
/// ```
/// use swelkie::lab::compare::front;
///
/// let on = front(&[(2.0, 300.0), (12.0, 200.0), (12.0, 400.0)]);
/// assert_eq!(on, [true, true, false]);
/// ```
#[must_use]
pub fn front(points: &[(f64, f64)]) -> Vec<bool> {
    let mut order: Vec<usize> = (0..points.len()).collect();
    let compare = |&a: &usize, &b: &usize| {
        let ((ax, ay), (bx, by)) = (points[a], points[b]);
        ax.total_cmp(&bx).then(ay.total_cmp(&by))
    };
    order.sort_by(compare);
    let mut on = vec![false; points.len()];
    // The lowest point so far, from left to right: what is not below it is beaten by it.
    let mut lowest: Option<(f64, f64)> = None;
    for index in order {
        let point = points[index];
        let beaten = lowest.is_some_and(|lowest| point.1 >= lowest.1 && point != lowest);
        if !beaten {
            on[index] = true;
            lowest = Some(point);
        }
    }
    on
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn by_the_book(points: &[(f64, f64)]) -> Vec<bool> {
        let beats = |a: (f64, f64), b: (f64, f64)| a.0 <= b.0 && a.1 <= b.1 && a != b;
        let beaten = |point| points.iter().any(|&other| beats(other, point));
        points.iter().map(|&point| !beaten(point)).collect()
    }

    proptest! {
        /// Few values, so that ties on one axis and on both are common.
        #[test]
        fn the_front_is_what_comparing_everybody_with_everybody_finds(
            points in prop::collection::vec((0u8..6, 0u8..6), 0..24)
        ) {
            let points: Vec<(f64, f64)> =
                points.into_iter().map(|(x, y)| (x.into(), y.into())).collect();
            prop_assert_eq!(front(&points), by_the_book(&points));
        }
    }

    #[test]
    fn equal_points_are_on_the_front_together() {
        assert_eq!(
            front(&[(1.0, 1.0), (1.0, 1.0), (1.0, 2.0)]),
            [true, true, false]
        );
        assert!(front(&[]).is_empty());
    }
}
