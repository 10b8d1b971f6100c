//! The `queue` node: which line, what is heard in it, which keys lead out.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::super::fault::{Fault, Place, hint, hint_or_all, shortened};
use super::super::fields::{Fields, parse_duration};
use super::super::model::{Asked, CallbackOffer, QueueStep, RequestStep, Step};
use super::Compiler;
use super::exits::Draft;
use crate::flow::variable::VarKind;
use crate::ids::SkillId;
use crate::words::{skill_and_level, waiver};

impl<'y> Compiler<'y> {
    pub(super) fn queue(&mut self, draft: &Draft<'y>) -> Option<Step> {
        draft.fields.required("queue");
        let queue = self.queue_name(draft);
        let save = draft.fields.text("save").map(|save| self.var_of(save, &[VarKind::Text]));
        let (skills, widen) = (self.skills(draft), self.widen(draft));
        let offer = draft.fields.fields("offer_callback");
        let max_wait = draft.fields.duration("max_wait");
        let (music, announce) = self.hold(draft.fields.fields("hold").as_ref());
        let callback = offer.as_ref().map(|offer| self.offer(offer));
        let keys = self.queue_keys(draft, callback.as_ref().and_then(|offer| Some(offer.as_ref()?.key)));
        Some(Step::Queue(Box::new(QueueStep {
            queue: queue??,
            save: save.map_or(Some(None), |save| save.map(Some))?,
            priority: priority(&draft.fields),
            max_wait,
            music,
            skills: skills?,
            widen: widen?,
            announce,
            record: draft.fields.flag("record").unwrap_or(true),
            keys,
            callback: callback.map_or(Some(None), |offer| offer.map(Some))?,
        })))
    }

    /// The exit must lead somewhere because the node has keys for it.
    pub(super) fn queue_needs(&self, draft: &Draft<'y>, exit: &str) -> bool {
        match exit {
            "key" => !draft.fields.list("keys").is_empty(),
            "callback" => draft.fields.value("offer_callback").is_some(),
            _ => false,
        }
    }

    /// The `answers_within` node.
    pub(super) fn answers_within(&mut self, draft: &Draft<'y>) -> Option<Step> {
        draft.fields.required("queue");
        let queue = self.queue_name(draft);
        let within = draft.fields.duration("within");
        if draft.fields.value("within").is_none() {
            draft.fields.missing("within");
        }
        let asked = Asked::AnswersWithin { queue: queue??, within: within? };
        Some(Step::Request(Box::new(RequestStep { asked, filler: None, save: None })))
    }

    /// `skills: [inglese 3]`. `None`: one of them is at fault.
    fn skills(&self, draft: &Draft<'y>) -> Option<BTreeMap<SkillId, u8>> {
        let mut skills = Some(BTreeMap::new());
        for text in draft.fields.texts("skills") {
            let read = skill_and_level(text.text);
            if read.is_none() {
                self.faults.add(text.at, Fault::BadSkill(shortened(text.text)));
            }
            let known = read.and_then(|(name, level)| Some((self.skill(name, text.at)?, level)));
            skills = skills.zip(known).map(|(mut all, (skill, level))| {
                all.insert(skill, level);
                all
            });
        }
        skills
    }

    /// `widen: ["after 30s drop inglese"]`, likewise.
    fn widen(&self, draft: &Draft<'y>) -> Option<Vec<(Duration, SkillId)>> {
        let mut waivers = Some(Vec::new());
        for text in draft.fields.texts("widen") {
            let read = waiver(text.text).and_then(|(span, name)| Some((parse_duration(span)?, name)));
            if read.is_none() {
                self.faults.add(text.at, Fault::BadWiden(shortened(text.text)));
            }
            let known = read.and_then(|(after, name)| Some((after, self.skill(name, text.at)?)));
            waivers = waivers.zip(known).map(|(mut all, waiver)| {
                all.push(waiver);
                all
            });
        }
        waivers
    }

    fn skill(&self, name: &str, at: Place) -> Option<SkillId> {
        if self.env.skills.contains(name) {
            return Some(name.into());
        }
        let hint = hint(name, self.env.skills.iter().map(SkillId::as_str));
        self.faults.add(at, Fault::UnknownSkill { name: shortened(name), hint });
        None
    }

    fn hold(&self, hold: Option<&Fields<'y>>) -> (Option<String>, bool) {
        let Some(hold) = hold else { return (None, true) };
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
            let hint = hint_or_all(announce.text, ["posizione", "niente"]);
            let (key, name) = ("announce".to_owned(), announce.text.to_owned());
            self.faults.add(announce.at, Fault::NotAmong { key, name, hint });
        }
        // How often is the queue's own rule, in config/queues.toml.
        hold.duration("every");
        hold.hold_to_names(vec!["music", "announce", "every"]);
        let music = music.map(|music| music.text.to_owned());
        (music, announce.is_none_or(|announce| announce.text == "posizione"))
    }

    fn offer(&mut self, offer: &Fields<'y>) -> Option<CallbackOffer> {
        let key = offer.required("key").and_then(|key| self.key(key));
        let after = offer.duration("after").unwrap_or(Duration::ZERO);
        let when = offer.text("when").map(|when| self.truth(when, true));
        let prompt = offer.text("prompt").map(|prompt| self.named_prompt(prompt));
        offer.hold_to_names(vec!["key", "after", "when", "prompt"]);
        let prompt = prompt.map_or(Some(None), |prompt| prompt.map(Some))?;
        Some(CallbackOffer {
            key: key?,
            after,
            prompt,
            when: when.map_or(Some(None), |when| when.map(Some))?,
        })
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
}

/// Minutes of advantage; an hour at most, so that nobody waits for ever behind others.
fn priority(fields: &Fields<'_>) -> i32 {
    let minutes = fields.number("priority").unwrap_or(0).clamp(-60, 60);
    i32::try_from(minutes).unwrap_or(0)
}
