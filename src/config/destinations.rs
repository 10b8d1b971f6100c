//! By which trunk a number is called: the one with the longest prefix that the number begins with. Whether it may be called at all
//! is judged by [`Reach`].

use crate::flow::destinations::{NoRoute, Reach, fit};
use crate::phone_number::PhoneNumber;

use super::{Config, Gateway, Trunk};

/// Which numbers may be called beside those of public use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Destinations {
    /// How they begin: `+33`, `+39199`.
    pub also: Vec<String>,
    /// How the numbers of offices begin, beside short ones: `+39055276`.
    pub offices: Vec<String>,
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

impl Config {
    /// The way to the number that `text` is.
    ///
    /// # Errors
    /// It is no number, may not be called, or no trunk leads there.
    pub fn route(&self, text: &str) -> Result<Route<'_>, NoRoute> {
        let number = self.reach().judge(text)?;
        let ways = self.trunks.iter().filter_map(|trunk| Some((trunk, trunk.outgoing.as_ref()?)));
        let fitting = ways.filter_map(|(trunk, way)| Some((fit(&way.prefixes, &number)?, trunk, way)));
        let longest = fitting.min_by_key(|(length, ..)| std::cmp::Reverse(*length)); // the first of several
        let (_, trunk, gateway) = longest.ok_or(NoRoute::NoTrunk)?;
        Ok(Route { number, trunk, gateway })
    }

    /// Which numbers may be called, as flows are checked against.
    pub fn reach(&self) -> Reach {
        let gateways = self.trunks.iter().filter_map(|trunk| trunk.outgoing.as_ref());
        Reach {
            own: self.numbers.keys().filter_map(|own| own.parse().ok()).collect(),
            also: self.destinations.also.clone(),
            ways: gateways.map(|gateway| gateway.prefixes.clone()).collect(),
        }
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
