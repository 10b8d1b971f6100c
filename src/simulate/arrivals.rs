//! Arrivals from a spreadsheet: a line for each half hour, `08:30,60`.

use super::scenario::{HALF_HOURS, MOST_CALLS, parse_half_hour};

/// Bad lines that are told, at most: whoever has named the wrong file need not see all of it.
const MOST_FAULTS: usize = 50;
/// Letters of a bad line that are told.
const MOST_LETTERS: usize = 40;

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's message is its documentation")]
pub enum ArrivalsFault {
    #[error("{file}:{line}: `{text}` is not a half hour and its calls; write lines like 08:30,60")]
    Row { file: String, line: usize, text: String },
    #[error("{file}:{line}: `{text}` is not the beginning of a half hour; write one like 08:00 or 08:30")]
    Moment { file: String, line: usize, text: String },
    #[error("{file}:{line}: `{text}` is not a number of calls from 0 to 20000; write one like 60 or 57.5")]
    Calls { file: String, line: usize, text: String },
    #[error("{file}:{line}: {moment} is there twice; leave one of the two lines out")]
    Twice { file: String, line: usize, moment: String },
    #[error("{file}: there is no half hour in it; write lines like 08:30,60")]
    Nothing { file: String },
}

/// The calls of each half hour. Between the two stands a comma, a semicolon or a tab; a first line without numbers is a title.
///
/// # Errors
/// The lines that cannot be read, the first of them if they are very many.
pub fn read_csv(file: &str, text: &str) -> Result<Vec<f64>, Vec<ArrivalsFault>> {
    let mut calls: Vec<Option<f64>> = vec![None; HALF_HOURS];
    let mut faults = Vec::new();
    for (line, row) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let row = row.trim();
        let is_title = line == 1 && !row.starts_with(|c: char| c.is_ascii_digit());
        if row.is_empty() || is_title {
            continue;
        }
        if faults.len() == MOST_FAULTS {
            break;
        }
        match read_row(file, line, row) {
            Err(fault) => faults.push(fault),
            Ok((half_hour, read)) => match calls.get_mut(half_hour) {
                Some(place @ None) => *place = Some(read),
                _ => faults.push(ArrivalsFault::Twice {
                    file: file.to_owned(),
                    line,
                    moment: row.get(..5).unwrap_or(row).to_owned(),
                }),
            },
        }
    }
    if faults.is_empty() && calls.iter().all(Option::is_none) {
        faults.push(ArrivalsFault::Nothing { file: file.to_owned() });
    }
    if faults.is_empty() {
        Ok(calls.into_iter().map(Option::unwrap_or_default).collect())
    } else {
        Err(faults)
    }
}

fn read_row(file: &str, line: usize, row: &str) -> Result<(usize, f64), ArrivalsFault> {
    let file = file.to_owned();
    let Some((moment, calls)) = row.split_once([',', ';', '\t']) else {
        return Err(ArrivalsFault::Row { file, line, text: told(row) });
    };
    let (moment, calls) = (moment.trim().trim_matches('"'), calls.trim().trim_matches('"'));
    let Some(half_hour) = parse_half_hour(moment) else {
        return Err(ArrivalsFault::Moment { file, line, text: told(moment) });
    };
    // A spreadsheet in Italy writes 57,5.
    let read = calls.replace(',', ".").parse::<f64>().ok().filter(|calls| (0.0..=MOST_CALLS).contains(calls));
    read.map(|read| (half_hour, read)).ok_or_else(|| ArrivalsFault::Calls { file, line, text: told(calls) })
}

fn told(text: &str) -> String {
    text.chars().take(MOST_LETTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_hours_are_read_as_spreadsheets_write_them() {
        let read = read_csv("a.csv", "ora;chiamate\n08:00;60\n\"08:30\";57,5\r\n\n").unwrap();
        assert_eq!((read[16], read[17], read[18], read.len()), (60.0, 57.5, 0.0, 48));
    }

    #[test]
    fn every_bad_line_is_told_with_its_number_and_what_to_write() {
        let faults = read_csv("a.csv", "08:10,3\n08:30,-2\n09:00 4\n09:30,1\n09:30,2\n").unwrap_err();
        let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert!(told[0].starts_with("a.csv:1: `08:10`"), "{told:?}");
        assert!(told[1].starts_with("a.csv:2: `-2`") && told[1].contains("0 to 20000"), "{told:?}");
        assert!(told[2].starts_with("a.csv:3:") && told[3].contains("09:30 is there twice"), "{told:?}");
        let wrong_file = format!("{}\n", "x".repeat(10_000)).repeat(1_000);
        let faults = read_csv("a.csv", &wrong_file).unwrap_err();
        assert_eq!(faults.len(), MOST_FAULTS);
        assert!(faults.iter().all(|fault| fault.to_string().len() < 200), "{}", faults[0]);
        assert!(read_csv("a.csv", "ora,chiamate\n").unwrap_err()[0].to_string().contains("no half hour"));
    }
}
