//! Words for names that mean nothing: queues, nodes, exits, variables that are not there, and what they may have meant.

use super::super::{Fault, Tongue};
use super::schedule_fault;

impl Fault {
    pub(super) fn of_names(&self, tongue: Tongue) -> String {
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
            Fault::RecordedOtherwise(sound) => said!(
                tongue,
                "sounds/{sound}.wav says another text, and that is what callers hear; run `centralino prompts build --draft` with this file, or import a studio's recording of the new one",
                "sounds/{sound}.wav dice un altro testo, ed è quello che chi chiama sente; lanciare `centralino prompts build --draft` con questo file, o importare la registrazione di uno studio"
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
}
