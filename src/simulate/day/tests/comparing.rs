//! Two flows, two sets of rules, two shifts on the same callers, where it is known what must come of it.

use super::*;
use crate::acd::{Overflow, Pressure};
use crate::flow::Flow;
use crate::ids::{FlowId, QueueId};
use crate::io::setup::environment;
use crate::simulate::OpenChoice;

const FLOW: &str = include_str!("../../../../ivr-flows/055055.yaml");

/// The demo with this draft of its flow.
fn with_flow(from: &str, to: &str) -> Service {
    assert!(FLOW.contains(from), "{from}");
    let demo = service();
    let mut known = environment(&demo.config, &demo.sounds);
    let flows = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("ivr-flows");
    known.subflows = crate::io::setup::subflows(&flows).unwrap();
    let flow = Flow::parse(&FLOW.replace(from, to), "bozza.yaml", &known).unwrap();
    let mut draft = demo.clone();
    draft.flows.insert(FlowId::from("055055"), Arc::new(flow));
    draft
}

/// The demo with other rules of a queue.
fn with_rules(queue: &str, change: impl FnOnce(&mut crate::acd::QueueRules)) -> Service {
    let mut config = (*service().config).clone();
    change(&mut config.queues.get_mut(&QueueId::from(queue)).unwrap().rules);
    Service { config: Arc::new(config), ..service().clone() }
}

fn draft(day: &Scenario) -> Scenario {
    let mut draft = day.clone();
    draft.flow = Some("bozza.yaml".to_owned());
    draft.choices.values_mut().for_each(|choices| choices.of_before = true);
    draft
}

fn flow(service: &Service) -> &Flow {
    service.flow_of("055055").unwrap()
}

/// The same callers on both, as often.
fn compared(a: (&Scenario, &Service), b: (&Scenario, &Service)) -> (Comparison, Vec<OpenChoice>) {
    let run_on = |(day, on): (&Scenario, &Service)| {
        day.check(on, &[service()]).unwrap();
        let (day, open) = day.on_flow(flow(service()), flow(on));
        let world = Day::new(day.clone(), on, run(false));
        (day, (0..8).map(|number| world.replicate(number)).collect::<Vec<_>>(), open)
    };
    let ((a, runs_a, _), (b, runs_b, open)) = (run_on(a), run_on(b));
    (Comparison::of((&a, &runs_a), (&b, &runs_b)), open)
}

fn of_queue<'c>(both: &'c Comparison, queue: &str) -> &'c crate::simulate::Difference {
    &both.queues.iter().find(|found| found.queue.as_str() == queue).unwrap().effect
}

const OPENING: &str =
    "keys: {\"1\": anagrafe, \"2\": menu_tributi, \"3\": polizia, \"4\": menu_altro, \"0\": generale}";

#[test]
fn flow_that_serves_a_fifth_of_a_queue_by_itself_takes_a_fifth_of_its_calls_and_what_they_waited() {
    let certificates = "\n    exits: {timeout: generale, invalid: generale}\n  certificati:\n    type: menu\n    prompt: menu_tributi\n    \
                        keys: {\"1\": orari_uffici, \"2\": anagrafe}\n    retries: 0\n    exits: {timeout: anagrafe, invalid: anagrafe}";
    let usual = "\n    exits: {timeout: generale, invalid: generale}";
    let opening = OPENING.replace("anagrafe", "certificati") + certificates;
    let on_draft = with_flow(&format!("{OPENING}{usual}"), &opening);
    let day = morning(2, "");
    let mut with_choices = draft(&day);
    let own = "[choices.certificati]\n\"1\" = 20\n";
    with_choices
        .choices
        .extend(morning(2, own).choices.into_iter().filter(|(node, _)| node == "certificati"));
    let (both, open) = compared((&day, service()), (&with_choices, &on_draft));
    assert_eq!(open, []);
    let left_open = draft(&day).on_flow(flow(service()), flow(&on_draft)).1;
    assert_eq!(left_open, [OpenChoice::New { node: "certificati".to_owned() }]);
    let offered = |day: &DayFigures| day.day(Some(&QueueId::from("anagrafe"))).unwrap().offered.value;
    let (before, after) = (offered(&both.a), offered(&both.b));
    assert!((0.7..0.9).contains(&(after / before)), "{before} {after}");
    let contained = both.day.contained;
    assert!((contained.difference.value - (before - after)).abs() < 2.0, "{contained:?}, {before} {after}");
    assert_eq!(both.a.day(None).unwrap().arrived, both.b.day(None).unwrap().arrived, "the same callers");
    let words = both.in_words();
    let first = "Con il flusso bozza.yaml le chiamate servite dal risponditore salgono da ";
    assert!(words[0].starts_with(first), "{words:?}");
    assert!(words.iter().any(|line| line.contains("gestite dagli operatori scendono")), "{words:?}");
}

#[test]
fn other_order_of_keys_changes_nothing_because_callers_press_what_stands_for_what_they_want() {
    let on_draft = with_flow(
        OPENING,
        "keys: {\"5\": anagrafe, \"1\": menu_tributi, \"3\": polizia, \"0\": menu_altro, \"4\": generale}",
    );
    let day = morning(2, "");
    let (both, open) = compared((&day, service()), (&draft(&day), &on_draft));
    assert_eq!(
        (both.in_words(), open),
        (
            vec!["Con il flusso bozza.yaml non cambia nulla: ogni chiamata va come prima.".to_owned()],
            Vec::new()
        )
    );
}

#[test]
fn queue_whose_callers_go_first_waits_less_at_the_cost_of_the_others() {
    let day = morning(2, "scale = 1.5");
    let mut other = day.clone();
    other.config = Some("config-bozza".to_owned());
    let (both, _) = compared((&day, service()), (&other, &with_rules("generale", |rules| rules.offset = 60)));
    assert!(of_queue(&both, "generale").mean_wait_s.difference.ci95[1] < 0.0, "{:?}", both.queues);
    assert!(of_queue(&both, "anagrafe").mean_wait_s.difference.value > 0.0, "{:?}", both.queues);
    let words = both.in_words();
    assert!(words[0].starts_with("Con le regole di config-bozza "), "{words:?}");
    assert!(words.iter().any(|line| line.contains("ella coda generale l'attesa media scende")), "{words:?}");
}

#[test]
fn queue_that_is_helped_by_the_seats_of_another_waits_less() {
    let seats = |count: u32, queue: &str| {
        format!("[[shift]]\nseats = {count}\nfrom = \"09:30\"\nto = \"12:00\"\nqueues = [\"{queue}\"]\n")
    };
    let alone = |day: Scenario| Scenario {
        duties: day.duties.into_iter().filter(|duty| !duty.queues.is_empty()).collect(),
        ..day
    };
    let day = alone(morning(0, &format!("{}{}", seats(1, "anagrafe"), seats(4, "generale"))));
    let mut other = day.clone();
    other.config = Some("config-bozza".to_owned());
    let helped = with_rules("anagrafe", |rules| {
        rules.overflow.push(Overflow { to: QueueId::from("generale"), when: Pressure::default() });
    });
    let (both, _) = compared((&day, service()), (&other, &helped));
    assert!(of_queue(&both, "anagrafe").mean_wait_s.difference.ci95[1] < -10.0, "{:?}", both.queues);
    assert!(both.day.abandoned.difference.value < 0.0, "{:?}", both.day);
}

#[test]
fn days_that_are_the_same_differ_in_nothing_and_it_is_said() {
    let day = morning(2, "");
    let (both, _) = compared((&day, service()), (&day, service()));
    assert_eq!(
        both.in_words(),
        [
            "Nell'intera giornata, con mattina al posto di mattina, non cambia nulla: ogni chiamata va come prima."
        ]
    );
}

/// Each slip with the line that it is in, and what its message must name.
#[test]
fn names_that_the_service_does_not_have_are_told_with_their_line_and_the_nearest_one() {
    let rows = [
        ("number = \"055056\"", "2:10", "number `055056`; did you mean `055055`?"),
        ("[choices.menu_tribbuti]\n\"1\" = 5", "2:10", "node `menu_tribbuti`; did you mean `menu_tributi`?"),
        ("[choices.\"richiamata/inizi\"]\n\"1\" = 5", "2:10", "did you mean `richiamata/inizio`?"),
        ("[choices.menu_tributi]\n\"7\" = 5", "3:7", "menu `menu_tributi` has no key 7; its keys are 1, 2"),
        ("[queue.tributti]\ntalk = \"exp:2m\"", "2:8", "queue `tributti`; did you mean `tributi`?"),
        (
            "[[shift]]\nseats = [\"seat1\"]\nfrom = \"08:00\"\nto = \"12:00\"",
            "3:9",
            "seat `seat1`; did you mean `seat01`?",
        ),
        (
            "[[shift]]\nseats = 1\nfrom = \"08:00\"\nto = \"12:00\"\nqueues = [\"anagrafi\"]",
            "6:11",
            "queue `anagrafi`; did you mean `anagrafe`?",
        ),
    ];
    for (text, place, names) in rows {
        let base = |_: &str, name: &str| {
            let text = "number = \"055055\"\ntalk = \"exp:2m\"\n[arrivals]\n\"08:00\" = 10\n";
            Some((name.to_owned(), text.to_owned()))
        };
        let day = Scenario::parse("giorno.toml", &format!("extends = \"055055\" \n{text}"), &base).unwrap();
        let faults = day.check(service(), &[]).unwrap_err();
        let told = faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        assert!(faults.len() == 1 && told.contains(names), "{text}\n{told}");
        assert!(told.starts_with(&format!("giorno.toml:{place}:")), "{text}\n{told}");
    }
}
