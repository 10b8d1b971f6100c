//! Journeys of callers through the demo flow and through small flows made for one question.

use super::*;

#[test]
fn caller_who_presses_one_and_is_silent_comes_into_the_registry_queue() {
    let mut caller = Caller::dials(&parsed(DEMO));
    caller.expect(&["@allerta", "@orario", "@benvenuto", "it/benvenuto"]);
    caller.listens().expect(&["@menu", "it/menu"]);
    caller.presses("1").expect(&["@anagrafe", "queue anagrafe"]);
    caller.is_silent_for(SECOND * 600).expect(&[]);
    caller.leaves_queue(QueueExit::Answered).expect(&["@fine", "it/grazie"]);
    caller.listens().expect(&["hangup"]);
    assert!(caller.run.is_over());
}
