//! A synthesiser is a small script here, so that the rules are tried without one.

use std::time::Duration;

use super::*;
use crate::media::level::{SPEECH_DBOV, speech_level};

/// A tree and a "synthesiser" that answers any text with a tone, and counts how often it is asked.
struct Studio {
    folder: tempfile::TempDir,
}

impl Studio {
    fn new() -> Studio {
        let studio = Studio { folder: tempfile::tempdir().expect("a folder") };
        let tone: Vec<f32> = (0..8000).map(|at| (at as f32 * 0.7).sin() * 0.3).collect();
        fs::write(studio.path("tone.wav"), wav::encode(&tone).expect("a sound")).expect("written");
        studio.script("cat >> DIR/asked; cp DIR/tone.wav \"$1\"");
        studio
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn script(&self, lines: &str) {
        let lines = lines.replace("DIR", &self.folder.path().to_string_lossy());
        fs::write(self.path("say"), lines).expect("written");
    }

    /// The script with these arguments. Named to `sh`, not run itself: a file just written may still be busy.
    fn voice(&self, arguments: &str) -> Option<Voice> {
        let command = format!("sh {} {arguments}", self.path("say").display());
        Some(Voice { command, encoding: Encoding::Utf8, within: PATIENCE })
    }

    fn builder(&self) -> Builder {
        Builder { sounds: self.path("sounds"), voice: self.voice("{output}"), force: false }
    }

    fn build(&self, builder: &Builder, texts: &[(&str, &str)]) -> Result<Vec<Built>, PromptsError> {
        let mut built = Vec::new();
        let prompts = texts.iter().map(|(name, text)| Prompt::new("it", name, text));
        builder.build(prompts, |_, _, _, what| built.push(what))?;
        Ok(built)
    }

    fn asked(&self) -> String {
        fs::read_to_string(self.path("asked")).unwrap_or_default()
    }
}

#[test]
fn synthesiser_that_does_not_end_is_stopped_and_told() {
    let studio = Studio::new();
    studio.script("sleep 600");
    let voice = studio.voice("{output}").map(|voice| Voice { within: Duration::ZERO, ..voice });
    let told = studio.build(&Builder { voice, ..studio.builder() }, &[("ciao", "Ciao.")]);
    let told = told.expect_err("it does not end").to_string();
    assert!(told.contains("`sh` failed on it/ciao (not done within 0.0 s): it was stopped"), "{told}");
}

#[test]
fn recording_is_made_once_and_again_when_its_text_changes() {
    let studio = Studio::new();
    let builder = studio.builder();
    let first = studio.build(&builder, &[("ciao", "Ciao."), ("pezzi/21", "ventuno")]).expect("built");
    let again = studio.build(&builder, &[("ciao", "Ciao."), ("pezzi/21", "ventuno")]).expect("built");
    let changed = studio.build(&builder, &[("ciao", "Buongiorno."), ("pezzi/21", "ventuno")]).expect("built");
    assert_eq!(first, [Built::New, Built::New]);
    assert_eq!(again, [Built::Unchanged, Built::Unchanged]);
    assert_eq!(changed, [Built::New, Built::Unchanged]);
    assert_eq!(studio.asked(), "Ciao.\nventuno\nBuongiorno.\n");
    let spec = hound::WavReader::open(studio.path("sounds/it/pezzi/21.wav")).expect("a sound").spec();
    assert_eq!((spec.channels, spec.sample_rate, spec.bits_per_sample), (1, 8000, 16));
}

#[test]
fn studio_recording_is_never_overwritten_not_even_by_force() {
    let studio = Studio::new();
    let builder = Builder { force: true, ..studio.builder() };
    studio.build(&builder, &[("ciao", "Ciao.")]).expect("built");
    let (own, brought) = (studio.path("sounds/it/ciao.wav"), studio.path("sounds/it/nuovo.wav"));
    fs::write(&own, "from the studio").expect("written");
    fs::write(&brought, "from the studio").expect("written");
    let built = studio.build(&builder, &[("ciao", "Salve."), ("nuovo", "Nuovo.")]).expect("built");
    assert_eq!(built, [Built::Studio, Built::Studio]);
    assert_eq!(fs::read_to_string(own).expect("there"), "from the studio");
}

#[test]
fn force_speaks_unchanged_texts_again() {
    let studio = Studio::new();
    let builder = Builder { force: true, ..studio.builder() };
    studio.build(&builder, &[("ciao", "Ciao.")]).expect("built");
    assert_eq!(studio.build(&builder, &[("ciao", "Ciao.")]).expect("built"), [Built::New]);
}

#[test]
fn text_is_never_read_by_a_shell() {
    let studio = Studio::new();
    let text = "$(touch DIR/broken); `id` | \"'";
    studio.build(&studio.builder(), &[("ciao", text)]).expect("built");
    assert_eq!(studio.asked(), format!("{text}\n"));
}

#[test]
fn sound_may_come_on_standard_output() {
    let studio = Studio::new();
    studio.script("cat > /dev/null; cat DIR/tone.wav");
    let builder = Builder { voice: studio.voice(""), ..studio.builder() };
    assert_eq!(studio.build(&builder, &[("ciao", "Perché?")]).expect("built"), [Built::New]);
}

#[test]
fn english_words_in_an_italian_prompt_have_the_english_voice() {
    let studio = Studio::new();
    studio.script("echo \"$2: $(cat)\" >> DIR/asked; cp DIR/tone.wav \"$1\"");
    let builder = Builder { voice: studio.voice("{output} {voice}"), ..studio.builder() };
    studio.build(&builder, &[("menu", "Per altro, 0. <en>For English, 9.</en>")]).expect("built");
    assert_eq!(studio.asked(), "it: Per altro, 0.\nen-gb: For English, 9.\n");
}

#[test]
fn failures_say_what_to_do() {
    let table = [
        ("exit 3", "failed on it/ciao"),
        ("echo 'no such voice' >&2; exit 1", "no such voice"),
        ("true", "the command must give a WAV file"),
    ];
    for (script, expected) in table {
        let studio = Studio::new();
        studio.script(script);
        let error = studio.build(&studio.builder(), &[("ciao", "Ciao.")]).expect_err(script).to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn missing_synthesiser_is_named() {
    let studio = Studio::new();
    let voice =
        Some(Voice { command: "no-such-voice-here".to_owned(), encoding: Encoding::Utf8, within: PATIENCE });
    let builder = Builder { voice, ..studio.builder() };
    let error = studio.build(&builder, &[("ciao", "Ciao.")]).expect_err("not there").to_string();
    assert!(error.contains("`no-such-voice-here` is not installed"), "{error}");
}

#[test]
fn names_stay_inside_the_tree() {
    let studio = Studio::new();
    for name in ["../ciao", "/ciao", "a//b", ".nascosto", "Ciao", "a b", ""] {
        let error = studio.build(&studio.builder(), &[(name, "Ciao.")]).expect_err(name);
        assert!(matches!(error, PromptsError::BadName(_)), "{name}: {error}");
    }
}

#[test]
fn one_recording_cannot_say_two_things() {
    let studio = Studio::new();
    let error =
        studio.build(&studio.builder(), &[("ciao", "Ciao."), ("ciao", "Salve.")]).expect_err("two texts");
    assert!(matches!(error, PromptsError::TwoTexts { .. }), "{error}");
    assert!(studio.build(&studio.builder(), &[("ciao", "Ciao."), ("ciao", "Ciao.")]).is_ok());
}

#[test]
fn ledger_has_one_line_a_recording_and_a_broken_one_stops_the_build() {
    let studio = Studio::new();
    studio.build(&studio.builder(), &[("b", "B."), ("a", "A.")]).expect("built");
    let path = studio.path("sounds/it/prompts.json");
    let lines = fs::read_to_string(&path).expect("there");
    assert_eq!(lines.lines().count(), 4, "{lines}");
    fs::write(&path, "{").expect("written");
    let error = studio.build(&studio.builder(), &[("a", "A.")]).expect_err("broken");
    assert!(matches!(error, PromptsError::BadLedger { .. }), "{error}");
}

#[test]
fn music_is_composed_once() {
    let studio = Studio::new();
    let builder = studio.builder();
    assert_eq!(builder.build_music().expect("composed"), Built::New);
    assert_eq!(builder.build_music().expect("there"), Built::Unchanged);
}

/// A file as a studio delivers it: stereo, 48 kHz, a second of silence around the voice.
fn studio_file(path: &Path, amplitude: f32) {
    let sample_format = hound::SampleFormat::Float;
    let spec = hound::WavSpec { channels: 2, sample_rate: 48_000, bits_per_sample: 32, sample_format };
    fs::create_dir_all(path.parent().expect("a folder")).expect("room");
    let mut writer = hound::WavWriter::create(path, spec).expect("a file");
    for at in 0..3 * 48_000 {
        let voice = if (48_000..2 * 48_000).contains(&at) { amplitude } else { 0.0 };
        let sample = voice * (at as f32 * 0.05).sin();
        writer.write_sample(sample).and_then(|()| writer.write_sample(sample)).expect("room");
    }
    writer.finalize().expect("room");
}

fn states(studio: &Studio, texts: &[(&str, &str)]) -> Vec<State> {
    let prompts = texts.iter().map(|(name, text)| Prompt::new("it", name, text));
    survey(&studio.path("sounds"), prompts).expect("a survey").iter().map(|standing| standing.state).collect()
}

#[test]
fn studio_recording_is_converted_trimmed_levelled_and_kept() {
    let studio = Studio::new();
    let (sounds, file) = (studio.path("sounds"), studio.path("from/Ciao.wav"));
    studio_file(&file, 0.8);
    studio.build(&studio.builder(), &[("ciao", "Ciao.")]).expect("built");
    let imported = import(&sounds, "it", "ciao", Some("Ciao."), &file).expect("imported");
    assert!((imported.from_dbov + 6.0).abs() < 0.5 && imported.seconds < 1.2, "{imported:?}");
    let bytes = fs::read(sounds.join("it/ciao.wav")).expect("there");
    let samples = wav::decode(&bytes).expect("a sound").samples;
    let level = speech_level(&samples, mastering::RATE).expect("heard").active_dbov;
    assert!(wav::is_ready(&bytes) && (level - SPEECH_DBOV).abs() < 0.5, "{level}");
    let force = Builder { force: true, ..studio.builder() };
    assert_eq!(studio.build(&force, &[("ciao", "Ciao.")]).expect("built"), [Built::Studio]);
    assert_eq!(states(&studio, &[("ciao", "Ciao.")]), [State::Studio]);
    assert_eq!(states(&studio, &[("ciao", "Salve.")]), [State::StudioOutdated]);
}

#[test]
fn folder_of_a_studio_is_imported_by_its_names() {
    let studio = Studio::new();
    studio_file(&studio.path("from/benvenuto.wav"), 0.1);
    studio_file(&studio.path("from/pezzi/21.WAV"), 0.1);
    fs::write(studio.path("from/leggimi.txt"), "no sound").expect("room");
    let found = recordings_below(&studio.path("from")).expect("a folder");
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["benvenuto", "pezzi/21"]);
}

#[test]
fn file_that_cannot_be_a_prompt_is_named_and_changes_nothing() {
    let studio = Studio::new();
    let (sounds, silent) = (studio.path("sounds"), studio.path("from/muto.wav"));
    studio_file(&silent, 0.0);
    let error = import(&sounds, "it", "ciao", None, &silent).expect_err("silent").to_string();
    assert!(error.contains("muto.wav: there is nothing to hear in it"), "{error}");
    let error = import(&sounds, "it", "../ciao", None, &silent).expect_err("a name");
    assert!(matches!(error, PromptsError::BadName(_)), "{error}");
    assert!(!sounds.exists());
}

#[test]
fn levelling_changes_only_what_is_off_and_forgets_nothing() {
    let studio = Studio::new();
    studio.build(&studio.builder(), &[("ciao", "Ciao."), ("via", "Via.")]).expect("built");
    let path = studio.path("sounds/it/ciao.wav");
    let mut samples = wav::decode(&fs::read(&path).expect("there")).expect("a sound").samples;
    samples.iter_mut().for_each(|sample| *sample *= 0.25);
    fs::write(&path, wav::encode(&samples).expect("a sound")).expect("room");
    studio_file(&studio.path("sounds/it/studio.wav"), 0.5);
    let mut leveller = Leveller::new(&studio.path("sounds"), "it", false).expect("a ledger");
    let names = leveller.names().expect("names");
    let done: Vec<Levelled> = names.iter().map(|name| leveller.level(name).expect("levelled")).collect();
    assert!(matches!(done[0], Levelled::From(from) if (from + 38.0).abs() < 0.5), "{done:?}");
    assert_eq!(done[1..], [Levelled::Foreign, Levelled::Right]);
    assert_eq!(leveller.level("ciao").expect("levelled"), Levelled::Right);
    assert_eq!(states(&studio, &[("ciao", "Ciao."), ("via", "Via.")]), [State::Studio, State::Synthesised]);
}

#[test]
fn coverage_counts_every_language() {
    let studio = Studio::new();
    studio.build(&studio.builder(), &[("a", "A."), ("b", "B.")]).expect("built");
    let prompts = [
        Prompt::new("it", "a", "A."),
        Prompt::new("it", "b", "Altro."),
        Prompt::new("it", "c", "C."),
        Prompt::new("en", "a", "A."),
    ];
    let standings = survey(&studio.path("sounds"), prompts).expect("a survey");
    let en = Coverage { language: "en".to_owned(), wanted: 1, missing: 1, ..Coverage::default() };
    let it =
        Coverage { language: "it".to_owned(), wanted: 3, synthesised: 2, outdated: 1, missing: 1, studio: 0 };
    assert_eq!(coverage(&standings), [en, it]);
}

#[test]
fn text_without_words_is_a_pause() {
    let studio = Studio::new();
    studio.build(&studio.builder(), &[("pezzi/pausa", ",")]).expect("built");
    let pause = fs::read(studio.path("sounds/it/pezzi/pausa.wav")).expect("there");
    let samples = wav::decode(&pause).expect("a sound").samples;
    assert!(samples.len() == 2400 && samples.iter().all(|sample| *sample == 0.0));
    assert_eq!(studio.asked(), "");
}

#[test]
fn everything_the_exchange_says_by_itself_can_be_asked_for() {
    let prompts = checked(own_prompts(["it", "en"])).expect("good names and one text each");
    assert!(prompts.iter().any(|prompt| prompt.name == "sistema/errore" && prompt.language == "en"));
    assert!(prompts.iter().any(|prompt| prompt.name == "pezzi/21" && prompt.text == "ventuno"));
}

/// The committed tree: what a fresh machine plays.
fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sounds")
}

fn recordings(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries
        .flat_map(|path| if path.is_dir() { recordings(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "wav"))
        .collect()
}

#[test]
fn fresh_machine_can_say_everything_without_a_synthesiser() {
    let missing =
        |prompt: &Prompt| !committed().join(&prompt.language).join(format!("{}.wav", prompt.name)).exists();
    let missing: Vec<Prompt> = own_prompts(["it", "en"]).filter(missing).collect();
    assert!(missing.is_empty(), "run `centralino prompts build` and commit: {missing:?}");
}

#[test]
fn every_committed_recording_suits_a_telephone() {
    for path in recordings(&committed()) {
        let reader = hound::WavReader::open(&path).expect("a WAV file");
        let spec = reader.spec();
        assert_eq!(
            (spec.channels, spec.sample_rate, spec.bits_per_sample),
            (1, 8000, 16),
            "{}",
            path.display()
        );
        let samples: Vec<f32> =
            reader.into_samples::<i16>().map(|sample| f32::from(sample.expect("whole")) / 32_768.0).collect();
        let Some(level) = speech_level(&samples, mastering::RATE).map(|level| level.active_dbov) else {
            let pause = ["pezzi/pausa.wav", "pezzi/pause.wav"].iter().any(|name| path.ends_with(name));
            assert!(pause, "{} is silent", path.display());
            continue;
        };
        let wanted = if path.starts_with(committed().join("music")) { -29.0 } else { SPEECH_DBOV };
        let off = (level - wanted).abs();
        assert!(off < mastering::LEVEL_TOLERANCE_DB, "{}: {level} dBov", path.display());
        assert!(samples.iter().all(|sample| sample.abs() < 0.9), "{} is clipped", path.display());
    }
}

#[test]
fn third_language_needs_its_grammar_and_no_code() {
    let studio = Studio::new();
    let spanish: Vec<Prompt> = own_prompts(["es"]).collect();
    let wanted = spanish.iter().filter(|prompt| prompt.name.starts_with("pezzi/f_ord_1")).cloned();
    studio.builder().build(wanted, |_, _, _, _| {}).expect("built");
    assert!(studio.asked().contains("decimotercera"), "{}", studio.asked());
    let standings = survey(&studio.path("sounds"), spanish.clone()).expect("a survey");
    let [row] = coverage(&standings).try_into().expect("one language");
    assert_eq!((row.wanted, row.synthesised, row.missing), (spanish.len(), 12, spanish.len() - 12));
}
