//! A flow as a Mermaid flowchart.

use super::{Look, cut, lines, look};
use crate::flow::model::Flow;
use crate::letters::is_steering;

/// Draws it.
pub(super) fn draw(flow: &Flow) -> String {
    let mut text = String::from("flowchart LR\n");
    for (at, node) in flow.nodes.iter().enumerate() {
        let about = flow.about(node);
        let about = if about.is_empty() { String::new() } else { format!(": {about}") };
        let label = escaped(&format!("{}{about}", node.kind.name()));
        let label = format!("\"<b>{}</b><br/>{label}\"", escaped(node.id.as_str()));
        let (open, close) = match look(node.kind) {
            Look::Asks => ("{{", "}}"),
            Look::Decides => ("{", "}"),
            Look::Ends => ("([", "])"),
            Look::Waits => ("[[", "]]"),
            Look::Speaks => ("[", "]"),
        };
        text += &format!("  n{at}{open}{label}{close}\n");
    }
    for (from, to, name) in lines(flow) {
        let name =
            if name.is_empty() { String::new() } else { format!("|\"{}\"|", escaped(&cut(&name, 40))) };
        text += &format!("  n{} -->{name} n{}\n", from.0, to.0);
    }
    text + &format!("  start((\"{}\")) --> n{}\n", escaped(flow.id.as_str()), flow.start.0)
}

/// As Mermaid takes it within quotes.
fn escaped(text: &str) -> String {
    let text: String = text.chars().map(|c| if is_steering(c) { ' ' } else { c }).collect();
    text.replace('#', "#35;").replace('"', "#quot;").replace('<', "#lt;").replace('>', "#gt;")
}
