//! A synthesiser is a small script here, so that the rules are tried without one.

use super::*;

/// A tree and a "synthesiser" that answers any text with a tone, and counts how often it is asked.
struct Studio {
    folder: tempfile::TempDir,
}

impl Studio {
    fn new() -> Studio {
        let studio = Studio { folder: tempfile::tempdir().expect("a folder") };
        let tone: Vec<f32> = (0..8000).map(|at| (at as f32 * 0.7).sin() * 0.3).collect();
        fs::write(studio.path("tone.wav"), wav(&tone).expect("a sound")).expect("written");
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
        Some(Voice { command, encoding: Encoding::Utf8 })
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
    let voice = Some(Voice { command: "no-such-voice-here".to_owned(), encoding: Encoding::Utf8 });
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

#[test]
fn everything_the_exchange_says_by_itself_can_be_asked_for() {
    let prompts = checked(own_prompts()).expect("good names and one text each");
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
    let missing: Vec<Prompt> = own_prompts().filter(missing).collect();
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
        let level = 20.0 * mastering::rms(&samples).log10();
        assert!((-32.0..=-15.0).contains(&level), "{}: {level} dBov", path.display());
        assert!(samples.iter().all(|sample| sample.abs() < 0.9), "{} is clipped", path.display());
    }
}
