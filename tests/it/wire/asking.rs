//! A flow that asks a system of an Ente, the case store and the outbox, in a running exchange.

use super::contacts;
use super::exchange::Exchange;
use super::site::Site;
use crate::connectors;

const FLOW: &str = r##"
schema: 1
id: "055055"
languages: [it]
start: ticket
vars: {ticket: {type: object}, pratica: {type: object}}
defaults: {error: guasto}
prompts:
  grazie: {it: "Grazie."}
  scuse: {it: "Non riusciamo."}
nodes:
  ticket: {type: http, connector: segnalazioni, request: {path: "/ticket/12"}, save: ticket, exits: {ok: aperta, not_found: guasto, error: guasto}}
  aperta: {type: branch, when: [{if: "${vars.ticket.stato == 'aperta'}", to: pratica}], else: guasto}
  pratica: {type: case, do: remind, number: "100001", save: pratica, exits: {ok: nuova, not_found: guasto, error: guasto}}
  nuova: {type: branch, when: [{if: "${vars.pratica.status == 'new'}", to: scrive}], else: guasto}
  scrive: {type: message, by: sms, to: "${call.from}", text: {it: "Giorni: ${vars.ticket.giorni}"}, exits: {ok: detto, error: guasto}}
  detto: {type: play, prompt: grazie, to: via}
  guasto: {type: play, prompt: scuse, to: via}
  via: {type: hangup}
"##;

#[test]
fn flow_asks_a_connector_reminds_of_a_case_and_queues_a_message() {
    let site = Site::demo().with_flow(FLOW);
    let connector =
        format!("[[connector]]\nid = \"segnalazioni\"\naddress = \"http://{}/api\"", connectors::server());
    site.configure("connectors.toml", &connector);
    let exchange = Exchange::start(&site);
    site.command(&["phone", "dial", "055055", "--from", "3331234567", "--to", &exchange.sip.to_string()]);
    let called = contacts::when_ended(&site, exchange.http, 1);
    let path = serde_json::json!(["ticket", "aperta", "pratica", "nuova", "scrive", "detto", "via"]);
    assert_eq!(called[0]["path"], path);
    let http = exchange.http.to_string();
    let outbox = site.command(&["outbox", "list", "--format", "json", "--http", &http]);
    let message: serde_json::Value = serde_json::from_str(&outbox).expect("one message");
    assert_eq!((&message["to"], &message["text"]), (&"3331234567".into(), &"Giorni: 3".into()));
    assert!(site.command(&["outbox", "list", "--http", &http]).contains("Giorni: 3"));
    let case = site.command(&["case", "show", "100001", "--http", &http]);
    assert!(case.contains("reminder   "), "{case}");
    assert!(exchange.terminate().success());
}
