//! Which numbers may be called, and by which trunk.
//!
//! Whoever leads a flow to a number of the caller's choice, or mistypes one, must not be able to call what costs more than a call.
//! So a number is refused unless it is of a kind that every city calls ([`PhoneNumber::is_public`]) or begins with something listed
//! under `[destinations]`. The trunk is the one with the longest prefix that the number begins with.

use crate::phone_number::PhoneNumber;

use super::{Config, Gateway, Trunk};

/// Which numbers may be called beside those of public use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Destinations {
    /// How they begin: `+33`, `+39199`.
    pub also: Vec<String>,
}

impl Destinations {
    fn allow(&self, number: &PhoneNumber) -> bool {
        number.is_public() || number.begins_with(&self.also)
    }
}

/// The way to a number.
#[derive(Clone, Debug)]
pub struct Route<'c> {
    /// The number.
    pub number: PhoneNumber,
    /// The trunk that leads there.
    pub trunk: &'c Trunk,
    /// Its way out.
    pub gateway: &'c Gateway,
}

impl Route<'_> {
    /// The number as the trunk wants it.
    pub fn dialled(&self) -> String {
        if self.gateway.dials_national {
            self.number.dialled_in_italy()
        } else {
            self.number.reveal().to_owned()
        }
    }
}

/// Why a number cannot be called. The number itself is left out: it may be somebody's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRoute {
    /// The text is none.
    #[error("this is not a telephone number; write it like 0552768224 or +390552768224")]
    NotANumber,
    /// It would come back to us, and go out again.
    #[error("the number is one of ours, and the call would come back; lead to its flow or queue")]
    Own,
    /// It costs more than a call, or is abroad.
    #[error("numbers of this kind may not be called; `also` under [destinations] in trunks.toml allows more")]
    NotAllowed,
    /// No trunk with this prefix.
    #[error("no trunk leads to this number; give one `to` under [trunk.outgoing] in trunks.toml")]
    NoTrunk,
}

impl Config {
    /// The way to the number that `text` is.
    ///
    /// # Errors
    /// It is no number, may not be called, or no trunk leads there.
    pub fn route(&self, text: &str) -> Result<Route<'_>, NoRoute> {
        let number: PhoneNumber = text.parse().map_err(|_| NoRoute::NotANumber)?;
        if self.numbers.keys().any(|own| own.parse().is_ok_and(|own: PhoneNumber| own == number)) {
            return Err(NoRoute::Own);
        }
        if !self.destinations.allow(&number) {
            return Err(NoRoute::NotAllowed);
        }
        let ways = self.trunks.iter().filter_map(|trunk| Some((trunk, trunk.outgoing.as_ref()?)));
        let fitting = ways.filter_map(|(trunk, gateway)| Some((gateway.fits(&number)?, trunk, gateway)));
        let longest = fitting.min_by_key(|(length, ..)| std::cmp::Reverse(*length)); // the first of several
        let (_, trunk, gateway) = longest.ok_or(NoRoute::NoTrunk)?;
        Ok(Route { number, trunk, gateway })
    }
}

impl Gateway {
    /// How much of the number its longest prefix is; without prefixes it leads everywhere.
    fn fits(&self, number: &PhoneNumber) -> Option<usize> {
        let own = self.prefixes.iter().filter(|prefix| number.reveal().starts_with(prefix.as_str()));
        let longest = own.map(String::len).max();
        longest.or_else(|| self.prefixes.is_empty().then_some(0))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::small_with;
    use super::*;

    const TRUNKS: &str = r#"
[[trunk]]
name = "world"
from = ["192.0.2.1"]
[trunk.outgoing]
to = "sip:192.0.2.1"
number = "+390552768224"
[[trunk]]
name = "ente"
from = []
[trunk.outgoing]
to = "sip:[2001:db8::1]:5070;transport=tcp"
number = "0552768224"
prefixes = ["+39055276", "112"]
dials = "national"
[destinations]
also = ["+33", "+39199"]
"#;

    fn config() -> Config {
        Config::parse(&small_with("trunks.toml", TRUNKS)).unwrap_or_else(|errors| panic!("{errors:#?}"))
    }

    #[test]
    fn longest_prefix_is_the_way_and_the_trunk_says_how_it_is_dialled() {
        let config = config();
        for (number, trunk, dialled) in [
            ("0552768224", "ente", "0552768224"),
            ("+39 055 276 8224", "ente", "0552768224"),
            ("112", "ente", "112"),
            ("115", "world", "115"),
            ("0557954", "world", "+390557954"),
            ("3331234567", "world", "+393331234567"),
            ("0033142685300", "world", "+33142685300"),
        ] {
            let route = config.route(number).unwrap_or_else(|error| panic!("{number}: {error}"));
            assert_eq!((&*route.trunk.name, &*route.dialled()), (trunk, dialled), "{number}");
        }
    }

    #[test]
    fn numbers_that_cost_more_than_a_call_and_those_abroad_must_be_listed() {
        let config = config();
        for number in ["899123456", "144123456", "+41911234567"] {
            assert_eq!(config.route(number).err(), Some(NoRoute::NotAllowed), "{number}");
        }
        for number in ["199123456", "+33142685300", "800123456"] {
            assert!(config.route(number).is_ok(), "{number}");
        }
    }

    #[test]
    fn nobody_is_called_who_is_no_number_or_is_ourselves() {
        let config = config();
        assert_eq!(config.route("seat01").err(), Some(NoRoute::NotANumber));
        assert_eq!(config.route("+39055055").err(), Some(NoRoute::Own));
        let none = Config::parse(&small_with("trunks.toml", "")).expect("it is right");
        assert_eq!(none.route("0552768224").err(), Some(NoRoute::NoTrunk));
    }
}
