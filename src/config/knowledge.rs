//! `knowledge.toml`: what the Enti have written down for everybody, by key, for flows to look up. The file may be missing: then there is
//! nothing.
//!
//! An article has a title, a text in each language, and perhaps the days on which it holds: what a notice says of the summer is not
//! told in winter because somebody forgot it.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::Article;
use super::directory::is_language_code;
use super::fault::Fault;
use super::names::Names;
use super::reader::{Table, Word};
use crate::flow::Value;
use crate::ids::Language;

/// All are kept in memory, and each may have a text in several languages.
const MAX_ARTICLES: usize = 10_000;

/// Read `[[article]]`.
pub(super) fn articles(table: Table<'_>, names: &mut Names) -> BTreeMap<String, Article> {
    let mut articles = BTreeMap::new();
    let list = table.tables("article", "[[article]]");
    if let Some(further) = list.get(MAX_ARTICLES) {
        further.file.fault(&further.span, Fault::Many { what: "articles", most: MAX_ARTICLES });
    }
    for article in list {
        let key = names.take(&article, "key");
        let title = article.need("title").filter(|word| is_short(&article, "title", word));
        let (from, until) = (day(&article, "from"), day(&article, "until"));
        if let (Some((from, _)), Some((until, word))) = (&from, &until)
            && until < from
        {
            article.not(word, "a day after `from`", "2026-12-31");
        }
        let say = say(&article);
        if let (Some(key), Some(title)) = (key, title) {
            let (title, from, until) =
                (title.text.to_owned(), from.map(|from| from.0), until.map(|until| until.0));
            articles.insert(key.text.to_owned(), Article { title, say, from, until });
        }
        article.finish();
    }
    table.finish();
    articles
}

/// The texts by language; at least one.
fn say(article: &Table<'_>) -> BTreeMap<Language, String> {
    let pairs = article.pairs("say", "[article.say]").unwrap_or_default();
    if pairs.is_empty() {
        article.file.fault(&article.span, Fault::MissingKey { table: "[[article]]", key: "say" });
    }
    let mut texts = BTreeMap::new();
    for (language, text) in pairs {
        if !is_language_code(language.text) {
            article.not(&language, "a language", "it");
        } else if is_short(article, "say", &text) {
            texts.insert(language.text.into(), text.text.to_owned());
        }
    }
    texts
}

/// A variable of a flow can hold it, and it is something.
fn is_short(article: &Table<'_>, key: &'static str, word: &Word<'_>) -> bool {
    let right = !word.text.trim().is_empty() && word.text.len() <= Value::MAX_TEXT_BYTES;
    if !right {
        let to = format!("{} bytes", Value::MAX_TEXT_BYTES);
        article.file.fault(&word.span, Fault::Range { key: key.to_owned(), from: "1".to_owned(), to });
    }
    right
}

/// A day, with its place.
fn day<'a>(article: &Table<'a>, key: &'static str) -> Option<(Date, Word<'a>)> {
    let word = article.text(key)?;
    let Ok(date) = word.text.parse::<Date>() else {
        article.not(&word, "a day", "2026-12-31");
        return None;
    };
    Some((date, word))
}

impl Article {
    /// It holds on this day.
    pub fn holds_on(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }
}
