//! The world outside, for the engine's questions: each is answered by another thread, and the control loop hears of it here.
//!
//! Cases are read by the view thread, with everything written so far taken in; connectors have threads of their own. Every question is answered once: one that is
//! dropped unanswered, because views cannot be used or a thread is gone, is told as failed.

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::connectors::Connectors;
use super::store::ViewsHandle;
use crate::engine::{AskId, Question, Told};
use crate::views::Views;

/// Asks, and hears the answers.
#[derive(Debug)]
pub struct Outside {
    views: ViewsHandle,
    connectors: Connectors,
    /// Not bounded by itself: a call asks one question at a time, and calls are bounded.
    told: UnboundedSender<(AskId, Told)>,
    answers: UnboundedReceiver<(AskId, Told)>,
}

impl Outside {
    /// Cases are read in these views.
    pub fn new(views: ViewsHandle, connectors: Connectors) -> Outside {
        let (told, answers) = unbounded_channel();
        Outside { views, connectors, told, answers }
    }

    /// Asks these from now on; what is being asked is answered still.
    pub fn connect(&mut self, connectors: Connectors) {
        self.connectors = connectors;
    }

    /// Has a question answered; returns at once.
    pub fn ask(&self, id: AskId, question: Question) {
        let asker = Asker { id: Some(id), told: self.told.clone() };
        match question {
            Question::Case(case) => drop(self.views.ask(move |views, _| {
                asker.tell(match views.case(case) {
                    Ok(case) => Told::Case(case.map(Box::new)),
                    Err(error) => Told::Failed(error.to_string()),
                });
            })),
            Question::Http(request) => self.connectors.ask(request, Box::new(|told| asker.tell(told))),
        }
    }

    /// The next answer.
    pub async fn recv(&mut self) -> Option<(AskId, Told)> {
        self.answers.recv().await
    }
}

/// Who waits for an answer.
struct Asker {
    /// `None`: it has been told.
    id: Option<AskId>,
    told: UnboundedSender<(AskId, Told)>,
}

impl Asker {
    fn tell(mut self, told: Told) {
        self.send(told);
    }

    fn send(&mut self, told: Told) {
        if let Some(id) = self.id.take() {
            drop(self.told.send((id, told))); // the loop has ended, and with it the call
        }
    }
}

impl Drop for Asker {
    fn drop(&mut self) {
        self.send(Told::Failed("nobody could answer at the moment".to_owned()));
    }
}
