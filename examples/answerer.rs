//! How often the answerer is wrong: people and machines that answer a telephone in Italian, spoken by espeak-ng, in noise.
//!
//! `cargo run --example answerer` prints a table: for each level of noise how many people were taken for machines, how many
//! machines for people, and how long it took. The voices are synthetic and their pauses are those of a synthesiser: figures are
//! a floor, not a promise.

use std::error::Error;
use std::io::Cursor;
use std::process::Command;
use std::time::Duration;

use centralino::media::Codec;
use centralino::media::answerer::{AnsweredBy, Answerer};
use centralino::time::Mono;
use rand::rngs::ChaCha12Rng;
use rand::{RngExt, SeedableRng};

const PEOPLE: [&str; 16] = [
    "Pronto?",
    "Sì?",
    "Pronto, chi parla?",
    "Sì, pronto.",
    "Buongiorno.",
    "Pronto, buonasera.",
    "Chi è?",
    "Pronto, sono Maria.",
    "Casa Rossi, buongiorno.",
    "Sì, dica.",
    "Eccomi, pronto?",
    "Pronto, mi sente?",
    "Studio Bianchi, buongiorno.",
    "Farmacia Verdi, buonasera, dica pure.",
    "Pronto, qui Giovanni, chi parla?",
    "Sì, buongiorno, sono io.",
];

const MACHINES: [&str; 10] = [
    "Risponde la segreteria telefonica. Lasciate un messaggio dopo il segnale acustico.",
    "Salve, al momento non posso rispondere. Lasciate un messaggio dopo il segnale.",
    "Il cliente da lei chiamato non è al momento raggiungibile. La preghiamo di richiamare più tardi.",
    "Avete chiamato la famiglia Rossi. Siamo fuori casa. Lasciate nome e numero e vi richiameremo appena possibile.",
    "Ciao, sono Luca. Adesso non ci sono. Lascia un messaggio dopo il bip.",
    "Segreteria telefonica di Anna Bianchi. Si prega di lasciare un messaggio.",
    "L'utente non è disponibile. Può lasciare un messaggio dopo il segnale acustico, oppure riagganciare.",
    "Benvenuti. Gli uffici sono chiusi. Si risponde dal lunedì al venerdì, dalle nove alle dodici.",
    "Messaggio gratuito. Il telefono della persona chiamata potrebbe essere spento o non raggiungibile.",
    "Risponde il numero zero cinque cinque, due sette sei, otto due due quattro. Parlate dopo il segnale.",
];

const VOICES: [(&str, u32); 6] =
    [("it", 150), ("it+f2", 165), ("it+m3", 140), ("it+f4", 180), ("it+m7", 165), ("it+f5", 150)];
/// Below the largest square wave; a voice is at 26.
const NOISES_DB: [f64; 5] = [70.0, 50.0, 44.0, 40.0, 36.0];
const RATE: u32 = 8_000;
const VOICE_DB: f64 = 26.0;

fn main() -> Result<(), Box<dyn Error>> {
    println!(
        "{:>8}  {:>22}  {:>22}  {:>10}  {:>10}",
        "noise", "people as machines", "machines as people", "median", "longest"
    );
    let people = spoken(&PEOPLE, false)?;
    let machines = spoken(&MACHINES, true)?;
    for noise_db in NOISES_DB {
        let mut chance = ChaCha12Rng::seed_from_u64(5);
        let mut times = Vec::new();
        let mut wrong = |voices: &[Vec<f64>], right: AnsweredBy, chance: &mut ChaCha12Rng| {
            let judged = voices.iter().map(|voice| judge(voice, noise_db, chance));
            let judged: Vec<_> = judged.collect();
            times.extend(judged.iter().map(|(_, after)| *after));
            judged.iter().filter(|(by, _)| *by != right).count()
        };
        let people_wrong = wrong(&people, AnsweredBy::Person, &mut chance);
        let machines_wrong = wrong(&machines, AnsweredBy::Machine, &mut chance);
        times.sort_unstable();
        let share =
            |wrong: usize, of: usize| format!("{wrong} of {of} ({:.1} %)", wrong as f64 * 100.0 / of as f64);
        println!(
            "{:>8}  {:>22}  {:>22}  {:>7} ms  {:>7} ms",
            format!("-{noise_db}"),
            share(people_wrong, people.len()),
            share(machines_wrong, machines.len()),
            times[times.len() / 2].as_millis(),
            times[times.len() - 1].as_millis(),
        );
    }
    Ok(())
}

/// Every text by every voice; machines end in a tone of 1 kHz.
fn spoken(texts: &[&str], tone: bool) -> Result<Vec<Vec<f64>>, Box<dyn Error>> {
    let mut all = Vec::new();
    for text in texts {
        for (voice, speed) in VOICES {
            let made = Command::new("espeak-ng")
                .args(["-v", voice, "-s", &speed.to_string(), "--stdout", text])
                .output()?;
            // The synthesiser does not know the length when it writes the header.
            let mut samples = at_8_khz(&made.stdout)?;
            scale(&mut samples);
            if tone {
                let pause = 600 * 8;
                samples.extend((0..pause).map(|_| 0.0));
                let step = std::f64::consts::TAU * 1_000.0 / f64::from(RATE);
                samples.extend((0..8_000).map(|n| (f64::from(n) * step).sin() * 2_300.0));
            }
            all.push(samples);
        }
    }
    Ok(all)
}

fn at_8_khz(wav: &[u8]) -> Result<Vec<f64>, Box<dyn Error>> {
    let mut wav = wav.to_vec();
    let data = u32::try_from(wav.len().saturating_sub(44))?;
    wav.get_mut(40..44).ok_or("espeak-ng gave no sound")?.copy_from_slice(&data.to_le_bytes());
    let reader = hound::WavReader::new(Cursor::new(wav))?;
    let ratio = f64::from(reader.spec().sample_rate) / f64::from(RATE);
    let samples: Vec<f64> = reader.into_samples::<i16>().filter_map(Result::ok).map(f64::from).collect();
    // The mean of what falls into one sample: rough, and enough for powers.
    let count = (samples.len() as f64 / ratio).floor();
    let mean = |n: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an index of some seconds"
        )]
        let (from, to) = ((n * ratio) as usize, ((n + 1.0) * ratio) as usize);
        let part = samples.get(from..to).unwrap_or_default();
        part.iter().sum::<f64>() / part.len().max(1) as f64
    };
    let mut at = 0.0;
    let mut out = Vec::new();
    while at < count {
        out.push(mean(at));
        at += 1.0;
    }
    Ok(out)
}

/// To the level of voices on the telephone, pauses left out.
fn scale(samples: &mut [f64]) {
    let loud = samples.iter().filter(|sample| sample.abs() > 300.0);
    let (sum, count) = loud.fold((0.0, 0.0), |(sum, count), sample| (sum + sample * sample, count + 1.0));
    let rms = (sum / f64::max(count, 1.0)).sqrt();
    let gain = 32_768.0 * 10f64.powf(-VOICE_DB / 20.0) / rms.max(1.0);
    samples.iter_mut().for_each(|sample| *sample *= gain);
}

/// Somebody answers after a while, and says this once in noise.
fn judge(voice: &[f64], noise_db: f64, chance: &mut ChaCha12Rng) -> (AnsweredBy, Duration) {
    let noise = 32_768.0 * 10f64.powf(-noise_db / 20.0) * 3f64.sqrt();
    let begins: usize = chance.random_range(1_600..9_600);
    let mut answerer = Answerer::new(Mono::ZERO);
    for frame in 0u64.. {
        let now = Mono::from_start(Duration::from_millis(frame * 20));
        let payload: Vec<u8> = (0..160)
            .map(|n| {
                let at = usize::try_from(frame).unwrap_or(usize::MAX) * 160 + n;
                let said = at.checked_sub(begins).and_then(|at| voice.get(at)).copied().unwrap_or(0.0);
                let sample = said + chance.random_range(-1.0..1.0) * noise;
                #[expect(clippy::cast_possible_truncation, reason = "clamped")]
                let sample = sample.clamp(-32_000.0, 32_000.0) as i16;
                Codec::Pcma.encode(sample)
            })
            .collect();
        if let Some(by) = answerer.handle_frame(now, Codec::Pcma, &payload) {
            return (by, Duration::from_millis(frame * 20));
        }
    }
    unreachable!("it decides in time")
}
