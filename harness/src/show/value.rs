//! Which element a person means.

use serde_json::Value;
use swelkie_checkers::{Element, History};

use crate::text::excerpt;

/// So many elements are offered where none is meant.
const OFFERED: usize = 3;

/// The element that a text names: as JSON, as a plain word (a string), or, among elements
/// that are objects, by what their `id` is.
///
/// # Errors
/// That there is none, and which come near.
pub(super) fn find(text: &str, history: &History) -> Result<Element, String> {
    let count = history.elements.len();
    if count == 0 {
        return Err(
            "no value was asked to be spread in this run (broadcast and g-set have some)"
                .to_owned(),
        );
    }
    let wanted = serde_json::from_str::<Value>(text).ok();
    let word = Value::String(text.to_owned());
    let mut elements = history.elements.clone();
    let mut known = |json: &str| {
        let element = elements.intern(json).ok()?;
        ((element as usize) < count).then_some(element)
    };
    let exact = wanted.as_ref().and_then(|_| known(text));
    if let Some(element) = exact.or_else(|| known(&word.to_string())) {
        return Ok(element);
    }
    let wanted = wanted.unwrap_or(word);
    let all = || (0..count as Element).map(|element| history.elements.text(element));
    let has_id = |json: &str| {
        let value = json
            .starts_with('{')
            .then(|| serde_json::from_str::<Value>(json));
        matches!(value, Some(Ok(value)) if value.get("id") == Some(&wanted))
    };
    let mut by_id = (0..).zip(all()).filter(|(_, json)| has_id(json));
    if let (Some((element, _)), None) = (by_id.next(), by_id.next()) {
        return Ok(element);
    }
    let near: Vec<String> = nearest(&wanted, all())
        .into_iter()
        .map(|json| excerpt(json.as_bytes(), 60))
        .collect();
    Err(format!(
        "nobody asked for {} to be spread; of the {count} values of this run {} {} the nearest",
        excerpt(text.as_bytes(), 60),
        near.join(", "),
        if near.len() == 1 { "is" } else { "are" }
    ))
}

/// Numbers by their distance, everything else by its spelling.
fn nearest<'a>(wanted: &Value, all: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let spelled = wanted.to_string();
    let head = |text: &str| text.chars().take(64).collect::<String>();
    let spelled = head(&spelled);
    let distance = |json: &str| match (wanted.as_f64(), json.parse::<f64>()) {
        (Some(wanted), Ok(number)) => (wanted - number).abs(),
        // Behind every number.
        (Some(_), Err(_)) => f64::MAX,
        _ => strsim::damerau_levenshtein(&spelled, &head(json)) as f64,
    };
    let mut all: Vec<(f64, &str)> = all.map(|json| (distance(json), json)).collect();
    all.sort_by(|one, other| one.0.total_cmp(&other.0));
    all.into_iter()
        .take(OFFERED)
        .map(|(_, json)| json)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(elements: &[&str]) -> History {
        let mut history = History::default();
        for json in elements {
            history.elements.intern(json).expect("JSON");
        }
        history
    }

    #[test]
    fn an_element_is_named_as_json_as_a_word_or_by_its_id() {
        let some = history(&["17", "\"a b\"", r#"{"id":4,"x":[1]}"#, "\"18\""]);
        for (text, element) in [
            ("17", 0),
            ("a b", 1),
            ("\"a b\"", 1),
            (r#"{ "x":[1], "id":4 }"#, 2),
            ("4", 2),
            ("18", 3),
        ] {
            assert_eq!(find(text, &some), Ok(element), "{text}");
        }
    }

    #[test]
    fn a_value_that_does_not_exist_is_told_with_its_neighbours() {
        let numbers: Vec<String> = (0..50).map(|number| number.to_string()).collect();
        let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
        let error = find("60", &history(&numbers)).expect_err("there is none");
        assert!(
            error.contains("of the 50 values of this run 49, 48, 47 are"),
            "{error}"
        );
        let words = history(&["\"apple\"", "\"pear\"", "\"plum\"", "\"\u{202e}\""]);
        let error = find("pera", &words).expect_err("there is none");
        assert!(error.contains("this run \"pear\", "), "{error}");
        let error = find("1", &history(&[])).expect_err("there are none");
        assert!(error.contains("broadcast and g-set"), "{error}");
    }
}
