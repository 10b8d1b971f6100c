//! What callers hear, as sentences.

use jiff::civil::{date, time};

use super::*;

fn speech(language: &str) -> Speech {
    Speech::for_language(language).expect("a language of ours")
}

const SPANISH: &str = include_str!("../../sounds/es/grammar.toml");
const LANGUAGES: [&str; 3] = ["it", "en", "es"];

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
fn numbers_and_places_take_the_gender_of_what_they_go_with() {
    for (language, n, form, expected) in [
        ("it", 3, "f", "terza"),
        ("it", 8, "f", "ottava"),
        ("it", 23, "f", "ventitreesima"),
        ("it", 100, "f", "centesima"),
        ("it", 101, "f", "più di cento"),
        ("it", 3, "m", "terzo"),
        ("en", 3, "f", "third"),
        ("es", 3, "f", "tercera"),
        ("es", 3, "m", "tercer"),
        ("es", 23, "f", "vigésima tercera"),
        ("es", 33, "m", "trigésimo tercer"),
    ] {
        says(language, &speech(language).ordinal_in_form(n, Some(form)), expected);
    }
    for (language, n, form, expected) in [
        ("it", 1, "f", "una"),
        ("it", 1, "m", "uno"),
        ("en", 1, "f", "one"),
        ("es", 21, "f", "veintiuna"),
        ("es", 21, "m", "veintiún"),
        ("es", 221, "f", "doscientas veintiuna"),
        ("es", 21_000, "m", "veintiún mil"),
        ("es", -31, "f", "menos treinta y una"),
    ] {
        says(language, &speech(language).number_in_form(n, Some(form)), expected);
    }
}

#[test]
fn caller_in_queue_hears_how_many_wait_and_how_long_it_may_take() {
    let says_both = |said: fn(&Speech) -> Vec<Piece>, italian, english| {
        says("it", &said(&speech("it")), italian);
        says("en", &said(&speech("en")), english);
    };
    let (ten, more) = ("Ci sono più di dieci persone in attesa", "More than ten people are waiting");
    says_both(|speech| speech.more_waiting(10), ten, more);
    for (low, high, italian, english) in [
        (0, 1, "meno di un minuto", "less than one minute"),
        (0, 2, "meno di due minuti", "less than two minutes"),
        (1, 2, "tra uno e due minuti", "between one and two minutes"),
        (3, 5, "tra tre e cinque minuti", "between three and five minutes"),
        (20, 35, "tra venti e trentacinque minuti", "between twenty and thirty-five minutes"),
    ] {
        says("it", &speech("it").wait(low, high), &format!("Il tempo di attesa previsto è {italian}"));
        says("en", &speech("en").wait(low, high), &format!("The expected waiting time is {english}"));
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

/// A number below a million as an Italian writes it, by another road than the grammar's.
fn in_italian(n: usize) -> String {
    const UNITS: [&str; 20] = [
        "",
        "uno",
        "due",
        "tre",
        "quattro",
        "cinque",
        "sei",
        "sette",
        "otto",
        "nove",
        "dieci",
        "undici",
        "dodici",
        "tredici",
        "quattordici",
        "quindici",
        "sedici",
        "diciassette",
        "diciotto",
        "diciannove",
    ];
    const TENS: [&str; 10] =
        ["", "", "venti", "trenta", "quaranta", "cinquanta", "sessanta", "settanta", "ottanta", "novanta"];
    fn below_thousand(n: usize) -> String {
        let (hundreds, rest) = (n / 100, n % 100);
        let mut word = match hundreds {
            0 => String::new(),
            1 => "cento".to_owned(),
            _ => format!("{}cento", UNITS[hundreds]),
        };
        let tail = if rest < 20 {
            UNITS[rest].to_owned()
        } else {
            let (ten, unit) = (TENS[rest / 10], rest % 10);
            // The ten loses its vowel before uno and otto.
            let ten = if unit == 1 || unit == 8 { &ten[..ten.len() - 1] } else { ten };
            format!("{ten}{}", UNITS[unit])
        };
        if tail.starts_with("ott") && hundreds > 0 {
            word.pop(); // duecentotto, centottanta
        }
        word + &tail
    }
    let stressed = |word: String| match word.strip_suffix("tre") {
        Some(stem) if !stem.is_empty() => format!("{stem}tré"),
        _ => word,
    };
    // Before "mila" the stress of "ventitré" is still written, that of "centotre" is not heard as an end.
    match (n / 1000, n % 1000) {
        (0, 0) => "zero".to_owned(),
        (0, rest) => stressed(below_thousand(rest)),
        (1, rest) => stressed(format!("mille{}", below_thousand(rest))),
        (thousands, rest) => {
            let thousands = below_thousand(thousands);
            let two_digits = thousands.strip_suffix("tre").is_some_and(|stem| stem.ends_with(['i', 'a']));
            let thousands =
                if two_digits { format!("{}tré", &thousands[..thousands.len() - 3]) } else { thousands };
            stressed(format!("{thousands}mila{}", below_thousand(rest)))
        }
    }
}

#[test]
fn italian_numbers_below_a_million_are_written_as_an_italian_would() {
    let italian = speech("it");
    let corners = (0..1000).map(|thousands| thousands * 1000).flat_map(|n| [n, n + 1, n + 3, n + 8, n + 103]);
    for n in (0..3000).chain(corners).chain((3000..1_000_000).step_by(617)) {
        let said = italian.number(i64::try_from(n).expect("small"));
        assert_eq!(italian.text(&said), in_italian(n), "{n}");
    }
}

#[test]
fn italian_ordinals_end_as_they_should() {
    let italian = speech("it");
    for n in 1..=MAX_ORDINAL {
        let ordinal = italian.text(&italian.ordinal(n));
        assert!(n <= 10 || ordinal.ends_with("esimo"), "{n}: {ordinal}");
        assert!(!ordinal.contains("oesimo") && !ordinal.contains("é"), "{n}: {ordinal}");
        let place = italian.text(&italian.position(n as usize));
        let elided = place.contains("l'");
        assert_eq!(elided, ordinal.starts_with(['o', 'u']), "{n}: {place}");
    }
}

#[test]
fn amounts_of_money_are_said_by_the_grammar() {
    let table = [
        (0, "zero euro", "zero euros", "cero euros"),
        (1, "un centesimo", "one cent", "un céntimo"),
        (50, "cinquanta centesimi", "fifty cents", "cincuenta céntimos"),
        (100, "un euro", "one euro", "un euro"),
        (121, "un euro e ventuno centesimi", "one euro and twenty-one cents", "un euro y veintiún céntimos"),
        (
            1250,
            "dodici euro e cinquanta centesimi",
            "twelve euros and fifty cents",
            "doce euros y cincuenta céntimos",
        ),
        (200_000, "duemila euro", "two thousand euros", "dos mil euros"),
        (200_000_000, "due milioni di euro", "two million euros", "dos millones de euros"),
        (-300, "meno tre euro", "minus three euros", "menos tres euros"),
    ];
    for (cents, italian, english, spanish) in table {
        for (language, expected) in LANGUAGES.into_iter().zip([italian, english, spanish]) {
            says(language, &speech(language).money(cents), expected);
        }
    }
}

#[test]
fn telephone_numbers_are_read_in_groups_without_their_own_country() {
    let table = [
        ("it", "0552768224", "zero cinque cinque, due sette sei, otto due due quattro"),
        ("it", "+390552768224", "zero cinque cinque, due sette sei, otto due due quattro"),
        ("it", "333 123 4567", "tre tre tre, uno due tre, quattro cinque sei sette"),
        ("it", "055055", "zero cinque cinque, zero cinque cinque"),
        ("it", "112", "uno uno due"),
        ("it", "+34911", "più tre quattro, nove uno uno"),
        ("en", "+390552768224", "zero five five, two seven six, eight two two four"),
        ("es", "+34911222333", "nueve uno uno, dos dos dos, tres tres tres"),
    ];
    for (language, number, expected) in table {
        says(language, &speech(language).phone_number(number), expected);
    }
    assert!(speech("it").phone_number(&"7".repeat(10_000)).len() < 2 * MAX_DIGITS);
}

#[test]
fn appointments_are_said_without_the_year() {
    let (day, nine, half_past_ten) = (date(2026, 5, 1), time(9, 0, 0, 0), time(10, 30, 0, 0));
    let table = [
        ("it", "primo maggio alle ore nove", "primo maggio dalle ore nove alle ore dieci e trenta"),
        ("en", "the first of May at nine a.m.", "the first of May from nine a.m. to ten thirty a.m."),
        ("es", "primero de mayo a las nueve", "primero de mayo desde las nueve hasta las diez y treinta"),
    ];
    for (language, at, range) in table {
        says(language, &speech(language).slot(day, nine, None), at);
        says(language, &speech(language).slot(day, nine, Some(half_past_ten)), range);
    }
    says("it", &speech("it").slot(day, time(1, 0, 0, 0), None), "primo maggio alle ore una");
}

#[test]
fn spanish_counts_by_the_gender_of_what_is_counted() {
    let spanish = speech("es");
    for (n, expected) in [
        (100, "cien"),
        (101, "ciento uno"),
        (521, "quinientos veintiuno"),
        (1000, "mil"),
        (21_000, "veintiún mil"),
        (100_031, "cien mil treinta y uno"),
        (1_000_000, "un millón"),
        (31_000_000, "treinta y un millones"),
        (-7, "menos siete"),
    ] {
        says("es", &spanish.number(n), expected);
    }
    for (seconds, expected) in [
        (1, "un segundo"),
        (21, "veintiún segundos"),
        (3600 * 21 + 60, "veintiuna horas y un minuto"),
        (86_400 * 221, "doscientos veintiún días"),
    ] {
        says("es", &spanish.duration(Duration::from_secs(seconds)), expected);
    }
    says("es", &spanish.date(date(2026, 5, 1)), "primero de mayo de dos mil veintiséis");
    says("es", &spanish.date(date(2026, 6, 2)), "dos de junio de dos mil veintiséis");
    says("es", &spanish.time(time(1, 1, 0, 0)), "la una y un minuto");
    says("es", &spanish.time(time(21, 15, 0, 0)), "las veintiuna y quince");
    says("es", &spanish.ordinal(23), "vigésimo tercero");
    says("es", &spanish.position(3), "Usted es el número tres en la cola");
}

#[test]
fn nothing_spoken_lacks_a_piece() {
    for speech in LANGUAGES.map(speech) {
        assert_eq!(trial::holes(&speech.0), [""; 0], "{speech:?}");
        let check = |said: Vec<Piece>| {
            assert!(!said.is_empty());
            for piece in said {
                assert!(speech.0.texts.contains_key(piece.name()), "{speech:?} has no {piece:?}");
            }
        };
        for n in [i64::MIN, -1, 12_345_678, 999_999_999, 1_000_000_000, i64::MAX] {
            check(speech.number(n));
            check(speech.money(n));
        }
        [0, 1, 100, 101, 102, usize::MAX].into_iter().for_each(|place| check(speech.position(place)));
        [0, 101, u32::MAX].into_iter().for_each(|n| check(speech.ordinal(n)));
        (-9999..=0).step_by(97).for_each(|year| check(speech.date(date(year, 1, 1))));
        for seconds in [0, 1, 60, 61, 3601, 90_061, u64::MAX] {
            check(speech.duration(Duration::from_secs(seconds)));
        }
        check(speech.phone_number("+15551234"));
    }
}

#[test]
fn inventory_is_small_enough_to_record_in_a_studio() {
    for speech in LANGUAGES.map(speech) {
        let recordings: Vec<_> = speech.recordings().collect();
        assert!(recordings.len() < 450, "{speech:?}: {}", recordings.len());
        assert!(recordings.iter().all(|(name, text)| name.is_ascii() && !text.is_empty()));
    }
}

#[test]
fn faults_of_a_grammar_have_their_place_and_a_remedy() {
    let table: [(&str, &str, &str); 17] = [
        ("[pieces]", "[pezzi]", "unknown field `pezzi`, expected one of"),
        ("minus = \"menos\"", "", "missing field `minus`"),
        (
            "say = \"ciento {rest}\"",
            "say = \"cientos {rest}\"",
            "`cientos` has no text; add it under [pieces]",
        ),
        (
            "say = \"ciento {rest}\"",
            "say = \"ciento {resto}\"",
            "`{resto}` is no value here; use n, count, whole, rest",
        ),
        ("say = \"ciento {rest}\"", "say = \"ciento {rest\"", "`{rest` has a brace that is not closed"),
        (
            "say = \"ciento {rest}\"",
            "say = \"ciento {n}\"",
            "a number cannot be said by itself; use `{count}`, `{whole}` and `{rest}`",
        ),
        ("say = \"ciento {rest}\"", "say = \"{rest} {rest}\"", "each part of a number is said once"),
        (
            "n = \"101..199\", unit = 100",
            "n = \"10..199\", unit = 100",
            "give the rule a `unit`, and a range `n` that begins at the unit or above",
        ),
        ("n = \"101..199\", unit = 100", "n = \"101..199\", unit = 1", "a unit is at least 2"),
        (
            "n = \"101..199\"",
            "n = \"199..101\"",
            "`199..101` is not a range; write numbers and ranges like `1..20 30`",
        ),
        (
            "{ hour = \"0\", minute",
            "{ day = \"0\", minute",
            "`day` is no condition here; use hour, hour12, minute",
        ),
        ("\"#\" = ", "\"##\" = ", "`##` is not one character"),
        ("many = \"dias\"", "many = \"jornadas\"", "`jornadas` has no text; add it under [pieces]"),
        ("\"noviembre\", \"diciembre\"", "\"noviembre\"", "11 months; name all twelve"),
        (
            "name = \"hora\"\nfrom = 2",
            "name = \"ord\"\nfrom = 2",
            "`ord_2` has a text already; change `from` or `name`",
        ),
        ("n = \"200..999\"", "n = \"201..999\"", ""),
        ("errore = ", "errori = ", "[notices] has no `errore`; give its text"),
    ];
    for (from, to, expected) in table {
        let broken = SPANISH.replacen(from, to, 1);
        let read = Speech::read("es", "es/grammar.toml", &broken);
        assert!(broken != SPANISH, "{from}");
        if expected.is_empty() {
            assert!(read.is_ok(), "200 is recorded: {to}");
            continue;
        }
        let faults = read.expect_err(to);
        let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert!(told.iter().any(|line| line.contains(expected)), "{to}: {told:?}");
        assert!(told.iter().all(|line| line.starts_with("es/grammar.toml:")), "{told:?}");
    }
}

#[test]
fn hole_in_the_rules_is_told_before_a_caller_hears_it() {
    let told = |from: &str, to: &str| -> Vec<String> {
        let faults = Speech::read("es", "es/grammar.toml", &SPANISH.replacen(from, to, 1)).expect_err(to);
        faults.iter().map(ToString::to_string).collect()
    };
    let lines = told("n = \"1000..1999\"", "n = \"1001..1999\"");
    assert_eq!(
        lines,
        [
            "es/grammar.toml: numbers are said with `1000`, which has no text; add it to a series or to [pieces]"
        ]
    );
    let lines = told("  { say = \"hora_{hour} y {minute}\" },\n]\n\n[slot]", "]\n\n[slot]");
    assert_eq!(
        lines,
        ["es/grammar.toml: some times are not said at all; add a rule without conditions as the last one"]
    );
}
