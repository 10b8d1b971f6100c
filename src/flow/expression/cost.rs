//! What an expression may cost, looked at before the parser sees it.

use crate::flow::fault::Said;

/// Longest expression in bytes: far above what a person writes into a flow. It bounds the parser's work.
const MAX_BYTES: usize = 512;
/// Deepest nesting of brackets and of `?` before the parser is asked. It bounds the parser's stack.
const MAX_NESTING: usize = 12;

/// Refuses what could cost the parser much stack or time, by counting bytes: in doubt (brackets in a string) it refuses.
pub(super) fn bounded(text: &str) -> Result<(), Said> {
    let refuse =
        |english: &str, italian: &str| Err(Said { english: english.to_owned(), italian: italian.to_owned() });
    if text.trim().is_empty() {
        return refuse(
            "it is empty; write a value between the braces",
            "è vuota; scrivere un valore tra le graffe",
        );
    }
    if text.len() > MAX_BYTES {
        return refuse(
            "it is longer than 512 bytes; split it with a `set` node",
            "supera 512 byte; dividerla con un nodo `set`",
        );
    }
    let count = |bytes: &[u8]| text.bytes().filter(|b| bytes.contains(b)).count();
    if count(b"([{") > MAX_NESTING * 2 || count(b"?") > MAX_NESTING || nesting(text) > MAX_NESTING {
        return Err(too_complex());
    }
    Ok(())
}

pub(in crate::flow) fn too_complex() -> Said {
    Said {
        english: "it is too complex; split it with a `set` node".to_owned(),
        italian: "è troppo complessa; dividerla con un nodo `set`".to_owned(),
    }
}

fn nesting(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut deepest = 0;
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}
