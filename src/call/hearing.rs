//! What the citizen hears, and what must happen when it has been heard.

use crate::media::PlayId;

/// Why something is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The flow asked for it, and is told when it ends.
    Flow,
    /// The place in the queue; then the music goes on.
    Announcement,
    /// Music, for ever.
    Music,
    /// Who calls, to a citizen who was called first; then the citizen is in the queue.
    Introduction,
    /// The tone after which the citizen is to speak.
    Tone,
    /// A last word, because the exchange stops; then the call is over.
    Farewell,
    /// A supervisor's word, where the flow has none left; then the call is over.
    OwnWord,
    /// Why nobody is reached; then the call is over.
    LastWord,
}

/// At most one thing plays at a time; an end that was not the last one's is old news.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hearing {
    now: Option<(PlayId, Purpose)>,
}

impl Hearing {
    /// `play` starts, replacing what plays.
    pub fn start(&mut self, play: PlayId, purpose: Purpose) {
        self.now = Some((play, purpose));
    }

    /// Nothing plays any more.
    pub fn stop(&mut self) {
        self.now = None;
    }

    /// `play` has ended: what it was for, unless something else plays by now.
    pub fn on_played(&mut self, play: PlayId) -> Option<Purpose> {
        let (_, purpose) = self.now.take_if(|(now, _)| *now == play)?;
        Some(purpose)
    }

    /// What plays is for this.
    pub fn purpose(&self) -> Option<Purpose> {
        self.now.map(|(_, purpose)| purpose)
    }
}
