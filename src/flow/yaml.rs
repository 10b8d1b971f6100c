//! A flow file as a tree in which every key and value knows its place.
//!
//! Serde's structs stop at the first fault and forget places inside enums; a flow's author should see all faults at once,
//! each with line and column. So the events of the YAML parser become this small tree first, within stated bounds, and `fields`
//! reads it. Of YAML's many ways only those are taken that a person reads as they are meant: no anchors, no aliases, no tags, one
//! document; `yes` and `on` are texts, and so is what begins with a zero (`055`).

use std::borrow::Cow;

use granit_parser::{
    ErrorKind, Event, Marker, Options, Parser, Placement, ScalarStyle, ScanError, Span, StrInput, Tag,
};

use super::fault::{Fault, Faults, Place};

/// Largest file read: ten times the largest flow made by people. With the next two it keeps a hostile file's cost below 50 ms.
const MAX_BYTES: usize = 256 << 10;
/// Deepest nesting read; a flow needs six levels. It bounds the stack.
const MAX_DEPTH: usize = 32;
/// Most values in one file: a flow of 200 nodes with all its tests has half as many. It bounds memory and time.
const MAX_NODES: usize = 20_000;

/// A value and its place.
#[derive(Clone, Debug)]
pub(super) struct Yaml {
    pub(super) at: Place,
    pub(super) value: Value,
}

/// A value.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float,
    Text(String),
    List(Vec<Yaml>),
    Map(Vec<(Key, Yaml)>),
}

/// A key and its place.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) at: Place,
    pub(super) name: String,
}

impl Yaml {
    /// Reads `text`; `None` when it is no YAML at all, which is then among the faults.
    pub(super) fn parse(text: &str, faults: &Faults) -> Option<Yaml> {
        if text.len() > MAX_BYTES {
            faults.add(Place { line: 1, column: 1 }, Fault::TooLarge);
            return None;
        }
        let mut options = Options::default();
        options.set_emit_comments(false);
        options.flow_nesting_limit = MAX_DEPTH;
        options.block_nesting_limit = MAX_DEPTH;
        let events = Parser::new_from_str_with_options(text, options);
        let read = Reader { events, room: MAX_NODES, at: Marker::new(0, 1, 0) }.document();
        read.map_err(|(at, fault)| faults.add(at, fault)).ok()
    }
}

/// All that a text says, in order, comments too, whatever its layout.
pub(super) fn events(text: &str) -> Vec<Event<'_>> {
    let mut options = Options::default();
    options.set_emit_comments(true);
    let read = Parser::new_from_str_with_options(text, options).map_while(Result::ok);
    let without_layout = read.map(|(event, _)| match event {
        Event::Comment(words, _) => Event::Comment(words.trim_end().to_owned().into(), Placement::Above),
        other => other,
    });
    without_layout.collect()
}

impl Yaml {
    /// How many values are in it that are neither list nor mapping.
    pub(super) fn leaves(&self) -> usize {
        match &self.value {
            Value::List(items) => items.iter().map(Yaml::leaves).sum(),
            Value::Map(fields) => fields.iter().map(|(_, value)| value.leaves()).sum(),
            _ => 1,
        }
    }
}

/// Reading stops at the first thing that is no YAML, or none for flows.
type Unread = (Place, Fault);

/// Makes the tree of a parser's events.
struct Reader<'t> {
    events: Parser<'t, StrInput<'t>>,
    /// So many more keys and values are read.
    room: usize,
    /// The event read last.
    at: Marker,
}

impl<'t> Reader<'t> {
    /// The only document; of an empty file, null.
    fn document(mut self) -> Result<Yaml, Unread> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentEnd => {}
                Event::DocumentStart(..) if root.is_none() => {}
                Event::StreamEnd => {
                    return Ok(root.unwrap_or(Yaml { at: place(self.at), value: Value::Null }));
                }
                event if root.is_none() => root = Some(self.node(event, span, MAX_DEPTH)?),
                _ => {
                    return Err((
                        place(self.at),
                        Fault::Yaml("the file has more than one document".to_owned()),
                    ));
                }
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), Unread> {
        match self.events.next_event() {
            Some(Ok((event, span))) => {
                self.at = span.start;
                Ok((event, span))
            }
            Some(Err(error)) => Err(unread(&error)),
            None => Ok((Event::StreamEnd, Span::empty(self.at))),
        }
    }

    /// The node that begins with this event, to its end.
    fn node(&mut self, event: Event<'t>, span: Span, depth_left: usize) -> Result<Yaml, Unread> {
        let at = place(span.start);
        let refuse = |fault| Err((at, fault));
        let (Some(room), Some(depth_left)) = (self.room.checked_sub(1), depth_left.checked_sub(1)) else {
            return refuse(Fault::TooComplex);
        };
        self.room = room;
        let value = match event {
            Event::Alias(_) => return refuse(Fault::Alias),
            Event::Scalar(_, _, 1.., _)
            | Event::SequenceStart(_, 1.., _)
            | Event::MappingStart(_, 1.., _) => {
                return refuse(Fault::Alias);
            }
            Event::Scalar(_, _, _, Some(tag))
            | Event::SequenceStart(_, _, Some(tag))
            | Event::MappingStart(_, _, Some(tag)) => return refuse(tagged(&tag)),
            Event::Scalar(text, ScalarStyle::Plain, ..) => plain(text),
            Event::Scalar(text, ..) => Value::Text(text.into_owned()),
            Event::SequenceStart(..) => self.list(depth_left)?,
            Event::MappingStart(..) => self.map(depth_left)?,
            _ => return refuse(Fault::Yaml("a value is missing".to_owned())),
        };
        Ok(Yaml { at, value })
    }

    fn list(&mut self, depth_left: usize) -> Result<Value, Unread> {
        let mut list = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Value::List(list)),
                (event, span) => list.push(self.node(event, span, depth_left)?),
            }
        }
    }

    fn map(&mut self, depth_left: usize) -> Result<Value, Unread> {
        let mut map = Vec::new();
        loop {
            let key = match self.next()? {
                (Event::MappingEnd, _) => return Ok(Value::Map(map)),
                (Event::Scalar(name, _, 0, None), span) => {
                    Key { at: place(span.start), name: name.into_owned() }
                }
                (event, span) => {
                    // A fault in itself is told as what it is.
                    self.node(event, span, depth_left)?;
                    let why = "a key must be a text, not a list or mapping".to_owned();
                    return Err((place(span.start), Fault::Yaml(why)));
                }
            };
            let (event, span) = self.next()?;
            map.push((key, self.node(event, span, depth_left)?));
        }
    }
}

fn place(marker: Marker) -> Place {
    let counted = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    Place { line: counted(marker.line()), column: counted(marker.col()).saturating_add(1) }
}

fn unread(error: &ScanError) -> Unread {
    let fault = match error.kind() {
        ErrorKind::RecursionLimitExceeded => Fault::TooComplex,
        ErrorKind::UnknownAnchor => Fault::Alias,
        kind => unreadable(&kind.to_string()),
    };
    (place(*error.marker()), fault)
}

/// What the parser says most often, told with a remedy; all else in its own words.
fn unreadable(why: &str) -> Fault {
    match why {
        _ if why.contains("tabs disallowed") || why.contains("tab character") => Fault::Tab,
        _ if why.contains("quoted scalar") => Fault::QuoteNotClosed,
        _ if why.contains("mapping values are not allowed") => Fault::Colon,
        _ if why.contains("flow mapping") || why.contains("flow sequence") => Fault::NotClosed,
        _ if why.contains("block mapping")
            || why.contains("block sequence")
            || why.contains("block collection")
            || why.contains("indentation") =>
        {
            Fault::Indented
        }
        _ => Fault::Yaml(why.to_owned()),
    }
}

fn tagged(tag: &Tag) -> Fault {
    let tag = super::fault::shortened(&tag.original());
    Fault::Yaml(format!("tags such as `{tag}` are not used in flows; write the value without it"))
}

/// What stands without quotes: nothing, a truth, a number, or a text.
fn plain(text: Cow<'_, str>) -> Value {
    match text.as_ref() {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        ".nan" | ".NaN" | ".NAN" | ".inf" | ".Inf" | ".INF" | "-.inf" | "-.Inf" | "-.INF" => {
            return Value::Float;
        }
        _ => {}
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(&text);
    let whole = digits.split(['.', 'e', 'E']).next().unwrap_or_default();
    let begins_with_zero = whole.len() > 1 && whole.starts_with('0');
    if begins_with_zero || !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return Value::Text(text.into_owned());
    }
    match text.parse::<i64>() {
        Ok(number) => Value::Int(number),
        Err(_) if text.parse::<f64>().is_ok() => Value::Float,
        Err(_) => Value::Text(text.into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults_of(text: &str) -> String {
        let faults = Faults::of("f.yaml");
        assert!(Yaml::parse(text, &faults).is_none(), "{text}");
        faults.into_list().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_key_and_value_knows_its_place() {
        let faults = Faults::of("f.yaml");
        let yaml = Yaml::parse("a: 055\nb:\n  - {c: true, \"1\": x}\n", &faults).unwrap();
        let Value::Map(top) = &yaml.value else { panic!("{yaml:?}") };
        assert_eq!((top[0].0.at, top[0].1.at), (Place { line: 1, column: 1 }, Place { line: 1, column: 4 }));
        assert!(matches!(&top[0].1.value, Value::Text(text) if text == "055"), "{:?}", top[0].1);
        let Value::List(list) = &top[1].1.value else { panic!("{yaml:?}") };
        let Value::Map(inner) = &list[0].value else { panic!("{yaml:?}") };
        assert_eq!((inner[1].0.name.as_str(), inner[1].0.at), ("1", Place { line: 3, column: 15 }));
    }

    #[test]
    fn what_has_no_quotes_is_read_as_people_mean_it() {
        let faults = Faults::of("f.yaml");
        for (text, expected) in [
            ("12", "Int(12)"),
            ("-3", "Int(-3)"),
            ("0", "Int(0)"),
            ("055", "Text(\"055\")"),
            ("1_000", "Text(\"1_000\")"),
            ("0x1F", "Text(\"0x1F\")"),
            ("1.5", "Float"),
            ("1e3", "Float"),
            (".5", "Float"),
            ("99999999999999999999", "Float"),
            ("10:30", "Text(\"10:30\")"),
            ("6s", "Text(\"6s\")"),
            ("inf", "Text(\"inf\")"),
            ("yes", "Text(\"yes\")"),
            ("true", "Bool(true)"),
            ("\"true\"", "Text(\"true\")"),
            ("'12'", "Text(\"12\")"),
            ("~", "Null"),
            ("", "Null"),
            ("|-\n  uno\n  due", "Text(\"uno\\ndue\")"),
            (">-\n  uno\n  due", "Text(\"uno due\")"),
        ] {
            let yaml = Yaml::parse(&format!("a: {text}\n"), &faults).unwrap();
            let Value::Map(top) = yaml.value else { panic!("{text}") };
            assert_eq!(format!("{:?}", top[0].1.value), expected, "{text}");
        }
    }

    #[test]
    fn deep_nesting_aliases_tags_and_size_are_refused_not_followed() {
        for text in ["[".repeat(100_000), "- ".repeat(200), "{a: ".repeat(100), "? ".repeat(100)] {
            assert!(faults_of(&text).contains("nested too deeply"), "{}", faults_of(&text));
        }
        assert!(faults_of("a: &x [1]\nb: [*x, *x]\n").starts_with("f.yaml:1:"));
        assert!(faults_of("a: &x 1\n").contains("anchors and aliases"));
        assert!(faults_of("a: *x\n").contains("anchors and aliases"));
        assert!(faults_of("a: !!python/object:os.system {}\n").contains("tags such as"));
        assert!(faults_of("[a, b]: c\n").contains("a key must be a text"));
        assert!(faults_of("a: 1\n---\nb: 2\n").contains("more than one document"));
        assert!(faults_of(&"#".repeat(MAX_BYTES + 1)).contains("larger than 256 KB"));
    }
}
