//! Files that nobody wrote for a telephone are refused clearly, and in little memory. How fast, `cargo bench --bench flow` tells.
//!
//! A program of its own: what it counts is the memory of the whole process, and nothing else may run in it.

use centralino::flow::{Environment, Flow};
use peak_alloc::PeakAlloc;

#[path = "hostile/cases.rs"]
mod cases;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Most memory that a refusal may take beside the file itself.
const MOST_BYTES: usize = 64 << 20;
/// What is in some of the files and in no answer.
const SECRETS: [&str; 2] = ["parola123", "abcdef0123"];
/// Longest answer: a screen must not be filled, whatever the file.
const LONGEST_ANSWER: usize = 100_000;

#[test]
fn hostile_files_are_refused_with_words_and_in_64_mebibytes() {
    let environment = Environment::default();
    let (mut wrong, mut highest) = (Vec::new(), (0, ""));
    for case in cases::cases() {
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        let refused = Flow::check(&case.text, "f.yaml", &environment);
        let peak = MEMORY.peak_usage().saturating_sub(before);
        let faults = refused.err().unwrap_or_default();
        let told: String = faults.iter().map(|fault| format!("{fault}\n")).collect();
        let tells = told.contains(case.told) && told.len() < LONGEST_ANSWER;
        let repeats = SECRETS.iter().any(|secret| told.contains(secret));
        if !tells || repeats || peak > MOST_BYTES {
            let shown: String = told.chars().take(1_000).collect();
            wrong.push(format!("{}: {peak} bytes, {} faults:\n{shown}", case.name, faults.len()));
        }
        highest = highest.max((peak, case.name));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("the most memory took: {}, {} KiB", highest.1, highest.0 / 1024);
}
