//! What is wrong and what to do, in plain words, in English and Italian side by side.

use super::{Fault, Hint, Part, Tongue, Words};
use crate::flow::hours::ScheduleFault;

/// A message in the language asked for. Names in braces are filled in as `format!` does.
macro_rules! said {
    ($tongue:expr, $english:literal, $italian:literal $(,)?) => {
        match $tongue {
            Tongue::English => format!($english),
            Tongue::Italian => format!($italian),
        }
    };
}

mod names;
mod subflows;
mod trials;
mod values;

impl Hint {
    /// The end of a message.
    pub fn said(&self, tongue: Tongue) -> String {
        match self {
            Hint::Nothing => String::new(),
            Hint::Near(name) => said!(tongue, "; did you mean `{name}`?", "; forse si intendeva `{name}`?"),
            Hint::Known(names) => {
                let names = names.join(" ");
                said!(tongue, "; known here: {names}", "; qui si conoscono: {names}")
            }
        }
    }
}

impl Part {
    fn said(&self, tongue: Tongue) -> String {
        match self {
            Part::Flow => said!(tongue, "the flow", "il flusso"),
            Part::Node(name) => said!(tongue, "node `{name}`", "il nodo `{name}`"),
            Part::Var(name) => said!(tongue, "variable `{name}`", "la variabile `{name}`"),
            Part::Prompt(name) => said!(tongue, "prompt `{name}`", "il messaggio `{name}`"),
            Part::Schedule(name) => said!(tongue, "schedule `{name}`", "l'orario `{name}`"),
            Part::Test(name) => said!(tongue, "test `{name}`", "la prova `{name}`"),
            Part::Key(name) => said!(tongue, "`{name}`", "`{name}`"),
            Part::ItemOf(name) => said!(tongue, "an item of `{name}`", "una voce di `{name}`"),
        }
    }
}

impl Fault {
    /// What is wrong and what to do.
    pub fn said(&self, tongue: Tongue) -> String {
        match self {
            Fault::UnknownQueue { .. }
            | Fault::UnknownSkill { .. }
            | Fault::BadSkill(_)
            | Fault::BadWiden(_)
            | Fault::UnknownEntity { .. }
            | Fault::UnknownTopic { .. }
            | Fault::UnknownSchedule { .. }
            | Fault::UnknownConnector { .. }
            | Fault::UnknownArticle { .. }
            | Fault::UnknownMusic { .. }
            | Fault::UnknownVar { .. }
            | Fault::UnknownLanguage { .. }
            | Fault::UnspokenLanguage { .. }
            | Fault::UnknownType { .. }
            | Fault::UnknownNode { .. }
            | Fault::UnknownDefault { .. }
            | Fault::MissingExit { .. }
            | Fault::MissingSound { .. }
            | Fault::Unrecorded(_)
            | Fault::RecordedOtherwise(_)
            | Fault::MissingText { .. }
            | Fault::Schedule { .. }
            | Fault::NeverOpens(_)
            | Fault::TooMany { .. }
            | Fault::SaveType { .. }
            | Fault::BadName(_)
            | Fault::BadSound(_) => self.of_names(tongue),
            Fault::BadKey(_)
            | Fault::KeyClash { .. }
            | Fault::NoKeys { .. }
            | Fault::DigitCount { .. }
            | Fault::TakeSpan { .. }
            | Fault::BadPattern(_)
            | Fault::BadRange
            | Fault::OnlyForDigits { .. }
            | Fault::Unclosed { .. }
            | Fault::Expression { .. }
            | Fault::NotSpoken { .. }
            | Fault::VarDefault { .. }
            | Fault::Unset { .. }
            | Fault::Leak { .. }
            | Fault::EmptyTag(_)
            | Fault::Target(_)
            | Fault::NotANumber(_)
            | Fault::NotCalled(_)
            | Fault::OwnNumber(_)
            | Fault::BadPath(_)
            | Fault::NoQuestions(_) => self.of_values(tongue),
            Fault::UnknownSubflow { .. }
            | Fault::SubflowFaulty { .. }
            | Fault::SubflowRound(_)
            | Fault::InterfaceOfNone { .. }
            | Fault::NotOutput { .. }
            | Fault::NotInput { .. }
            | Fault::InputMissing { .. }
            | Fault::ReturnOutside(_)
            | Fault::UnknownReturn { .. }
            | Fault::UnusedReturn(_)
            | Fault::NotASubflow(_)
            | Fault::SubflowVersion { .. } => self.of_subflows(tongue),
            Fault::TestNode { .. }
            | Fault::TestExit { .. }
            | Fault::TestMoment(_)
            | Fault::TestMock { .. }
            | Fault::TestKeys(_) => self.of_tests(tongue),
            Fault::Unreachable(_)
            | Fault::IdleLoop(_)
            | Fault::NeverEnds(_)
            | Fault::ManyChoices { .. }
            | Fault::LongMenu { .. }
            | Fault::Untested(_)
            | Fault::BargedNotice(_)
            | Fault::CallsNobodyBack { .. }
            | Fault::NoWayOut(_)
            | Fault::NoTrunk { .. } => self.of_the_whole(tongue),
            _ => self.of_shapes(tongue),
        }
    }

    fn of_shapes(&self, tongue: Tongue) -> String {
        match self {
            Fault::TooLarge => said!(
                tongue,
                "the file is larger than 256 KB; split it into several flows",
                "il file supera 256 KB; dividerlo in più flussi"
            ),
            Fault::Indented => said!(
                tongue,
                "this line is indented otherwise than those that it belongs with; what belongs together begins in one column, \
                 two blanks further in than the line it belongs to",
                "questa riga rientra diversamente da quelle a cui appartiene; ciò che sta insieme comincia nella stessa colonna, \
                 due spazi più in dentro della riga da cui dipende"
            ),
            Fault::Tab => said!(
                tongue,
                "YAML is indented with blanks and never with tabs; put two blanks for each tab",
                "YAML rientra con spazi e mai con tabulazioni; mettere due spazi per ogni tabulazione"
            ),
            Fault::NotClosed => said!(
                tongue,
                "a `{{` or `[` that begins here or above is not closed, or a comma is missing between two of its values",
                "una `{{` o `[` che comincia qui o sopra non è chiusa, o manca una virgola fra due suoi valori"
            ),
            Fault::QuoteNotClosed => said!(
                tongue,
                "a quotation mark that opens above this line is not closed; close it where the text ends",
                "le virgolette aperte sopra questa riga non sono chiuse; chiuderle dove finisce il testo"
            ),
            Fault::Colon => said!(
                tongue,
                "a `: ` stands where no key can be; put a text that holds a colon between quotation marks, or look at the \
                 indentation",
                "c'è un `: ` dove non può stare una chiave; mettere fra virgolette un testo che contiene due punti, o guardare \
                 il rientro"
            ),
            Fault::Yaml(why) => {
                said!(tongue, "this is not readable YAML: {why}", "questo non è YAML leggibile: {why}")
            }
            Fault::Alias => said!(
                tongue,
                "anchors and aliases (`&name`, `*name`) are not used in flows; write the value out where it is needed",
                "ancore e rimandi (`&nome`, `*nome`) non si usano nei flussi; scrivere il valore dove serve"
            ),
            Fault::TooComplex => said!(
                tongue,
                "the file is nested too deeply or has too many entries for a flow; split it into several flows",
                "il file ha troppi livelli o troppe voci per un flusso; dividerlo in più flussi"
            ),
            Fault::DuplicateKey(key) => said!(
                tongue,
                "key `{key}` is given twice; remove one",
                "la chiave `{key}` è data due volte; toglierne una"
            ),
            Fault::Secret(what) => said!(
                tongue,
                "{what} looks like a secret, and whoever reads flows would know it; credentials belong to the connector, in the configuration",
                "{what} sembra un segreto, e chi legge i flussi lo conoscerebbe; le credenziali stanno nel connettore, in configurazione"
            ),
            Fault::NotMapping { part } => {
                let part = part.said(tongue);
                said!(
                    tongue,
                    "{part} must be a mapping of keys to values, `key: value`",
                    "{part} dev'essere fatto di chiavi e valori, `chiave: valore`"
                )
            }
            Fault::UnknownKey { key, part, hint } => {
                let (part, hint) = (part.said(tongue), hint.said(tongue));
                said!(
                    tongue,
                    "unknown key `{key}` in {part}{hint}",
                    "chiave sconosciuta `{key}`; dove sta ({part}) non ha significato{hint}"
                )
            }
            Fault::MissingKey { key, part } => {
                let part = part.said(tongue);
                said!(tongue, "{part} lacks `{key}`; add it", "manca `{key}` ({part}); aggiungerlo")
            }
            Fault::Shape { key, expected } => {
                let expected = expected.say(tongue);
                said!(tongue, "`{key}` must be {expected}", "`{key}` dev'essere {expected}")
            }
            Fault::NotAmong { key, name, hint } => {
                let hint = hint.said(tongue);
                said!(tongue, "`{key}` cannot be `{name}`{hint}", "`{key}` non può essere `{name}`{hint}")
            }
            Fault::Schema(schema) => said!(
                tongue,
                "schema {schema} is not known to this version, which reads schema 1; update the program or the file",
                "lo schema {schema} è sconosciuto a questa versione, che legge lo schema 1; aggiornare il programma o il file"
            ),
            _ => String::new(),
        }
    }

    fn of_the_whole(&self, tongue: Tongue) -> String {
        match self {
            Fault::Unreachable(node) => said!(
                tongue,
                "node `{node}` cannot be reached from `start`; lead to it or remove it",
                "il nodo `{node}` non si raggiunge da `start`; condurvi o toglierlo"
            ),
            Fault::IdleLoop(nodes) => said!(
                tongue,
                "nodes {nodes} lead round without asking the caller anything; put a `play`, `menu` or `hangup` on the way",
                "i nodi {nodes} girano in tondo senza chiedere niente a chi chiama; mettere sulla via un `play`, un `menu` o un `hangup`"
            ),
            Fault::NeverEnds(nodes) => said!(
                tongue,
                "from {nodes} no way leads to an end: callers would never come out; lead one of them to a `hangup`",
                "da {nodes} nessuna via porta a una fine: chi chiama non ne uscirebbe; condurre a un `hangup`"
            ),
            Fault::ManyChoices { node, choices } => said!(
                tongue,
                "menu `{node}` has {choices} choices, and people keep five in mind; split it or put the rare ones behind one key",
                "il menù `{node}` ha {choices} scelte, e a mente se ne tengono cinque; dividerlo o mettere le rare dietro un tasto"
            ),
            Fault::LongMenu { node, language, seconds } => said!(
                tongue,
                "menu `{node}` speaks for {seconds} s in `{language}`, and people listen for 25; shorten it",
                "il menù `{node}` parla per {seconds} s in `{language}`, e si ascolta per 25; accorciarlo"
            ),
            Fault::Untested(node) => said!(
                tongue,
                "no test passes node `{node}`; add one under `tests`",
                "nessuna prova passa dal nodo `{node}`; aggiungerne una in `tests`"
            ),
            Fault::BargedNotice(node) => said!(
                tongue,
                "node `{node}` says a notice that callers have to hear, and a key stops it; give it `barge_in: false`",
                "il nodo `{node}` dice un avviso che va sentito, e un tasto lo interrompe; dargli `barge_in: false`"
            ),
            Fault::NoWayOut(node) => said!(
                tongue,
                "node `{node}` calls a number, and no trunk leads out; give one a table [trunk.outgoing] in trunks.toml, or \
                 every caller leaves by `error`",
                "il nodo `{node}` chiama un numero, e nessuna linea porta fuori; dare a una la tabella [trunk.outgoing] in \
                 trunks.toml, o si esce sempre da `error`"
            ),
            Fault::NoTrunk { node, number } => said!(
                tongue,
                "node `{node}` calls `{number}`, and no trunk leads there; add it to the `prefixes` of one in trunks.toml, or \
                 every caller leaves by `error`",
                "il nodo `{node}` chiama `{number}`, e nessuna linea porta lì; aggiungerlo ai `prefixes` di una in trunks.toml, \
                 o si esce sempre da `error`"
            ),
            Fault::CallsNobodyBack { node, queue } => said!(
                tongue,
                "node `{node}` is about a call-back of queue `{queue}`, which calls nobody back; give it [queue.callback] in \
                 queues.toml, or nothing is ever promised there",
                "il nodo `{node}` riguarda una richiamata della coda `{queue}`, che non richiama nessuno; darle [queue.callback] in \
                 queues.toml, o lì non si promette mai nulla"
            ),
            _ => String::new(),
        }
    }
}

fn schedule_fault(fault: &ScheduleFault, tongue: Tongue) -> String {
    match (tongue, fault) {
        (Tongue::Italian, ScheduleFault::Zone(zone)) => {
            format!("`{zone}` non è un fuso orario; scriverne uno come `Europe/Rome`")
        }
        (Tongue::Italian, ScheduleFault::Days(days)) => {
            format!("`{days}` non è un giorno; scrivere da `mon` a `sun`, `mon-sat` o `mon,wed`")
        }
        (Tongue::Italian, ScheduleFault::Times(times)) => {
            format!("`{times}` non è un orario; scriverne uno come `08:00-20:00`, entro le 24:00")
        }
        (Tongue::Italian, ScheduleFault::TooManyDays(date)) => {
            format!("con `{date}` le sue eccezioni coprono troppi giorni; togliere quelle passate")
        }
        (Tongue::Italian, ScheduleFault::Date(date)) => {
            format!("`{date}` non è una data; scriverne una come `2026-12-24`")
        }
        _ => fault.to_string(),
    }
}

/// Words that several parts of the compiler expect.
impl Words {
    pub(in super::super) const TEXT: Words = Words("a text; put it in quotes", "un testo, tra virgolette");
    pub(in super::super) const FLAG: Words = Words("true or false", "true o false");
    pub(in super::super) const NUMBER: Words = Words("a whole number", "un numero intero");
    pub(in super::super) const COUNT: Words = Words("a number from 0 to 1000", "un numero da 0 a 1000");
    pub(in super::super) const SPAN: Words = Words(
        "a time span such as 500ms, 6s, 15m or 1h, one day at most",
        "una durata come 500ms, 6s, 15m o 1h, un giorno al massimo",
    );
    pub(in super::super) const LIST: Words = Words("a list", "un elenco");
    pub(in super::super) const TIMES: Words = Words("a list of time spans", "un elenco di orari");
    pub(in super::super) const ONE: Words =
        Words("one expression, `${...}`", "una sola espressione, `${...}`");
    pub(in super::super) const CONDITION: Words =
        Words("true or false, so that it can be a condition", "vera o falsa, per essere una condizione");
    pub(in super::super) const VALUE: Words = Words(
        "a text, a whole number, true or false, a list or a mapping",
        "un testo, un numero intero, true o false, un elenco o una mappa",
    );
}
