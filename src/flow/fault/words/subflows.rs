//! Words for flows within flows: their versions, their interface, their ways back.

use super::super::{Fault, Tongue};

impl Fault {
    pub(super) fn of_subflows(&self, tongue: Tongue) -> String {
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
}
