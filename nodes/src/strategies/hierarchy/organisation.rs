//! Who is in which team, who may lead it, and who is meant to get what: a pure function
//! of the order of the members and of two numbers.
//!
//! Members are taken in the order in which `init` lists them. `team` members next to each
//! other are a team, the unit of level 1; `branching` teams next to each other are a
//! department, the unit of level 2; as many departments the unit of level 3; and so on,
//! until one unit holds everybody. A member alone is its unit of level 0. So member i is
//! in unit ⌊i / (team·branching^(level−1))⌋ of a level; the last unit may be smaller.
//!
//! ```text
//!   level 3  (everyone)   n0 ──────────────────────────── n9 ──────── …    team=3,
//!   level 2  departments  n0 ─────── n3 ─────── n6        n9 ─ n12 ─ n15   branching=3
//!   level 1  teams        n0 n1 n2   n3 n4 n5   n6 n7 n8  …
//! ```
//!
//! Within a unit succession goes by the members' order: its leader is the first member
//! that is there. So who leads a unit also leads the unit below it that it is in, and is
//! always somebody whom everything said in the unit is meant for.
//!
//! The audience of a message is the unit of its origin of the level that its sensitivity
//! names. Whoever belongs to it finds the same audience without knowing the origin: its
//! own unit of that level.

use std::ops::Range;

use crate::strategy::{Peer, Sensitivity};

/// The two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// How many members a team has; at least 1.
    pub team: u32,
    /// How many units make one of the next level; at least 2.
    pub branching: u32,
}

impl Default for Shape {
    fn default() -> Shape {
        Shape {
            team: 3,
            branching: 3,
        }
    }
}

/// Who is in which team. See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Organisation {
    shape: Shape,
    members: u32,
}

/// Members next to each other who have one leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unit {
    /// 0 for a member alone, 1 for a team, 2 for a department, …
    pub level: u8,
    /// Its first member.
    pub first: u32,
    /// The member after its last one.
    pub end: u32,
}

impl Shape {
    /// A shape of any depth.
    ///
    /// # Errors
    /// If no unit would ever hold everybody: a sentence that says so.
    pub fn new(team: u32, branching: u32) -> Result<Shape, String> {
        if team == 0 {
            return Err("a team needs at least one member".to_owned());
        }
        if branching < 2 {
            return Err(format!(
                "branching={branching}: at least 2 units make one of the next level, or no \
                 leader would ever lead everybody"
            ));
        }
        Ok(Shape { team, branching })
    }

    /// How many members a full unit of a level has.
    fn span(self, level: u8) -> u64 {
        match level.checked_sub(1) {
            None => 1,
            Some(above) => {
                let teams = u64::from(self.branching).saturating_pow(u32::from(above));
                teams.saturating_mul(u64::from(self.team))
            }
        }
    }
}

impl Organisation {
    /// So many members in this shape.
    #[must_use]
    pub fn new(shape: Shape, members: u32) -> Organisation {
        Organisation { shape, members }
    }

    /// The level whose one unit holds everybody; at least 1.
    #[must_use]
    pub fn depth(&self) -> u8 {
        let holds_all = |&level: &u8| self.shape.span(level) >= u64::from(self.members);
        (1..u8::MAX).find(holds_all).unwrap_or(u8::MAX)
    }

    /// The unit of a level that a member is in; of levels above the depth, everybody.
    #[must_use]
    pub fn unit(&self, member: Peer, level: u8) -> Unit {
        let span = self.shape.span(level);
        let first = u64::from(member.0) / span * span;
        let end = first.saturating_add(span).min(u64::from(self.members));
        Unit {
            level,
            first: first as u32,
            end: end as u32,
        }
    }

    /// The units of the level below that a unit is made of, in order.
    pub fn parts(&self, unit: Unit) -> impl Iterator<Item = Unit> + use<> {
        let (organisation, level) = (*self, unit.level.saturating_sub(1));
        let mut next = unit.first;
        std::iter::from_fn(move || {
            let part = (next < unit.end).then(|| organisation.unit(Peer(next), level))?;
            next = part.end;
            Some(part)
        })
    }

    /// The level of the unit that a message of this sensitivity is for.
    #[must_use]
    pub fn reach(&self, sensitivity: Sensitivity) -> u8 {
        sensitivity.level().clamp(1, self.depth())
    }

    /// Who is meant to get what `origin` says with this sensitivity; the same for each of
    /// them in place of `origin`.
    #[must_use]
    pub fn audience(&self, origin: Peer, sensitivity: Sensitivity) -> Unit {
        self.unit(origin, self.reach(sensitivity))
    }
}

impl Unit {
    /// Its members in the order of succession.
    pub fn members(self) -> impl Iterator<Item = Peer> {
        self.range().map(Peer)
    }

    /// Their numbers.
    #[must_use]
    pub fn range(self) -> Range<u32> {
        self.first..self.end
    }

    /// Whether it has this member.
    #[must_use]
    pub fn contains(self, member: Peer) -> bool {
        self.range().contains(&member.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(team: u32, branching: u32, members: u32) -> Organisation {
        Organisation::new(Shape::new(team, branching).unwrap(), members)
    }

    #[test]
    fn members_next_to_each_other_are_a_team_and_teams_a_department() {
        let organisation = of(3, 3, 25);
        assert_eq!(organisation.depth(), 3);
        let unit = |member, level| organisation.unit(Peer(member), level).range();
        assert_eq!(unit(4, 0), 4..5);
        assert_eq!(unit(4, 1), 3..6);
        assert_eq!(unit(4, 2), 0..9);
        assert_eq!(unit(24, 1), 24..25, "the last team has one member");
        assert_eq!(unit(24, 2), 18..25);
        assert_eq!(unit(24, 3), 0..25);
        let parts = organisation.parts(organisation.unit(Peer(20), 2));
        let parts: Vec<_> = parts.map(Unit::range).collect();
        assert_eq!(parts, [18..21, 21..24, 24..25]);
    }

    #[test]
    fn everybody_is_one_unit_at_the_depth_and_at_none_below() {
        for (team, branching) in [(1, 2), (2, 2), (3, 3), (5, 2), (4, 7), (100, 100)] {
            for members in (1..200).chain([100_000, u32::MAX]) {
                let organisation = of(team, branching, members);
                let depth = organisation.depth();
                let all = organisation.unit(Peer(members / 2), depth);
                assert_eq!((all.first, all.end), (0, members), "{organisation:?}");
                if depth > 1 {
                    assert!(organisation.unit(Peer(0), depth - 1).end < members);
                }
            }
        }
    }

    #[test]
    fn the_parts_of_a_unit_are_its_members_once_each_in_order() {
        for (team, branching, members) in [(3, 3, 25), (1, 2, 17), (4, 2, 30)] {
            let organisation = of(team, branching, members);
            for level in 0..=organisation.depth() {
                for member in 0..members {
                    let unit = organisation.unit(Peer(member), level);
                    assert!(unit.contains(Peer(member)));
                    if level > 0 {
                        let parts = organisation.parts(unit);
                        let of_parts: Vec<Peer> = parts.flat_map(Unit::members).collect();
                        assert_eq!(of_parts, unit.members().collect::<Vec<_>>());
                    }
                }
            }
        }
    }

    #[test]
    fn whoever_is_in_an_audience_finds_the_same_audience() {
        let organisation = of(3, 2, 40);
        let words = [
            Sensitivity::Team,
            Sensitivity::Department,
            Sensitivity::Level(3),
            Sensitivity::Level(200),
            Sensitivity::Everyone,
        ];
        for sensitivity in words {
            for origin in (0..40).map(Peer) {
                let audience = organisation.audience(origin, sensitivity);
                for member in audience.members() {
                    assert_eq!(organisation.audience(member, sensitivity), audience);
                }
            }
        }
        assert_eq!(
            organisation.audience(Peer(7), Sensitivity::Team).range(),
            6..9
        );
        let everyone = organisation.audience(Peer(7), Sensitivity::Everyone);
        assert_eq!(everyone.range(), 0..40);
    }

    #[test]
    fn a_shape_that_would_never_unite_everybody_is_refused() {
        assert!(Shape::new(0, 3).is_err());
        let refusal = Shape::new(3, 1).unwrap_err();
        assert!(refusal.starts_with("branching=1"), "{refusal}");
    }
}
