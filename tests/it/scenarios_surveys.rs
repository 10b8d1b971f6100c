//! Surveys after the call: who is asked, what is on record of it, and who is left alone. One scenario each, in virtual time.

use std::time::Duration;

use centralino::crm::ContactLine;
use centralino::crm::survey::{By, SurveyReport};
use centralino::engine::{Command, TalkAct, TalkOrder};
use centralino::ids::CallId;
use centralino::journal::entry::Fact;
use centralino::journal::sim_disk::Crash;
use centralino::switches::{Closing, Scope, Switch};

use crate::sim::phone::PhoneId;
use crate::sim::{Setting, Sim};

const SECOND: Duration = Duration::from_secs(1);
const ROSSI: &str = "0552768224";

fn world() -> Sim {
    Sim::with(Setting::demo().with_config(|_| {}), 1)
}

/// A citizen who talks with the operator at seat01.
fn talks(sim: &mut Sim, operator: PhoneId, from: &str) -> PhoneId {
    let citizen = sim.dial_from(from, "055055");
    sim.until("the menu is read out", |sim| sim.hears(citizen, "it/menu"));
    sim.press(citizen, "1");
    sim.until("they talk", |sim| sim.talk_together(citizen, operator));
    sim.advance(20 * SECOND);
    citizen
}

/// The operator hangs up, and the citizen hears this next.
#[track_caller]
fn is_left_with(sim: &mut Sim, (operator, citizen): (PhoneId, PhoneId), sound: &str) {
    sim.hang_up(operator);
    sim.until(sound, |sim| sim.hears(citizen, sound));
}

fn asked(sim: &Sim) -> usize {
    sim.facts.iter().filter(|entry| matches!(entry.fact, Fact::SurveyAsked { .. })).count()
}

fn answers(contact: &ContactLine) -> Vec<(String, u8)> {
    let answers = contact.survey.iter().flat_map(|survey| &survey.answers);
    answers.map(|answer| (answer.question.clone(), answer.answer)).collect()
}

#[track_caller]
fn ends_well(mut sim: Sim) {
    sim.advance(130 * SECOND);
    sim.verdict().expect("nothing is left over");
    sim.oracle.all_closed().expect("every contact is closed");
}

#[test]
fn citizen_is_kept_when_the_operator_hangs_up_and_the_answers_are_about_that_operator() {
    let mut sim = world();
    let operator = sim.seat("seat01");
    let citizen = talks(&mut sim, operator, ROSSI);
    is_left_with(&mut sim, (operator, citizen), "it/voto_utilita");
    sim.press(citizen, "2");
    sim.until("the next question", |sim| sim.hears(citizen, "it/voto_risolto"));
    sim.press(citizen, "1");
    sim.until("the comment's tone is over", |sim| sim.is_taken(citizen));
    sim.speaks(citizen, true);
    sim.advance(5 * SECOND);
    sim.hang_up(citizen); // has said it, as one has a message
    sim.advance(SECOND);
    let contact = sim.contact(citizen);
    let survey = contact.survey.clone().expect("was asked");
    assert_eq!(survey.operator, contact.operator, "who served");
    assert_eq!((survey.seat, survey.queue), (Some("seat01".into()), Some("anagrafe".into())));
    assert_eq!(answers(&contact), [("utilita".to_owned(), 2), ("risolto".to_owned(), 1)]);
    assert_eq!(
        survey.comment.map(|file| format!("recordings/{file}")),
        Some(contact.takes[0].recording.clone())
    );
    let case = sim.facts.iter().find_map(|entry| match &entry.fact {
        Fact::SurveyAsked { case, citizen: Some(_), .. } => Some(*case),
        _ => None,
    });
    assert_eq!(case, Some(contact.case), "on record with its case");
    let mut report = SurveyReport::new(By::Operator);
    sim.contacts().iter().for_each(|contact| report.count(contact));
    assert_eq!(report.lines().len(), 2, "two questions about one operator");
    ends_well(sim);
}

#[test]
fn nobody_is_asked_again_before_their_time_not_even_after_a_crash() {
    let mut sim = world();
    let operator = sim.seat("seat01");
    let citizen = talks(&mut sim, operator, ROSSI);
    is_left_with(&mut sim, (operator, citizen), "it/voto_utilita");
    sim.hang_up(citizen);
    sim.advance(70 * SECOND);
    let again = talks(&mut sim, operator, ROSSI);
    is_left_with(&mut sim, (operator, again), "it/grazie");
    sim.advance(70 * SECOND);
    sim.crash(Crash::Kill);
    sim.start_exchange();
    sim.advance(130 * SECOND);
    let once_more = talks(&mut sim, operator, ROSSI);
    is_left_with(&mut sim, (operator, once_more), "it/grazie");
    sim.advance(70 * SECOND);
    let another = talks(&mut sim, operator, "0552768225");
    is_left_with(&mut sim, (operator, another), "it/voto_utilita");
    sim.hang_up(another);
    assert_eq!(asked(&sim), 2);
    ends_well(sim);
}

#[test]
fn citizen_who_hangs_up_is_asked_nothing_and_so_is_whom_an_operator_gives_away() {
    let mut sim = world();
    let operator = sim.seat("seat01");
    let leaves = talks(&mut sim, operator, ROSSI);
    sim.hang_up(leaves);
    sim.advance(70 * SECOND);
    let citizen = talks(&mut sim, operator, "0552768225");
    let colleague = sim.seat("seat02");
    let call = CallId(sim.contact(citizen).contact.0);
    let act = TalkAct::Give("202".to_owned());
    sim.command(Command::Talk(TalkOrder { call, act, by: "ada".to_owned() }));
    sim.until("the colleague has the call", |sim| sim.talk_together(citizen, colleague));
    sim.advance(10 * SECOND);
    is_left_with(&mut sim, (colleague, citizen), "it/grazie");
    assert_eq!(asked(&sim), 0);
    ends_well(sim);
}

#[test]
fn nobody_is_asked_in_an_emergency_and_no_more_than_the_share_that_the_ente_has_set() {
    let mut sim = world();
    let operator = sim.seat("seat01");
    let citizen = talks(&mut sim, operator, ROSSI);
    let closing = Closing { scope: Scope::Entity("firenze".into()), ..Closing::default() };
    sim.command(Command::Switch(Switch::Close(closing)));
    is_left_with(&mut sim, (operator, citizen), "it/grazie");
    assert_eq!(asked(&sim), 0);
    ends_well(sim);
    let mut sim = Sim::with(
        Setting::demo().with_config(|config| {
            config.entities.values_mut().for_each(|entity| entity.survey.percent = 50);
            config.queues.values_mut().for_each(|queue| queue.rules.wrap_up = SECOND);
        }),
        1,
    );
    let operator = sim.seat("seat01");
    for caller in 10..50 {
        let citizen = talks(&mut sim, operator, &format!("05527682{caller}"));
        sim.hang_up(operator);
        sim.advance(2 * SECOND);
        sim.hang_up(citizen);
        sim.advance(5 * SECOND);
    }
    let asked = asked(&sim);
    assert!((10..=30).contains(&asked), "of forty, {asked} were asked");
    ends_well(sim);
}
