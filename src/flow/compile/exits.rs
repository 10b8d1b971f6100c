//! Where a node leads: its own `exits` over those of `defaults.<type>`, name by name.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use super::super::fault::{Fault, Part, hint};
use super::super::fields::{Fields, Text};
use super::super::grammar::{Kind, Way};
use super::super::model::NodeRef;
use super::super::yaml::{Value as YamlValue, Yaml};
use super::Compiler;

/// A node on its way through the compiler.
pub(super) struct Draft<'y> {
    pub(super) id: &'y str,
    pub(super) kind: Kind,
    pub(super) fields: Fields<'y>,
    exits: Option<Fields<'y>>,
    default_exits: Option<Rc<Fields<'y>>>,
    pub(super) ways: RefCell<Vec<(Way, NodeRef)>>,
}

/// What `defaults` says of one type of node.
pub(super) struct OfType<'y> {
    keys: &'y Yaml,
    exits: Option<Rc<Fields<'y>>>,
}

impl<'y> OfType<'y> {
    pub(super) fn read(defaults: &Fields<'y>, name: &'static str) -> Option<OfType<'y>> {
        let keys = defaults.value(name)?;
        let YamlValue::Map(entries) = &keys.value else { return Some(OfType { keys, exits: None }) };
        let exits = entries.iter().find(|(key, _)| key.name == "exits");
        let exits = exits.and_then(|(_, exits)| Fields::of(exits, Part::Key("exits"), defaults.faults()));
        Some(OfType { keys, exits: exits.map(Rc::new) })
    }
}

impl<'y> Draft<'y> {
    pub(super) fn new(
        id: &'y str,
        kind: Kind,
        fields: Fields<'y>,
        of_type: Option<&OfType<'y>>,
    ) -> Draft<'y> {
        let default_exits = of_type.and_then(|of_type| of_type.exits.clone());
        let exits = fields.fields("exits");
        let fields = fields.or_else(of_type.map(|of_type| of_type.keys));
        Draft { id, kind, fields, exits, default_exits, ways: RefCell::default() }
    }

    /// Where the exit leads by this node or by the defaults of its type, and who says so.
    fn given(&self, exit: &str) -> Option<(Cow<'y, str>, Text<'y>)> {
        if let Some(target) = self.exits.as_ref().and_then(|exits| exits.text_of_name(exit)) {
            return Some((self.id.into(), target));
        }
        let target = self.default_exits.as_ref()?.text_of_name(exit)?;
        Some((format!("defaults.{}", self.kind.name()).into(), target))
    }

    pub(super) fn finish(&self) {
        let written = self.kind.written();
        let common = ["type", "info", "exits"];
        self.fields
            .hold_to_names(common.into_iter().chain(written.keys.iter().map(|key| key.name)).collect());
        if let Some(exits) = self.exits.as_ref().filter(|_| self.kind != Kind::Subflow) {
            exits.hold_to_names(written.exits.iter().map(|exit| exit.name).collect());
        }
    }

    /// The names below its own `exits`.
    pub(super) fn exit_names(&self) -> Vec<Text<'y>> {
        self.exits.iter().flat_map(Fields::entries).map(|(name, _)| name).collect()
    }
}

impl<'y> Compiler<'y> {
    /// Leads every exit of the type somewhere. `None`: one that must is missing, or leads nowhere.
    pub(super) fn wire(&mut self, draft: &Draft<'y>) -> Option<()> {
        let mut wired = Some(());
        for exit in draft.kind.written().exits {
            let needed = exit.needed
                || match draft.kind {
                    Kind::Queue => self.queue_needs(draft, exit.name),
                    Kind::Callback => Compiler::callback_needs(draft, exit.name),
                    _ => false,
                };
            let found = match draft.given(exit.name) {
                Some((by, target)) => self.go_from(draft, &by, Way::Exit(exit.name), target).map(drop),
                None if needed => {
                    self.missing_exit(draft, exit.name);
                    None
                }
                None => Some(()),
            };
            wired = wired.and(found);
        }
        wired
    }

    pub(super) fn missing_exit(&self, draft: &Draft<'y>, exit: &str) {
        let (node, kind) = (draft.id.to_owned(), draft.kind.name());
        self.faults.add(draft.fields.at, Fault::MissingExit { node, kind, exit: exit.to_owned() });
    }

    /// The ways of a sub-flow: its returns.
    pub(super) fn wire_returns<'r>(
        &mut self,
        draft: &Draft<'y>,
        returns: impl Iterator<Item = &'r String>,
    ) -> Option<()> {
        let mut wired = Some(());
        for name in returns {
            let found = match draft.given(name) {
                Some((by, target)) => self.go_from(draft, &by, Way::Returned(name.clone()), target).map(drop),
                None => {
                    self.missing_exit(draft, name);
                    None
                }
            };
            wired = wired.and(found);
        }
        wired
    }

    /// The only way on of a node that has no choice: `to`.
    pub(super) fn to(&mut self, draft: &Draft<'y>) -> Option<NodeRef> {
        let to = draft.fields.required("to")?;
        self.go(draft, Way::To, to)
    }

    /// Resolves a node's name and notes the way.
    pub(super) fn go(&mut self, draft: &Draft<'y>, way: Way, target: Text<'y>) -> Option<NodeRef> {
        self.go_from(draft, draft.id, way, target)
    }

    fn go_from(&mut self, draft: &Draft<'y>, by: &str, way: Way, target: Text<'y>) -> Option<NodeRef> {
        let from = *self.node_names.get(draft.id)?;
        let Some(to) = self.node_names.get(target.text).copied() else {
            self.graph.has_gap();
            // A default of many nodes is looked for once.
            if !self.faults.tells_of(target.at) {
                let hint = hint(target.text, self.node_names.keys().copied());
                let (node, target_name) = (by.to_owned(), target.text.to_owned());
                self.faults.add(target.at, Fault::UnknownNode { node, target: target_name, hint });
            }
            return None;
        };
        self.graph.edge(from, to, draft.kind.is_instant(&way));
        draft.ways.borrow_mut().push((way, to));
        Some(to)
    }
}
