//! What somebody meant who wrote a word that is none.

/// The known word that looks most like this one, if one looks like it at all.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let far = |name: &str| strsim::damerau_levenshtein(word, name);
    let (distance, name) = known.into_iter().map(|name| (far(name), name)).min_by_key(|(distance, _)| *distance)?;
    (distance <= (word.chars().count() / 3).max(2)).then_some(name)
}

/// The same as the end of a sentence: `; did you mean X?`, or nothing.
pub fn hint<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    // A word of megabytes is no misspelling, and comparing it would take for ever.
    if word.len() > 100 {
        return String::new();
    }
    nearest(word, known).map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

/// A message that lists in backquotes first the wrong word and then the right ones, with the nearest of those at its end.
pub(crate) fn hinted(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let wrong = quoted.next().unwrap_or_default();
    message.to_owned() + &hint(wrong, quoted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found_and_a_far_one_is_not() {
        assert_eq!(nearest("lwp-exi", ["exit", "lwp-exit", "exec"]), Some("lwp-exit"));
        assert_eq!(nearest("drian", ["none", "drain"]), Some("drain"));
        assert_eq!(nearest("kangaroo", ["none", "drain"]), None);
        assert_eq!(
            hinted("unknown field `desing`, expected one of `name`, `design`").rsplit(';').next(),
            Some(" did you mean `design`?")
        );
        assert_eq!(hinted("nothing is quoted"), "nothing is quoted");
    }
}
