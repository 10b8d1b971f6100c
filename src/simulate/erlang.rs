//! Erlang C: what theory says of seats where everybody waits (Cooper, Introduction to Queueing Theory, chapter 3).

/// The chance that nobody is free, with so much work (in erlang) for so many seats; 1 where they cannot do it.
pub(super) fn p_wait(load: f64, seats: u32) -> f64 {
    let blocked =
        (1..=seats).fold(1.0, |blocked, seats| load * blocked / (f64::from(seats) + load * blocked));
    let free = f64::from(seats) - load;
    if free > 0.0 { f64::from(seats) * blocked / (free + load * blocked) } else { 1.0 }
}

/// The share of callers who are answered within so many seconds, when each holds a seat for so many.
pub(super) fn level(load: f64, seats: u32, within_s: f64, held_s: f64) -> f64 {
    let free = (f64::from(seats) - load).max(0.0);
    1.0 - p_wait(load, seats) * (-free * within_s / held_s).exp()
}
