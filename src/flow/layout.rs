//! How a flow file is usually laid out: the text is tidied line by line, and nothing that it says changes.
//!
//! Tidying works on lines, not on a tree, so comments, quotes and folded texts stay as their author wrote them: blanks at the ends of
//! lines go, of several empty lines one stays, none at the start, one line end at the end; tabs and the line ends of another
//! system become blanks and line feeds; a comment behind a value stands one blank from it; the parts of the file stand one empty line
//! apart. What is within a block text (`|`, `>`) is left alone but for the blanks at its line ends. Laying out twice is the same as
//! once.

/// The text, laid out.
pub fn laid_out(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut block: Option<usize> = None;
    for line in text.replace("\r\n", "\n").replace('\r', "\n").lines() {
        let line = line.trim_end();
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        let in_block = block.is_some_and(|of| line.is_empty() || indent > of);
        if !in_block {
            block = None;
        }
        if line.is_empty() {
            // An empty line within a block text is a part of it.
            if in_block || lines.last().is_some_and(|last| !last.is_empty()) {
                lines.push(String::new());
            }
            continue;
        }
        if in_block {
            lines.push(line.to_owned());
            continue;
        }
        let line = tidy(line);
        if begins_part(&line) && !stands_apart(&lines) {
            let before_comments =
                lines.iter().rposition(|line| !line.starts_with('#')).map_or(0, |at| at + 1);
            lines.insert(before_comments, String::new());
        }
        if begins_block(&line) {
            block = Some(indent);
        }
        lines.push(line);
    }
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines.join("\n") + "\n"
}

/// Tabs before the text become blanks, and a comment stands one blank from the value.
fn tidy(line: &str) -> String {
    let body = line.trim_start_matches([' ', '\t']);
    let indent: usize =
        line.chars().take(line.len() - body.len()).map(|c| if c == '\t' { 2 } else { 1 }).sum();
    let body = match comment_at(body) {
        Some(at) if at > 0 => format!("{} {}", body[..at].trim_end(), &body[at..]),
        _ => body.to_owned(),
    };
    format!("{}{body}", " ".repeat(indent))
}

/// Where a comment begins: `#` after a blank and outside quotes.
fn comment_at(body: &str) -> Option<usize> {
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in body.char_indices() {
        match (quote, c) {
            (Some(open), c) if open == c && before != '\\' => quote = None,
            (Some(_), _) => {}
            // A quote within a word is an apostrophe.
            (None, '"' | '\'') if " [{,:(".contains(before) => quote = Some(c),
            (None, '#') if before == ' ' => return Some(at),
            (None, _) => {}
        }
        before = c;
    }
    None
}

/// The value is a block text of the lines that follow.
fn begins_block(line: &str) -> bool {
    let body = comment_at(line).map_or(line, |at| line[..at].trim_end());
    let sign = body.rsplit([' ', ':']).next().unwrap_or_default();
    sign.starts_with(['|', '>']) && sign[1..].chars().all(|c| c.is_ascii_digit() || "+-".contains(c))
}

/// The long parts of a file, which stand apart.
fn begins_part(line: &str) -> bool {
    const PARTS: [&str; 6] = ["vars:", "schedules:", "defaults:", "prompts:", "nodes:", "tests:"];
    PARTS.iter().any(|part| line.starts_with(part))
}

/// There is nothing before, or an empty line, not counting the comments of what follows.
fn stands_apart(lines: &[String]) -> bool {
    lines.iter().rev().find(|line| !line.starts_with('#')).is_none_or(String::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_tidies_lines_and_keeps_comments_and_texts() {
        let text = "# Il flusso.\r\nid: \"x\"   # in quotes\nprompts:\n  a:\n    it: >-\n      Uno,  # due\n\n      tre.   \n\n\n\n# I nodi\nnodes:\n  a: {type: hangup}\t\n\n\n";
        let expected = "# Il flusso.\nid: \"x\" # in quotes\n\nprompts:\n  a:\n    it: >-\n      Uno,  # due\n\n      tre.\n\n\n\n# I nodi\nnodes:\n  a: {type: hangup}\n";
        assert_eq!(laid_out(text), expected);
        assert_eq!(laid_out(expected), expected);
    }

    #[test]
    fn apostrophes_and_signs_within_quotes_are_no_comments() {
        for line in ["a: l'ora # nota", "b: \"# no\"", "c: {x: \"#\", y: 'è # qui'}", "d: uno#due"] {
            assert_eq!(laid_out(line), format!("{line}\n"));
        }
    }
}
