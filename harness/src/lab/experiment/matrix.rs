//! A matrix of conditions: lists of values, and every combination of them.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};

/// Values as text, however they are written in the file: one or a list, quoted or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values(pub Vec<String>);

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValuesVisitor)
    }
}

struct ValuesVisitor;

impl<'de> Visitor<'de> for ValuesVisitor {
    type Value = Values;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value or a list of values")
    }

    fn visit_str<E>(self, text: &str) -> Result<Values, E> {
        Ok(Values(vec![text.to_owned()]))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Values, E> {
        Ok(Values(vec![number.to_string()]))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Values, E> {
        Ok(Values(vec![number.to_string()]))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Values, E> {
        Ok(Values(vec![number.to_string()]))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Values, E> {
        Ok(Values(vec![if flag { "yes" } else { "no" }.to_owned()]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Values, A::Error> {
        let mut all = Vec::new();
        while let Some(Values(values)) = list.next_element()? {
            all.extend(values);
        }
        Ok(Values(all))
    }
}

/// One value for each name.
pub type Combination = BTreeMap<String, String>;

/// Every combination of these values, the last name changing fastest.
pub fn combinations(axes: &[(String, Vec<String>)]) -> Vec<Combination> {
    let mut all = vec![Combination::new()];
    for (name, values) in axes {
        all = all
            .iter()
            .flat_map(|before| {
                values.iter().map(move |value| {
                    let mut combination = before.clone();
                    combination.insert(name.clone(), value.clone());
                    combination
                })
            })
            .collect();
    }
    all
}

/// `text` with the value of each `{name}` in its place.
///
/// # Errors
/// If a name has no value.
pub fn filled(text: &str, values: &Combination) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else {
            return Err(format!("`{text}`: a brace is not closed"));
        };
        let Some(value) = values.get(name) else {
            return Err(format!("`{text}`: there is no `{name}` under `vary`"));
        };
        out.push_str(before);
        out.push_str(value);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}
