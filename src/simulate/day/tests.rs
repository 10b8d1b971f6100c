mod comparing;

use std::sync::OnceLock;

use super::*;
use crate::simulate::{Comparison, DayFigures, Goal, fewest_seats};
use crate::words::NotTaken;

/// The demo, read once.
fn service() -> &'static Service {
    static DEMO: OnceLock<Service> = OnceLock::new();
    DEMO.get_or_init(|| {
        let config = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let loaded = crate::io::setup::load(&config).unwrap();
        Service { config: Arc::new(loaded.config), flows: loaded.flows, sounds: Arc::new(loaded.sounds) }
    })
}

/// A morning of 055055 with so many seats, and what else the file says.
fn morning(seats: u32, more: &str) -> Scenario {
    let text = format!(
        "number = \"055055\"\ntalk = \"exp:2m\"\nwrap_up = \"fixed:10s\"\npatience = \"exp:5m\"\n{more}\n[arrivals]\n\"10:00\" = 30\n\"10:30\" = 30\n\
         [choices.menu]\n\"1\" = 60\n\"0\" = 20\n\"4\" = 20\n[choices.menu_altro]\n\"2\" = 100\n\
         [[shift]]\nseats = {seats}\nfrom = \"09:30\"\nto = \"12:00\"\nbreaks = [\"10m 10:30-11:30\"]\n"
    );
    Scenario::parse("mattina", &text, &|_, _| None).unwrap()
}

fn run(by_sip: bool) -> Run {
    let date = jiff::civil::date(2026, 11, 24);
    Run { date, seed: 7, by_sip, level: Duration::from_secs(20) }
}

fn runs(scenario: &Scenario, by_sip: bool, count: u32) -> Vec<Tally> {
    scenario.check(service(), &[]).unwrap();
    let day = Day::new(scenario.clone(), service(), run(by_sip));
    (0..count).map(|number| day.replicate(number)).collect()
}

fn whole(run: &Tally) -> super::super::tally::Count {
    run.sum(None, |_| true)
}

#[test]
fn nobody_is_lost_between_the_first_ring_and_the_report() {
    for run in runs(&morning(3, "operator_ends = 50"), false, 3) {
        let all = whole(&run);
        assert!((35.0..90.0).contains(&all.arrived), "{all:?}");
        assert!(all.contained > 0.0 && all.answered > 20.0, "{all:?}");
        let ends = all.answered + all.abandoned + all.short + all.unserved + all.callbacks;
        assert_eq!(all.offered, ends, "{all:?}");
        assert!(all.handled_s > 20.0 * 60.0 && all.ready_s > 0.0, "{all:?}");
    }
}

#[test]
fn nobody_misses_a_call_however_short_the_rings_of_a_queue() {
    let mut config = (*service().config).clone();
    config.queues.values_mut().for_each(|queue| queue.rules.ring_for = Duration::from_secs(3));
    let short = Service { config: Arc::new(config), ..service().clone() };
    let history = Day::new(morning(3, "picks_up = \"fixed:8s\""), &short, run(false)).history(0);
    let has = |like: fn(&Fact) -> bool| history.iter().any(|entry| like(&entry.fact));
    assert!(has(|fact| matches!(fact, Fact::Joined { .. })));
    assert!(!has(|fact| matches!(fact, Fact::SeatNotTaken { why: NotTaken::Missed, .. })));
}

#[test]
fn eight_in_the_morning_is_eight_also_after_a_night_that_sets_the_clock() {
    let night = "[[shift]]\nseats = 1\nfrom = \"00:00\"\nto = \"06:00\"\n";
    let text = format!("number = \"055055\"\ntalk = \"exp:2m\"\n[arrivals]\n\"08:00\" = 3\n{night}");
    let scenario = Scenario::parse("notte", &text, &|_, _| None).unwrap();
    for (month, date) in [(11, 24), (10, 25), (3, 29)] {
        let date = jiff::civil::date(2026, month, date);
        let day = Day::new(scenario.clone(), service(), Run { date, ..run(false) });
        let mut world = World::new(&day, 0, None);
        world.now = Mono::ZERO + Duration::from_secs(u64::from(8 * 3_600 - world.begin_s));
        let wall = world.wall().wall.to_zoned(rome_zone()).datetime();
        assert_eq!(wall, date.at(8, 0, 0, 0));
    }
}

#[test]
fn same_number_gives_the_same_replication() {
    let day = morning(2, "");
    let twice = (runs(&day, false, 2), runs(&day, false, 2));
    assert_eq!(whole(&twice.0[1]), whole(&twice.1[1]));
    assert_ne!(whole(&twice.0[0]), whole(&twice.0[1]));
}

#[test]
fn one_more_seat_shortens_the_wait_and_the_comparison_is_sure_of_it() {
    let (few, more) = (morning(2, ""), morning(4, ""));
    let (before, after) = (runs(&few, false, 6), runs(&more, false, 6));
    let both = Comparison::of((&few, &before), (&more, &after));
    assert!(both.day.mean_wait_s.difference.ci95[1] < 0.0, "{:?}", both.day.mean_wait_s);
    let words = both.in_words();
    assert!(words[0].contains("due postazioni in più") && words[0].contains("scende da"), "{words:?}");
    assert_eq!(both.a.day(None).unwrap().arrived, both.b.day(None).unwrap().arrived, "the same callers");
    let figures = DayFigures::of(&few, &before);
    assert!(serde_json::to_string(&figures).unwrap().contains("\"queue\":\"anagrafe\""));
}

#[test]
fn who_asks_to_be_called_back_is_called_and_talks() {
    let day = morning(1, "[callback]\naccept = 100\nafter = \"fixed:130s\"\nanswer = 100");
    let run = &runs(&day, false, 1)[0];
    let all = whole(run);
    assert!(all.callbacks > 3.0, "{all:?}");
    assert!(run.called_back > 0, "{run:?}");
}

#[test]
fn fewest_seats_meet_the_goal_and_one_fewer_does_not() {
    let day = morning(1, "");
    let goal = Goal { share: 0.8, within_s: 20 };
    let mut rounds = 0;
    let found = fewest_seats(&day, goal, &mut |scenario| {
        rounds += 1;
        runs(scenario, false, 2)
    });
    assert!(rounds < 15, "{rounds} rounds");
    assert!(found.iter().all(|found| found.met && found.service_level.value >= 0.8), "{found:?}");
    assert!(found.iter().all(|found| (2..=6).contains(&found.seats)), "{found:?}");
    let [first, second] = found.as_slice() else { panic!("two half hours have calls: {found:?}") };
    let at_ten = 20;
    let mut seats = [0; HALF_HOURS];
    (seats[at_ten], seats[at_ten + 1]) = (first.seats - 1, second.seats);
    let count = runs(&day.with_seats(&seats), false, 2)
        .iter()
        .map(|run| run.sum(None, |at| at == at_ten))
        .fold((0.0, 0.0), |(within, of), count| (within + count.within, of + count.measured()));
    assert!(count.0 / count.1 < goal.share, "with one fewer at ten: {count:?}");
}
