//! Computed values: a CEL expression inside `${...}`.
//!
//! An expression is parsed, checked and kept as a tree when the flow is; at run time it is only evaluated. It may name
//! `vars.*` as declared, `call.from`, `call.to`, `call.language`, `call.entity` and, in a queue node, `queue.waiting` and
//! `queue.ewt_s`; every one of these always has a value. Length and depth are bounded before the parser sees them, and
//! there are no loops in it, so evaluation is a walk over a small tree. What still can fail (a division by zero,
//! a date that is none) leads the caller to the node's `error` exit.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use cel::common::ast::{CallExpr, Expr, IdedExpr};
use cel::common::types::{CelBool, CelInt, CelString};
use cel::common::value::CowVal;
use cel::context::VariableResolver;
use cel::{Context, Env, Program};

use super::fault::{Fault, hint, hint_or_all, shortened};
use super::run::{CallFacts, QueueFacts};
use super::value::{MAX_TEXT_BYTES, Value};

/// Longest expression in bytes: far above what a person writes into a flow. It bounds the parser's work.
const MAX_BYTES: usize = 512;
/// Deepest nesting of brackets and of `?` before the parser is asked. It bounds the parser's stack.
const MAX_NESTING: usize = 12;
/// Deepest tree kept. It bounds the stack of evaluation.
const MAX_DEPTH: usize = 32;

/// Facts of a call that expressions may name.
const CALL_FACTS: [&str; 4] = ["from", "to", "language", "entity"];
/// Facts of the queue that a queue node's expressions may name.
const QUEUE_FACTS: [&str; 2] = ["waiting", "ewt_s"];
/// Functions of CEL that flows may call. None of them walks a list.
const FUNCTIONS: [&str; 6] = ["size", "contains", "startsWith", "endsWith", "int", "string"];

/// What an expression may name where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope<'s> {
    /// The declared variables.
    pub(super) vars: &'s BTreeMap<String, Value>,
    /// It stands in a queue node.
    pub(super) queue: bool,
}

/// A compiled expression.
#[derive(Clone, Debug)]
pub(super) struct Expression {
    tree: Arc<IdedExpr>,
}

impl Expression {
    /// Compiles the text between `${` and `}`.
    pub(super) fn compile(text: &str, scope: Scope<'_>) -> Result<Expression, Fault> {
        let bad = |why: String| Fault::Expression { text: shortened(text), why };
        bounded(text).map_err(|why| bad(why.to_owned()))?;
        let program = Program::compile(text).map_err(|errors| {
            let why = errors.errors.first().map_or("not readable", |error| &error.msg);
            bad(format!(
                "it is not CEL: {}; write it like `vars.numero == '1' && call.language == 'it'`",
                first_words(why)
            ))
        })?;
        let tree = program.expression().clone();
        check(&tree, scope, MAX_DEPTH).map_err(|refusal| match refusal {
            Refusal::Fault(fault) => fault,
            Refusal::Why(why) => bad(why),
        })?;
        Ok(Expression { tree: Arc::new(tree) })
    }

    /// The function that the whole expression calls and its only argument, as `digits(vars.numero)`.
    pub(super) fn call_of_one(text: &str) -> Option<(&str, &str)> {
        let (name, rest) = text.trim().split_once('(')?;
        let argument = rest.strip_suffix(')')?;
        let simple = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase());
        simple.then_some((name, argument))
    }

    /// Its value now.
    pub(super) fn evaluate(&self, facts: &Facts<'_>) -> Result<Value, EvaluationError> {
        let mut context = Context::with_env(Arc::clone(environment()));
        context.set_variable_resolver(facts);
        let value = context.resolve(&self.tree).map_err(|error| EvaluationError(error.to_string()))?;
        match value {
            cel::Value::String(text) if text.len() <= MAX_TEXT_BYTES => {
                Ok(Value::Text(text.as_ref().clone()))
            }
            cel::Value::Int(number) => Ok(Value::Number(number)),
            cel::Value::UInt(number) => i64::try_from(number)
                .map(Value::Number)
                .map_err(|_| EvaluationError(format!("{number} is too large"))),
            cel::Value::Bool(flag) => Ok(Value::Flag(flag)),
            cel::Value::String(_) => Err(EvaluationError("the text grew too long".to_owned())),
            _ => Err(EvaluationError("the value is neither text, whole number nor truth".to_owned())),
        }
    }
}

/// An expression had no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct EvaluationError(pub(super) String);

/// What expressions can see at one moment of a call.
pub(super) struct Facts<'f> {
    pub(super) vars: &'f BTreeMap<String, Value>,
    pub(super) call: &'f CallFacts,
    /// Of the queue node; zero elsewhere.
    pub(super) queue: QueueFacts,
}

impl VariableResolver for Facts<'_> {
    fn resolve<'b>(&'b self, name: &str) -> Option<CowVal<'b, 'b>> {
        let text = |text: &'b str| CowVal::owned(CelString::from(text));
        let number = |number: i64| CowVal::owned(CelInt::from(number));
        if let Some(name) = name.strip_prefix("vars.") {
            return self.vars.get(name).map(|value| match value {
                Value::Text(value) => text(value),
                Value::Number(value) => number(*value),
                Value::Flag(value) => CowVal::owned(CelBool::from(*value)),
                Value::List(_) | Value::Object(_) => text(""),
            });
        }
        Some(match name {
            "call.from" => text(&self.call.from),
            "call.to" => text(&self.call.to),
            "call.language" => text(self.call.language.as_str()),
            "call.entity" => text(self.call.entity.as_str()),
            "queue.waiting" => number(self.queue.waiting.into()),
            "queue.ewt_s" => number(self.queue.ewt_s.into()),
            _ => return None,
        })
    }
}

/// CEL's own functions and operators, built once.
fn environment() -> &'static Arc<Env> {
    static ENVIRONMENT: OnceLock<Arc<Env>> = OnceLock::new();
    ENVIRONMENT.get_or_init(|| Arc::new(Env::stdlib()))
}

/// The parser's complaint without the list of all that it would have liked.
fn first_words(why: &str) -> &str {
    let line = why.lines().next().unwrap_or_default();
    let line = line.strip_prefix("Syntax error: ").unwrap_or(line);
    line.split_once(" expecting ").map_or(line, |(what, _)| what)
}

/// Refuses what could cost the parser much stack or time, by counting bytes: in doubt (brackets in a string) it refuses.
fn bounded(text: &str) -> Result<(), &'static str> {
    if text.trim().is_empty() {
        return Err("it is empty; write a value between the braces");
    }
    if text.len() > MAX_BYTES {
        return Err("it is longer than 512 bytes; split it with a `set` node");
    }
    let count = |bytes: &[u8]| text.bytes().filter(|b| bytes.contains(b)).count();
    if count(b"([{") > MAX_NESTING * 2 || count(b"?") > MAX_NESTING || nesting(text) > MAX_NESTING {
        return Err("it is too complex; split it with a `set` node");
    }
    Ok(())
}

fn nesting(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut deepest = 0;
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Why an expression is not taken.
enum Refusal {
    Fault(Fault),
    Why(String),
}

fn check(tree: &IdedExpr, scope: Scope<'_>, depth_left: usize) -> Result<(), Refusal> {
    let Some(depth_left) = depth_left.checked_sub(1) else {
        return Err(Refusal::Why("it is too complex; split it with a `set` node".to_owned()));
    };
    match &tree.expr {
        Expr::Literal(_) => Ok(()),
        Expr::List(list) => list.elements.iter().try_for_each(|item| check(item, scope, depth_left)),
        Expr::Call(call) => check_call(call, scope, depth_left),
        Expr::Select(select) if !select.test => match &select.operand.expr {
            Expr::Ident(root) => check_name(root, &select.field, scope),
            _ => Err(Refusal::Why("values have no fields in this version".to_owned())),
        },
        Expr::Select(_) => Err(Refusal::Why("`has` is not needed: every variable has a value".to_owned())),
        Expr::Ident(name) => {
            Err(Refusal::Why(format!("`{name}` alone is no value; write `vars.{name}` or `call...`")))
        }
        Expr::Comprehension(_) => Err(Refusal::Why("there are no loops in flows".to_owned())),
        Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => {
            Err(Refusal::Why("only texts, whole numbers, true and false are values here".to_owned()))
        }
    }
}

fn check_call(call: &CallExpr, scope: Scope<'_>, depth_left: usize) -> Result<(), Refusal> {
    let operator = !call.func_name.starts_with(|c: char| c.is_alphabetic());
    if !operator && !FUNCTIONS.contains(&call.func_name.as_str()) {
        return Err(Refusal::Why(format!(
            "there is no function `{}`{}",
            call.func_name,
            hint_or_all(&call.func_name, FUNCTIONS)
        )));
    }
    let target = call.target.as_deref();
    target.into_iter().chain(&call.args).try_for_each(|part| check(part, scope, depth_left))
}

fn check_name(root: &str, field: &str, scope: Scope<'_>) -> Result<(), Refusal> {
    let unknown = |known: &[&str]| {
        Refusal::Why(format!("there is no `{root}.{field}`{}", hint_or_all(field, known.iter().copied())))
    };
    match root {
        "vars" if scope.vars.contains_key(field) => Ok(()),
        "vars" => {
            let hint = hint(field, scope.vars.keys().map(String::as_str));
            Err(Refusal::Fault(Fault::UnknownVar { name: field.to_owned(), hint }))
        }
        "call" if CALL_FACTS.contains(&field) => Ok(()),
        "call" => Err(unknown(&CALL_FACTS)),
        "queue" if scope.queue && QUEUE_FACTS.contains(&field) => Ok(()),
        "queue" if scope.queue => Err(unknown(&QUEUE_FACTS)),
        "queue" => Err(Refusal::Why("`queue` is known only inside a queue node".to_owned())),
        _ => Err(Refusal::Why(format!(
            "there is no `{root}`; use `vars`, `call` or, in a queue node, `queue`"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluated(text: &str) -> Result<Value, String> {
        let vars = BTreeMap::from([
            ("numero".to_owned(), Value::Text("123456".to_owned())),
            ("giri".to_owned(), Value::Number(3)),
            ("attivo".to_owned(), Value::Flag(true)),
        ]);
        let call = CallFacts {
            from: "+390552768224".to_owned(),
            to: "055055".to_owned(),
            language: "it".into(),
            entity: "empoli".into(),
        };
        let facts = Facts { vars: &vars, call: &call, queue: QueueFacts { waiting: 4, ewt_s: 250 } };
        let expression = Expression::compile(text, Scope { vars: &vars, queue: true })
            .map_err(|fault| fault.to_string())?;
        expression.evaluate(&facts).map_err(|error| error.to_string())
    }

    #[test]
    fn expressions_see_variables_the_call_and_the_queue() {
        for (text, value) in [
            ("vars.numero", Value::Text("123456".to_owned())),
            ("vars.giri + 1", Value::Number(4)),
            ("vars.attivo && vars.giri >= 3", Value::Flag(true)),
            ("call.from.startsWith('+39055')", Value::Flag(true)),
            ("call.entity in ['empoli', 'firenze']", Value::Flag(true)),
            ("call.language == 'it' ? 'sì' : 'yes'", Value::Text("sì".to_owned())),
            ("queue.waiting > 3 && queue.ewt_s > 240", Value::Flag(true)),
            ("size(vars.numero)", Value::Number(6)),
            ("int(vars.numero) / 2", Value::Number(61_728)),
            ("string(vars.giri) + ' volte'", Value::Text("3 volte".to_owned())),
            ("-vars.giri", Value::Number(-3)),
        ] {
            assert_eq!(evaluated(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn expression_without_a_value_says_why() {
        for text in [
            "1 / (vars.giri - 3)",
            "vars.giri + vars.numero",
            "9223372036854775807 + vars.giri",
            "int('dodici')",
            "1.5 * 2.0",
            "[vars.giri]",
            "18446744073709551615u",
        ] {
            assert!(evaluated(text).is_err_and(|why| !why.is_empty()), "{text}: {:?}", evaluated(text));
        }
    }

    #[test]
    fn text_that_feeds_itself_does_not_grow_without_end() {
        let vars = BTreeMap::from([("t".to_owned(), Value::Text("x".repeat(600)))]);
        let call =
            CallFacts { from: String::new(), to: String::new(), language: "it".into(), entity: "e".into() };
        let twice = Expression::compile("vars.t + vars.t", Scope { vars: &vars, queue: false }).unwrap();
        let facts = Facts { vars: &vars, call: &call, queue: QueueFacts::default() };
        assert_eq!(twice.evaluate(&facts).unwrap_err().to_string(), "the text grew too long");
    }
}
