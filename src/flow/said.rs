//! What a caller hears, as text: for tests, for the rehearsal, for whoever reads instead of listening.

use super::Say;
use super::model::Flow;
use crate::ids::Language;
use crate::speech::{Piece, Speech};

/// The words of what is said. A recording without a text shows its name.
pub(super) fn text(flow: &Flow, say: &[Say]) -> String {
    let mut words = Vec::new();
    let mut pieces: Vec<Piece> = Vec::new();
    let mut spoken: Option<&Language> = None;
    for said in say {
        if let Say::Piece(language, piece) = said {
            spoken = Some(language);
            pieces.push(piece.clone());
            continue;
        }
        words.extend(joined(spoken, &std::mem::take(&mut pieces)));
        match said {
            Say::Prompt(language, sound) => words.push(prompt_text(flow, language, sound)),
            Say::Recording(_) => words.push("[recording]".to_owned()),
            Say::Piece(..) => {}
        }
    }
    words.extend(joined(spoken, &pieces));
    words.join(" ")
}

fn joined(language: Option<&Language>, pieces: &[Piece]) -> Option<String> {
    let speech = Speech::for_language(language?.as_str())?;
    (!pieces.is_empty()).then(|| speech.text(pieces))
}

fn prompt_text(flow: &Flow, language: &Language, sound: &str) -> String {
    let own = flow.prompts.iter().flat_map(super::prompt::Prompt::sounds);
    let found =
        own.filter(|(spoken, name, _)| *spoken == language && *name == sound).find_map(|(.., text)| text);
    match found {
        Some(text) => without_marks(text),
        None => {
            let of_subflow = flow.subflows().find(|flow| flow.sounds_needed().contains(&(language, sound)));
            of_subflow.map_or_else(|| format!("[{sound}]"), |flow| prompt_text(flow, language, sound))
        }
    }
}

/// Without the marks of another language, `<en>` and `</en>`.
fn without_marks(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        plain.push_str(before);
        match after.split_once('>') {
            Some((mark, after)) if mark.len() <= 4 => rest = after,
            _ => {
                plain.push('<');
                rest = after;
            }
        }
    }
    plain + rest
}

/// Only what is heard: no signs, no capitals, one blank between words.
pub(super) fn plain(text: &str) -> String {
    let heard = |c: char| if c.is_alphanumeric() { c.to_lowercase().next().unwrap_or(c) } else { ' ' };
    let text: String = text.chars().map(heard).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
