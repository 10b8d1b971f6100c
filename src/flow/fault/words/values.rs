//! Words for values that cannot be what they stand for: texts, times, numbers, expressions.

use super::super::{Fault, Tongue};
use crate::flow::prompt::Spoken;

impl Fault {
    pub(super) fn of_values(&self, tongue: Tongue) -> String {
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
}
