//! The `queue` node: which line, what is heard in it, which keys lead out, where each end of the wait leads.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::super::fault::{Fault, hint};
use super::super::fields::Fields;
use super::super::model::{CallbackOffer, NodeRef, QueueStep, Step};
use super::Compiler;
use super::exits::Draft;
use crate::words::QueueExit;

/// The queue's music when a flow names none.
const DEFAULT_MUSIC: &str = "attesa";

impl<'y> Compiler<'y> {
    pub(super) fn queue(&mut self, draft: &Draft<'y>) -> Option<Step> {
        draft.fields.required("queue");
        let queue = self.named(draft, "queue", |compiler, name| {
            let known = &compiler.env.queues;
            let hint = || hint(name, known.iter().map(crate::ids::QueueId::as_str));
            (!known.contains(name)).then(|| Fault::UnknownQueue { name: name.to_owned(), hint: hint() })
        });
        let save = draft.fields.text("save").map(|save| self.text_var(save));
        // Skills come with a later version; until then a queue's seats are its skill.
        draft.fields.allow(&["skills"]);
        let defaults = self.defaults.as_ref().and_then(|defaults| defaults.fields("queue"));
        let or_default = |key| draft.fields.fields(key).or_else(|| defaults.as_ref()?.fields(key));
        let hold = or_default("hold");
        let offer = or_default("offer_callback");
        let max_wait = draft.fields.duration("max_wait").or_else(|| defaults.as_ref()?.duration("max_wait"));
        let (music, announce) = self.hold(hold.as_ref());
        let callback = offer.as_ref().map(|offer| self.offer(offer));
        let keys = self.queue_keys(draft, callback.as_ref().and_then(|offer| Some(offer.as_ref()?.key)));
        let exits = self.queue_exits(draft, !keys.is_empty(), offer.is_some());
        Some(Step::Queue(Box::new(QueueStep {
            queue: queue??,
            save: save.map_or(Some(None), |save| save.map(Some))?,
            priority: priority(&draft.fields),
            max_wait,
            music,
            announce,
            record: draft.fields.flag("record").unwrap_or(true),
            keys,
            callback: callback.map_or(Some(None), |offer| offer.map(Some))?,
            exits: exits?,
        })))
    }

    fn hold(&self, hold: Option<&Fields<'y>>) -> (String, bool) {
        let Some(hold) = hold else { return (DEFAULT_MUSIC.to_owned(), true) };
        let music = hold.text("music");
        if let Some(music) = music
            && !self.env.music.contains(music.text)
        {
            let hint = hint(music.text, self.env.music.iter().map(String::as_str));
            self.faults.add(music.at, Fault::UnknownMusic { name: music.text.to_owned(), hint });
        }
        let announce = hold.text("announce");
        if let Some(announce) = announce.filter(|announce| !["posizione", "niente"].contains(&announce.text))
        {
            let expected = "`posizione` or `niente`";
            self.faults.add(announce.at, Fault::Shape { key: "announce".to_owned(), expected });
        }
        // How often is the queue's own rule, in config/queues.toml.
        hold.duration("every");
        hold.finish();
        let music = music.map_or(DEFAULT_MUSIC, |music| music.text);
        (music.to_owned(), announce.is_none_or(|announce| announce.text == "posizione"))
    }

    fn offer(&self, offer: &Fields<'y>) -> Option<CallbackOffer> {
        let key = offer.required("key").and_then(|key| self.key(key));
        let after = offer.duration("after").unwrap_or(Duration::ZERO);
        let when = offer.text("when").map(|when| self.expression(when, true));
        offer.finish();
        Some(CallbackOffer { key: key?, after, when: when.map_or(Some(None), |when| when.map(Some))? })
    }

    fn queue_keys(&self, draft: &Draft<'y>, callback: Option<char>) -> BTreeSet<char> {
        let mut keys = BTreeSet::new();
        for text in draft.fields.texts("keys") {
            let Some(key) = self.key(text) else { continue };
            if !keys.insert(key) || callback == Some(key) {
                self.faults.add(text.at, Fault::KeyClash { node: draft.id.to_owned(), key });
            }
        }
        keys
    }

    fn queue_exits(
        &mut self,
        draft: &Draft<'y>,
        keys: bool,
        callback: bool,
    ) -> Option<BTreeMap<QueueExit, NodeRef>> {
        let always = [
            ("answered", QueueExit::Answered),
            ("closed", QueueExit::Closed),
            ("full", QueueExit::Full),
            ("no_seats", QueueExit::NoSeats),
            ("timeout", QueueExit::Timeout),
        ];
        let mut exits: Vec<_> = always.map(|(name, exit)| (exit, self.exit(draft, name).map(Some))).into();
        for (name, exit, needed) in
            [("key", QueueExit::Key, keys), ("callback", QueueExit::Callback, callback)]
        {
            exits.push((
                exit,
                if needed { self.exit(draft, name).map(Some) } else { self.optional_exit(draft, name) },
            ));
        }
        let mut wired = BTreeMap::new();
        for (exit, target) in exits {
            if let Some(target) = target? {
                wired.insert(exit, target);
            }
        }
        Some(wired)
    }
}

/// Minutes of advantage; an hour at most, so that nobody waits for ever behind others.
fn priority(fields: &Fields<'_>) -> i32 {
    let minutes = fields.number("priority").unwrap_or(0).clamp(-60, 60);
    i32::try_from(minutes).unwrap_or(0)
}
