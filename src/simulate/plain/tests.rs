//! Against theory: Erlang C, where everybody waits, and Erlang A, where people give up.

use super::super::erlang;
use super::*;

/// What theory says.
#[derive(Debug)]
struct Theory {
    p_wait: f64,
    mean_wait_s: f64,
    service_level_20s: f64,
    occupancy: f64,
    abandoned: f64,
}

const TALK_S: f64 = 120.0;
const HOURS: f64 = 200.0;

fn erlang_c(per_hour: f64, seats: u32) -> Theory {
    let load = per_hour / 3600.0 * TALK_S;
    let (p_wait, free) = (erlang::p_wait(load, seats), f64::from(seats) - load);
    Theory {
        p_wait,
        mean_wait_s: p_wait * TALK_S / free,
        service_level_20s: erlang::level(load, seats, 20.0, TALK_S),
        occupancy: load / f64::from(seats),
        abandoned: 0.0,
    }
}

/// Erlang A: the steady state of a birth and death chain, and for waits within 20 s the way of a caller who finds so many before.
fn erlang_a(per_hour: f64, seats: u32, patience_s: f64) -> Theory {
    const LONGEST: usize = 1_500;
    let (arrive, serve, leave) = (per_hour / 3600.0, 1.0 / TALK_S, 1.0 / patience_s);
    let seats_f = f64::from(seats);
    let first = usize::try_from(seats).unwrap();
    let death = |callers: usize| {
        let callers = f64::from(u32::try_from(callers).unwrap());
        callers.min(seats_f) * serve + (callers - seats_f).max(0.0) * leave
    };
    let mut weights = vec![1.0_f64];
    for callers in 1..LONGEST {
        let weight = weights[callers - 1] * arrive / death(callers);
        weights.push(weight);
        if callers % 50 == 0 {
            let most = weights.iter().copied().fold(0.0, f64::max);
            weights.iter_mut().for_each(|weight| *weight /= most);
        }
    }
    let sum: f64 = weights.iter().sum();
    let chance: Vec<f64> = weights.iter().map(|weight| weight / sum).collect();
    let busy: f64 = chance.iter().enumerate().map(|(callers, p)| p * seats_f.min(callers as f64)).sum();
    let waiting: f64 =
        chance.iter().enumerate().map(|(callers, p)| p * (callers as f64 - seats_f).max(0.0)).sum();
    let abandoned = leave * waiting / arrive;
    // Little's law gives the wait of all; those who are answered wait otherwise than those who give up.
    let (mut answered_wait, mut answered_soon, mut abandoned_soon) = (0.0, 0.0, 0.0);
    for (before, p) in chance[first..].iter().enumerate().filter(|(_, p)| **p > 1e-13) {
        let way = Way::from_place(before, seats_f * serve, leave);
        answered_wait += p * way.wait_of_answered;
        answered_soon += p * way.answered_soon;
        abandoned_soon += p * way.abandoned_soon;
    }
    let at_once: f64 = chance[..first].iter().sum();
    Theory {
        p_wait: 1.0 - at_once,
        mean_wait_s: answered_wait / (1.0 - abandoned),
        service_level_20s: (at_once + answered_soon) / (1.0 - abandoned_soon),
        occupancy: busy / seats_f,
        abandoned,
    }
}

/// What becomes of a caller with so many in line before.
struct Way {
    /// Expected wait, counted only where it ends with an answer.
    wait_of_answered: f64,
    answered_soon: f64,
    abandoned_soon: f64,
}

impl Way {
    /// The line before the caller empties by seats that become free and by callers who give up; the caller may give up meanwhile. The wait
    /// without that is a sum of exponential steps; its tail by uniformisation over 20 s, its mean by the steps.
    fn from_place(before: usize, serve: f64, leave: f64) -> Way {
        let step = |place: usize| serve + place as f64 * leave; // `place`: callers before this one
        // P(answered) and E[wait; answered]: at each step the caller stays with step / (step + leave).
        let (mut stays, mut mean) = (1.0, 0.0);
        for place in (0..=before).rev() {
            let rate = step(place) + leave;
            stays *= step(place) / rate;
            mean += 1.0 / rate;
        }
        let (answered_soon, abandoned_soon) = Way::within(before, &step, leave);
        Way { wait_of_answered: stays * mean, answered_soon, abandoned_soon }
    }

    /// The chances to be answered, and to have given up, within 20 s.
    fn within(before: usize, step: &impl Fn(usize) -> f64, leave: f64) -> (f64, f64) {
        let fastest = step(before) + leave;
        let (mut at, mut answered, mut gone) = (vec![0.0; before + 1], 0.0, 0.0);
        at[before] = 1.0;
        let mut weight = (-fastest * 20.0).exp();
        let (mut answered_soon, mut abandoned_soon) = (0.0, 0.0);
        for jump in 0..2_000_u32 {
            answered_soon += weight * answered;
            abandoned_soon += weight * gone;
            let mut next = vec![0.0; before + 1];
            for (place, p) in at.iter().enumerate() {
                let (on, off) = (step(place) / fastest, leave / fastest);
                match place.checked_sub(1) {
                    Some(place) => next[place] += p * on,
                    None => answered += p * on,
                }
                gone += p * off;
                next[place] += p * (1.0 - on - off);
            }
            at = next;
            weight *= fastest * 20.0 / f64::from(jump + 1);
            if f64::from(jump) > fastest * 20.0 && weight < 1e-12 {
                break;
            }
        }
        (answered_soon, abandoned_soon)
    }
}

fn figures(per_hour: f64, seats: u32, patience_s: Option<f64>, seed: u64) -> Figures {
    let model = PlainModel {
        arrivals_per_hour: per_hour,
        talk: Length::Exponential(TALK_S),
        patience: patience_s.map(Length::Exponential),
        seats,
        hours: HOURS,
        seed,
    };
    model.check().unwrap();
    Figures::of(&(0..REPLICATIONS).map(|number| model.replicate(number)).collect::<Vec<_>>())
}

/// Every figure lies within its 99.9 % interval, and most within their 95 % ones.
fn compare(settings: &[(f64, u32, Option<f64>)]) {
    // Student's quantile for 99.9 % by the one for 95 %, with 19 degrees of freedom.
    const WIDER: f64 = 3.883 / 2.093;
    let (mut inside, mut all) = (0, 0);
    for (seed, (per_hour, seats, patience)) in (1..).zip(settings) {
        let theory = match patience {
            None => erlang_c(*per_hour, *seats),
            Some(patience) => erlang_a(*per_hour, *seats, *patience),
        };
        let found = figures(*per_hour, *seats, *patience, seed);
        let calls = per_hour * HOURS;
        for (name, estimate, truth) in [
            ("offered", found.offered, calls),
            ("answered", found.answered, calls * (1.0 - theory.abandoned)),
            ("mean_wait_s", found.mean_wait_s, theory.mean_wait_s),
            ("p_wait", found.p_wait, theory.p_wait),
            ("service_level_20s", found.service_level_20s, theory.service_level_20s),
            ("occupancy", found.occupancy, theory.occupancy),
        ] {
            let setting = format!("{per_hour}/h, {seats} seats, patience {patience:?}: {name}");
            assert!(estimate.covers(truth, WIDER), "{setting}: {estimate:?}, theory {truth}");
            (inside, all) = (inside + u32::from(estimate.covers(truth, 1.0)), all + 1);
        }
        let abandoned = found.abandoned.value;
        assert!(patience.is_some() || abandoned == 0.0, "who waits for ever does not give up");
        assert!((found.offered.value - found.answered.value - abandoned).abs() < 0.5, "nobody is lost");
    }
    assert!((all * 90..=all * 99).contains(&(inside * 100)), "{inside} of {all} in their 95 % intervals");
}

#[test]
fn everybody_waits_as_erlang_c_says_and_gives_up_as_erlang_a_says() {
    let load = |seats: u32, rho: f64, patience| (rho * f64::from(seats) * 3600.0 / TALK_S, seats, patience);
    compare(&[
        load(1, 0.6, None),
        load(2, 0.7, None),
        load(3, 0.8, None),
        load(5, 0.6, None),
        load(5, 0.9, None),
        load(8, 0.85, None),
        load(10, 0.75, None),
        load(17, 0.8, None),
        load(17, 0.9, None),
        load(24, 0.95, None),
        load(1, 0.6, Some(60.0)),
        load(2, 0.8, Some(180.0)),
        load(3, 1.2, Some(120.0)),
        load(5, 0.7, Some(90.0)),
        load(5, 0.95, Some(300.0)),
        load(8, 1.1, Some(180.0)),
        load(10, 0.9, Some(60.0)),
        load(17, 0.8, Some(180.0)),
        load(17, 1.05, Some(180.0)),
        load(24, 1.3, Some(240.0)),
    ]);
}

#[test]
fn same_seed_gives_the_same_run_and_another_seed_another() {
    let run = |seed| figures(100.0, 4, Some(120.0), seed);
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
}

#[test]
fn more_work_than_seats_can_do_is_refused_when_nobody_gives_up() {
    let model = PlainModel {
        arrivals_per_hour: 100.0,
        talk: Length::Fixed(120.0),
        patience: None,
        seats: 3,
        hours: 1.0,
        seed: 1,
    };
    assert!(model.check().unwrap_err().to_string().contains("add seats"));
    assert!(PlainModel { seats: 4, ..model.clone() }.check().is_ok());
    let nearly = PlainModel { arrivals_per_hour: 89.999_999_9, ..model };
    assert!(nearly.check().unwrap_err().to_string().contains("less near"), "it would remember for ever");
}
