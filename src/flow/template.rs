//! Texts with `${...}` in them: the parts that stand as they are, and the parts that are computed.

use std::collections::BTreeMap;

use super::expression::{EvaluationError, Expression, Facts, Scope, Type, too_complex};
use super::fault::{Fault, shortened};
use super::run::{CallFacts, QueueFacts};
use super::value::Value;

/// Longest text put together: more than a variable holds, because messages are longer.
const MAX_JOINED_BYTES: usize = 4096;

/// A part of a text as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part<'t> {
    /// Stands as it is.
    Literal(&'t str),
    /// What is between `${` and `}`.
    Computed(&'t str),
}

/// Most parts of one text: far above what anybody listens to or reads. It bounds what saying or sending it costs.
const MAX_PARTS: usize = 64;

/// Cuts `text` at its `${...}`. A `}` within quotes belongs to the expression.
pub(super) fn parts(text: &str) -> Result<Vec<Part<'_>>, Fault> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((literal, after)) = rest.split_once("${") {
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        let Some(end) = closing_brace(after) else {
            return Err(Fault::Unclosed { text: rest.chars().take(40).collect() });
        };
        if parts.len() >= MAX_PARTS {
            return Err(Fault::Expression { text: shortened(text), why: too_complex() });
        }
        parts.push(Part::Computed(&after[..end]));
        rest = &after[end + 1..];
    }
    if !rest.is_empty() {
        parts.push(Part::Literal(rest));
    }
    Ok(parts)
}

fn closing_brace(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '{') => depth += 1,
            (None, '}') if depth == 0 => return Some(at),
            (None, '}') => depth -= 1,
            (None, _) => {}
        }
    }
    None
}

/// A text with computed parts, compiled.
#[derive(Clone, Debug)]
pub(super) enum Template {
    /// Nothing to compute.
    Fixed(Value),
    /// One expression alone: keeps its type.
    One(Expression),
    /// Text put together.
    Joined(Vec<Joint>),
}

/// A piece of a text put together.
#[derive(Clone, Debug)]
pub(super) enum Joint {
    Literal(String),
    Computed(Expression),
}

impl Template {
    pub(super) fn compile(text: &str, scope: Scope<'_>) -> Result<Template, Fault> {
        let parts = parts(text)?;
        match parts.as_slice() {
            [] => Ok(Template::Fixed(Value::Text(String::new()))),
            [Part::Literal(literal)] => Ok(Template::Fixed(Value::Text((*literal).to_owned()))),
            [Part::Computed(one)] => Ok(Template::One(Expression::compile(one, scope)?)),
            parts => parts
                .iter()
                .map(|part| Joint::compile(part, scope))
                .collect::<Result<_, _>>()
                .map(Template::Joined),
        }
    }

    /// Its expressions.
    pub(super) fn expressions(&self) -> impl Iterator<Item = &Expression> {
        let (one, joints) = match self {
            Template::Fixed(_) => (None, [].as_slice()),
            Template::One(expression) => (Some(expression), [].as_slice()),
            Template::Joined(joints) => (None, joints.as_slice()),
        };
        let joined = joints.iter().filter_map(|joint| match joint {
            Joint::Computed(expression) => Some(expression),
            Joint::Literal(_) => None,
        });
        one.into_iter().chain(joined)
    }

    /// What it tells about a person.
    pub(super) fn is_personal(&self) -> bool {
        self.expressions().any(|expression| expression.personal)
    }

    /// What its value is, as far as can be seen.
    pub(super) fn kind(&self) -> Type {
        match self {
            Template::Fixed(Value::Number(_)) => Type::Number,
            Template::Fixed(Value::Flag(_)) => Type::Flag,
            Template::Fixed(Value::List(_)) => Type::List,
            Template::Fixed(Value::Object(_)) => Type::Object,
            Template::Fixed(Value::Text(_)) | Template::Joined(_) => Type::Text,
            Template::One(expression) => expression.kind,
        }
    }

    /// The text when nothing in it is computed.
    pub(super) fn fixed_text(&self) -> Option<&str> {
        match self {
            Template::Fixed(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub(super) fn evaluate(&self, facts: &Facts<'_>) -> Result<Value, EvaluationError> {
        match self {
            Template::Fixed(value) => Ok(value.clone()),
            Template::One(expression) => expression.evaluate(facts),
            Template::Joined(joints) => {
                let mut text = String::new();
                for joint in joints {
                    text += &joint.evaluate(facts)?;
                    if text.len() > MAX_JOINED_BYTES {
                        return Err(EvaluationError("the text grew too long".to_owned()));
                    }
                }
                Ok(Value::Text(text))
            }
        }
    }
}

impl Joint {
    fn compile(part: &Part<'_>, scope: Scope<'_>) -> Result<Joint, Fault> {
        Ok(match part {
            Part::Literal(text) => Joint::Literal((*text).to_owned()),
            Part::Computed(text) => Joint::Computed(Expression::compile(text, scope)?),
        })
    }

    fn evaluate(&self, facts: &Facts<'_>) -> Result<String, EvaluationError> {
        match self {
            Joint::Literal(text) => Ok(text.clone()),
            Joint::Computed(expression) => expression.evaluate(facts).map(Value::into_text),
        }
    }
}

/// A value with computed parts: a text, or a list or mapping of such.
#[derive(Clone, Debug)]
pub(super) enum Form {
    Leaf(Template),
    List(Vec<Form>),
    Object(Vec<(String, Form)>),
}

impl Form {
    pub(super) fn evaluate(&self, facts: &Facts<'_>) -> Result<Value, EvaluationError> {
        match self {
            Form::Leaf(template) => template.evaluate(facts),
            Form::List(items) => {
                items.iter().map(|item| item.evaluate(facts)).collect::<Result<_, _>>().map(Value::List)
            }
            Form::Object(fields) => {
                let field = |(name, form): &(String, Form)| Ok((name.clone(), form.evaluate(facts)?));
                fields.iter().map(field).collect::<Result<_, _>>().map(Value::Object)
            }
        }
    }

    /// The texts in it.
    pub(super) fn templates(&self) -> Vec<&Template> {
        match self {
            Form::Leaf(template) => vec![template],
            Form::List(items) => items.iter().flat_map(Form::templates).collect(),
            Form::Object(fields) => fields.iter().flat_map(|(_, form)| form.templates()).collect(),
        }
    }

    /// The value when nothing in it is computed.
    pub(super) fn fixed(&self) -> Option<Value> {
        let none = BTreeMap::new();
        let call =
            CallFacts { from: String::new(), to: String::new(), language: "".into(), entity: "".into() };
        let facts = Facts { vars: &none, call: &call, queue: QueueFacts::default() };
        let computed = self.templates().into_iter().any(|template| template.expressions().next().is_some());
        if computed { None } else { self.evaluate(&facts).ok() }
    }

    pub(super) fn kind(&self) -> Type {
        match self {
            Form::Leaf(template) => template.kind(),
            Form::List(_) => Type::List,
            Form::Object(_) => Type::Object,
        }
    }

    pub(super) fn is_personal(&self) -> bool {
        self.templates().into_iter().any(Template::is_personal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_at_its_expressions() {
        for (text, expected) in [
            ("", vec![]),
            ("solo testo, 5 $ e {graffe}", vec![Part::Literal("solo testo, 5 $ e {graffe}")]),
            ("${a}", vec![Part::Computed("a")]),
            (
                "il ${a} e ${b}.",
                vec![
                    Part::Literal("il "),
                    Part::Computed("a"),
                    Part::Literal(" e "),
                    Part::Computed("b"),
                    Part::Literal("."),
                ],
            ),
            ("${a == '}'}x", vec![Part::Computed("a == '}'"), Part::Literal("x")]),
        ] {
            assert_eq!(parts(text), Ok(expected), "{text}");
        }
        assert!(parts("dal ${vars.x").is_err());
    }
}
