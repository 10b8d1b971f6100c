//! The nodes that ask the world: what is asked, with what is still to be computed.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::destinations::NoRoute;
use super::super::fault::{Fault, Part, hint};
use super::super::fields::{Fields, text_of};
use super::super::model::{Asked, RequestStep, Step};
use super::super::request::{CallbackAct, CaseAct, Channel, Method, Store};
use super::super::template::{Joint, Template};
use super::Compiler;
use super::exits::Draft;
use crate::flow::variable::VarKind;
use crate::ids::Language;

/// How long an office may ring.
const RING_FOR: Duration = Duration::from_secs(30);
/// How long a connector may take.
const HTTP_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest that a caller is made to wait for one.
const MAX_HTTP_TIMEOUT: Duration = Duration::from_secs(30);
/// Most tries after the first.
const MAX_HTTP_RETRIES: u32 = 5;

impl<'y> Compiler<'y> {
    /// The request, with its filler and the variable that keeps the answer.
    fn request(&mut self, draft: &Draft<'y>, asked: Option<Asked>, filler: bool, save: bool) -> Option<Step> {
        let filler = if filler { self.optional_prompt(draft, "filler") } else { Some(None) };
        let save = if save { self.kept(draft) } else { Some(None) };
        Some(Step::Request(Box::new(RequestStep { asked: asked?, filler: filler?, save: save? })))
    }

    /// The variable of type object that keeps an answer.
    pub(super) fn kept(&self, draft: &Draft<'y>) -> Option<Option<String>> {
        let Some(save) = draft.fields.text("save") else { return Some(None) };
        self.var_of(save, &[VarKind::Object]).map(Some)
    }

    fn computed(&self, draft: &Draft<'y>, key: &'static str) -> Option<Template> {
        draft.fields.required(key).and_then(|text| self.template(text, false))
    }

    pub(super) fn callback(&mut self, draft: &Draft<'y>) -> Option<Step> {
        let act = self.callback_act(draft);
        let number = self.computed(draft, "number");
        draft.fields.required("queue");
        let queue = self.queue_name(draft);
        let slot = match draft.fields.text("slot") {
            Some(slot) => self.template(slot, false).map(Some),
            None if act == Some(CallbackAct::Move) => {
                draft.fields.missing("slot");
                None
            }
            None => Some(None),
        };
        let asked = act.zip(number).zip(queue.flatten()).zip(slot);
        let asked = asked.map(|(((act, number), queue), slot)| Asked::Callback { act, number, queue, slot });
        self.request(draft, asked, false, true)
    }

    /// Left out, a moment is booked. `None`: there is no such act, and the fault is told.
    fn callback_act(&self, draft: &Draft<'y>) -> Option<CallbackAct> {
        match self.word(draft, "do", &CallbackAct::WORDS) {
            None => Some(CallbackAct::Book),
            Some(word) => word.and_then(CallbackAct::of),
        }
    }

    /// What is asked of the call-back can end in this way.
    pub(super) fn callback_needs(draft: &Draft<'y>, exit: &str) -> bool {
        let written = draft.fields.text("do").map_or("book", |word| word.text);
        CallbackAct::of(written).is_some_and(|act| act.exits().contains(&exit))
    }

    pub(super) fn transfer(&mut self, draft: &Draft<'y>) -> Option<Step> {
        let to = draft.fields.text("to").map(|to| self.template(to, false));
        let queue = self.queue_name(draft);
        let ring_for = draft.fields.duration("ring_for").unwrap_or(RING_FOR);
        if draft.fields.value("to").is_some() == draft.fields.value("queue").is_some() {
            self.faults.add(draft.fields.at, Fault::Target(draft.id.to_owned()));
            return None;
        }
        let number = to.map_or(Some(None), |to| to.map(Some))?;
        self.check_number(draft, number.as_ref().and_then(Template::fixed_text));
        self.request(draft, Some(Asked::Transfer { number, queue: queue?, ring_for }), false, false)
    }

    /// A number that stands in the flow must be one that is called; one that is computed is judged when it is known.
    fn check_number(&self, draft: &Draft<'y>, text: Option<&str>) {
        let Some(text) = text else { return };
        let fault = match self.env.reach.judge(text) {
            Err(NoRoute::NotANumber) => Fault::NotANumber(super::shortened(text)),
            Err(NoRoute::NotAllowed) => Fault::NotCalled(text.to_owned()),
            Err(NoRoute::Own) => Fault::OwnNumber(text.to_owned()),
            // A trunk may come and go: the flow runs all the same, and is warned of it.
            Ok(_) | Err(NoRoute::NoTrunk) => return,
        };
        self.faults.add(draft.fields.text("to").map_or(draft.fields.at, |to| to.at), fault);
    }

    pub(super) fn message(&mut self, draft: &Draft<'y>) -> Option<Step> {
        draft.fields.required("by");
        let by = self.word(draft, "by", &["sms", "email"]).flatten();
        let to = self.computed(draft, "to");
        let mut text = BTreeMap::new();
        let texts = draft.fields.fields("text");
        if texts.is_none() {
            draft.fields.missing("text");
        }
        for (language, yaml) in texts.iter().flat_map(Fields::entries) {
            if !self.languages.iter().any(|known| known.as_str() == language.text) {
                let hint = hint(language.text, self.languages.iter().map(Language::as_str));
                let fault = Fault::UnknownLanguage { name: language.text.to_owned(), hint };
                self.faults.add(language.at, fault);
            }
            let template =
                text_of(yaml, language.text, self.faults).and_then(|text| self.template(text, false));
            text.insert(Language::from(language.text), template?);
        }
        let texts = texts?;
        for language in &self.languages {
            if !text.contains_key(language) {
                let (key, part) = (language.to_string(), Part::Key("text"));
                self.faults.add(texts.at, Fault::MissingKey { key, part });
                return None;
            }
        }
        let channel = if by? == "sms" { Channel::Sms } else { Channel::Email };
        self.request(draft, Some(Asked::Message { channel, to: to?, text }), false, false)
    }

    pub(super) fn http(&mut self, draft: &Draft<'y>) -> Option<Step> {
        let connector = draft.fields.required("connector");
        let connector = connector.filter(|name| {
            let known = self.env.connectors.contains(name.text);
            if !known {
                let hint = hint(name.text, self.env.connectors.iter().map(String::as_str));
                self.faults.add(name.at, Fault::UnknownConnector { name: name.text.to_owned(), hint });
            }
            known
        });
        let timeout = draft.fields.duration("timeout").unwrap_or(HTTP_TIMEOUT).min(MAX_HTTP_TIMEOUT);
        let retries = draft.fields.count("retries").unwrap_or(0).min(MAX_HTTP_RETRIES);
        let request = draft.fields.fields("request");
        if request.is_none() {
            draft.fields.missing("request");
        }
        let request = request.as_ref().and_then(|request| self.http_request(request));
        let asked = connector.zip(request).map(|(connector, (method, path, body))| Asked::Http {
            connector: connector.text.to_owned(),
            method,
            path,
            body,
            timeout,
            retries,
        });
        self.request(draft, asked, true, true)
    }

    fn http_request(
        &self,
        request: &Fields<'y>,
    ) -> Option<(Method, Template, Option<super::super::template::Form>)> {
        let method = match request.text("method").map(|method| (method, method.text)) {
            None | Some((_, "GET")) => Some(Method::Get),
            Some((_, "POST")) => Some(Method::Post),
            Some((_, "PUT")) => Some(Method::Put),
            Some((method, name)) => {
                let hint = super::super::fault::hint_or_all(name, ["GET", "POST", "PUT"]);
                let (key, name) = ("method".to_owned(), name.to_owned());
                self.faults.add(method.at, Fault::NotAmong { key, name, hint });
                None
            }
        };
        let path = request.required("path").and_then(|text| {
            let path = self.template(text, false)?;
            if !is_path(&path) {
                self.faults.add(text.at, Fault::BadPath(super::shortened(text.text)));
                return None;
            }
            Some(path)
        });
        let body = request.value("body").map(|body| self.form("body", body));
        request.hold_to_names(vec!["method", "path", "body"]);
        Some((method?, path?, body.map_or(Some(None), |body| body.map(Some))?))
    }

    pub(super) fn lookup(&mut self, draft: &Draft<'y>) -> Option<Step> {
        draft.fields.required("in");
        let store = self.word(draft, "in", &["knowledge", "cases"]).flatten();
        let key = self.computed(draft, "key");
        let store = store.map(|store| if store == "cases" { Store::Cases } else { Store::Knowledge });
        if store == Some(Store::Knowledge) {
            self.check_article(draft, key.as_ref().and_then(Template::fixed_text));
        }
        let asked = store.zip(key).map(|(store, key)| Asked::Lookup { store, key });
        self.request(draft, asked, true, true)
    }

    /// A key that stands in the flow must be there; one that is computed may lead to nothing.
    fn check_article(&self, draft: &Draft<'y>, key: Option<&str>) {
        if let Some(key) = key.filter(|key| !self.env.articles.contains(*key)) {
            let hint = hint(key, self.env.articles.iter().map(String::as_str));
            let at = draft.fields.text("key").map_or(draft.fields.at, |text| text.at);
            self.faults.add(at, Fault::UnknownArticle { name: key.to_owned(), hint });
        }
    }

    pub(super) fn case(&mut self, draft: &Draft<'y>) -> Option<Step> {
        draft.fields.required("do");
        let act = self.word(draft, "do", &["status", "remind", "complain"]).flatten();
        let number = self.computed(draft, "number");
        let act = act.map(|act| match act {
            "remind" => CaseAct::Remind,
            "complain" => CaseAct::Complain,
            _ => CaseAct::Status,
        });
        let asked = act.zip(number).map(|(act, number)| Asked::Case { act, number });
        self.request(draft, asked, true, true)
    }
}

/// The path begins as a path and cannot leave its connector: what is computed in it is percent-encoded when it is sent.
fn is_path(path: &Template) -> bool {
    let literals: Vec<&str> = match path {
        Template::Fixed(_) => path.fixed_text().into_iter().collect(),
        Template::One(_) => return false,
        Template::Joined(joints) => joints
            .iter()
            .filter_map(|joint| match joint {
                Joint::Literal(text) => Some(text.as_str()),
                Joint::Computed(_) => None,
            })
            .collect(),
    };
    let begins = match path {
        Template::Joined(joints) => {
            matches!(joints.first(), Some(Joint::Literal(text)) if text.starts_with('/'))
        }
        _ => literals.first().is_some_and(|text| text.starts_with('/')),
    };
    let clean = |text: &&str| {
        !text.contains("..")
            && !text.contains("//")
            && !text.contains('\\')
            && !text.chars().any(|c| c.is_whitespace() || c.is_control())
    };
    begins && literals.iter().all(clean)
}
