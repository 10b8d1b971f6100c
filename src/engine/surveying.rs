//! A flow comes to a survey: the citizen is asked, or passed by.
//!
//! Passed by is whom an operator gave away, whom the draw did not fall on or who was asked not long ago, and everybody in an
//! emergency of what they called about: then every line and every minute is somebody else's.

use rand::RngExt;

use crate::flow::Answer;
use crate::ids::CallId;
use crate::journal::entry::Fact;
use crate::switches::Scope;
use crate::time::Now;

use super::{AskId, Engine};

impl Engine {
    /// One draw a call: a second survey node of it asks those whom the first has asked.
    pub(super) fn ask_survey(&mut self, now: Now, id: AskId) {
        let drawn = match self.calls.get(&id.call).and_then(|call| call.surveyed.drawn()) {
            Some(drawn) => drawn,
            None => self.draw_survey(now, id.call),
        };
        self.answer_flow(now, id, if drawn { Answer::Ok(None) } else { Answer::Declined });
    }

    fn draw_survey(&mut self, now: Now, id: CallId) -> bool {
        let draw = self.chance.random_range(0..100);
        let asked = self.may_survey(now, id, draw);
        let Some(call) = self.calls.get_mut(&id) else { return false };
        call.surveyed.on_drawn(asked);
        if !asked {
            return false;
        }
        let served = call.surveyed.served().cloned();
        let fact = Fact::SurveyAsked {
            contact: id.into(),
            citizen: call.citizen_id,
            case: call.case,
            seat: served.as_ref().map(|served| served.seat.clone()),
            operator: served.as_ref().map(|served| served.operator.clone()),
            queue: served.map(|served| served.queue),
            entity: call.entity.clone(),
            topic: call.topic.clone(),
        };
        if let Some(citizen) = call.citizen_id {
            self.asked_in_survey.on_asked(citizen, now.wall_ms());
        }
        self.append(now, fact);
        true
    }

    fn may_survey(&self, now: Now, id: CallId, draw: u8) -> bool {
        let Some(call) = self.calls.get(&id).filter(|call| !call.surveyed.is_left_out()) else {
            return false;
        };
        let Some(entity) = self.config.entities.get(&call.entity) else { return false };
        let emergency = match call.surveyed.served() {
            Some(served) => self.switches.close_queue(&served.queue, &call.entity, now.wall_ms()),
            None => [Scope::Everything, Scope::Entity(call.entity.clone())]
                .iter()
                .any(|scope| self.switches.has_closed(scope, now.wall_ms())),
        };
        !emergency && self.asked_in_survey.may_ask(&entity.survey, call.citizen_id, now.wall_ms(), draw)
    }
}
