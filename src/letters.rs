//! Letters that people and phones send, before they are written down or shown: what is one line, and what nobody sees.
//!
//! Whoever dials, books or switches gives a name and a reason, and each of these is kept for years and shown in lists. They are
//! bounded here and nowhere else, so that what one command takes, another does not refuse.

/// Longest name of whoever asks for something, and longest number or target that can mean anything.
pub const LONGEST_NAME: usize = 100;
/// Longest reason for what was done.
pub const LONGEST_REASON: usize = 200;

/// One line of at most so many letters.
pub fn is_line(text: &str, most: usize) -> bool {
    text.chars().nth(most).is_none() && !text.contains(|c: char| c.is_control() || is_separator(c))
}

/// Unicode's own ends of lines and paragraphs.
fn is_separator(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

/// What moves a cursor, turns a line round or hides in it: control and format characters (Unicode Cc and Cf: directions, widths of
/// nothing, tags), and the two separators of lines.
pub fn is_steering(c: char) -> bool {
    c.is_control()
        || is_separator(c)
        || matches!(c,
            '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}' | '\u{891}' | '\u{8e2}'
            | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// That, and the fillers and selectors that leave no trace on a screen either: two names that differ in these alone look the same.
pub fn is_invisible(c: char) -> bool {
    is_steering(c)
        || matches!(c,
            '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2800}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}')
}

/// A text as it stands in a page or a drawing, within an element or an attribute between double quotes. What steers would make a drawing
/// no XML at all, or hide in a page; lines may be broken.
pub fn in_markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if is_steering(c) || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_is_short_and_on_one_line() {
        for (text, is) in [
            ("", true),
            ("Niccolò", true),
            ("Niccolò!", false), // letters are counted, not bytes
            ("a\nb", false),
            ("a\u{2028}b", false),
            ("\u{1b}[2J", false),
        ] {
            assert_eq!(is_line(text, 7), is, "{text:?}");
        }
    }

    #[test]
    fn names_from_files_stay_names_in_a_page() {
        let name = "<b onclick=\"x\">R&D\n\u{1b}[2J\u{202e}\u{ffff}";
        assert_eq!(in_markup(name), "&lt;b onclick=&quot;x&quot;&gt;R&amp;D\n\u{fffd}[2J\u{fffd}\u{fffd}");
    }

    #[test]
    fn what_steers_a_terminal_is_told_from_what_is_only_unseen() {
        for (c, steers, is_unseen) in [
            ('a', false, false),
            ('è', false, false),
            (' ', false, false),
            ('\u{9b}', true, true),   // begins a control sequence in eight bits
            ('\u{202e}', true, true), // turns the line round
            ('\u{2028}', true, true),
            ('\u{fe0f}', false, true), // an emoji's colours
        ] {
            assert_eq!((is_steering(c), is_invisible(c)), (steers, is_unseen), "{c:?}");
        }
    }
}
