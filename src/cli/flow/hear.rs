//! `flow run --hear`: the sounds of a rehearsal, one after another as the exchange would play them.
//!
//! They are [`Passage`]s: what a key may stop, and what it may not. A loudspeaker plays them as they come, and keys that are typed
//! meanwhile stop what they may. Into a file they are laid in order, whole, because nobody listens who could interrupt; between them
//! lies the silence that the caller kept.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use crate::cli::failure::Failure;
use crate::flow::{Heard, Line, Sounding, sounded};
use crate::io::loudspeaker::{self, Loudspeaker, RATE};
use crate::media::library::{SoundLibrary, attention, speak_now};
use crate::media::{Codec, Sound};
use crate::speech::Speech;
use crate::speech::notice::Notice;

/// How much music of a queue is laid into a file: enough to know it.
const MUSIC_IN_FILE: Duration = Duration::from_secs(5);
/// How much is played while somebody thinks of how the wait ends.
const MUSIC_PLAYED: Duration = Duration::from_secs(120);
/// A person takes so long to press a key.
const KEY_AFTER: Duration = Duration::from_millis(500);
/// Longest file: a rehearsal that is led by a script must end before the disk does.
const LONGEST_FILE: Duration = Duration::from_secs(3_600);
/// How soon a typed line stops what plays.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Sound without an interruption.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Passage {
    samples: Vec<i16>,
    barge_in: bool,
}

/// Who listens.
pub(super) enum Ear {
    /// Nobody: it is read.
    Nobody,
    /// A person, by this player.
    Player(Loudspeaker),
    /// Whoever plays the file later; `None`: whoever reads standard output.
    File(Option<PathBuf>, Vec<i16>),
}

impl Ear {
    /// As `--hear` says: left out, alone, a file, `-`, or the command of a player.
    pub(super) fn of(hear: Option<&str>) -> Result<Ear, Failure> {
        let unmade = |error| Failure::other(format_args!("no place to keep sounds in ({error})"));
        match hear {
            None => Ok(Ear::Nobody),
            Some("") => match Loudspeaker::find().map_err(unmade)? {
                Some(player) => Ok(Ear::Player(player)),
                None => Err(Failure::misuse(
                    "no program that plays sounds was found (aplay, paplay, play of sox, ffplay); install one, name one with \
                     --hear=COMMAND, or write the sounds with --hear=FILE.wav",
                )),
            },
            Some("-") => Ok(Ear::File(None, Vec::new())),
            Some(file) if std::path::Path::new(file).extension().is_some_and(|kind| kind == "wav") => {
                Ok(Ear::File(Some(PathBuf::from(file)), Vec::new()))
            }
            Some(command) => Ok(Ear::Player(Loudspeaker::of(command).map_err(unmade)?)),
        }
    }

    /// Standard output is for sound.
    pub(super) fn has_stdout(&self) -> bool {
        matches!(self, Ear::File(None, _))
    }

    /// Lets it be heard; gives what was typed meanwhile. What cannot be played is told, once, and is then read only.
    pub(super) fn hear(&mut self, passages: &[Passage], typed: &Receiver<String>) -> Option<String> {
        match self {
            Ear::Nobody => None,
            Ear::File(_, heard) => {
                passages.iter().for_each(|passage| add(heard, &passage.samples));
                None
            }
            Ear::Player(player) => match play(player, passages, typed) {
                Ok(line) => line,
                Err(why) => {
                    eprintln!(
                        "warning: `{}` plays nothing ({why}); name another with --hear=COMMAND, or write a file with --hear=FILE.wav",
                        player.program()
                    );
                    *self = Ear::Nobody;
                    None
                }
            },
        }
    }

    /// A key was pressed.
    pub(super) fn on_key(&mut self) {
        if let Ear::File(_, heard) = self {
            add(heard, &silence(KEY_AFTER));
        }
    }

    /// The call is over; gives what is to be said of it.
    pub(super) fn finish(self) -> Result<Option<String>, Failure> {
        let Ear::File(file, heard) = self else { return Ok(None) };
        let unwritten = |error: std::io::Error| {
            let name = file.as_ref().map_or("standard output".into(), |file| file.display().to_string());
            Failure::other(format_args!("{name}: cannot be written ({error})"))
        };
        match &file {
            Some(file) => loudspeaker::write_wav(file, &heard).map_err(unwritten)?,
            None => loudspeaker::wav(&heard)
                .and_then(|bytes| std::io::stdout().write_all(&bytes))
                .map_err(unwritten)?,
        }
        let seconds = heard.len() as f64 / f64::from(RATE);
        Ok(file.map(|file| format!("{}: {seconds:.1} s of what the caller hears", file.display())))
    }

    /// How much music is heard.
    fn music(&self) -> Duration {
        if matches!(self, Ear::Player(_)) { MUSIC_PLAYED } else { MUSIC_IN_FILE }
    }

    /// What these lines sound like, and what is missing for it.
    pub(super) fn passages(&self, library: &SoundLibrary, lines: &[Line]) -> (Vec<Passage>, Vec<String>) {
        let (mut passages, mut missing) = (Vec::new(), Vec::new());
        if matches!(self, Ear::Nobody) {
            return (passages, missing);
        }
        for line in lines {
            let Line::Heard(heard) = line else { continue };
            let barge_in = match heard {
                Heard::Words { barge_in, .. } => *barge_in,
                Heard::Place(_) | Heard::Tone => false,
                Heard::Music(_) | Heard::Silence(_) => true,
            };
            let samples = match heard {
                Heard::Words { say, .. } => words(library, say, &mut missing),
                Heard::Place(language) => place(library, language.as_str(), &mut missing),
                Heard::Music(name) => music(library, name, self.music(), &mut missing),
                Heard::Tone => decoded(speak_now()),
                // A person who listens keeps the silence in person.
                Heard::Silence(_) if matches!(self, Ear::Player(_)) => Vec::new(),
                Heard::Silence(length) => silence(*length),
            };
            passages.push(Passage { samples, barge_in });
        }
        (passages, missing)
    }
}

/// Plays one after another. A line that is typed stops what may be stopped; the rest is heard to its end.
fn play(
    player: &mut Loudspeaker,
    passages: &[Passage],
    typed: &Receiver<String>,
) -> std::io::Result<Option<String>> {
    let mut line = None;
    for passage in passages.iter().filter(|passage| !passage.samples.is_empty()) {
        if line.is_some() && passage.barge_in {
            continue;
        }
        let mut playing = player.play(&passage.samples)?;
        let heard = loop {
            if let Some(heard) = playing.ended()? {
                break heard;
            }
            if line.is_none() {
                line = match typed.recv_timeout(LOOK_EVERY) {
                    Ok(line) => Some(line),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => {
                        std::thread::sleep(LOOK_EVERY);
                        None
                    }
                };
            } else {
                std::thread::sleep(LOOK_EVERY);
            }
            if line.is_some() && passage.barge_in {
                playing.stop();
                return Ok(line);
            }
        };
        if !heard {
            return Err(std::io::Error::other("it ended with an error"));
        }
    }
    Ok(line)
}

/// What is said, with the exchange's own phrase where a sound is missing.
fn words(library: &SoundLibrary, say: &[crate::flow::Say], missing: &mut Vec<String>) -> Vec<i16> {
    let find = |language: &str, name: &str| library.find(&format!("{language}/{name}")).cloned();
    let mut samples = Vec::new();
    for part in sounded(say, find) {
        match part {
            Sounding::Sounds(sounds) => sounds.iter().for_each(|sound| samples.extend(decoded(sound))),
            Sounding::Missing { language, names } => {
                missing.extend(names.iter().map(|name| format!("{language}/{name}")));
                samples.extend(decoded(&neutral(library, language)));
            }
            // Nobody has spoken into this rehearsal.
            Sounding::Recording(_) => samples.extend(decoded(attention())),
        }
    }
    samples
}

fn place(library: &SoundLibrary, language: &str, missing: &mut Vec<String>) -> Vec<i16> {
    let pieces = Speech::for_language(language).map(|speech| speech.position(1)).unwrap_or_default();
    let names: Vec<String> = pieces.iter().map(|piece| format!("{language}/{}", piece.0)).collect();
    let found: Option<Vec<_>> = names.iter().map(|name| library.find(name)).collect();
    if found.is_none() {
        missing.extend(names.into_iter().filter(|name| library.find(name).is_none()));
    }
    found.into_iter().flatten().flat_map(decoded).collect()
}

fn music(library: &SoundLibrary, name: &str, length: Duration, missing: &mut Vec<String>) -> Vec<i16> {
    let name = format!("music/{name}");
    let Some(sound) = library.find(&name) else {
        missing.push(name);
        return decoded(attention());
    };
    decoded(sound).into_iter().cycle().take(samples_of(length)).collect()
}

fn neutral(library: &SoundLibrary, language: &str) -> Arc<Sound> {
    let own = library.find(&format!("{language}/{}", Notice::Unavailable.sound()));
    own.unwrap_or_else(|| attention()).clone()
}

/// As the telephone plays it: in A-law.
fn decoded(sound: &Arc<Sound>) -> Vec<i16> {
    sound.pcma.iter().map(|octet| Codec::Pcma.decode(*octet)).collect()
}

fn samples_of(length: Duration) -> usize {
    usize::try_from(length.as_millis() * u128::from(RATE) / 1_000).unwrap_or(usize::MAX)
}

fn silence(length: Duration) -> Vec<i16> {
    vec![0; samples_of(length.min(LONGEST_FILE))]
}

fn add(heard: &mut Vec<i16>, samples: &[i16]) {
    let room = samples_of(LONGEST_FILE).saturating_sub(heard.len());
    heard.extend(samples.iter().take(room));
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;
    use crate::flow::Say;

    fn library() -> SoundLibrary {
        let mut library = SoundLibrary::default();
        library.insert(Sound::encode("it/uno", &[1_000; 800]));
        library.insert(Sound::encode("it/due", &[-1_000; 1_600]));
        library.insert(Sound::encode(&format!("it/{}", Notice::Unavailable.sound()), &[5_000; 400]));
        library.insert(Sound::encode("music/attesa", &[300, -300]));
        library
    }

    fn said(names: &[&str]) -> Line {
        let say = names.iter().map(|name| Say::Prompt("it".into(), (*name).to_owned())).collect();
        Line::Heard(Heard::Words { say, barge_in: true })
    }

    #[test]
    fn what_is_heard_lies_in_the_file_in_its_order_with_the_silences() {
        let mut ear = Ear::File(None, Vec::new());
        let lines = [
            Line::Node("a".to_owned()),
            said(&["uno", "due"]),
            Line::Heard(Heard::Silence(Duration::from_secs(6))),
            Line::Heard(Heard::Music("attesa".to_owned())),
        ];
        let (passages, missing) = ear.passages(&library(), &lines);
        assert_eq!(missing, [""; 0]);
        ear.hear(&passages, &sync_channel(1).1);
        ear.on_key();
        let Ear::File(_, heard) = ear else { panic!("it is a file") };
        assert_eq!(heard.len(), 800 + 1_600 + 48_000 + 40_000 + 4_000);
        assert!(
            heard[..800].iter().all(|sample| *sample > 900) && heard[800..2_400].iter().all(|s| *s < -900)
        );
        assert!(heard[2_400..50_400].iter().all(|sample| *sample == 0));
    }

    #[test]
    fn where_a_sound_is_missing_the_phrase_of_the_exchange_is_heard_and_the_name_told() {
        let ear = Ear::File(None, Vec::new());
        let (passages, missing) = ear.passages(&library(), &[said(&["uno", "tre"])]);
        assert_eq!(missing, ["it/tre"]);
        assert_eq!(passages[0].samples.len(), 800 + 400);
    }

    #[test]
    fn keys_stop_what_they_may_and_wait_for_what_has_to_be_heard() {
        let passage = |barge_in| Passage { samples: vec![0; 8], barge_in };
        let (send, typed) = sync_channel(1);
        send.send("1".to_owned()).expect("room");
        // `tail -f` goes on until somebody stops it; `true` is over at once.
        let mut slow = Loudspeaker::of("tail -f").expect("a folder");
        let line = play(&mut slow, &[passage(true), passage(true)], &typed).expect("it plays");
        assert_eq!(line.as_deref(), Some("1"));
        send.send("2".to_owned()).expect("room");
        let mut quick = Loudspeaker::of("true").expect("a folder");
        let line = play(&mut quick, &[passage(false), passage(false)], &typed).expect("it plays");
        assert!(line.is_none() || line.as_deref() == Some("2"));
        let mut broken = Loudspeaker::of("false").expect("a folder");
        assert!(play(&mut broken, &[passage(true)], &sync_channel(1).1).is_err());
    }
}
