//! Variables that would be read before anything has set them, on some way through the flow.
//!
//! For each node the variables that are set on *every* way to it are found by going round until nothing changes: at the start those
//! with a default; after a node also what it sets on the way taken. What a node reads must be among them. A failure leads on
//! with what was set when the node began.

use std::collections::{BTreeMap, BTreeSet};

use super::super::expression::Expression;
use super::super::fault::{Fault, Faults};
use super::super::grammar::Way;
use super::super::model::{Asked, Flow, Node, NodeRef, PromptRef, Step};
use super::super::template::{Form, Template};
use super::super::variable::Var;

/// Most variables of one flow: far above what people keep in mind, and each has its bit in [`Set`].
pub(super) const MAX_VARS: usize = 128;

/// Which of the variables without a default are set: one bit for each.
type Set = u128;

/// The variables without a default, in order: the first has the lowest bit.
struct Unset<'f>(Vec<&'f str>);

impl<'f> Unset<'f> {
    fn of(vars: &'f BTreeMap<String, Var>) -> Unset<'f> {
        Unset(vars.iter().filter(|(_, var)| !var.given).map(|(name, _)| name.as_str()).collect())
    }

    /// The variable's bit; none for one that always has a value.
    fn bit(&self, name: &str) -> Set {
        let at = self.0.binary_search(&name).ok().and_then(|at| u32::try_from(at).ok());
        at.and_then(|at| 1_u128.checked_shl(at)).unwrap_or(0)
    }

    fn bits<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Set {
        names.into_iter().fold(0, |set, name| set | self.bit(name))
    }
}

/// Tells what is read too early, and notes which outputs each return gives.
pub(super) fn check(flow: &mut Flow, faults: &Faults) {
    let unset = Unset::of(&flow.vars);
    let before = set_before(flow, &unset);
    for ((node, place), set) in flow.nodes.iter().zip(&flow.places).zip(&before) {
        let Some(set) = set else { continue };
        for name in reads(flow, node).into_iter().filter(|name| unset.bit(name) & !set != 0) {
            let node = node.id.to_string();
            faults.add(*place, Fault::Unset { node, name: name.to_owned() });
        }
    }
    let set_at = given_by_returns(flow, &unset, &before);
    if let Some(interface) = &mut flow.interface {
        interface.set_at = set_at;
    }
}

/// Outputs that have been set on every way to each return.
fn given_by_returns(
    flow: &Flow,
    unset: &Unset<'_>,
    before: &[Option<Set>],
) -> BTreeMap<String, BTreeSet<String>> {
    let mut given: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let outputs = flow.interface.as_ref().map(|interface| &interface.outputs);
    for (node, set) in flow.nodes.iter().zip(before) {
        let (Step::Return { name }, Some(set), Some(outputs)) = (&node.step, set, outputs) else { continue };
        let here = outputs.iter().filter(|output| unset.bit(output) & !set == 0).cloned();
        let here: BTreeSet<String> = here.collect();
        let all = given.entry(name.clone()).or_insert_with(|| here.clone());
        all.retain(|output| here.contains(output));
    }
    given
}

/// Of each node, what is set on every way to it; `None`: no way leads there. A node is gone through again only when less is
/// set there than was known, so each at most once for every variable.
fn set_before(flow: &Flow, unset: &Unset<'_>) -> Vec<Option<Set>> {
    let mut before: Vec<Option<Set>> = vec![None; flow.nodes.len()];
    let mut open = Vec::new();
    let mut come_to = |to: NodeRef, set: Set, open: &mut Vec<(NodeRef, Set)>| {
        let Some(known) = before.get_mut(to.0) else { return };
        let now = known.map_or(set, |known| known & set);
        if known.replace(now) != Some(now) {
            open.push((to, now));
        }
    };
    come_to(flow.start, 0, &mut open);
    while let Some((at, now)) = open.pop() {
        let Some(node) = flow.nodes.get(at.0) else { continue };
        for (way, to) in &node.ways {
            come_to(*to, now | unset.bits(sets(&node.step, way)), &mut open);
        }
        if let Some(error) = flow.error {
            come_to(error, now, &mut open);
        }
    }
    before
}

/// What the node sets when it is left by this way.
fn sets<'f>(step: &'f Step, way: &Way) -> Vec<&'f str> {
    if *way == Way::ERROR {
        return match step {
            Step::Queue(queue) => queue.save.as_deref().into_iter().collect(),
            _ => Vec::new(),
        };
    }
    match step {
        Step::Collect { collect, .. } if *way == Way::Exit("ok") => vec![&collect.save],
        Step::Set { values } => values.iter().map(|(name, _)| name.as_str()).collect(),
        Step::Queue(queue) => queue.save.as_deref().into_iter().collect(),
        Step::Request(request) if matches!(way, Way::Exit("ok" | "booked")) => {
            request.save.as_deref().into_iter().collect()
        }
        Step::Record(record) if *way == Way::Exit("recorded") => record.save.as_deref().into_iter().collect(),
        Step::Subflow(subflow) => {
            let Way::Returned(name) = way else { return Vec::new() };
            let given = |output: &String| subflow.flow.gives(name, output);
            subflow.save.iter().filter(|(_, theirs)| given(theirs)).map(|(own, _)| own.as_str()).collect()
        }
        _ => Vec::new(),
    }
}

/// What the node reads. A `collect` that reads back has set its own variable by then.
fn reads<'f>(flow: &'f Flow, node: &'f Node) -> BTreeSet<&'f str> {
    let mut seen = Reads { flow, names: BTreeSet::new() };
    match &node.step {
        Step::Play { prompt, .. } => seen.prompt(*prompt),
        Step::Menu { ask } => seen.ask(ask),
        Step::Collect { ask, collect } => {
            collect.confirm.into_iter().for_each(|confirm| seen.prompt(confirm));
            seen.names.remove(collect.save.as_str());
            seen.ask(ask);
        }
        Step::Bulletin { prompt, .. } | Step::Hangup { prompt } => {
            prompt.iter().for_each(|prompt| seen.prompt(*prompt));
        }
        Step::Branch { when } => when.iter().for_each(|condition| seen.expression(condition)),
        Step::Set { values } => {
            // What an earlier line sets, a later one may read.
            let mut set = BTreeSet::new();
            for (name, form) in values {
                let mut own = Reads { flow, names: BTreeSet::new() };
                own.form(form);
                seen.names.extend(own.names.difference(&set));
                set.insert(name.as_str());
            }
        }
        Step::Tag { entity, topic, .. } => {
            entity.iter().chain(topic).for_each(|template| seen.template(template));
        }
        Step::Queue(queue) => {
            seen.template(&queue.queue);
            let when = queue.callback.as_ref().and_then(|offer| offer.when.as_ref());
            when.into_iter().for_each(|when| seen.expression(when));
            let offered = queue.callback.as_ref().and_then(|offer| offer.prompt);
            offered.into_iter().for_each(|prompt| seen.prompt(prompt));
        }
        Step::Survey { ask, questions } => {
            seen.ask(ask);
            questions.iter().for_each(|question| seen.prompt(question.prompt));
        }
        Step::Record(record) => {
            let prompts = record.prompt.into_iter().chain(record.review);
            prompts.for_each(|prompt| seen.prompt(prompt));
            record.queue.iter().for_each(|queue| seen.template(queue));
        }
        Step::Request(request) => {
            request.filler.into_iter().for_each(|filler| seen.prompt(filler));
            seen.asked(&request.asked);
        }
        Step::Subflow(subflow) => subflow.with.iter().for_each(|(_, form)| seen.form(form)),
        // An output that is not set by then is not given.
        Step::Hours { queue, .. } => queue.iter().for_each(|queue| seen.template(queue)),
        Step::Return { .. } | Step::Language { .. } => {}
    }
    seen.names
}

struct Reads<'f> {
    flow: &'f Flow,
    names: BTreeSet<&'f str>,
}

impl<'f> Reads<'f> {
    fn expression(&mut self, expression: &'f Expression) {
        self.names.extend(expression.reads.iter().map(String::as_str));
    }

    fn template(&mut self, template: &'f Template) {
        template.expressions().for_each(|expression| self.expression(expression));
    }

    fn form(&mut self, form: &'f Form) {
        form.templates().into_iter().for_each(|template| self.template(template));
    }

    fn prompt(&mut self, prompt: PromptRef) {
        self.flow.prompt(prompt).expressions().for_each(|expression| self.expression(expression));
    }

    fn ask(&mut self, ask: &super::super::model::Ask) {
        [ask.prompt].iter().chain(&ask.invalid).chain(&ask.silence).for_each(|prompt| self.prompt(*prompt));
    }

    fn asked(&mut self, asked: &'f Asked) {
        match asked {
            Asked::AnswersWithin { queue, .. } => self.template(queue),
            Asked::Callback { number, queue, slot, .. } => {
                [number, queue].into_iter().chain(slot).for_each(|of| self.template(of));
            }
            Asked::Transfer { number, queue, .. } => {
                number.iter().chain(queue).for_each(|of| self.template(of))
            }
            Asked::Message { to, text, .. } => {
                self.template(to);
                text.values().for_each(|text| self.template(text));
            }
            Asked::Http { path, body, .. } => {
                self.template(path);
                body.iter().for_each(|body| self.form(body));
            }
            Asked::Lookup { key: of, .. } | Asked::Case { number: of, .. } => self.template(of),
        }
    }
}
