use super::*;

const WHOLE: &str = r#"
number = "055055"
talk = "exp:2m"
[arrivals]
"08:00" = 10
"08:30" = 12.5
"#;

fn parse(text: &str) -> Result<Scenario, Vec<String>> {
    let others = |_: &str, name: &str| (name == "055055").then(|| (name.to_owned(), WHOLE.to_owned()));
    Scenario::parse("mia.toml", text, &others)
        .map_err(|faults| faults.iter().map(ToString::to_string).collect())
}

#[test]
fn day_that_extends_another_says_only_what_differs() {
    let base = parse(WHOLE).unwrap();
    assert_eq!((base.calls(), base.arrivals.get(17)), (22.5, Some(&12.5)));
    let more = parse(
        "extends = \"055055\"\nscale = 2\n[[shift]]\nseats = 2\nfrom = \"10:00\"\nto = \"12:00\"\nbreaks = [\"15m 10:30-11:30\"]\n",
    )
    .unwrap();
    assert_eq!(more.calls(), 45.0);
    let staffing = more.staffing();
    assert_eq!(
        staffing.get(19..25),
        Some(&[0.0, 2.0, 1.5, 1.5, 2.0, 0.0][..]),
        "the two have their breaks one after the other"
    );
}

#[test]
fn seats_of_each_half_hour_become_stretches() {
    let mut seats = vec![0; HALF_HOURS];
    seats[16..20].copy_from_slice(&[1, 2, 2, 1]);
    let day = parse(WHOLE).unwrap().with_seats(&seats);
    let spans: Vec<_> = day
        .duties
        .iter()
        .map(|duty| (duty.seat.to_string(), clock(duty.span.0), clock(duty.span.1)))
        .collect();
    let span = |seat: &str, from: &str, to: &str| (seat.to_owned(), from.to_owned(), to.to_owned());
    assert_eq!(spans, [span("posto0001", "08:00", "10:00"), span("posto0002", "08:30", "09:30")]);
    assert_eq!(day.staffing().get(15..21), Some(&[0.0, 1.0, 2.0, 2.0, 1.0, 0.0][..]));
}

/// Each mistake with the line that it is in, and what its message must name.
#[test]
fn mistakes_are_told_with_their_line_and_what_to_do() {
    let extends = "extends = \"055055\"\n";
    let shift =
        |rest: &str| format!("{extends}[[shift]]\nseats = 2\nfrom = \"10:00\"\nto = \"12:00\"\n{rest}");
    let rows = [
        ("talk = 3".to_owned(), "mia.toml:1:8", "a string"),
        ("talks = \"exp:2m\"".to_owned(), "mia.toml:1:1", "talks"),
        (format!("{extends}talk = \"exp:-2m\""), "mia.toml:2:8", "exp:4m"),
        (format!("{extends}[arrivals]\n\"08:10\" = 3"), "mia.toml:3:1", "half hour"),
        (format!("{extends}[arrivals]\n\"08:00\" = -3"), "mia.toml:3:11", "from 0 to 20000"),
        (format!("{extends}[choices.menu]\n\"1\" = 60\n\"2\" = 50"), "mia.toml:2:10", "110 %"),
        (format!("{extends}[choices.menu]\n\"x\" = 60"), "mia.toml:3:7", "keys of a telephone"),
        (format!("{extends}[callback]\naccept = 101"), "mia.toml:3:10", "0 to 100"),
        (shift("breaks = [\"15 minuti\"]"), "mia.toml:6:11", "15m 10:00-11:30"),
        (shift("breaks = [\"15m 09:00-11:00\"]"), "mia.toml:6:11", "its shift 10:00-12:00"),
        (shift("breaks = [\"71582788m 10:00-11:30\"]"), "mia.toml:6:11", "71582788m does not lie within"),
        (format!("{extends}scale = 1e300"), "mia.toml:2:9", "0 to 100"),
        (format!("{extends}scale = nan"), "mia.toml:2:9", "0 to 100"),
        (
            format!("{extends}scale = 90\n[arrivals]\n\"09:00\" = 20000"),
            "mia.toml:2:9",
            "20000 calls in a half hour",
        ),
        (format!("{extends}[[shift]]\nseats = -2\nfrom = \"10:00\"\nto = \"12:00\""), "mia.toml:3:9", "-2"),
        (format!("{extends}[[shift]]\nseats = 2\nfrom = \"12:00\"\nto = \"10:00\""), "mia.toml:5:6", "later"),
        (format!("{extends}[[shift]]\nseats = 2\nfrom = \"25:00\"\nto = \"26:00\""), "mia.toml:4:8", "24:00"),
        (
            format!(
                "{extends}[[shift]]\nseats = [\"seat01\"]\nfrom = \"08:00\"\nto = \"12:00\"\n[[shift]]\nseats = [\"seat01\"]\nfrom = \"11:00\"\nto = \"14:00\""
            ),
            "mia.toml:7:9",
            "in two shifts from 11:00 to 12:00",
        ),
        ("extends = \"altro.toml\"".to_owned(), "mia.toml:1:11", "020202"),
        ("number = \"055055\"\ntalk = \"exp:2m\"".to_owned(), "mia.toml", "`arrivals` is missing"),
    ];
    for (text, place, names) in rows {
        let faults = parse(&text).unwrap_err();
        let told = faults.join("\n");
        assert!(told.starts_with(&format!("{place}:")) && told.contains(names), "{text}\n{told}");
    }
}

#[test]
fn paths_in_a_file_are_seen_from_that_file() {
    let files = |by: &str, name: &str| match (by, name) {
        ("mia.toml", "prove/base.toml") => {
            let text = "extends = \"055055\"\nflow = \"bozza.yaml\"\nconfig = \"../config-bozza\"";
            Some(("prove/base.toml".to_owned(), text.to_owned()))
        }
        ("prove/base.toml", "055055") => Some((name.to_owned(), WHOLE.to_owned())),
        _ => None,
    };
    let day = Scenario::parse("mia.toml", "extends = \"prove/base.toml\"", &files).unwrap();
    assert_eq!(day.flow.as_deref(), Some("prove/bozza.yaml"));
    assert_eq!(day.config.as_deref(), Some("prove/../config-bozza"));
}

#[test]
fn files_that_extend_each_other_in_a_circle_are_refused() {
    let circle = |_: &str, name: &str| Some((name.to_owned(), "extends = \"b.toml\"".to_owned()));
    let faults = Scenario::parse("a.toml", "extends = \"b.toml\"", &circle).unwrap_err();
    assert!(matches!(faults[..], [ScenarioFault::Circle { .. }]), "{faults:?}");
}

#[test]
fn moments_are_read_as_clocks_show_them() {
    assert_eq!(parse_clock("08:30"), Some(30_600));
    assert_eq!(parse_clock("24:00"), Some(86_400));
    for text in ["8:30", "08.30", "08:60", "24:01", "+8:30", ""] {
        assert_eq!(parse_clock(text), None, "{text}");
    }
}
