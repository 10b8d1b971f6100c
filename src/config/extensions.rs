//! Short numbers inside the house, and whom an operator reaches by what is dialled.
//!
//! A seat or a queue may have an extension. Whatever else an operator dials is a number that citizens dial, whose flow then leads the
//! caller, or a number outside, which the lists judge as they judge those of flows.

use super::Seat;
use super::directory::is_digits;
use super::names::Names;
use super::reader::Table;
use super::{Config, Route};
use crate::flow::destinations::NoRoute;
use crate::ids::{QueueId, SeatId};

/// Whom an operator reaches.
#[derive(Clone, Debug)]
pub enum Target<'c> {
    /// A colleague.
    Seat(SeatId),
    /// Whoever serves this queue.
    Queue(QueueId),
    /// The flow of this number of ours.
    Number(&'c str),
    /// Somebody outside.
    Outside(Route<'c>),
}

impl Config {
    /// The seat of this name or extension.
    pub fn seat_named(&self, name: &str) -> Option<&SeatId> {
        let named =
            |(id, seat): &(&SeatId, &Seat)| id.as_str() == name || seat.extension.as_deref() == Some(name);
        self.seats.iter().find(named).map(|(id, _)| id)
    }

    /// Whom `dialled` reaches: an extension, the name of a seat or of a queue, or a number.
    ///
    /// # Errors
    /// It is none of these, and no number that may be called.
    pub fn target(&self, dialled: &str) -> Result<Target<'_>, NoRoute> {
        let names = |extension: Option<&String>| extension.is_some_and(|own| own == dialled);
        if let Some((seat, _)) = self.seats.iter().find(|(_, seat)| names(seat.extension.as_ref())) {
            return Ok(Target::Seat(seat.clone()));
        }
        if let Some((queue, _)) = self.queues.iter().find(|(_, queue)| names(queue.extension.as_ref())) {
            return Ok(Target::Queue(queue.clone()));
        }
        if let Some((number, _)) = self.numbers.get_key_value(dialled) {
            return Ok(Target::Number(number));
        }
        if let Some((seat, _)) = self.seats.get_key_value(dialled) {
            return Ok(Target::Seat(seat.clone()));
        }
        if let Some((queue, _)) = self.queues.get_key_value(dialled) {
            return Ok(Target::Queue(queue.clone()));
        }
        self.route(dialled).map(Target::Outside)
    }
}

/// `extension = "201"`. Not such as begin with 11: those are the numbers for emergencies and for the needs of everybody (112, 118,
/// 116117), which must be reached from every phone.
pub(super) fn read(table: &Table<'_>, taken: &mut Names) -> Option<String> {
    let word = table.text("extension")?;
    let fits = is_digits(word.text) && (2..=5).contains(&word.text.len()) && !word.text.starts_with("11");
    if !fits {
        table.not(&word, "an extension (2 to 5 digits that do not begin with 11)", "201");
        return None;
    }
    taken.add(&table.file, &word).then(|| word.text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::tests::shipped;
    use super::*;

    #[test]
    fn extension_name_own_number_and_number_outside_are_told_apart() {
        let config = Config::parse(&shipped()).unwrap_or_else(|errors| panic!("{errors:#?}"));
        let told = |dialled: &str| match config.target(dialled) {
            Ok(Target::Seat(seat)) => seat.to_string(),
            Ok(Target::Queue(queue)) => queue.to_string(),
            Ok(Target::Number(number)) => format!("flow of {number}"),
            Ok(Target::Outside(route)) => route.dialled(),
            Err(why) => format!("{why:?}"),
        };
        for (dialled, reaches) in [
            ("202", "seat02"),
            ("seat02", "seat02"),
            ("302", "tributi"),
            ("tributi", "tributi"),
            ("055055", "flow of 055055"),
            ("112", "NoTrunk"),
            ("nobody", "NotANumber"),
        ] {
            assert_eq!(told(dialled), reaches, "{dialled}");
        }
    }
}
