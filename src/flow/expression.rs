//! Computed values: a CEL expression inside `${...}`.
//!
//! An expression is parsed, checked and kept as a tree when the flow is; at run time it is only evaluated. It may name
//! `vars.*` as declared, `call.from`, `call.to`, `call.language`, `call.entity` and, in a queue node, `queue.waiting` and
//! `queue.ewt_s`; every one of these always has a value. Length and depth are bounded before the parser sees them, there are
//! no loops in it, and what variables hold is bounded too (`value`), so evaluation is a walk over a small tree. What still can
//! fail (a division by zero, a field that an answer did not have) leads the caller to the node's `error` exit.

mod check;
mod cost;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use cel::common::ast::IdedExpr;
use cel::common::types::{CelBool, CelInt, CelList, CelMap, CelMapKey, CelString};
use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;
use cel::parser::PrattParser;
use cel::{Context, Env};

pub(super) use self::check::{AsksQueue, Scope, Type};
pub(super) use self::cost::too_complex;
use super::fault::{Fault, Said, shortened};
use super::run::{CallFacts, QueueFacts};
use super::value::{MAX_TEXT_BYTES, Value};

/// A compiled expression, and what could be seen of it.
#[derive(Clone, Debug)]
pub(super) struct Expression {
    tree: Arc<IdedExpr>,
    /// What its value is.
    pub(super) kind: Type,
    /// The variables that it reads.
    pub(super) reads: BTreeSet<String>,
    /// Its value tells something about a person.
    pub(super) personal: bool,
    /// What it asks of the queue.
    pub(super) asks: AsksQueue,
}

impl Expression {
    /// Compiles the text between `${` and `}`.
    pub(super) fn compile(text: &str, scope: Scope<'_>) -> Result<Expression, Fault> {
        let bad = |why: Said| Fault::Expression { text: shortened(text), why };
        cost::bounded(text).map_err(bad)?;
        let tree = parsed(text).map_err(|why| bad(not_cel(&why)))?;
        let seen = check::look_through(&tree, scope).map_err(|refusal| match refusal {
            check::Refusal::Fault(fault) => fault,
            check::Refusal::Why(why) => bad(why),
        })?;
        let check::Seen { kind, reads, personal, asks } = seen;
        Ok(Expression { tree: Arc::new(tree), kind, reads, personal, asks })
    }

    /// The function that the whole expression calls and its only argument, as `digits(vars.numero)`.
    pub(super) fn call_of_one(text: &str) -> Option<(&str, &str)> {
        let (name, rest) = text.trim().split_once('(')?;
        let argument = rest.strip_suffix(')')?;
        let simple = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        simple.then_some((name, argument))
    }

    /// Its value now.
    pub(super) fn evaluate(&self, facts: &Facts<'_>) -> Result<Value, EvaluationError> {
        let mut context = Context::with_env(Arc::clone(environment()));
        context.set_variable_resolver(facts);
        let value = context.resolve(&self.tree).map_err(|error| EvaluationError(error.to_string()))?;
        from_cel(value)
    }
}

/// The tree of an expression, or what the parser says against it.
///
/// Of the two parsers of `cel` this is the one written by hand: the other, made by ANTLR, takes seventeen times the instructions
/// for the same trees, and a flow has hundreds of expressions.
fn parsed(text: &str) -> Result<IdedExpr, String> {
    PrattParser::new().parse(text).map_err(|errors| {
        let why = errors.errors.first().map_or("not readable", |error| &error.msg);
        first_words(why).to_owned()
    })
}

/// The parser's complaint without the list of all that it would have liked.
fn first_words(why: &str) -> &str {
    let line = why.lines().next().unwrap_or_default();
    let line = line.strip_prefix("Syntax error: ").unwrap_or(line);
    line.split_once(" expecting ").map_or(line, |(what, _)| what)
}

fn not_cel(why: &str) -> Said {
    Said {
        english: format!("it is not CEL: {why}; write it like `vars.numero == '1' && call.language == 'it'`"),
        italian: format!("non è CEL: {why}; scriverla come `vars.numero == '1' && call.language == 'it'`"),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "collected by name into a BTreeMap, whatever order they come in"
)]
fn from_cel(value: cel::Value) -> Result<Value, EvaluationError> {
    match value {
        cel::Value::String(text) if text.len() <= MAX_TEXT_BYTES => Ok(Value::Text(text.as_ref().clone())),
        cel::Value::Int(number) => Ok(Value::Number(number)),
        cel::Value::UInt(number) => i64::try_from(number)
            .map(Value::Number)
            .map_err(|_| EvaluationError("the number is too large".to_owned())),
        cel::Value::Bool(flag) => Ok(Value::Flag(flag)),
        cel::Value::String(_) => Err(EvaluationError("the text grew too long".to_owned())),
        cel::Value::List(items) => {
            items.iter().cloned().map(from_cel).collect::<Result<_, _>>().map(Value::List)
        }
        cel::Value::Map(map) => {
            let field = |(name, value): (&cel::objects::Key, &cel::Value)| {
                Ok((name.to_string(), from_cel(value.clone())?))
            };
            map.map.iter().map(field).collect::<Result<_, _>>().map(Value::Object)
        }
        _ => {
            Err(EvaluationError("the value is neither text, whole number, truth, list nor object".to_owned()))
        }
    }
}

/// An expression had no value. The words are for the journal: no value stands in them.
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
                Value::List(items) => CowVal::owned(list(items)),
                Value::Object(fields) => CowVal::owned(map(fields)),
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

fn list(items: &[Value]) -> CelList<'_> {
    CelList::from(items.iter().map(boxed).collect::<Vec<_>>())
}

fn map(fields: &BTreeMap<String, Value>) -> CelMap<'_> {
    let fields = fields.iter().map(|(name, value)| (CelMapKey::from(name.as_str()), boxed(value)));
    CelMap::from(fields.collect::<HashMap<_, _>>())
}

fn boxed(value: &Value) -> Box<dyn Val + '_> {
    match value {
        Value::Text(text) => Box::new(CelString::from(text.as_str())),
        Value::Number(number) => Box::new(CelInt::from(*number)),
        Value::Flag(flag) => Box::new(CelBool::from(*flag)),
        Value::List(items) => Box::new(list(items)),
        Value::Object(fields) => Box::new(map(fields)),
    }
}

/// CEL's own functions and operators, built once.
fn environment() -> &'static Arc<Env> {
    static ENVIRONMENT: OnceLock<Arc<Env>> = OnceLock::new();
    ENVIRONMENT.get_or_init(|| Arc::new(Env::stdlib()))
}

#[cfg(test)]
mod tests {
    use super::super::variable::{Var, VarKind};
    use super::*;

    fn declared() -> BTreeMap<String, Var> {
        let var = |(name, kind): (&str, VarKind)| {
            let default = kind.empty();
            (name.to_owned(), Var { kind, default, given: true, personal: kind.is_personal() })
        };
        let kinds = [
            ("numero", VarKind::Digits),
            ("giri", VarKind::Number),
            ("attivo", VarKind::Flag),
            ("ticket", VarKind::Object),
            ("t", VarKind::Text),
        ];
        kinds.map(var).into()
    }

    fn evaluated(text: &str) -> Result<Value, String> {
        let ticket = Value::from_json(r#"{"stato": "aperta", "passi": ["letta"], "giorni": 3}"#).unwrap();
        let vars = BTreeMap::from([
            ("numero".to_owned(), Value::Text("123456".to_owned())),
            ("giri".to_owned(), Value::Number(3)),
            ("attivo".to_owned(), Value::Flag(true)),
            ("ticket".to_owned(), ticket),
        ]);
        let call = CallFacts {
            from: "+390552768224".to_owned(),
            to: "055055".to_owned(),
            language: "it".into(),
            entity: "empoli".into(),
        };
        let facts = Facts { vars: &vars, call: &call, queue: QueueFacts { waiting: 4, ewt_s: 250 } };
        let expression = Expression::compile(text, Scope { vars: &declared(), queue: true })
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
            ("vars.ticket.stato == 'aperta' && vars.ticket.giorni < 5", Value::Flag(true)),
            ("has(vars.ticket.esito) ? 'sì' : 'no'", Value::Text("no".to_owned())),
            ("vars.ticket.passi[0]", Value::Text("letta".to_owned())),
        ] {
            assert_eq!(evaluated(text), Ok(value), "{text}");
        }
    }

    /// The other parser of `cel` is the one that its evaluation is tried with most.
    #[test]
    fn both_parsers_of_cel_see_the_same_tree() {
        for text in [
            "vars.numero == '1' && call.language == 'it' || !vars.attivo",
            "vars.giri + 1 * 2 - -3 % 4 / 5 > 0x1F && 18446744073709551615u != 3u",
            "call.entity in ['empoli', \"fire\\nze\", r'\\n', '''tre''', '\\u00e8']",
            "vars.attivo ? vars.giri < 3 ? 'a' : 'b' : 'c'",
            "has(vars.ticket.stato) && vars.ticket.passi[0].nome['x y'] == 'letta'",
            "size(vars.numero) >= 3 && call.from.startsWith('+39' + string(055 / 5))",
            "(((1)))+[1, 2][0]",
            "!!vars.attivo && --vars.giri == vars.giri",
            "[1, 2].exists(x, x == 1)",
            "{'a': 1}.a",
        ] {
            let (ours, other) = (parsed(text).ok(), cel::Program::compile(text).ok());
            let other = other.as_ref().map(|program| shape(program.expression()));
            assert_eq!(ours.as_ref().map(shape), other, "{text}");
        }
        for text in ["vars.numero ==", "1 +* 2", "'offen", "a b", "vars.", "(1", "1)", "@", "null null", ""] {
            assert!(parsed(text).is_err() && cel::Program::compile(text).is_err(), "{text}");
        }
    }

    /// Without the numbers that each parser gives to the parts.
    fn shape(tree: &IdedExpr) -> String {
        let shown = format!("{tree:?}");
        let parts = shown.split("id: ").map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit()));
        parts.collect()
    }

    #[test]
    fn expression_without_a_value_says_why() {
        for text in [
            "1 / (vars.giri - 3)",
            "vars.ticket.manca",
            "vars.ticket.passi[7]",
            "9223372036854775807 + vars.giri",
            "int('dodici')",
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
        let twice =
            Expression::compile("vars.t + vars.t", Scope { vars: &declared(), queue: false }).unwrap();
        let facts = Facts { vars: &vars, call: &call, queue: QueueFacts::default() };
        assert_eq!(twice.evaluate(&facts).unwrap_err().to_string(), "the text grew too long");
    }

    #[test]
    fn types_that_do_not_go_together_are_found_before_any_call() {
        for text in [
            "vars.giri + vars.numero",
            "vars.giri == '3'",
            "vars.numero && true",
            "!vars.giri",
            "vars.attivo < 2",
            "vars.attivo ? 1 : 'due'",
            "size(vars.giri)",
            "vars.numero.startsWith(3)",
            "vars.numero.cifre",
            "vars.numero[0]",
            "'a' in 'abc'",
            "1.5 * 2.0",
            "call.from == 55055",
        ] {
            assert!(Expression::compile(text, Scope { vars: &declared(), queue: false }).is_err(), "{text}");
        }
    }

    #[test]
    fn expression_knows_what_it_reads_and_whether_that_is_about_a_person() {
        let seen = |text| Expression::compile(text, Scope { vars: &declared(), queue: true }).unwrap();
        let reads = seen("vars.attivo && vars.ticket.giorni > vars.giri");
        assert_eq!(reads.reads.into_iter().collect::<Vec<_>>(), ["attivo", "giri", "ticket"]);
        for (text, personal) in [("vars.numero", true), ("call.from", true), ("vars.giri + 1", false)] {
            assert_eq!(seen(text).personal, personal, "{text}");
        }
        assert!(!seen("vars.numero == '1'").personal, "a truth tells nobody's number");
    }
}
