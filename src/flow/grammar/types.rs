//! The tables of the grammar.

use super::super::request::CallbackAct;
use super::Shape::*;
use super::{Exit, Key, Kind, Shape, Type};

const fn must(name: &'static str, shape: Shape, about: &'static str) -> Key {
    Key { name, shape, needed: true, about }
}

const fn may(name: &'static str, shape: Shape, about: &'static str) -> Key {
    Key { name, shape, needed: false, about }
}

/// Must lead somewhere; the caller has heard or done something by then.
const fn exit(name: &'static str) -> Exit {
    Exit { name, needed: true, instant: false }
}

/// Must lead somewhere; may be taken at once.
const fn at_once(name: &'static str) -> Exit {
    Exit { name, needed: true, instant: true }
}

/// May be left out, and taken at once.
const fn spare_at_once(name: &'static str) -> Exit {
    Exit { name, needed: false, instant: true }
}

/// May be left out.
const fn spare(name: &'static str) -> Exit {
    Exit { name, needed: false, instant: false }
}

/// A failure that comes at once: a round that only fails would never end.
const ERROR_AT_ONCE: Exit = Exit { name: "error", needed: false, instant: true };
const ERROR: Exit = spare("error");

/// The keys of a flow file.
pub(in super::super) const TOP: [Key; 17] = [
    must("schema", Number, "Version of the format: 1."),
    must("id", Text, "Its name in configuration, in quotes; the file is called the same."),
    may("name", Text, "As people call it."),
    may("version", Count, "Of a sub-flow: 1 or more."),
    may("tz", Text, "Time zone of the tests' clock; `Europe/Rome` when left out."),
    must("languages", List(&Text), "Spoken here; the first is the one at first."),
    must("start", Name, "The first node."),
    may("inputs", Map(&Of(&VAR)), "Of a sub-flow: variables that whoever uses it gives."),
    may("outputs", List(&Name), "Of a sub-flow: variables that whoever uses it may keep."),
    may("returns", List(&Name), "Of a sub-flow: the names of its ends."),
    may("vars", Map(&Of(&VAR)), "Variables, by name."),
    may(
        "schedules",
        Map(&Any),
        "Opening hours of this flow alone, as in config/calendars.toml; one may extend one of those.",
    ),
    may("defaults", Of(&DEFAULTS), "What nodes say unless they say otherwise."),
    may(
        "prompts",
        Map(&Map(&Computed)),
        "Texts by name and language; each becomes sounds/<language>/<name>.wav.",
    ),
    must("nodes", Any, "The nodes, by name."),
    may(
        "tests",
        List(&Of(&TEST)),
        "What must happen to callers; `centralino flow test` looks whether it does.",
    ),
    may("layout", Any, "Places of the nodes in an editor."),
];

/// The keys of a variable.
pub(in super::super) const VAR: [Key; 3] = [
    must(
        "type",
        Word(&[
            "string", "digits", "number", "bool", "date", "time", "datetime", "money", "phone", "list",
            "object",
        ]),
        "What it holds.",
    ),
    may("default", Value, "What it holds at first; without it, it must be set before it is read."),
    may(
        "pii",
        Flag,
        "It tells something about a person: masked wherever it is shown, sealed where it is written.",
    ),
];

/// The keys of `defaults`, beside the types of node.
pub(in super::super) const DEFAULTS: [Key; 2] = [
    may("error", Name, "The node where failures lead."),
    may("input", Of(&INPUT), "How callers are asked for keys."),
];

/// The keys of `defaults.input`.
pub(in super::super) const INPUT: [Key; 5] = [
    may("timeout", Time, "Silence from the end of the prompt to the first key."),
    may("inter_digit", Time, "Silence from one digit to the next."),
    may("retries", Count, "How often a prompt is repeated."),
    may("barge_in", Flag, "A key stops the prompt."),
    may("type_ahead", Flag, "Keys pressed before the prompt count."),
];

/// The keys of a test.
pub(in super::super) const TEST: [Key; 12] = [
    must("name", Text, "What must happen, as a sentence."),
    must("at", Text, "When the call comes, on the clock of the flow's time zone: 2026-11-24T10:00."),
    may("from", Text, "The caller's number."),
    may("to", Text, "The number dialled; the flow's id when left out."),
    may("entity", Text, "The Ente answered for at first."),
    may("inputs", Map(&Value), "Of a sub-flow: what it is given."),
    may(
        "keys",
        List(&Any),
        "Pressed one after another where keys are asked for; `silence` is one silence; `{node: keys}` presses at that node. After the last, silence for ever.",
    ),
    may(
        "mock",
        Map(&Any),
        "How nodes end whose end the world decides: an exit, `{exit, save}`, or a list of these for one visit after another.",
    ),
    may("queues", Map(&Of(&QUEUE_FACTS)), "What conditions are told of queues; nobody waits when left out."),
    must("path", List(&Name), "The nodes passed, in order."),
    may("vars", Map(&Value), "What variables hold at the end."),
    may("says", List(&Text), "What the caller hears, in this order; more may be said in between."),
];

const QUEUE_FACTS: [Key; 2] = [
    may("waiting", Count, "Callers waiting: `queue.waiting`."),
    may("ewt_s", Count, "The expected wait in seconds: `queue.ewt_s`."),
];
const PROMPT: Key = must("prompt", Name, "What is said.");
const TO: Key = must("to", Name, "The next node.");
const BARGE_IN: Key = may("barge_in", Flag, "A key stops the prompt; false for what must be heard.");
const INVALID: Key = may("invalid", Names, "Said after a wrong key; of a list, one after another.");
const SILENCE: Key = may("silence", Names, "Said after a silence; of a list, one after another.");
const TYPE_AHEAD: Key = may("type_ahead", Flag, "Keys pressed before the prompt count.");
const TIMEOUT: Key = may("timeout", Time, "Silence from the end of the prompt to the first key.");
const RETRIES: Key = may("retries", Count, "How often the prompt is repeated.");
const FILLER: Key = may("filler", Name, "Said while the caller waits for the answer.");
const KEPT_IN: Key = may("save", Name, "The variable of type object that keeps the answer.");

const DIGITS: [Key; 3] = [
    may("min", Count, "Fewest digits."),
    may("max", Count, "Most digits, 32 at most."),
    may("end", Digit, "The key that ends the number."),
];
const WHEN: [Key; 2] = [must("if", Expression, "The condition."), must("to", Name, "The node it leads to.")];
const HOLD: [Key; 3] = [
    may("music", Text, "sounds/music/<name>.wav."),
    may("announce", Word(&["posizione", "niente"]), "Whether callers hear their place."),
    may("every", Time, "How often: a rule of the queue, written here for the reader."),
];
const OFFER: [Key; 4] = [
    must("key", Digit, "The key that asks for a call-back."),
    may("after", Time, "Not before so much waiting."),
    may("prompt", Name, "Said once, as soon as it can be had."),
    may("when", Expression, "Only while this is true; it may ask `queue.waiting` and `queue.ewt_s`."),
];
const QUESTION: [Key; 3] = [
    must("id", Text, "Its name in reports."),
    must("prompt", Name, "What is asked."),
    must("range", Range, "The keys that answer, as `[1, 5]`."),
];
const REQUEST: [Key; 3] = [
    may("method", Word(&["GET", "POST", "PUT"]), "GET when left out."),
    must("path", Computed, "Below the connector's address, beginning with `/`."),
    may("body", Value, "Sent as JSON."),
];
const SAID_BEFORE: Key = may("prompt", Name, "Said before the recording.");
const MAX: Key = may("max", Time, "At most so long.");
const SILENCE_END: Key = may("silence", Time, "So much silence ends it.");
const END: Key = may("end", Digit, "The key that ends it; `#` when left out.");
const REVIEW: Key = may("review", Name, "Asks what to do with it: 1 keeps it, 2 records again, 3 plays it.");

/// The types of node.
pub(in super::super) const TYPES: [Type; 23] = [
    Type {
        kind: Kind::Play,
        name: "play",
        about: "Says `prompt`. A key of `keys` pressed meanwhile chooses another way.",
        keys: &[
            PROMPT,
            BARGE_IN,
            may("notice", Flag, "A notice that callers have to hear: it must not be barged."),
            may("keys", KeyPlan, "Keys that lead elsewhere when pressed while it is heard."),
            TO,
        ],
        exits: &[ERROR],
    },
    Type {
        kind: Kind::Menu,
        name: "menu",
        about: "Asks for one of `keys`, again after silence or a wrong key, `retries` times.",
        keys: &[
            PROMPT,
            INVALID,
            SILENCE,
            BARGE_IN,
            TYPE_AHEAD,
            TIMEOUT,
            RETRIES,
            must("keys", KeyPlan, "The choices: up to twelve, 0-9 * #."),
        ],
        exits: &[exit("timeout"), exit("invalid"), ERROR],
    },
    Type {
        kind: Kind::Collect,
        name: "collect",
        about: "Asks for a number, date, telephone number or fiscal code and keeps it in the variable `save`.",
        keys: &[
            PROMPT,
            INVALID,
            SILENCE,
            BARGE_IN,
            TYPE_AHEAD,
            TIMEOUT,
            RETRIES,
            may("inter_digit", Time, "Silence from one digit to the next."),
            may(
                "kind",
                Word(&["digits", "date", "phone", "fiscal_code"]),
                "What is asked for; `digits` when left out.",
            ),
            may("digits", Of(&DIGITS), "How many, for `kind: digits`."),
            may("pattern", Text, "Its form, for `kind: digits`: digits, `x` for any, `[1-5]` for some."),
            may("confirm", Name, "Reads it back: 1 takes it, 2 asks again."),
            must("save", Name, "The variable that keeps it."),
        ],
        exits: &[exit("ok"), exit("timeout"), exit("invalid"), ERROR],
    },
    Type {
        kind: Kind::Hours,
        name: "hours",
        about: "Looks at `schedule`.",
        keys: &[
            must("schedule", Text, "Of this flow or of config/calendars.toml."),
            may("queue", Computed, "Whose operators recall those who find it closed."),
        ],
        exits: &[at_once("open"), at_once("closed"), at_once("holiday"), at_once("emergency"), ERROR],
    },
    Type {
        kind: Kind::Bulletin,
        name: "bulletin",
        about: "Says what a supervisor has switched on for `slot`, if anything.",
        keys: &[
            must("slot", Text, "The bulletin's name."),
            may("prompt", Name, "Said when the bulletin has no words of its own."),
        ],
        exits: &[at_once("none"), exit("played"), exit("closing"), ERROR],
    },
    Type {
        kind: Kind::Language,
        name: "language",
        about: "Speaks `set` from now on.",
        keys: &[must("set", Text, "One of `languages`."), TO],
        exits: &[ERROR],
    },
    Type {
        kind: Kind::Branch,
        name: "branch",
        about: "Takes the first `when` whose `if` is true.",
        keys: &[
            must("when", List(&Of(&WHEN)), "Conditions, in order."),
            must("else", Name, "The node otherwise."),
        ],
        exits: &[ERROR],
    },
    Type {
        kind: Kind::Set,
        name: "set",
        about: "Gives values to variables.",
        keys: &[must("vars", Map(&Value), "Values by variable."), TO],
        exits: &[ERROR],
    },
    Type {
        kind: Kind::Tag,
        name: "tag",
        about: "Says what the contact is about.",
        keys: &[
            may("entity", Computed, "The Ente."),
            may("topic", Computed, "The topic."),
            may("record", Flag, "False forbids the recording."),
            TO,
        ],
        exits: &[ERROR],
    },
    Type {
        kind: Kind::Queue,
        name: "queue",
        about: "Waits for an operator of `queue`.",
        keys: &[
            must("queue", Computed, "Of config/queues.toml."),
            may("save", Name, "The variable that keeps the queue's name."),
            may(
                "skills",
                List(&Text),
                "What the operator must know beside what the queue needs: `inglese 3`.",
            ),
            may("widen", List(&Text), "What is done without later: `after 30s drop inglese`."),
            may("priority", Number, "Minutes of advantage over others."),
            may("max_wait", Time, "Shortens the queue's own."),
            may("hold", Of(&HOLD), "What is heard meanwhile."),
            may("offer_callback", Of(&OFFER), "A key that asks for a call-back."),
            may("keys", Digits, "Keys that lead out by the `key` exit."),
            may("record", Flag, "False: calls from here are not recorded, whatever the queue says."),
        ],
        exits: &[
            exit("answered"),
            at_once("closed"),
            at_once("full"),
            at_once("no_seats"),
            exit("timeout"),
            spare("key"),
            spare("callback"),
            ERROR_AT_ONCE,
        ],
    },
    Type {
        kind: Kind::Callback,
        name: "callback",
        about: "Promises a call-back, or asks about the one that is promised.",
        keys: &[
            may("do", Word(&CallbackAct::WORDS), "What is wanted; `book` when left out."),
            must("number", Computed, "Whom to call."),
            must("queue", Computed, "Whose operators call."),
            may("slot", Computed, "At which moment; the next free one when left out."),
            KEPT_IN,
        ],
        exits: &[
            spare_at_once("booked"),
            spare_at_once("declined"),
            spare_at_once("full"),
            spare_at_once("ok"),
            spare_at_once("not_found"),
            ERROR_AT_ONCE,
        ],
    },
    Type {
        kind: Kind::AnswersWithin,
        name: "answers_within",
        about: "Asks whether `queue` would answer the caller within a time.",
        keys: &[
            must("queue", Computed, "Of config/queues.toml."),
            must("within", Time, "How long the caller would wait at most."),
        ],
        exits: &[at_once("yes"), at_once("no"), at_once("unknown"), ERROR_AT_ONCE],
    },
    Type {
        kind: Kind::Survey,
        name: "survey",
        about: "Asks questions that a key answers.",
        keys: &[
            must("questions", List(&Of(&QUESTION)), "One after another."),
            INVALID,
            SILENCE,
            BARGE_IN,
            TYPE_AHEAD,
            TIMEOUT,
            RETRIES,
        ],
        exits: &[exit("done"), exit("skipped"), ERROR],
    },
    Type {
        kind: Kind::Voicemail,
        name: "voicemail",
        about: "Records a message for the operators of `queue`; it belongs to the contact's case.",
        keys: &[SAID_BEFORE, must("queue", Computed, "Who listens to it."), MAX, SILENCE_END, END, REVIEW],
        exits: &[exit("recorded"), exit("empty"), ERROR_AT_ONCE],
    },
    Type {
        kind: Kind::Record,
        name: "record",
        about: "Records the caller for the contact's case.",
        keys: &[SAID_BEFORE, MAX, SILENCE_END, END, REVIEW, KEPT_IN],
        exits: &[exit("recorded"), exit("empty"), ERROR_AT_ONCE],
    },
    Type {
        kind: Kind::Transfer,
        name: "transfer",
        about: "Gives the caller to a telephone number, or to a queue for good.",
        keys: &[
            may("to", Computed, "The number."),
            may("queue", Computed, "The queue, in place of a number."),
            may("ring_for", Time, "How long it may ring."),
        ],
        exits: &[exit("done"), spare("busy"), spare("no_answer"), ERROR_AT_ONCE],
    },
    Type {
        kind: Kind::Message,
        name: "message",
        about: "Queues an SMS or e-mail.",
        keys: &[
            must("by", Word(&["sms", "email"]), "Which way."),
            must("to", Computed, "The number or address."),
            must("text", Map(&Computed), "What it says, by language."),
        ],
        exits: &[at_once("ok"), ERROR_AT_ONCE],
    },
    Type {
        kind: Kind::Http,
        name: "http",
        about: "Asks a connector; address, credentials and TLS are in the configuration, never here.",
        keys: &[
            must("connector", Text, "Its name in the configuration."),
            must("request", Of(&REQUEST), "What is asked."),
            FILLER,
            TIMEOUT,
            RETRIES,
            KEPT_IN,
        ],
        exits: &[at_once("ok"), at_once("not_found"), ERROR_AT_ONCE],
    },
    Type {
        kind: Kind::Lookup,
        name: "lookup",
        about: "Asks the knowledge or the case store by key.",
        keys: &[
            must("in", Word(&["knowledge", "cases"]), "Which store."),
            must("key", Computed, "Name of the article, number of the case."),
            FILLER,
            KEPT_IN,
        ],
        exits: &[at_once("ok"), at_once("not_found"), ERROR_AT_ONCE],
    },
    Type {
        kind: Kind::Case,
        name: "case",
        about: "Reads a case by its number, reminds (sollecito) or complains (reclamo).",
        keys: &[
            must("do", Word(&["status", "remind", "complain"]), "What the caller wants."),
            must("number", Computed, "The case's number."),
            FILLER,
            KEPT_IN,
        ],
        exits: &[at_once("ok"), at_once("not_found"), ERROR_AT_ONCE],
    },
    Type {
        kind: Kind::Subflow,
        name: "subflow",
        about: "Goes through ivr-flows/sub/<flow>@<version>.yaml and comes back by one of its `returns`.",
        keys: &[
            must("flow", Text, "Its name."),
            must("version", Count, "Its version."),
            may("with", Map(&Value), "Values for its inputs."),
            may("save", Map(&Name), "Variables of this flow that keep its outputs."),
        ],
        exits: &[ERROR],
    },
    Type {
        kind: Kind::Return,
        name: "return",
        about: "Ends a sub-flow.",
        keys: &[must("as", Name, "One of its `returns`.")],
        exits: &[ERROR],
    },
    Type {
        kind: Kind::Hangup,
        name: "hangup",
        about: "Says `prompt`, if any, and ends the call.",
        keys: &[may("prompt", Name, "The last words.")],
        exits: &[ERROR],
    },
];
