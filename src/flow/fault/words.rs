//! What is wrong and what to do, in plain words, in English and Italian side by side.

use super::{Fault, Hint, Part, Tongue, Words};
use crate::flow::hours::ScheduleFault;
use crate::flow::prompt::Spoken;

/// A message in the language asked for. Names in braces are filled in as `format!` does.
macro_rules! said {
    ($tongue:expr, $english:literal, $italian:literal $(,)?) => {
        match $tongue {
            Tongue::English => format!($english),
            Tongue::Italian => format!($italian),
        }
    };
}

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

    fn of_names(&self, tongue: Tongue) -> String {
        match self {
            Fault::UnknownType { name, hint } => {
                let hint = hint.said(tongue);
                said!(tongue, "unknown node type `{name}`{hint}", "tipo di nodo sconosciuto `{name}`{hint}")
            }
            Fault::UnknownNode { node, target, hint } => {
                let hint = hint.said(tongue);
                said!(
                    tongue,
                    "node `{node}` goes to `{target}`, which is not in this flow{hint}",
                    "il nodo `{node}` va a `{target}`, che non è in questo flusso{hint}"
                )
            }
            Fault::UnknownDefault { key, target, hint } => {
                let hint = hint.said(tongue);
                said!(
                    tongue,
                    "`{key}` names the node `{target}`, which is not in this flow{hint}",
                    "`{key}` nomina il nodo `{target}`, che non è in questo flusso{hint}"
                )
            }
            Fault::MissingExit { node, kind, exit } => said!(
                tongue,
                "node `{node}` has no exit `{exit}`; give it under `exits` of the node or of `defaults.{kind}`",
                "al nodo `{node}` manca l'uscita `{exit}`; darla in `exits` del nodo o di `defaults.{kind}`"
            ),
            Fault::MissingSound { name, language, hint } => {
                let hint = hint.said(tongue);
                said!(
                    tongue,
                    "prompt `{name}` is not in this flow and has no recording in `{language}`; give its text under `prompts` or add sounds/{language}/{name}.wav{hint}",
                    "il messaggio `{name}` non è in questo flusso e non ha registrazione in `{language}`; darne il testo in `prompts` o aggiungere sounds/{language}/{name}.wav{hint}"
                )
            }
            Fault::Unrecorded(sound) => said!(
                tongue,
                "sounds/{sound}.wav is missing; record it, or run `centralino prompts build`",
                "manca sounds/{sound}.wav; registrarlo, o lanciare `centralino prompts build`"
            ),
            Fault::MissingText { name, language } => said!(
                tongue,
                "prompt `{name}` has no text in `{language}`; give it or add sounds/{language}/{name}.wav",
                "il messaggio `{name}` non ha testo in `{language}`; darlo o aggiungere sounds/{language}/{name}.wav"
            ),
            Fault::UnknownLanguage { name, hint } => {
                let hint = hint.said(tongue);
                said!(
                    tongue,
                    "language `{name}` is not among the flow's `languages`; add it there or remove it{hint}",
                    "la lingua `{name}` non è tra le `languages` del flusso; aggiungerla o toglierla{hint}"
                )
            }
            Fault::UnspokenLanguage { name, known } => {
                let known = known.join(", ");
                said!(
                    tongue,
                    "no rules for speaking values in `{name}`; add sounds/{name}/grammar.toml, or leave values out of this text; values are spoken in: {known}",
                    "non ci sono regole per dire valori in `{name}`; aggiungere sounds/{name}/grammar.toml, o togliere i valori da questo testo; si dicono valori in: {known}"
                )
            }
            Fault::UnknownQueue { name, hint } => {
                let hint = hint.said(tongue);
                said!(
                    tongue,
                    "queue `{name}` is not in config/queues.toml{hint}",
                    "la coda `{name}` non è in config/queues.toml{hint}"
                )
            }
            Fault::UnknownSkill { name, hint } => {
                let hint = hint.said(tongue);
                said!(
                    tongue,
                    "skill `{name}` is not among the `skills` of config/queues.toml{hint}",
                    "la competenza `{name}` non è tra le `skills` di config/queues.toml{hint}"
                )
            }
            Fault::BadSkill(text) => said!(
                tongue,
                "`{text}` is no skill with its level, 1 to 9; write it as `inglese 3`",
                "`{text}` non è una competenza con il suo livello, da 1 a 9; scriverla come `inglese 3`"
            ),
            Fault::BadWiden(text) => said!(
                tongue,
                "`{text}` is no rule for those who wait; write it as `after 30s drop inglese`",
                "`{text}` non è una regola per chi attende; scriverla come `after 30s drop inglese`"
            ),
            Fault::UnknownEntity { name, hint } => {
                let hint = hint.said(tongue);
                said!(
                    tongue,
                    "entity `{name}` is not in config/entities.toml{hint}",
                    "l'Ente `{name}` non è in config/entities.toml{hint}"
                )
            }
            Fault::UnknownTopic { name, hint } => {
                let hint = hint.said(tongue);
                said!(
                    tongue,
                    "topic `{name}` is not in config/topics.toml{hint}",
                    "la tematica `{name}` non è in config/topics.toml{hint}"
                )
            }
            Fault::UnknownSchedule { name, hint } => {
                let hint = hint.said(tongue);
                said!(
                    tongue,
                    "schedule `{name}` is neither in this flow nor in config/calendars.toml{hint}",
                    "l'orario `{name}` non è né in questo flusso né in config/calendars.toml{hint}"
                )
            }
            Fault::UnknownArticle { name, hint } => {
                let hint = hint.said(tongue);
                said!(
                    tongue,
                    "article `{name}` is not in knowledge.toml; add it there{hint}",
                    "l'articolo `{name}` non è in knowledge.toml; aggiungerlo là{hint}"
                )
            }
            Fault::UnknownConnector { name, hint } => {
                let hint = hint.said(tongue);
                said!(
                    tongue,
                    "connector `{name}` is not in the configuration; add it there{hint}",
                    "il connettore `{name}` non è in configurazione; aggiungerlo là{hint}"
                )
            }
            Fault::Schedule { name, fault } => {
                let fault = schedule_fault(fault, tongue);
                said!(tongue, "schedule `{name}`: {fault}", "orario `{name}`: {fault}")
            }
            Fault::NeverOpens(name) => said!(
                tongue,
                "schedule `{name}` never opens; give it hours under `open`, or lead callers past it",
                "l'orario `{name}` non apre mai; dargli delle ore in `open`, o non farvi passare chi chiama"
            ),
            Fault::UnknownMusic { name, hint } => {
                let hint = hint.said(tongue);
                said!(
                    tongue,
                    "music `{name}` is missing; add sounds/music/{name}.wav{hint}",
                    "manca la musica `{name}`; aggiungere sounds/music/{name}.wav{hint}"
                )
            }
            Fault::UnknownVar { name, hint } => {
                let hint = hint.said(tongue);
                said!(
                    tongue,
                    "variable `{name}` is not declared; add it under `vars`{hint}",
                    "la variabile `{name}` non è dichiarata; aggiungerla in `vars`{hint}"
                )
            }
            Fault::TooMany { what, count, most } => {
                let what = what.say(tongue);
                said!(
                    tongue,
                    "the flow has {count} {what}; split what is more than {most} into another flow",
                    "il flusso ha {count} {what}; portare in un altro flusso quanto supera {most}"
                )
            }
            Fault::SaveType { name, expected } => {
                let expected = expected.say(tongue);
                said!(
                    tongue,
                    "variable `{name}` cannot keep this; declare it as {expected}",
                    "la variabile `{name}` non può tenere questo valore; dichiararla {expected}"
                )
            }
            Fault::BadName(name) => said!(
                tongue,
                "`{name}` is not a name; use lower-case letters, digits, `_` and `-`, 64 at most",
                "`{name}` non è un nome; usare lettere minuscole, cifre, `_` e `-`, 64 al massimo"
            ),
            Fault::BadSound(name) => said!(
                tongue,
                "`{name}` is not the name of a sound; use lower-case letters, digits, `_`, `-` and `.`, and `/` between folders",
                "`{name}` non è il nome di un suono; usare lettere minuscole, cifre, `_`, `-` e `.`, e `/` tra le cartelle"
            ),
            _ => String::new(),
        }
    }

    fn of_values(&self, tongue: Tongue) -> String {
        match self {
            Fault::BadKey(key) => said!(
                tongue,
                "`{key}` is not a key of a telephone; use one of 0-9 * # A-D, in quotes",
                "`{key}` non è un tasto del telefono; usare uno tra 0-9 * # A-D, tra virgolette"
            ),
            Fault::KeyClash { node, key } => said!(
                tongue,
                "key `{key}` is used twice in node `{node}`; give one of them another key",
                "il tasto `{key}` è usato due volte nel nodo `{node}`; cambiare uno dei due"
            ),
            Fault::NoKeys { node } => said!(
                tongue,
                "node `{node}` has no keys; add some under `keys` or use a `play` node",
                "il nodo `{node}` non ha tasti; aggiungerne in `keys` o usare un nodo `play`"
            ),
            Fault::DigitCount { min, max } => said!(
                tongue,
                "`digits` asks for at least {min} and at most {max}; min must be 1 or more, max at least min and at most 32",
                "`digits` chiede da {min} a {max} cifre; min dev'essere almeno 1, max almeno min e al massimo 32"
            ),
            Fault::TakeSpan { key, most_s } => said!(
                tongue,
                "`{key}` of a recording is 1s or more and {most_s}s at most; write a span within that",
                "`{key}` di una registrazione va da 1s a {most_s}s; scrivere una durata fra questi limiti"
            ),
            Fault::BadPattern(pattern) => said!(
                tongue,
                "`{pattern}` is no pattern: write digits as they are, `x` for any digit, `[1-5]` for some of them, as `3xxxxxxxxx`; there are no other signs, and no repetition",
                "`{pattern}` non è un modello: scrivere le cifre come sono, `x` per una qualunque, `[1-5]` per alcune, come `3xxxxxxxxx`; non ci sono altri segni, né ripetizioni"
            ),
            Fault::BadRange => said!(
                tongue,
                "`range` must be the first and the last key that answer, such as `[1, 5]`, from 0 to 9",
                "`range` dev'essere il primo e l'ultimo tasto che rispondono, come `[1, 5]`, da 0 a 9"
            ),
            Fault::OnlyForDigits { key } => said!(
                tongue,
                "`{key}` goes with `kind: digits` only; what other kinds look like is known; remove it",
                "`{key}` va solo con `kind: digits`: come sono fatti gli altri si sa; toglierlo"
            ),
            Fault::Unclosed { text } => said!(
                tongue,
                "`{text}` opens `${{` and does not close it; add `}}`",
                "`{text}` apre `${{` e non lo chiude; aggiungere `}}`"
            ),
            Fault::Expression { text, why } => {
                let why = why.say(tongue);
                said!(tongue, "expression `{text}`: {why}", "espressione `{text}`: {why}")
            }
            Fault::NotSpoken { text, hint } => {
                let hint = hint.said(tongue);
                let ways = Spoken::names().join("(), ");
                said!(
                    tongue,
                    "`{text}` cannot be spoken; use one of {ways}(), or a prompt of its own{hint}",
                    "`{text}` non si può dire; usare uno tra {ways}(), o un messaggio a parte{hint}"
                )
            }
            Fault::VarDefault { name, expected } => {
                let expected = expected.say(tongue);
                said!(
                    tongue,
                    "the default of `{name}` must be {expected}",
                    "il valore iniziale di `{name}` dev'essere {expected}"
                )
            }
            Fault::Unset { node, name } => said!(
                tongue,
                "node `{node}` reads `vars.{name}`, and there is a way to it on which nothing has set it; give it a `default` or set it before",
                "il nodo `{node}` legge `vars.{name}`, e c'è una via che vi arriva senza averla impostata; darle un `default` o impostarla prima"
            ),
            Fault::Leak { name } => said!(
                tongue,
                "variable `{name}` gets what tells something about a person; declare it with `pii: true`",
                "la variabile `{name}` riceve un dato personale; dichiararla con `pii: true`"
            ),
            Fault::EmptyTag(node) => said!(
                tongue,
                "`tag` of node `{node}` sets nothing; give it `entity`, `topic` or `record`",
                "il `tag` del nodo `{node}` non dice niente; dargli `entity`, `topic` o `record`"
            ),
            Fault::Target(node) => said!(
                tongue,
                "node `{node}` must have either `to`, a number, or `queue`",
                "il nodo `{node}` deve avere o `to`, un numero, o `queue`"
            ),
            Fault::NotANumber(text) => said!(
                tongue,
                "`{text}` is not a telephone number; write it like 0552768224 or +390552768224",
                "`{text}` non è un numero di telefono; scriverlo come 0552768224 o +390552768224"
            ),
            Fault::NotCalled(number) => said!(
                tongue,
                "`{number}` costs more than a call or is abroad, and is not called; list it in trunks.toml, `also` under \
                 [destinations], if it shall be",
                "`{number}` costa più di una chiamata o è all'estero, e non viene chiamato; per permetterlo, elencarlo in \
                 trunks.toml, `also` sotto [destinations]"
            ),
            Fault::OwnNumber(number) => said!(
                tongue,
                "`{number}` is one of ours, and the call would come back; lead to its flow or queue",
                "`{number}` è uno dei nostri, e la chiamata tornerebbe indietro; portare al suo flusso o alla sua coda"
            ),
            Fault::BadPath(path) => said!(
                tongue,
                "`{path}` is no path of a connector; begin it with `/`, without `..`, `//` or the name of a server",
                "`{path}` non è un percorso di un connettore; cominciare con `/`, senza `..`, `//` né nome di server"
            ),
            Fault::NoQuestions(node) => said!(
                tongue,
                "node `{node}` asks nothing; add to `questions`",
                "il nodo `{node}` non chiede niente; aggiungere a `questions`"
            ),
            _ => String::new(),
        }
    }

    fn of_subflows(&self, tongue: Tongue) -> String {
        match self {
            Fault::UnknownSubflow { name, hint } => {
                let hint = hint.said(tongue);
                said!(
                    tongue,
                    "sub-flow `{name}` is missing; add ivr-flows/sub/{name}.yaml{hint}",
                    "manca il sotto-flusso `{name}`; aggiungere ivr-flows/sub/{name}.yaml{hint}"
                )
            }
            Fault::SubflowFaulty { name, faults } => said!(
                tongue,
                "sub-flow `{name}` has faults of its own ({faults}); mend ivr-flows/sub/{name}.yaml first",
                "il sotto-flusso `{name}` ha errori suoi ({faults}); correggere prima ivr-flows/sub/{name}.yaml"
            ),
            Fault::SubflowRound(names) => said!(
                tongue,
                "sub-flows lead into each other: {names}; four levels are the most, and none may lead into itself",
                "i sotto-flussi rimandano l'uno all'altro: {names}; al massimo quattro livelli, e nessuno in sé stesso"
            ),
            Fault::InterfaceOfNone { key } => said!(
                tongue,
                "`{key}` belongs to sub-flows, which have a `version`; add it, or remove `{key}`",
                "`{key}` è dei sotto-flussi, che hanno una `version`; aggiungerla, o togliere `{key}`"
            ),
            Fault::NotOutput { name, flow, hint } => {
                let hint = hint.said(tongue);
                said!(
                    tongue,
                    "`{name}` is not among the `outputs` of sub-flow `{flow}`{hint}",
                    "`{name}` non è tra gli `outputs` del sotto-flusso `{flow}`{hint}"
                )
            }
            Fault::NotInput { name, flow, hint } => {
                let hint = hint.said(tongue);
                said!(
                    tongue,
                    "`{name}` is not among the `inputs` of sub-flow `{flow}`{hint}",
                    "`{name}` non è tra gli `inputs` del sotto-flusso `{flow}`{hint}"
                )
            }
            Fault::InputMissing { name, flow } => said!(
                tongue,
                "sub-flow `{flow}` wants the input `{name}`; give it under `with`",
                "il sotto-flusso `{flow}` vuole l'ingresso `{name}`; darlo in `with`"
            ),
            Fault::ReturnOutside(node) => said!(
                tongue,
                "node `{node}` returns, and this is no sub-flow: nobody waits for it; use `hangup`, or give the file a `version`",
                "il nodo `{node}` ritorna, ma questo non è un sotto-flusso: nessuno lo aspetta; usare `hangup`, o dare al file una `version`"
            ),
            Fault::UnknownReturn { name, hint } => {
                let hint = hint.said(tongue);
                said!(
                    tongue,
                    "`{name}` is not among the `returns` of this sub-flow; add it there{hint}",
                    "`{name}` non è tra i `returns` di questo sotto-flusso; aggiungerlo{hint}"
                )
            }
            Fault::UnusedReturn(name) => said!(
                tongue,
                "no node returns as `{name}`; remove it from `returns` or add a `return` node",
                "nessun nodo ritorna come `{name}`; toglierlo da `returns` o aggiungere un nodo `return`"
            ),
            Fault::SubflowVersion { name, says } => said!(
                tongue,
                "ivr-flows/sub/{name}.yaml calls itself `{says}`; let the file's name agree with its `id` and `version`",
                "ivr-flows/sub/{name}.yaml dice di essere `{says}`; far coincidere il nome del file con `id` e `version`"
            ),
            Fault::NotASubflow(name) => said!(
                tongue,
                "`{name}` has no `version`, so it is no sub-flow; add `version` and `returns` to it",
                "`{name}` non ha una `version`, quindi non è un sotto-flusso; aggiungervi `version` e `returns`"
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

    fn of_tests(&self, tongue: Tongue) -> String {
        match self {
            Fault::TestNode { name, hint } => {
                let hint = hint.said(tongue);
                said!(
                    tongue,
                    "the test names node `{name}`, which is not in this flow{hint}",
                    "la prova nomina il nodo `{name}`, che non è in questo flusso{hint}"
                )
            }
            Fault::TestExit { node, exit, hint } => {
                let hint = hint.said(tongue);
                said!(
                    tongue,
                    "node `{node}` has no exit `{exit}` to be mocked{hint}",
                    "il nodo `{node}` non ha un'uscita `{exit}` da simulare{hint}"
                )
            }
            Fault::TestMoment(text) => said!(
                tongue,
                "`{text}` is no moment; write one like 2026-11-24T10:00",
                "`{text}` non è un momento; scriverne uno come 2026-11-24T10:00"
            ),
            Fault::TestMock { node } => said!(
                tongue,
                "the mock of node `{node}` must be an exit, a mapping with `exit` and `save`, or a list of these",
                "la simulazione del nodo `{node}` dev'essere un'uscita, `exit` con `save`, o un elenco di queste"
            ),
            Fault::TestKeys(text) => said!(
                tongue,
                "`{text}` is nothing a caller can do; write keys in quotes, `silence`, or `{{node: keys}}`",
                "`{text}` non è niente che si possa fare al telefono; scrivere tasti tra virgolette, `silence`, o `{{nodo: tasti}}`"
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
