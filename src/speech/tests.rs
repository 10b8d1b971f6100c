//! What callers hear, as sentences.

use jiff::civil::{date, time};

use super::*;

fn speech(language: &str) -> Speech {
    Speech::for_language(language).expect("a language of ours")
}

#[track_caller]
fn says(language: &str, said: &[Piece], expected: &str) {
    assert_eq!(speech(language).text(said), expected);
}

#[test]
fn numbers_are_said_by_the_grammar() {
    let table = [
        (0, "zero", "zero"),
        (1, "uno", "one"),
        (3, "tre", "three"),
        (8, "otto", "eight"),
        (17, "diciassette", "seventeen"),
        (21, "ventuno", "twenty-one"),
        (23, "ventitré", "twenty-three"),
        (28, "ventotto", "twenty-eight"),
        (38, "trentotto", "thirty-eight"),
        (91, "novantuno", "ninety-one"),
        (100, "cento", "one hundred"),
        (101, "centouno", "one hundred and one"),
        (103, "centotré", "one hundred and three"),
        (180, "centottanta", "one hundred and eighty"),
        (208, "duecentotto", "two hundred and eight"),
        (666, "seicentosessantasei", "six hundred and sixty-six"),
        (1000, "mille", "one thousand"),
        (1003, "milletré", "one thousand and three"),
        (1100, "millecento", "one thousand one hundred"),
        (2000, "duemila", "two thousand"),
        (2026, "duemilaventisei", "two thousand and twenty-six"),
        (3003, "tremilatré", "three thousand and three"),
        (21_000, "ventunomila", "twenty-one thousand"),
        (103_000, "centotremila", "one hundred and three thousand"),
        (
            999_999,
            "novecentonovantanovemilanovecentonovantanove",
            "nine hundred and ninety-nine thousand nine hundred and ninety-nine",
        ),
        (1_000_000, "un milione", "one million"),
        (2_000_001, "due milioni uno", "two million and one"),
        (101_001_100, "centouno milioni millecento", "one hundred and one million one thousand one hundred"),
        (-5, "meno cinque", "minus five"),
        (
            1_000_000_000,
            "uno zero zero zero zero zero zero zero zero zero",
            "one zero zero zero zero zero zero zero zero zero",
        ),
    ];
    for (n, italian, english) in table {
        says("it", &speech("it").number(n), italian);
        says("en", &speech("en").number(n), english);
    }
}

#[test]
fn ordinals_are_said_by_the_grammar() {
    let table = [
        (1, "primo", "first"),
        (3, "terzo", "third"),
        (8, "ottavo", "eighth"),
        (11, "undicesimo", "eleventh"),
        (13, "tredicesimo", "thirteenth"),
        (16, "sedicesimo", "sixteenth"),
        (20, "ventesimo", "twentieth"),
        (21, "ventunesimo", "twenty-first"),
        (23, "ventitreesimo", "twenty-third"),
        (26, "ventiseiesimo", "twenty-sixth"),
        (28, "ventottesimo", "twenty-eighth"),
        (40, "quarantesimo", "fortieth"),
        (99, "novantanovesimo", "ninety-ninth"),
        (100, "centesimo", "one hundredth"),
        (101, "più di cento", "more than one hundred"),
        (u32::MAX, "più di cento", "more than one hundred"),
    ];
    for (n, italian, english) in table {
        says("it", &speech("it").ordinal(n), italian);
        says("en", &speech("en").ordinal(n), english);
    }
}

#[test]
fn caller_in_queue_hears_the_place() {
    let table = [
        (1, "Lei è il primo in attesa", "You are number one in the queue"),
        (3, "Lei è il terzo in attesa", "You are number three in the queue"),
        (8, "Lei è l'ottavo in attesa", "You are number eight in the queue"),
        (11, "Lei è l'undicesimo in attesa", "You are number eleven in the queue"),
        (27, "Lei è il ventisettesimo in attesa", "You are number twenty-seven in the queue"),
        (80, "Lei è l'ottantesimo in attesa", "You are number eighty in the queue"),
        (81, "Lei è l'ottantunesimo in attesa", "You are number eighty-one in the queue"),
        (100, "Lei è il centesimo in attesa", "You are number one hundred in the queue"),
        (250, "Ci sono più di cento persone in attesa", "More than one hundred people are waiting"),
    ];
    for (place, italian, english) in table {
        says("it", &speech("it").position(place), italian);
        says("en", &speech("en").position(place), english);
    }
}

#[test]
fn times_are_said_by_the_grammar() {
    let table = [
        (0, 0, "mezzanotte", "midnight"),
        (0, 30, "mezzanotte e trenta", "twelve thirty a.m."),
        (1, 0, "l'una", "one a.m."),
        (1, 15, "l'una e quindici", "one fifteen a.m."),
        (8, 30, "le otto e trenta", "eight thirty a.m."),
        (8, 5, "le otto e cinque", "eight oh five a.m."),
        (9, 1, "le nove e un minuto", "nine oh one a.m."),
        (12, 0, "mezzogiorno", "noon"),
        (12, 45, "le dodici e quarantacinque", "twelve forty-five p.m."),
        (13, 0, "le tredici", "one p.m."),
        (21, 21, "le ventuno e ventuno", "nine twenty-one p.m."),
        (23, 59, "le ventitré e cinquantanove", "eleven fifty-nine p.m."),
    ];
    for (hour, minute, italian, english) in table {
        says("it", &speech("it").time(time(hour, minute, 0, 0)), italian);
        says("en", &speech("en").time(time(hour, minute, 0, 0)), english);
    }
}

#[test]
fn dates_are_said_by_the_grammar() {
    let table = [
        (date(2026, 5, 1), "primo maggio duemilaventisei", "the first of May twenty twenty-six"),
        (date(2026, 6, 2), "due giugno duemilaventisei", "the second of June twenty twenty-six"),
        (date(2000, 12, 8), "otto dicembre duemila", "the eighth of December two thousand"),
        (date(2009, 11, 11), "undici novembre duemilanove", "the eleventh of November two thousand and nine"),
        (
            date(1905, 8, 23),
            "ventitré agosto millenovecentocinque",
            "the twenty-third of August nineteen oh five",
        ),
        (
            date(1900, 1, 31),
            "trentuno gennaio millenovecento",
            "the thirty-first of January nineteen hundred",
        ),
        (
            date(1966, 11, 4),
            "quattro novembre millenovecentosessantasei",
            "the fourth of November nineteen sixty-six",
        ),
    ];
    for (day, italian, english) in table {
        says("it", &speech("it").date(day), italian);
        says("en", &speech("en").date(day), english);
    }
}

#[test]
fn durations_are_said_by_the_grammar() {
    let table = [
        (0, "zero secondi", "zero seconds"),
        (1, "un secondo", "one second"),
        (60, "un minuto", "one minute"),
        (150, "due minuti e trenta secondi", "two minutes and thirty seconds"),
        (3600, "un'ora", "one hour"),
        (3661, "un'ora un minuto e un secondo", "one hour one minute and one second"),
        (75_600, "ventuno ore", "twenty-one hours"),
        (90_000, "un giorno e un'ora", "one day and one hour"),
        (172_800, "due giorni", "two days"),
    ];
    for (seconds, italian, english) in table {
        says("it", &speech("it").duration(Duration::from_secs(seconds)), italian);
        says("en", &speech("en").duration(Duration::from_secs(seconds)), english);
    }
}

#[test]
fn digits_are_read_one_by_one_and_only_so_many() {
    says("it", &speech("it").digits("055 27-8"), "zero cinque cinque due sette otto");
    says("it", &speech("it").digits("+39*#"), "più tre nove asterisco cancelletto");
    says("en", &speech("en").digits("+39*#"), "plus three nine star hash");
    assert_eq!(speech("it").digits(&"7".repeat(10_000)).len(), MAX_DIGITS);
}

#[test]
fn nothing_spoken_lacks_a_piece() {
    for speech in Speech::all() {
        let check = |said: Vec<Piece>| {
            assert!(!said.is_empty());
            for piece in said {
                assert!(speech.0.texts().contains_key(piece.name()), "{speech:?} has no {piece:?}");
            }
        };
        (0..10_000).step_by(7).chain(0..1100).for_each(|n| check(speech.number(n)));
        for n in [i64::MIN, -1, 12_345_678, 999_999_999, 1_000_000_000, i64::MAX] {
            check(speech.number(n));
        }
        (0..=MAX_ORDINAL + 1).for_each(|n| check(speech.ordinal(n)));
        (0..=102).chain([usize::MAX]).for_each(|place| check(speech.position(place)));
        (0..24).for_each(|hour| (0..60).for_each(|minute| check(speech.time(time(hour, minute, 0, 0)))));
        date(2024, 1, 1).series(jiff::Span::new().days(1)).take(366).for_each(|day| check(speech.date(day)));
        (-9999..=9999).step_by(3).for_each(|year| check(speech.date(date(year, 1, 1))));
        for seconds in [0, 1, 60, 61, 3601, 90_061, u64::MAX] {
            check(speech.duration(Duration::from_secs(seconds)));
        }
        check(speech.digits("0123456789+*#"));
    }
}

#[test]
fn inventory_is_small_enough_to_record_in_a_studio() {
    for speech in Speech::all() {
        assert!(speech.0.texts().len() < 350, "{speech:?}: {}", speech.0.texts().len());
    }
    assert!(inventory().all(|(_, piece, text)| piece.0.is_ascii() && !text.is_empty()));
}
