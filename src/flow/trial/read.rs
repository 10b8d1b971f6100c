//! Reading the tests of a flow file: names of nodes and exits are held to the flow, so that a test cannot miss what it means.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Act, Mock, Trial};
use crate::flow::compile::literal;
use crate::flow::fault::{Fault, Faults, Part, Words, hint, hint_or_all, shortened};
use crate::flow::fields::{Fields, Text, parse_duration};
use crate::flow::grammar::{Kind, TEST};
use crate::flow::model::{Flow, Node, Step};
use crate::flow::run::QueueFacts;
use crate::flow::value::Value;
use crate::flow::yaml::{Value as YamlValue, Yaml};
use crate::ids::{NodeId, QueueId};

/// A caller who gives no number of the own in a test.
const CALLER: &str = "+390552768224";

/// The tests in this list.
pub(in crate::flow) fn read(list: &[Yaml], flow: &Flow, faults: &Faults) -> Vec<Trial> {
    let reader = Reader { flow, faults };
    faults.until_full(list).filter_map(|yaml| reader.trial(yaml)).collect()
}

struct Reader<'r> {
    flow: &'r Flow,
    faults: &'r Faults,
}

impl<'r> Reader<'r> {
    fn trial(&self, yaml: &'r Yaml) -> Option<Trial> {
        let named = match &yaml.value {
            YamlValue::Map(entries) => entries.iter().find_map(|(key, value)| match &value.value {
                YamlValue::Text(name) if key.name == "name" => Some(Part::Test(shortened(name))),
                _ => None,
            }),
            _ => None,
        };
        let fields = Fields::of(yaml, named.unwrap_or(Part::ItemOf("tests")), self.faults)?;
        let name = fields.required("name");
        let moment = fields.required("at").and_then(|at| {
            let moment = at.text.parse();
            moment.map_err(|_| self.faults.add(at.at, Fault::TestMoment(shortened(at.text)))).ok()
        });
        let entity = fields.text("entity").map_or("prova", |entity| entity.text).into();
        let text = |key, otherwise: &str| fields.text(key).map_or(otherwise, |text| text.text).to_owned();
        let (from, to) = (text("from", CALLER), text("to", self.flow.id.as_str()));
        let inputs = self.values(fields.fields("inputs").as_ref());
        let acts = self.faults.until_full(fields.list("keys")).filter_map(|act| self.act(act)).collect();
        let mocks = fields.fields("mock");
        let mocks = mocks.iter().flat_map(Fields::entries).filter_map(|(name, yaml)| self.mocks(name, yaml));
        let mocks: BTreeMap<_, _> = mocks.collect();
        let queues = fields.fields("queues");
        let queues =
            queues.iter().flat_map(Fields::entries).filter_map(|(name, yaml)| self.queue(name, yaml));
        let queues: BTreeMap<_, _> = queues.collect();
        if fields.value("path").is_none() {
            fields.missing("path");
        }
        let path = fields.texts("path");
        let path = self.faults.until_full(path).filter_map(|name| self.node_name(name)).collect();
        let vars = self.values(fields.fields("vars").as_ref());
        let says = fields.texts("says").into_iter().map(|text| text.text.to_owned()).collect();
        fields.hold_to(&TEST);
        Some(Trial {
            at: fields.at,
            name: name?.text.to_owned(),
            moment: moment?,
            from,
            to,
            entity,
            inputs,
            acts,
            mocks,
            queues,
            path,
            vars,
            says,
        })
    }

    /// A node of this flow; one of a sub-flow is named after it, `identifica/chiedi`.
    fn node_name(&self, name: Text<'_>) -> Option<NodeId> {
        if let Some((sub, node)) = name.text.split_once('/') {
            let subflow = self.flow.subflows().find(|flow| flow.id.as_str() == sub);
            if subflow.is_some_and(|flow| flow.nodes.iter().any(|known| known.id.as_str() == node)) {
                return Some(name.text.into());
            }
        }
        self.node(name).map(|_| name.text.into())
    }

    fn node(&self, name: Text<'_>) -> Option<&'r Node> {
        let node = self.flow.nodes.iter().find(|node| node.id.as_str() == name.text);
        if node.is_none() {
            let hint = hint(name.text, self.flow.nodes.iter().map(|node| node.id.as_str()));
            self.faults.add(name.at, Fault::TestNode { name: shortened(name.text), hint });
        }
        node
    }

    /// What conditions are told of one queue.
    fn queue(&self, name: Text<'_>, yaml: &'r Yaml) -> Option<(QueueId, QueueFacts)> {
        let known = &self.flow.known.queues;
        if !known.contains(name.text) {
            let hint = hint(name.text, known.iter().map(QueueId::as_str));
            self.faults.add(name.at, Fault::UnknownQueue { name: shortened(name.text), hint });
            return None;
        }
        let fields = Fields::of(yaml, Part::ItemOf("queues"), self.faults)?;
        let (waiting, ewt_s) = (fields.count("waiting"), fields.count("ewt_s"));
        fields.hold_to_names(vec!["waiting", "ewt_s"]);
        let facts = QueueFacts { waiting: waiting.unwrap_or(0), ewt_s: ewt_s.unwrap_or(0) };
        Some((name.text.into(), facts))
    }

    fn values(&self, fields: Option<&Fields<'r>>) -> BTreeMap<String, Value> {
        let mut values = BTreeMap::new();
        for (name, yaml) in fields.into_iter().flat_map(Fields::entries) {
            let Some(var) = self.flow.vars.get(name.text) else {
                let hint = hint(name.text, self.flow.vars.keys().map(String::as_str));
                self.faults.add(name.at, Fault::UnknownVar { name: name.text.to_owned(), hint });
                continue;
            };
            match literal(yaml).filter(|value| var.kind.fits(value)) {
                Some(value) => drop(values.insert(name.text.to_owned(), value)),
                None => self
                    .faults
                    .add(yaml.at, Fault::Shape { key: name.text.to_owned(), expected: var.kind.words() }),
            }
        }
        values
    }

    fn act(&self, yaml: &'r Yaml) -> Option<Act> {
        let refuse = |text: &str| {
            self.faults.add(yaml.at, Fault::TestKeys(shortened(text)));
            None
        };
        match &yaml.value {
            YamlValue::Text(text) if text == "silence" => Some(Act::Silence),
            YamlValue::Text(text) if are_keys(text) => Some(Act::Keys(text.clone())),
            YamlValue::Text(text) => refuse(text),
            YamlValue::Map(entries) => self.act_at(entries).or_else(|| refuse("{}")),
            YamlValue::Int(number) => refuse(&number.to_string()),
            _ => refuse("-"),
        }
    }

    /// `{nodo: keys}`, perhaps with `after: 70s`.
    fn act_at(&self, entries: &'r [(crate::flow::yaml::Key, Yaml)]) -> Option<Act> {
        let mut after = Duration::ZERO;
        let mut pressed = None;
        for (key, yaml) in entries {
            let YamlValue::Text(text) = &yaml.value else { return None };
            if key.name == "after" {
                after = parse_duration(text)?;
            } else if pressed.is_none() && are_keys(text) {
                pressed = Some((Text { at: key.at, text: &key.name }, text));
            } else {
                return None;
            }
        }
        let (name, keys) = pressed?;
        let node = self.node_name(name).unwrap_or_else(|| name.text.into());
        Some(Act::At { node, keys: keys.clone(), after })
    }

    fn mocks(&self, name: Text<'r>, yaml: &'r Yaml) -> Option<(NodeId, Vec<Mock>)> {
        let of_subflow = name.text.contains('/');
        let node = if of_subflow { None } else { Some(self.node(name)?) };
        let items = match &yaml.value {
            YamlValue::List(items) => items.as_slice(),
            _ => std::slice::from_ref(yaml),
        };
        let mocks = self
            .faults
            .until_full(items)
            .map(|item| self.mock(name, node, item))
            .collect::<Option<Vec<_>>>()?;
        Some((self.node_name(name)?, mocks))
    }

    fn mock(&self, name: Text<'r>, node: Option<&Node>, yaml: &'r Yaml) -> Option<Mock> {
        let (exit, save) = match &yaml.value {
            YamlValue::Text(text) => (Text { at: yaml.at, text }, None),
            YamlValue::Map(_) => {
                let fields = Fields::of(yaml, Part::Key("mock"), self.faults)?;
                let exit = fields.required("exit");
                let save = fields.value("save").map(|save| (save.at, literal(save)));
                fields.hold_to_names(vec!["exit", "save"]);
                if let Some((at, None)) = save {
                    self.faults.add(at, Fault::Shape { key: "save".to_owned(), expected: Words::VALUE });
                }
                (exit?, save.and_then(|(_, value)| value))
            }
            _ => {
                self.faults.add(yaml.at, Fault::TestMock { node: name.text.to_owned() });
                return None;
            }
        };
        if let Some(node) = node {
            let exits = mockable(node);
            if !exits.contains(&exit.text) {
                let hint = hint_or_all(exit.text, exits.iter().copied());
                let node = node.id.to_string();
                self.faults.add(exit.at, Fault::TestExit { node, exit: shortened(exit.text), hint });
                return None;
            }
        }
        Some(Mock { exit: exit.text.to_owned(), save })
    }
}

/// The ends of a node that the world decides, so that a test has to. Hours follow the test's clock; only the emergency does not.
fn mockable(node: &Node) -> Vec<&'static str> {
    match &node.step {
        Step::Hours { .. } => vec!["emergency"],
        Step::Bulletin { .. } => vec!["none", "played", "closing"],
        // Not drawn; else the test's caller hears the questions.
        Step::Survey { .. } => vec!["skipped", "error"],
        _ if node.kind.asks_the_world() || node.kind == Kind::Queue => {
            node.kind.written().exits.iter().map(|exit| exit.name).collect()
        }
        _ => Vec::new(),
    }
}

fn are_keys(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && text.bytes().all(|b| b.is_ascii_digit() || b"*#ABCD".contains(&b))
}
