//! What callers press at a node, also where a draft has given the keys another order.
//!
//! A caller wants something and presses the key that stands for it. So choices that were written for the flow that is there keep their
//! meaning on another one: what a key means is the node that it leads to, and at a menu of the same name the caller presses
//! - the key that leads to a node of that name;
//! - where none does, the same key, unless that now leads to what another key has led to;
//! - else nothing: what this caller wants is not in that menu any more.
//!
//! Chance chooses among meanings, in the order of their names, and not among keys. So the same caller wants the same in both flows.

use std::collections::BTreeMap;

use super::Scenario;
use crate::flow::Flow;
use crate::ids::NodeId;

/// What callers press at a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Choices {
    /// Keys, and the share of those who press them; the rest press nothing.
    pub keys: Vec<(String, f64)>,
    /// They were written for the flow that is there, and not for the one that the day is run on.
    pub of_before: bool,
}

/// What a day leaves open on a flow that it was not written for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's message is its documentation")]
pub enum OpenChoice {
    #[error(
        "nobody presses a key at menu `{node}`, which is new; say who does, in a file with [choices.{node}]"
    )]
    New { node: String },
    #[error(
        "who pressed {key} at menu `{node}` wanted `{meant}`, which it does not have any more: they press nothing; if they do \
         otherwise, say so in a file with [choices.{node}]"
    )]
    Gone { node: String, key: String, meant: String },
}

/// Keys of a menu, with the nodes that they lead to.
type Menu = BTreeMap<char, NodeId>;

impl Scenario {
    /// The same callers on the flow `here`, and what they are left without; `before` is the flow that is there.
    pub fn on_flow(&self, before: &Flow, here: &Flow) -> (Scenario, Vec<OpenChoice>) {
        let (mut day, mut open) = (self.clone(), Vec::new());
        for (node, choices) in &mut day.choices {
            let now = here.menu(node);
            let then = if choices.of_before { before.menu(node) } else { now.clone() };
            if let (Some(then), Some(now)) = (then, now) {
                let keys = std::mem::take(&mut choices.keys);
                choices.keys = keys_here(node, keys, &then, &now, &mut open);
            }
        }
        let is_new = |node: &String| here.menu(node).is_some() && before.menu(node).is_none();
        let unheard =
            here.node_names().into_iter().filter(|node| is_new(node) && !day.choices.contains_key(node));
        open.extend(unheard.map(|node| OpenChoice::New { node }));
        (day, open)
    }
}

/// The keys that stand here for what those of `then` stood for, in the order of what they mean.
fn keys_here(
    node: &str,
    keys: Vec<(String, f64)>,
    then: &Menu,
    now: &Menu,
    open: &mut Vec<OpenChoice>,
) -> Vec<(String, f64)> {
    let meant = |keys: &str| keys.chars().next().and_then(|key| then.get(&key)).map(ToString::to_string);
    let mut wanted: Vec<_> = keys.into_iter().map(|(keys, share)| (meant(&keys), keys, share)).collect();
    wanted.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    let pressed = |(meant, keys, share): (Option<String>, String, f64)| {
        let Some(meant) = meant else { return (keys, share) };
        let found = key_for(&meant, &keys, then, now);
        if found.is_none() && share > 0.0 {
            open.push(OpenChoice::Gone { node: node.to_owned(), key: keys, meant });
        }
        // Nothing is pressed by an empty text; the share stays, so that all others choose as before.
        (found.unwrap_or_default(), share)
    };
    wanted.into_iter().map(pressed).collect()
}

/// What to press for a meaning that `keys` had; what follows the first key stays.
fn key_for(meant: &str, keys: &str, then: &Menu, now: &Menu) -> Option<String> {
    let mut rest = keys.chars();
    let first = rest.next()?;
    let leads = |key: &char| now.get(key).is_some_and(|node| node.as_str() == meant);
    let is_free = |key: &char| now.get(key).is_some_and(|node| !then.values().any(|old| old == node));
    let elsewhere = || now.keys().copied().find(|key| leads(key));
    let key = Some(first).filter(leads).or_else(elsewhere).or_else(|| Some(first).filter(is_free))?;
    Some(std::iter::once(key).chain(rest).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn menu(keys: &[(char, &str)]) -> Menu {
        keys.iter().map(|(key, node)| (*key, NodeId::from(*node))).collect()
    }

    #[test]
    fn caller_presses_the_key_that_stands_for_what_they_want() {
        let then = menu(&[('1', "anagrafe"), ('2', "tributi"), ('3', "orari")]);
        type Row<'t> = (&'t [(char, &'t str)], [Option<&'t str>; 3], &'t str);
        let rows: [Row<'_>; 4] = [
            (
                &[('1', "anagrafe"), ('2', "tributi"), ('3', "orari")],
                [Some("1"), Some("2"), Some("3")],
                "as it was",
            ),
            (
                &[('1', "tributi"), ('2', "anagrafe"), ('4', "orari")],
                [Some("2"), Some("1"), Some("4")],
                "other order",
            ),
            (
                &[('1', "anagrafe"), ('2', "avviso"), ('3', "orari")],
                [Some("1"), Some("2"), Some("3")],
                "one before it",
            ),
            (&[('1', "anagrafe"), ('2', "orari")], [Some("1"), None, Some("2")], "taken by another"),
        ];
        for (now, expected, what) in rows {
            let now = menu(now);
            let found = [("anagrafe", "1"), ("tributi", "2"), ("orari", "3")]
                .map(|(meant, keys)| key_for(meant, keys, &then, &now));
            assert_eq!(found.each_ref().map(Option::as_deref), expected, "{what}");
        }
    }

    #[test]
    fn chance_chooses_among_meanings_and_who_finds_none_presses_nothing() {
        let then = menu(&[('1', "tributi"), ('2', "anagrafe")]);
        let now = menu(&[('1', "anagrafe")]);
        let mut open = Vec::new();
        let wanted = vec![("1".to_owned(), 0.4), ("2".to_owned(), 0.3)];
        let keys = keys_here("menu", wanted, &then, &now, &mut open);
        assert_eq!(keys, [("1".to_owned(), 0.3), (String::new(), 0.4)]);
        assert_eq!(open.len(), 1);
        assert!(open[0].to_string().contains("wanted `tributi`"), "{}", open[0]);
    }
}
