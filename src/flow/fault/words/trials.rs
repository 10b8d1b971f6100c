//! Words for the tests that stand in flow files.

use super::super::{Fault, Tongue};

impl Fault {
    pub(super) fn of_tests(&self, tongue: Tongue) -> String {
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
