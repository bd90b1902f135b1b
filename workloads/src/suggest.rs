//! Did you mean …?

/// The candidate that `word` is most likely a slip of the pen for, if any is close.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let word = word.to_lowercase();
    let slips = |candidate: &str| strsim::damerau_levenshtein(&word, &candidate.to_lowercase());
    let scored = candidates
        .into_iter()
        .map(|candidate| (slips(candidate), candidate));
    let (slips, candidate) = scored.min_by_key(|&(slips, _)| slips)?;
    (slips <= 1.max(candidate.len() / 3)).then_some(candidate)
}

/// ``; did you mean `n1`?`` if something is close, nothing otherwise.
pub(crate) fn hint<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let nearest = nearest(word, candidates);
    nearest.map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}
