//! Sub-flows: what one shows to its users, and how a flow goes through it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::fault::{Fault, Words, hint};
use super::super::fields::{Fields, Text};
use super::super::model::{Flow, Interface, Step, SubflowStep};
use super::super::template::Form;
use super::super::variable::Var;
use super::super::yaml::{Value, Yaml};
use super::Compiler;
use super::exits::Draft;

/// Deepest nesting of sub-flows. It bounds the compiler's stack and the run's.
const MAX_DEPTH: usize = 4;

impl<'y> Compiler<'y> {
    /// `version`, `inputs`, `outputs` and `returns`; `inputs` are among the variables already.
    pub(super) fn read_interface(&mut self, top: &Fields<'y>) {
        let version = top.count("version");
        let inputs = top
            .fields("inputs")
            .iter()
            .flat_map(Fields::entries)
            .map(|(name, _)| name.text.to_owned())
            .collect();
        let has_default = |yaml: &Yaml| match &yaml.value {
            Value::Map(fields) => fields.iter().any(|(key, _)| key.name == "default"),
            _ => false,
        };
        let optional = top.fields("inputs");
        let optional = optional.iter().flat_map(Fields::entries).filter(|(_, yaml)| has_default(yaml));
        let optional = optional.map(|(name, _)| name.text.to_owned()).collect();
        let outputs = top.texts("outputs");
        let returns = top.texts("returns");
        let Some(version) = version else {
            for key in ["inputs", "outputs", "returns"] {
                if let Some(given) = top.value(key) {
                    self.faults.add(given.at, Fault::InterfaceOfNone { key });
                }
            }
            return;
        };
        if returns.is_empty() {
            top.missing("returns");
        }
        let known = |output: &&Text<'y>| self.var(**output).is_some();
        let outputs = outputs.iter().filter(known).map(|output| output.text.to_owned()).collect();
        let returns = returns.into_iter().filter(|name| self.check_name(*name));
        let returns = returns.map(|name| name.text.to_owned()).collect();
        self.interface =
            Some(Interface { version, inputs, optional, outputs, returns, set_at: BTreeMap::new() });
    }

    /// Every return is taken by some node.
    pub(super) fn check_returns(&self, top: &Fields<'y>) {
        for name in top.texts("returns") {
            if self.interface.is_some() && !self.returned.contains(name.text) {
                self.faults.add(name.at, Fault::UnusedReturn(name.text.to_owned()));
            }
        }
    }

    pub(super) fn return_node(&mut self, draft: &Draft<'y>) -> Option<Step> {
        let name = draft.fields.required("as")?;
        let Some(interface) = &self.interface else {
            self.faults.add(draft.fields.at, Fault::ReturnOutside(draft.id.to_owned()));
            return None;
        };
        if !interface.returns.contains(name.text) {
            let hint = hint(name.text, interface.returns.iter().map(String::as_str));
            self.faults.add(name.at, Fault::UnknownReturn { name: name.text.to_owned(), hint });
            return None;
        }
        self.returned.insert(name.text.to_owned());
        Some(Step::Return { name: name.text.to_owned() })
    }

    pub(super) fn subflow(&mut self, draft: &Draft<'y>) -> Option<Step> {
        let name = draft.fields.required("flow").filter(|name| self.check_name(*name));
        let version = draft.fields.count("version");
        if version.is_none() {
            draft.fields.missing("version");
        }
        let (with, save) = (draft.fields.fields("with"), draft.fields.fields("save"));
        let flow = name.zip(version).and_then(|(name, version)| self.subflow_named(name, version));
        let Some(flow) = flow else {
            // Where it would lead is not known.
            self.graph.has_gap();
            return None;
        };
        let interface = flow.interface.clone().unwrap_or_default();
        let wired = self.wire_returns(draft, interface.returns.iter());
        for exit in draft.exit_names() {
            if exit.text != "error" && !interface.returns.contains(exit.text) {
                let hint = hint(exit.text, interface.returns.iter().map(String::as_str));
                self.faults.add(
                    exit.at,
                    Fault::NotAmong { key: "exits".to_owned(), name: exit.text.to_owned(), hint },
                );
            }
        }
        let with = self.inputs(draft, with.as_ref(), &flow, &interface);
        let save = self.outputs(save.as_ref(), &flow, &interface);
        wired?;
        Some(Step::Subflow(Box::new(SubflowStep { flow, with: with?, save: save? })))
    }

    /// The sub-flow, compiled when it is named for the first time.
    fn subflow_named(&mut self, name: Text<'y>, version: u32) -> Option<Arc<Flow>> {
        let full = format!("{}@{version}", name.text);
        match self.subflows.get(&full) {
            Some(Ok(flow)) => return Some(Arc::clone(flow)),
            Some(Err(faults)) => {
                self.faults.add(name.at, Fault::SubflowFaulty { name: full, faults: *faults });
                return None;
            }
            None => {}
        }
        let Some(text) = self.env.subflows.get(&full) else {
            let hint = hint(&full, self.env.subflows.keys().map(String::as_str));
            self.faults.add(name.at, Fault::UnknownSubflow { name: full, hint });
            return None;
        };
        let mut users = self.users.to_vec();
        users.push(&full);
        if self.users.contains(&full.as_str()) || users.len() > MAX_DEPTH {
            self.faults.add(name.at, Fault::SubflowRound(users.join(" -> ")));
            return None;
        }
        let file = format!("ivr-flows/sub/{full}.yaml");
        match Flow::within(text, &file, self.env, &users) {
            Ok(checked) => {
                let Some(interface) = &checked.flow.interface else {
                    self.faults.add(name.at, Fault::NotASubflow(full));
                    return None;
                };
                let says = format!("{}@{}", checked.flow.id, interface.version);
                if says != full {
                    self.faults.add(name.at, Fault::SubflowVersion { name: full, says });
                    return None;
                }
                let flow = Arc::new(checked.flow);
                self.subflows.insert(full, Ok(Arc::clone(&flow)));
                Some(flow)
            }
            Err(errors) => {
                self.faults.add(name.at, Fault::SubflowFaulty { name: full.clone(), faults: errors.len() });
                self.subflows.insert(full, Err(errors.len()));
                self.faults.adopt(errors);
                None
            }
        }
    }

    fn inputs(
        &self,
        draft: &Draft<'y>,
        with: Option<&Fields<'y>>,
        flow: &Flow,
        interface: &Interface,
    ) -> Option<Vec<(String, Form)>> {
        let mut inputs = Some(Vec::new());
        let mut given = BTreeMap::new();
        for (name, yaml) in with.into_iter().flat_map(Fields::entries) {
            given.insert(name.text, ());
            let Some(var) = flow.vars.get(name.text).filter(|_| interface.inputs.contains(name.text)) else {
                let hint = hint(name.text, interface.inputs.iter().map(String::as_str));
                let (name_given, flow) = (name.text.to_owned(), flow.id.to_string());
                self.faults.add(name.at, Fault::NotInput { name: name_given, flow, hint });
                inputs = None;
                continue;
            };
            let form = self.form(name.text, yaml).filter(|form| self.fits(name.text, var, form, yaml));
            inputs = inputs.zip(form).map(|(mut inputs, form)| {
                inputs.push((name.text.to_owned(), form));
                inputs
            });
        }
        for name in &interface.inputs {
            if !given.contains_key(name.as_str()) && !interface.optional.contains(name) {
                let (name, flow) = (name.clone(), flow.id.to_string());
                self.faults.add(draft.fields.at, Fault::InputMissing { name, flow });
                inputs = None;
            }
        }
        inputs
    }

    fn outputs(
        &self,
        save: Option<&Fields<'y>>,
        flow: &Flow,
        interface: &Interface,
    ) -> Option<Vec<(String, String)>> {
        let mut outputs = Some(Vec::new());
        for (name, yaml) in save.into_iter().flat_map(Fields::entries) {
            let own = self.var(name);
            let output = super::super::fields::text_of(yaml, name.text, self.faults);
            let theirs = output.and_then(|output| {
                let known = interface.outputs.contains(output.text);
                if !known {
                    let hint = hint(output.text, interface.outputs.iter().map(String::as_str));
                    let (name, flow) = (output.text.to_owned(), flow.id.to_string());
                    self.faults.add(output.at, Fault::NotOutput { name, flow, hint });
                }
                flow.vars.get(output.text).filter(|_| known).map(|var| (output.text.to_owned(), var))
            });
            let pair = own
                .zip(theirs)
                .and_then(|(own, (theirs, var))| self.may_keep(name, &own, var).then_some((own, theirs)));
            outputs = outputs.zip(pair).map(|(mut outputs, pair)| {
                outputs.push(pair);
                outputs
            });
        }
        outputs
    }

    /// The variable can keep what another holds.
    fn may_keep(&self, at: Text<'y>, own: &str, other: &Var) -> bool {
        let Some(var) = self.vars.get(own) else { return false };
        if var.kind != other.kind {
            let expected = other.kind.words();
            self.faults.add(at.at, Fault::Shape { key: own.to_owned(), expected });
            return false;
        }
        if other.personal && !var.personal {
            self.faults.add(at.at, Fault::Leak { name: own.to_owned() });
            return false;
        }
        true
    }

    /// The value may go into the variable, as far as can be seen now.
    pub(super) fn fits(&self, name: &str, var: &Var, form: &Form, yaml: &'y Yaml) -> bool {
        let wanted = super::super::expression::Type::of(var.kind);
        let fixed = form.fixed();
        let fits = fixed.as_ref().map_or_else(|| form.kind().may_be(wanted), |value| var.kind.fits(value));
        if !fits {
            let expected = if fixed.is_none() && wanted != super::super::expression::Type::Text {
                Words(
                    "one expression alone, of the type of the variable",
                    "una sola espressione, del tipo della variabile",
                )
            } else {
                var.kind.words()
            };
            self.faults.add(yaml.at, Fault::Shape { key: name.to_owned(), expected });
            return false;
        }
        let leaks = form.is_personal() && !var.personal;
        if leaks {
            self.faults.add(yaml.at, Fault::Leak { name: name.to_owned() });
        }
        !leaks
    }
}
