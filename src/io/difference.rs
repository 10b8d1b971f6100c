//! What changes from one text of a flow to another, line by line, as programmers' tools write it.

use std::time::Duration;

use similar::TextDiff;

/// How long the smallest difference is looked for; after that one that is not the smallest will do. Texts that have nothing in common
/// would take minutes.
const WITHIN: Duration = Duration::from_millis(500);

/// The lines that go (`-`) and come (`+`), each with three lines around it; empty where nothing changes.
pub fn unified((from, old): (&str, &str), (to, new): (&str, &str)) -> String {
    let difference = TextDiff::configure().timeout(WITHIN).diff_lines(old, new);
    difference.unified_diff().context_radius(3).header(from, to).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_go_and_come_are_told_with_what_they_are_of() {
        let told = unified(("version 1", "a\nb\nc\n"), ("version 2", "a\nB\nc\n"));
        assert_eq!(told, "--- version 1\n+++ version 2\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n");
        assert_eq!(unified(("x", "a\n"), ("y", "a\n")), "");
    }
}
