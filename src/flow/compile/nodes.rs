//! Each type of node: which keys it takes, which exits it has, and what it becomes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::super::expression::{Expression, Scope, Value};
use super::super::fault::{Fault, hint};
use super::super::fields::{Fields, Text};
use super::super::model::{Ask, CallbackOffer, Digits, Node, NodeRef, PromptRef, QueueStep, Step};
use super::super::prompt::{Prompt, Segment};
use super::super::template::{Part, Template, parts};
use super::super::yaml::{Value as YamlValue, Yaml};
use super::Compiler;
use super::exits::Draft;
use crate::ids::{Language, ScheduleId};
use crate::words::QueueExit;

/// The types of node of this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Play,
    Menu,
    Collect,
    Hours,
    Bulletin,
    Language,
    Branch,
    Set,
    Tag,
    Queue,
    Hangup,
}

/// Names of the types of this version.
const KINDS: [(&str, Kind); 11] = [
    ("play", Kind::Play),
    ("menu", Kind::Menu),
    ("collect", Kind::Collect),
    ("hours", Kind::Hours),
    ("bulletin", Kind::Bulletin),
    ("language", Kind::Language),
    ("branch", Kind::Branch),
    ("set", Kind::Set),
    ("tag", Kind::Tag),
    ("queue", Kind::Queue),
    ("hangup", Kind::Hangup),
];

/// Types that later versions bring.
const LATER: [&str; 8] = ["callback", "survey", "http", "subflow", "transfer", "voicemail", "sms", "case"];

/// The queue's music when a flow names none.
const DEFAULT_MUSIC: &str = "attesa";

impl Kind {
    pub(super) fn name(self) -> &'static str {
        KINDS.into_iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    /// Names allowed below `exits`.
    pub(super) fn exits(self) -> &'static [&'static str] {
        match self {
            Kind::Menu => &["timeout", "invalid", "error"],
            Kind::Collect => &["ok", "timeout", "invalid", "error"],
            Kind::Hours => &["open", "closed", "holiday", "emergency", "error"],
            Kind::Bulletin => &["none", "played", "closing", "error"],
            Kind::Queue => &["answered", "closed", "full", "no_seats", "timeout", "key", "callback", "error"],
            _ => &["error"],
        }
    }

    /// The exit can be taken without the caller hearing or doing anything.
    pub(super) fn is_instant(self, exit: &str) -> bool {
        match self {
            Kind::Hours | Kind::Language | Kind::Branch | Kind::Set | Kind::Tag => exit != "error",
            Kind::Bulletin => exit == "none",
            Kind::Queue => ["closed", "full", "no_seats"].contains(&exit),
            Kind::Play | Kind::Menu | Kind::Collect | Kind::Hangup => false,
        }
    }
}

/// Checks the names below `defaults`, and the exits of each type there.
pub(super) fn check_defaults(defaults: &Fields<'_>) {
    defaults.allow(&LATER);
    for (name, kind) in KINDS {
        let Some(fields) = defaults.fields(name) else { continue };
        if let Some(exits) = fields.fields("exits") {
            exits.allow(kind.exits());
            exits.finish();
        }
        if kind == Kind::Queue {
            fields.allow(&["hold", "offer_callback", "max_wait"]);
        }
        fields.finish();
    }
    defaults.finish();
}

impl<'y> Compiler<'y> {
    /// Compiles one node; `None` after a fault.
    pub(super) fn node(&mut self, id: Text<'y>, yaml: &'y Yaml) -> Option<Node> {
        let reference = *self.node_names.get(id.text)?;
        self.graph.node(reference, id.text, id.at);
        let fields = Fields::of(yaml, format!("node `{}`", id.text), self.faults)?;
        let kind = fields.required("type")?;
        let Some((_, kind)) = KINDS.into_iter().find(|(name, _)| *name == kind.text) else {
            self.other_type(id, kind, &fields);
            return None;
        };
        let info = fields.flag("info").unwrap_or(false);
        let draft = Draft::new(id.text, kind, fields, self.defaults.as_ref());
        let error = self.optional_exit(&draft, "error");
        let step = self.step(&draft);
        draft.finish();
        Some(Node { id: id.text.into(), info, error: error?.or(self.default_error), step: step? })
    }

    /// A type that this version does not run. Where it leads still counts for what can be reached.
    fn other_type(&mut self, id: Text<'y>, kind: Text<'y>, fields: &Fields<'y>) {
        let name = kind.text.to_owned();
        self.faults.add(
            kind.at,
            match LATER.contains(&kind.text) {
                true => Fault::LaterType { name },
                false => Fault::UnknownType { hint: hint(&name, KINDS.map(|(name, _)| name)), name },
            },
        );
        let exits = fields.fields("exits");
        let default_exits = self.defaults.as_ref().and_then(|defaults| {
            let later = LATER.into_iter().find(|later| *later == kind.text)?;
            defaults.fields(later)?.fields("exits")
        });
        let targets = [exits, default_exits, fields.fields("keys")];
        let named = targets.iter().flatten().flat_map(Fields::entries).map(|(_, target)| target);
        for target in named.chain(fields.value("to")) {
            if let YamlValue::Text(target) = &target.value
                && let (Some(from), Some(to)) =
                    (self.node_names.get(id.text), self.node_names.get(target.as_str()))
            {
                self.graph.edge(*from, *to, false);
            }
        }
    }

    fn step(&mut self, draft: &Draft<'y>) -> Option<Step> {
        match draft.kind {
            Kind::Play => self.play(draft),
            Kind::Menu => self.menu(draft),
            Kind::Collect => self.collect(draft),
            Kind::Hours => self.hours(draft),
            Kind::Bulletin => self.bulletin(draft),
            Kind::Language => self.language(draft),
            Kind::Branch => self.branch(draft),
            Kind::Set => self.set(draft),
            Kind::Tag => self.tag(draft),
            Kind::Queue => self.queue(draft),
            Kind::Hangup => Some(Step::Hangup { prompt: self.optional_prompt(draft, "prompt")? }),
        }
    }

    fn play(&mut self, draft: &Draft<'y>) -> Option<Step> {
        let prompt = self.prompt(draft, "prompt");
        let barge_in = draft.fields.flag("barge_in").unwrap_or(self.input.barge_in);
        let keys = self.keys(draft);
        let to = self.to(draft);
        Some(Step::Play { prompt: prompt?, barge_in, keys: keys?, to: to? })
    }

    fn menu(&mut self, draft: &Draft<'y>) -> Option<Step> {
        let ask = self.ask(draft);
        let keys = self.keys(draft)?;
        if keys.is_empty() {
            self.faults.add(draft.fields.at, Fault::NoKeys { node: draft.id.to_owned() });
        }
        Some(Step::Menu { ask: ask?, keys })
    }

    fn collect(&mut self, draft: &Draft<'y>) -> Option<Step> {
        let ask = self.ask(draft);
        let digits = self.digits(draft);
        let save = draft.fields.required("save").and_then(|save| self.var(save));
        let ok = self.exit(draft, "ok");
        Some(Step::Collect { ask: ask?, digits: digits?, save: save?, ok: ok? })
    }

    fn hours(&mut self, draft: &Draft<'y>) -> Option<Step> {
        let schedule = draft.fields.required("schedule").and_then(|name| self.schedule(name));
        let [open, closed] = ["open", "closed"].map(|exit| self.exit(draft, exit));
        let [holiday, emergency] = ["holiday", "emergency"].map(|exit| self.exit(draft, exit));
        Some(Step::Hours {
            schedule: schedule?,
            open: open?,
            closed: closed?,
            holiday: holiday?,
            emergency: emergency?,
        })
    }

    fn bulletin(&mut self, draft: &Draft<'y>) -> Option<Step> {
        let slot = draft.fields.required("slot");
        let prompt = self.optional_prompt(draft, "prompt");
        let [none, played, closing] = ["none", "played", "closing"].map(|exit| self.exit(draft, exit));
        Some(Step::Bulletin {
            slot: slot?.text.to_owned(),
            prompt: prompt?,
            none: none?,
            played: played?,
            closing: closing?,
        })
    }

    fn language(&mut self, draft: &Draft<'y>) -> Option<Step> {
        let set = draft.fields.required("set");
        let to = self.to(draft);
        let set = set?;
        let known = self.languages.iter().find(|language| language.as_str() == set.text).cloned();
        if known.is_none() {
            let hint = hint(set.text, self.languages.iter().map(Language::as_str));
            self.faults.add(set.at, Fault::UnknownLanguage { name: set.text.to_owned(), hint });
        }
        Some(Step::Language { set: known?, to: to? })
    }

    fn branch(&mut self, draft: &Draft<'y>) -> Option<Step> {
        let mut when = Some(Vec::new());
        for yaml in draft.fields.list("when") {
            let way = self.way(draft, yaml);
            when = when.zip(way).map(|(mut ways, way)| {
                ways.push(way);
                ways
            });
        }
        let otherwise = draft.fields.required("else").and_then(|target| self.go(draft, "else", target));
        Some(Step::Branch { when: when?, otherwise: otherwise? })
    }

    fn way(&mut self, draft: &Draft<'y>, yaml: &'y Yaml) -> Option<(Expression, NodeRef)> {
        let fields = Fields::of(yaml, "an item of `when`", self.faults)?;
        let condition = fields.required("if").and_then(|text| self.expression(text, false));
        let to = fields.required("to").and_then(|target| self.go(draft, "to", target));
        fields.finish();
        condition.zip(to)
    }

    fn set(&mut self, draft: &Draft<'y>) -> Option<Step> {
        let vars = draft.fields.fields("vars");
        if vars.is_none() {
            draft.fields.missing("vars");
        }
        let mut values = Some(Vec::new());
        for (name, yaml) in vars.iter().flat_map(Fields::entries) {
            let value = self.var(name).zip(self.value(name, yaml));
            values = values.zip(value).map(|(mut values, value)| {
                values.push(value);
                values
            });
        }
        let to = self.to(draft);
        vars?;
        Some(Step::Set { values: values?, to: to? })
    }

    /// A value for variable `name`, whose type it must have as far as can be seen now.
    fn value(&self, name: Text<'y>, yaml: &'y Yaml) -> Option<Template> {
        let template = match &yaml.value {
            YamlValue::Text(text) => self.template(Text { at: yaml.at, text }, false)?,
            YamlValue::Int(number) => Template::Fixed(Value::Number(*number)),
            YamlValue::Bool(flag) => Template::Fixed(Value::Flag(*flag)),
            _ => {
                let expected = "a text, a whole number, true or false";
                self.faults.add(yaml.at, Fault::Shape { key: name.text.to_owned(), expected });
                return None;
            }
        };
        let (expected, fits) = match (self.scope.get(name.text)?, &template) {
            (Value::Text(_), Template::Fixed(value)) => ("a text", matches!(value, Value::Text(_))),
            (Value::Number(_), Template::Fixed(value)) => {
                ("a whole number", matches!(value, Value::Number(_)))
            }
            (Value::Flag(_), Template::Fixed(value)) => ("true or false", matches!(value, Value::Flag(_))),
            (Value::Number(_) | Value::Flag(_), Template::Joined(_)) => ("one expression alone", false),
            _ => ("", true),
        };
        if !fits {
            self.faults.add(yaml.at, Fault::Shape { key: name.text.to_owned(), expected });
        }
        fits.then_some(template)
    }

    fn tag(&mut self, draft: &Draft<'y>) -> Option<Step> {
        let entity = self.named(draft, "entity", |compiler, name| {
            let known = &compiler.env.entities;
            let hint = || hint(name, known.iter().map(crate::ids::EntityId::as_str));
            (!known.contains(name)).then(|| Fault::UnknownEntity { name: name.to_owned(), hint: hint() })
        });
        let topic = self.named(draft, "topic", |compiler, name| {
            let known = &compiler.env.topics;
            let hint = || hint(name, known.iter().map(crate::ids::TopicId::as_str));
            (!known.contains(name)).then(|| Fault::UnknownTopic { name: name.to_owned(), hint: hint() })
        });
        let record = draft.fields.flag("record");
        let to = self.to(draft);
        let given = ["entity", "topic", "record"].iter().any(|key| draft.fields.value(key).is_some());
        if !given {
            self.faults.add(draft.fields.at, Fault::EmptyTag(draft.id.to_owned()));
        }
        Some(Step::Tag { entity: entity?, topic: topic?, record, to: to? })
    }

    /// A name that may be computed; when it is not, `refuse` says whether it is known.
    fn named(
        &self,
        draft: &Draft<'y>,
        key: &'static str,
        refuse: impl Fn(&Self, &str) -> Option<Fault>,
    ) -> Option<Option<Template>> {
        let Some(text) = draft.fields.text(key) else { return Some(None) };
        let template = self.template(text, false)?;
        if let Some(fault) = template.fixed_text().and_then(|name| refuse(self, name)) {
            self.faults.add(text.at, fault);
            return None;
        }
        Some(Some(template))
    }

    fn queue(&mut self, draft: &Draft<'y>) -> Option<Step> {
        draft.fields.required("queue");
        let queue = self.named(draft, "queue", |compiler, name| {
            let known = &compiler.env.queues;
            let hint = || hint(name, known.iter().map(crate::ids::QueueId::as_str));
            (!known.contains(name)).then(|| Fault::UnknownQueue { name: name.to_owned(), hint: hint() })
        });
        let save = draft.fields.text("save").map(|save| self.var(save));
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

    fn ask(&mut self, draft: &Draft<'y>) -> Option<Ask> {
        let prompt = self.prompt(draft, "prompt");
        let invalid = self.optional_prompt(draft, "invalid");
        let silence = self.optional_prompt(draft, "silence");
        let (on_timeout, on_invalid) = (self.exit(draft, "timeout"), self.exit(draft, "invalid"));
        let fields = &draft.fields;
        let barge_in = fields.flag("barge_in").unwrap_or(self.input.barge_in);
        let timeout = fields.duration("timeout").unwrap_or(self.input.timeout);
        let retries = fields.count("retries").unwrap_or(self.input.retries);
        Some(Ask {
            prompt: prompt?,
            invalid: invalid?,
            silence: silence?,
            barge_in,
            timeout,
            retries,
            on_timeout: on_timeout?,
            on_invalid: on_invalid?,
        })
    }

    fn digits(&self, draft: &Draft<'y>) -> Option<Digits> {
        let inter_digit = draft.fields.duration("inter_digit").unwrap_or(self.input.inter_digit);
        let Some(fields) = draft.fields.fields("digits") else {
            draft.fields.missing("digits");
            return None;
        };
        let (min, max) =
            (u64::from(fields.count("min").unwrap_or(1)), u64::from(fields.count("max").unwrap_or(32)));
        if min == 0 || max < min || max > 32 {
            self.faults.add(fields.at, Fault::DigitCount { min, max });
        }
        let end = fields.text("end").map(|end| self.key(end));
        fields.finish();
        let end = end.map_or(Some(None), |end| end.map(Some))?;
        Some(Digits { min: usize::try_from(min).ok()?, max: usize::try_from(max).ok()?, end, inter_digit })
    }

    /// The node's `keys`: each key and where it leads.
    fn keys(&mut self, draft: &Draft<'y>) -> Option<BTreeMap<char, NodeRef>> {
        let mut keys = Some(BTreeMap::new());
        for (key, yaml) in draft.fields.fields("keys").iter().flat_map(Fields::entries) {
            let target = super::super::fields::text_of(yaml, key.text, self.faults);
            let way = self.key(key).zip(target.and_then(|target| self.go(draft, "key", target)));
            keys = keys.zip(way).map(|(mut keys, (key, target))| {
                keys.insert(key, target);
                keys
            });
        }
        keys
    }

    fn key(&self, text: Text<'_>) -> Option<char> {
        let mut chars = text.text.chars();
        match (chars.next(), chars.next()) {
            (Some(key @ ('0'..='9' | '*' | '#' | 'A'..='D')), None) => Some(key),
            _ => {
                self.faults.add(text.at, Fault::BadKey(text.text.to_owned()));
                None
            }
        }
    }

    fn var(&self, name: Text<'_>) -> Option<String> {
        if self.vars.contains_key(name.text) {
            return Some(name.text.to_owned());
        }
        let hint = hint(name.text, self.vars.keys().map(String::as_str));
        self.faults.add(name.at, Fault::UnknownVar { name: name.text.to_owned(), hint });
        None
    }

    fn schedule(&self, name: Text<'_>) -> Option<ScheduleId> {
        if !self.schedule_names.contains(name.text) {
            let hint = hint(name.text, self.schedule_names.iter().map(ScheduleId::as_str));
            self.faults.add(name.at, Fault::UnknownSchedule { name: name.text.to_owned(), hint });
            return None;
        }
        Some(name.text.into())
    }

    fn template(&self, text: Text<'_>, queue: bool) -> Option<Template> {
        let template = Template::compile(text.text, Scope { vars: &self.scope, queue });
        template.map_err(|fault| self.faults.add(text.at, fault)).ok()
    }

    /// A text that is one `${...}` and nothing else.
    fn expression(&self, text: Text<'_>, queue: bool) -> Option<Expression> {
        let compiled = parts(text.text).and_then(|parts| match parts.as_slice() {
            [Part::Computed(of)] => Expression::compile(of, Scope { vars: &self.scope, queue }),
            _ => Err(Fault::Shape { key: text.text.to_owned(), expected: "one expression, `${...}`" }),
        });
        compiled.map_err(|fault| self.faults.add(text.at, fault)).ok()
    }

    fn prompt(&mut self, draft: &Draft<'y>, key: &'static str) -> Option<PromptRef> {
        draft.fields.required(key)?;
        self.optional_prompt(draft, key)?
    }

    /// A prompt that may be left out. The outer `None` is a fault.
    fn optional_prompt(&mut self, draft: &Draft<'y>, key: &'static str) -> Option<Option<PromptRef>> {
        let Some(name) = draft.fields.text(key) else { return Some(None) };
        if let Some(prompt) = self.prompt_names.get(name.text) {
            return Some(Some(*prompt));
        }
        if self.faulty_prompts.contains(name.text) {
            return None;
        }
        self.recorded_prompt(name).map(Some)
    }

    /// A prompt without text in the file: there must be a recording in every language.
    fn recorded_prompt(&mut self, name: Text<'y>) -> Option<PromptRef> {
        if let Some(language) = self.languages.iter().find(|language| !self.has_sound(language, name.text)) {
            let hint = hint(name.text, self.prompt_names.keys().map(String::as_str));
            let (name_given, language) = (name.text.to_owned(), language.to_string());
            self.faults.add(name.at, Fault::MissingSound { name: name_given, language, hint });
            return None;
        }
        let recorded = |language: &Language| (language.clone(), vec![Segment::recorded(name.text)]);
        let prompt = PromptRef(self.prompts.len());
        self.prompts.push(Prompt { spoken: self.languages.iter().map(recorded).collect() });
        self.prompt_names.insert(name.text.to_owned(), prompt);
        Some(prompt)
    }
}

/// Minutes of advantage; an hour at most, so that nobody waits for ever behind others.
fn priority(fields: &Fields<'_>) -> i32 {
    let minutes = fields.number("priority").unwrap_or(0).clamp(-60, 60);
    i32::try_from(minutes).unwrap_or(0)
}
