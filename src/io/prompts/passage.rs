//! One prompt in two languages: "Per un operatore, premi 0. `<en>`For English, press 9.`</en>`".
//!
//! Whoever needs the English must hear it from a voice that speaks English, inside the Italian menu. The text between the
//! marks is spoken by the other language's voice.

/// Consecutive words of one language.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Passage<'a> {
    pub(super) language: &'a str,
    pub(super) text: &'a str,
}

/// Cuts `text`, whose language is `language` where it is not marked. The error says which mark has no end.
pub(super) fn passages<'a>(language: &'a str, text: &'a str) -> Result<Vec<Passage<'a>>, String> {
    let mut passages = Vec::new();
    let mut rest = text;
    while let Some((before, other, after)) = next_mark(rest) {
        let end = format!("</{other}>");
        let (inside, after) =
            after.split_once(&end).ok_or_else(|| format!("its text has `<{other}>` without `{end}`"))?;
        passages.push(Passage { language, text: before });
        passages.push(Passage { language: other, text: inside });
        rest = after;
    }
    passages.push(Passage { language, text: rest });
    // A full stop alone is not spoken.
    passages.retain(|passage| passage.text.contains(char::is_alphanumeric));
    Ok(passages)
}

/// What is before the first mark such as `<en>`, its language, and what is after it.
fn next_mark(text: &str) -> Option<(&str, &str, &str)> {
    text.match_indices('<').find_map(|(at, _)| {
        let (before, mark) = text.split_at(at);
        let (language, after) = mark.strip_prefix('<')?.split_once('>')?;
        let named = language.len() == 2 && language.bytes().all(|b| b.is_ascii_lowercase());
        named.then_some((before, language, after))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marked_words_are_spoken_in_their_own_language() {
        let table: [(&str, &[(&str, &str)]); 5] = [
            ("Buongiorno.", &[("it", "Buongiorno.")]),
            ("Premi 0. <en>Press 9.</en>", &[("it", "Premi 0. "), ("en", "Press 9.")]),
            ("<en>Press 9.</en>. Grazie", &[("en", "Press 9."), ("it", ". Grazie")]),
            ("<en>a</en><en>b</en>", &[("en", "a"), ("en", "b")]),
            ("meno < di 3, più > di 2", &[("it", "meno < di 3, più > di 2")]),
        ];
        for (text, expected) in table {
            let expected: Vec<_> =
                expected.iter().map(|&(language, text)| Passage { language, text }).collect();
            assert_eq!(passages("it", text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn mark_without_an_end_is_an_error() {
        assert_eq!(passages("it", "Ciao <en>bye"), Err("its text has `<en>` without `</en>`".to_owned()));
    }
}
