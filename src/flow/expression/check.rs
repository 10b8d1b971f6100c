//! What can be seen of an expression before any call: that its names exist, that its types go together, what it reads.
//!
//! Values of objects have no declared fields, so they fit everywhere ([`Type::Any`]); everything else has one type.

use std::collections::{BTreeMap, BTreeSet};

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, SelectExpr};

use super::cost::too_complex;
use crate::flow::fault::{Fault, Hint, Said, Tongue, hint, hint_or_all};
use crate::flow::variable::{Var, VarKind};

/// Deepest tree kept. It bounds the stack of evaluation.
const MAX_DEPTH: usize = 32;
/// Most mentions of lists and objects: each is made ready anew for the evaluation, whatever of it is asked for.
const MAX_LARGE: usize = 8;
/// Facts of a call that expressions may name.
const CALL_FACTS: [&str; 4] = ["from", "to", "language", "entity"];
/// Facts of the queue that a queue node's expressions may name.
const QUEUE_FACTS: [&str; 2] = ["waiting", "ewt_s"];
/// Functions of CEL that flows may call. None of them calls back.
const FUNCTIONS: [&str; 6] = ["size", "contains", "startsWith", "endsWith", "int", "string"];

/// What an expression may name where it stands.
#[derive(Clone, Copy, Debug)]
pub(in crate::flow) struct Scope<'s> {
    /// The declared variables.
    pub(in crate::flow) vars: &'s BTreeMap<String, Var>,
    /// It stands in a queue node.
    pub(in crate::flow) queue: bool,
}

/// What a value is, as far as can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::flow) enum Type {
    Text,
    Number,
    Flag,
    List,
    Object,
    /// A field of an object.
    Any,
}

impl Type {
    pub(in crate::flow) fn of(kind: VarKind) -> Type {
        match kind {
            VarKind::Number => Type::Number,
            VarKind::Flag => Type::Flag,
            VarKind::List => Type::List,
            VarKind::Object => Type::Object,
            _ => Type::Text,
        }
    }

    /// It may stand where the other is wanted.
    pub(in crate::flow) fn may_be(self, other: Type) -> bool {
        self == other || self == Type::Any || other == Type::Any
    }

    fn words(self, tongue: Tongue) -> &'static str {
        match (self, tongue) {
            (Type::Text, Tongue::English) => "text",
            (Type::Text, Tongue::Italian) => "testo",
            (Type::Number, Tongue::English) => "number",
            (Type::Number, Tongue::Italian) => "numero",
            (Type::Flag, Tongue::English) => "true or false",
            (Type::Flag, Tongue::Italian) => "vero o falso",
            (Type::List, Tongue::English) => "list",
            (Type::List, Tongue::Italian) => "elenco",
            (Type::Object, Tongue::English) => "object",
            (Type::Object, Tongue::Italian) => "oggetto",
            (Type::Any, Tongue::English) => "value",
            (Type::Any, Tongue::Italian) => "valore",
        }
    }
}

/// Why an expression is not taken.
pub(super) enum Refusal {
    Fault(Fault),
    Why(Said),
}

impl Refusal {
    fn because(english: impl Into<String>, italian: impl Into<String>) -> Refusal {
        Refusal::Why(Said { english: english.into(), italian: italian.into() })
    }

    /// The parts of an operation are of types that it does not take.
    fn mismatch(name: &str, parts: &[Type]) -> Refusal {
        let sign = name.trim_matches(['_', '@']);
        let list = |tongue, and| parts.iter().map(|part| part.words(tongue)).collect::<Vec<_>>().join(and);
        Refusal::because(
            format!(
                "`{sign}` does not go with {}; compare and join values of one type, or use string() and int()",
                list(Tongue::English, " and ")
            ),
            format!(
                "`{sign}` non va con {}; confrontare e unire valori dello stesso tipo, o usare string() e int()",
                list(Tongue::Italian, " e ")
            ),
        )
    }
}

/// What an expression asks of the queue, which is found out for those who ask alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::flow) struct AsksQueue {
    /// How long the wait will be.
    pub(in crate::flow) wait: bool,
    /// How many wait.
    pub(in crate::flow) waiting: bool,
}

/// What was seen.
pub(super) struct Seen {
    pub(super) kind: Type,
    pub(super) reads: BTreeSet<String>,
    pub(super) personal: bool,
    pub(super) asks: AsksQueue,
}

/// Looks at every part of the tree.
pub(super) fn look_through(tree: &IdedExpr, scope: Scope<'_>) -> Result<Seen, Refusal> {
    let mut look =
        Look { scope, reads: BTreeSet::new(), personal: false, asks: AsksQueue::default(), large: 0 };
    let kind = look.at(tree, MAX_DEPTH)?;
    // A truth or a number made from what is personal does not tell it.
    let personal = look.personal && !matches!(kind, Type::Flag);
    Ok(Seen { kind, reads: look.reads, personal, asks: look.asks })
}

struct Look<'s> {
    scope: Scope<'s>,
    reads: BTreeSet<String>,
    personal: bool,
    asks: AsksQueue,
    /// Lists and objects mentioned so far.
    large: usize,
}

impl Look<'_> {
    fn at(&mut self, tree: &IdedExpr, depth_left: usize) -> Result<Type, Refusal> {
        let Some(depth_left) = depth_left.checked_sub(1) else {
            return Err(Refusal::Why(too_complex()));
        };
        match &tree.expr {
            Expr::Literal(literal) => literal_type(literal),
            Expr::List(list) => {
                list.elements.iter().try_for_each(|item| self.at(item, depth_left).map(drop))?;
                Ok(Type::List)
            }
            Expr::Call(call) => self.call(call, depth_left),
            Expr::Select(select) => self.select(select, depth_left),
            Expr::Ident(name) => Err(Refusal::because(
                format!(
                    "`{name}` alone is no value; write `vars.{name}` or `call...`{}",
                    self.near(name).said(Tongue::English)
                ),
                format!(
                    "`{name}` da solo non è un valore; scrivere `vars.{name}` o `call...`{}",
                    self.near(name).said(Tongue::Italian)
                ),
            )),
            Expr::Comprehension(_) => {
                Err(Refusal::because("there are no loops in flows", "nei flussi non ci sono cicli"))
            }
            Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => Err(Refusal::because(
                "only texts, whole numbers, true, false and lists of them are written here",
                "qui si scrivono solo testi, numeri interi, true, false ed elenchi di questi",
            )),
        }
    }

    /// The declared variable that a lone name may have meant.
    fn near(&self, name: &str) -> Hint {
        match self.scope.vars.contains_key(name) {
            true => Hint::Nothing,
            false => hint(name, self.scope.vars.keys().map(String::as_str)),
        }
    }

    fn select(&mut self, select: &SelectExpr, depth_left: usize) -> Result<Type, Refusal> {
        if let Expr::Ident(root) = &select.operand.expr
            && !select.test
        {
            return self.name(root, &select.field);
        }
        let operand = match &select.operand.expr {
            Expr::Ident(_) => None,
            _ => Some(self.at(&select.operand, depth_left)?),
        };
        match operand {
            Some(Type::Object | Type::Any) => Ok(if select.test { Type::Flag } else { Type::Any }),
            Some(other) => Err(Refusal::because(
                format!(
                    "`.{}` is asked of a {}, and only objects have fields",
                    select.field,
                    other.words(Tongue::English)
                ),
                format!(
                    "`.{}` è chiesto a un {}, e solo gli oggetti hanno campi",
                    select.field,
                    other.words(Tongue::Italian)
                ),
            )),
            None => Err(Refusal::because(
                "`has` asks for a field of an object, `has(vars.ticket.stato)`: every variable has a value",
                "`has` chiede un campo di un oggetto, `has(vars.ticket.stato)`: ogni variabile ha un valore",
            )),
        }
    }

    fn name(&mut self, root: &str, field: &str) -> Result<Type, Refusal> {
        let unknown = |known: &[&'static str]| {
            let hint = hint_or_all(field, known.iter().copied());
            Err(Refusal::because(
                format!("there is no `{root}.{field}`{}", hint.said(Tongue::English)),
                format!("non c'è `{root}.{field}`{}", hint.said(Tongue::Italian)),
            ))
        };
        match root {
            "vars" => match self.scope.vars.get(field) {
                Some(var) => {
                    self.reads.insert(field.to_owned());
                    self.personal |= var.personal;
                    self.large += usize::from(matches!(var.kind, VarKind::List | VarKind::Object));
                    if self.large > MAX_LARGE {
                        return Err(Refusal::Why(too_complex()));
                    }
                    Ok(Type::of(var.kind))
                }
                None => {
                    let hint = hint(field, self.scope.vars.keys().map(String::as_str));
                    Err(Refusal::Fault(Fault::UnknownVar { name: field.to_owned(), hint }))
                }
            },
            "call" if CALL_FACTS.contains(&field) => {
                self.personal |= field == "from";
                Ok(Type::Text)
            }
            "call" => unknown(&CALL_FACTS),
            "queue" if self.scope.queue && QUEUE_FACTS.contains(&field) => {
                self.asks.wait |= field == "ewt_s";
                self.asks.waiting |= field == "waiting";
                Ok(Type::Number)
            }
            "queue" if self.scope.queue => unknown(&QUEUE_FACTS),
            "queue" => Err(Refusal::because(
                "`queue` is known only inside a queue node",
                "`queue` si conosce solo dentro un nodo queue",
            )),
            _ => {
                let hint = hint(root, ["vars", "call", "queue"]);
                Err(Refusal::because(
                    format!(
                        "there is no `{root}`; use `vars`, `call` or, in a queue node, `queue`{}",
                        hint.said(Tongue::English)
                    ),
                    format!(
                        "non c'è `{root}`; usare `vars`, `call` o, in un nodo queue, `queue`{}",
                        hint.said(Tongue::Italian)
                    ),
                ))
            }
        }
    }

    fn call(&mut self, call: &CallExpr, depth_left: usize) -> Result<Type, Refusal> {
        let name = call.func_name.as_str();
        let operator = !name.starts_with(|c: char| c.is_alphabetic());
        if !operator && !FUNCTIONS.contains(&name) {
            let hint = hint_or_all(name, FUNCTIONS);
            return Err(Refusal::because(
                format!("there is no function `{name}`{}", hint.said(Tongue::English)),
                format!("non c'è la funzione `{name}`{}", hint.said(Tongue::Italian)),
            ));
        }
        let target = call.target.as_deref();
        let parts: Vec<Type> = target
            .into_iter()
            .chain(&call.args)
            .map(|part| self.at(part, depth_left))
            .collect::<Result<_, _>>()?;
        result(name, &parts).ok_or_else(|| Refusal::mismatch(name, &parts))
    }
}

fn literal_type(literal: &LiteralValue) -> Result<Type, Refusal> {
    match literal {
        LiteralValue::Boolean(_) => Ok(Type::Flag),
        LiteralValue::Int(_) | LiteralValue::UInt(_) => Ok(Type::Number),
        LiteralValue::String(_) => Ok(Type::Text),
        LiteralValue::Double(_) | LiteralValue::Bytes(_) | LiteralValue::Null => Err(Refusal::because(
            "only texts, whole numbers, true and false are values here",
            "qui sono valori solo testi, numeri interi, true e false",
        )),
    }
}

/// What an operation makes of values of these types; `None`: it does not take them.
fn result(name: &str, parts: &[Type]) -> Option<Type> {
    let all = |kind: Type| parts.iter().all(|part| part.may_be(kind));
    let same = || matches!(parts, [a, b] if a.may_be(*b));
    match (name, parts) {
        ("_?_:_", [condition, yes, no]) if condition.may_be(Type::Flag) && yes.may_be(*no) => {
            Some(if *yes == Type::Any { *no } else { *yes })
        }
        ("_&&_" | "_||_", [_, _]) | ("!_", [_]) if all(Type::Flag) => Some(Type::Flag),
        ("_==_" | "_!=_", [_, _]) if same() => Some(Type::Flag),
        ("_<_" | "_<=_" | "_>_" | "_>=_", [_, _]) if same() && (all(Type::Number) || all(Type::Text)) => {
            Some(Type::Flag)
        }
        ("_+_", [a, b]) if same() && (all(Type::Number) || all(Type::Text)) => {
            Some(if *a == Type::Any { *b } else { *a })
        }
        ("_-_" | "_*_" | "_/_" | "_%_", [_, _]) | ("-_", [_]) if all(Type::Number) => Some(Type::Number),
        ("@in", [_, Type::List | Type::Object | Type::Any]) => Some(Type::Flag),
        ("_[_]", [Type::List, at]) if at.may_be(Type::Number) => Some(Type::Any),
        ("_[_]", [Type::Object, at]) if at.may_be(Type::Text) => Some(Type::Any),
        ("_[_]", [Type::Any, _]) => Some(Type::Any),
        ("size", [Type::Text | Type::List | Type::Object | Type::Any]) => Some(Type::Number),
        ("contains" | "startsWith" | "endsWith", [_, _]) if all(Type::Text) => Some(Type::Flag),
        ("int", [Type::Text | Type::Number | Type::Any]) => Some(Type::Number),
        ("string", [Type::Text | Type::Number | Type::Flag | Type::Any]) => Some(Type::Text),
        _ => None,
    }
}
