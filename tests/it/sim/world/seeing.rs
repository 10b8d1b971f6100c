//! What there is to hear, to see and to read.

use std::time::Duration;

use centralino::crm::ContactLine;
use centralino::ids::SeatId;
use centralino::io::records::{self, ContactStory, Wanted};
use centralino::journal::Lsn;
use centralino::journal::entry::Fact;
use centralino::media::LegId;
use centralino::media::plane::Hears;
use centralino::views::memory::MemoryViews;
use centralino::views::{ContactFilter, Page, Views, catch_up};
use centralino::words::WorkView;

use super::Sim;
use crate::sim::phone::{Line, PhoneId, Seen};

impl Sim {
    /// Names of the sounds that this phone is being played.
    pub(crate) fn plays(&self, id: PhoneId) -> Vec<String> {
        let Some(leg) = self.leg_of(id) else { return Vec::new() };
        match self.plane.hears(leg) {
            Hears::Sounds(player) => player.sounds().iter().map(|sound| sound.name.to_string()).collect(),
            Hears::Nothing | Hears::Leg(_) | Hears::Mix(_) => Vec::new(),
        }
    }

    /// Whether this phone is being played this sound (`language/name`).
    pub(crate) fn hears(&self, id: PhoneId, sound: &str) -> bool {
        self.plays(id).iter().any(|name| name == sound)
    }

    /// Both hear each other, each at the address that its phone listens on.
    pub(crate) fn talk_together(&self, a: PhoneId, b: PhoneId) -> bool {
        let (Some(a_leg), Some(b_leg)) = (self.leg_of(a), self.leg_of(b)) else { return false };
        self.is_heard(b_leg, a, a_leg) && self.is_heard(a_leg, b, b_leg)
    }

    /// Waits until [they talk](Sim::talk_together).
    #[track_caller]
    pub(crate) fn talking(&mut self, one: PhoneId, other: PhoneId) {
        self.until("both hear each other", |sim| sim.talk_together(one, other));
    }

    /// The one hears the other, at the address that its phone listens on.
    pub(crate) fn hears_phone(&self, one: PhoneId, other: PhoneId) -> bool {
        let (Some(leg), Some(other_leg)) = (self.leg_of(one), self.leg_of(other)) else { return false };
        self.is_heard(other_leg, one, leg)
    }

    fn is_heard(&self, speaker: LegId, listener: PhoneId, ear: LegId) -> bool {
        let sent_to = self.plane.remote(ear).and_then(|remote| remote.addr);
        self.plane.hears(ear).has(speaker) && sent_to == Some(self.phones[&listener].rtp())
    }

    /// The seat that this citizen talks with.
    pub(crate) fn partner(&self, citizen: PhoneId) -> Option<PhoneId> {
        self.phones.keys().copied().find(|other| *other != citizen && self.talk_together(citizen, *other))
    }

    /// How often this phone has rung.
    pub(crate) fn rings(&self, id: PhoneId) -> usize {
        self.phones[&id].seen.iter().filter(|seen| matches!(seen, Seen::Rang { .. })).count()
    }

    /// What this seat does.
    pub(crate) fn work(&self, seat: &str) -> WorkView {
        self.engine().distribution().seat(&SeatId::from(seat)).expect("a seat of the demo").work
    }

    pub(crate) fn line(&self, id: PhoneId) -> Line {
        self.phones[&id].line
    }

    pub(crate) fn is_up_on(&self, id: PhoneId) -> bool {
        matches!(self.line(id), Line::Up(..))
    }

    /// What is written down so far, as rows.
    pub(crate) fn views(&mut self) -> MemoryViews {
        let mut views = MemoryViews::default();
        catch_up(&mut views, self.store().journal()).expect("memory does not fail");
        views
    }

    /// Every contact on record, as scripts read them, oldest first.
    pub(crate) fn contacts(&mut self) -> Vec<ContactLine> {
        let views = self.views();
        let keys = self.store().journal().keys();
        let page = Page { limit: usize::MAX, after: None };
        let listing = views.contacts(&ContactFilter::default(), &page).expect("memory does not fail");
        listing.contacts.iter().rev().map(|contact| contact.line(&keys)).collect()
    }

    /// The versions of flows on record, and whether a start found them.
    pub(crate) fn versions_on_record(&mut self) -> Vec<(u32, bool)> {
        let entries = self.store().entries().expect("the journal can be read");
        let told = entries.into_iter().filter_map(|(_, entry)| match entry.fact {
            Fact::FlowChanged { version, found, .. } => Some((version, found)),
            _ => None,
        });
        told.collect()
    }

    /// The same with all that happened.
    pub(crate) fn stories(&mut self) -> Vec<ContactStory> {
        self.advance(Duration::from_millis(300)); // everything is written
        let views = self.views();
        let keys = self.store().journal().keys();
        let (mut stories, mut wanted) = (Vec::new(), Wanted::default());
        loop {
            let page = records::stories(&views, &keys, &wanted).expect("memory does not fail");
            stories.extend(page.stories);
            wanted.after = page.next;
            if wanted.after.is_none() {
                stories.reverse();
                return stories;
            }
        }
    }

    /// The contact of this citizen's call.
    #[track_caller]
    pub(crate) fn contact(&mut self, citizen: PhoneId) -> ContactLine {
        let from = self.phones[&citizen].name.clone();
        self.advance(Duration::from_millis(300)); // everything is written
        let contacts = self.contacts();
        let mut found = contacts.into_iter().filter(|line| line.from.as_deref() == Some(&*from));
        let contact = found.next().unwrap_or_else(|| panic!("no contact of {from}\n{}", self.tale()));
        assert!(found.next().is_none(), "two contacts of {from}");
        contact
    }

    /// The entry that opened this citizen's contact.
    pub(crate) fn opened_at(&self, citizen: PhoneId) -> Option<Lsn> {
        self.opened.get(&*self.phones[&citizen].name).copied()
    }
}
