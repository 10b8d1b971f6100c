//! Where a node leads: its own `exits` over those of `defaults.<type>`, name by name.

use super::super::fault::{Fault, hint};
use super::super::fields::{Fields, Text};
use super::super::model::NodeRef;
use super::Compiler;
use super::nodes::Kind;

/// A node on its way through the compiler.
pub(super) struct Draft<'y> {
    pub(super) id: &'y str,
    pub(super) kind: Kind,
    pub(super) fields: Fields<'y>,
    exits: Option<Fields<'y>>,
    default_exits: Option<Fields<'y>>,
}

impl<'y> Draft<'y> {
    pub(super) fn new(
        id: &'y str,
        kind: Kind,
        fields: Fields<'y>,
        defaults: Option<&Fields<'y>>,
    ) -> Draft<'y> {
        let exits = fields.fields("exits");
        let default_exits = defaults.and_then(|defaults| defaults.fields(kind.name())?.fields("exits"));
        Draft { id, kind, fields, exits, default_exits }
    }

    /// Where the exit leads by this node or by the defaults of its type.
    fn given(&self, exit: &'static str) -> Option<Text<'y>> {
        let own = self.exits.as_ref().and_then(|exits| exits.text(exit));
        own.or_else(|| self.default_exits.as_ref()?.text(exit))
    }

    pub(super) fn finish(&self) {
        self.fields.finish();
        if let Some(exits) = &self.exits {
            exits.allow(self.kind.exits());
            exits.finish();
        }
    }
}

impl<'y> Compiler<'y> {
    /// An exit that must lead somewhere.
    pub(super) fn exit(&mut self, draft: &Draft<'y>, exit: &'static str) -> Option<NodeRef> {
        let Some(target) = draft.given(exit) else {
            let (node, kind) = (draft.id.to_owned(), draft.kind.name());
            self.faults.add(draft.fields.at, Fault::MissingExit { node, kind, exit });
            return None;
        };
        self.go(draft, exit, target)
    }

    /// An exit that may be left out. The outer `None` is a fault.
    pub(super) fn optional_exit(&mut self, draft: &Draft<'y>, exit: &'static str) -> Option<Option<NodeRef>> {
        match draft.given(exit) {
            Some(target) => self.go(draft, exit, target).map(Some),
            None => Some(None),
        }
    }

    /// The only way on of a node that has no choice: `to`.
    pub(super) fn to(&mut self, draft: &Draft<'y>) -> Option<NodeRef> {
        let to = draft.fields.required("to")?;
        self.go(draft, "to", to)
    }

    /// Resolves a node's name and notes the edge.
    pub(super) fn go(&mut self, draft: &Draft<'y>, exit: &'static str, target: Text<'y>) -> Option<NodeRef> {
        let from = *self.node_names.get(draft.id)?;
        let Some(to) = self.node_names.get(target.text).copied() else {
            self.graph.has_gap();
            let hint = hint(target.text, self.node_names.keys().copied());
            let (node, target_name) = (draft.id.to_owned(), target.text.to_owned());
            self.faults.add(target.at, Fault::UnknownNode { node, target: target_name, hint });
            return None;
        };
        self.graph.edge(from, to, draft.kind.is_instant(exit));
        Some(to)
    }
}
