//! `flow test` and `flow mutate`.

use std::path::Path;

use serde::Serialize;

use super::{Files, World, counted};
use crate::cli::failure::Failure;
use crate::cli::out::{self, Format};
use crate::flow::TestReport;

/// What scripts are told of one file.
#[derive(Serialize)]
struct Row {
    file: String,
    tests: usize,
    passed: usize,
    nodes: usize,
    nodes_covered: usize,
    exits: usize,
    exits_covered: usize,
}

/// Runs the tests of the files.
pub(super) fn run(files: &Files, format: Format, strict: bool) -> Result<(), Failure> {
    let world = World::load(&files.config)?;
    let mut good = true;
    for file in &files.files {
        let flow = world.flow(file, files.lang)?;
        let report = flow.test(&world.calendars);
        let row = row(file, &report);
        let covered = row.nodes == row.nodes_covered && row.exits == row.exits_covered;
        good &= report.failures.is_empty() && (covered || !strict);
        match format {
            Format::Json => out::json(&row)?,
            Format::Table => tell(file, &report, &row)?,
        }
    }
    if good { Ok(()) } else { Err(Failure::found()) }
}

fn row(file: &Path, report: &TestReport) -> Row {
    let coverage = &report.coverage;
    Row {
        file: file.display().to_string(),
        tests: report.tests,
        passed: report.tests - report.failures.len(),
        nodes: coverage.nodes,
        nodes_covered: coverage.nodes_covered(),
        exits: coverage.exits,
        exits_covered: coverage.exits_covered(),
    }
}

fn tell(file: &Path, report: &TestReport, row: &Row) -> Result<(), Failure> {
    for failure in &report.failures {
        let place = format!("{}:{}:{}", file.display(), failure.at.line, failure.at.column);
        out::line(&out::printable(&format!("{place}: test `{}` failed", failure.name)))?;
        failure.why.iter().try_for_each(|why| out::line(&out::printable(&format!("  {why}"))))?;
    }
    out::line(&format!(
        "{}: {} of {} passed; {} of {} nodes and {} of {} exits covered",
        row.file,
        row.passed,
        counted(row.tests, "test"),
        row.nodes_covered,
        row.nodes,
        row.exits_covered,
        row.exits
    ))?;
    for (what, missed) in [("nodes", &report.coverage.missed_nodes), ("exits", &report.coverage.missed_exits)]
    {
        if !missed.is_empty() {
            out::line(&format!("  {what} that no test passes: {}", missed.join(", ")))?;
        }
    }
    Ok(())
}

/// Spoils the flows and tells what nobody notices.
pub(super) fn mutate(files: &Files) -> Result<(), Failure> {
    let world = World::load(&files.config)?;
    let mut survivors = 0;
    for file in &files.files {
        let flow = world.flow(file, files.lang)?;
        let failures = flow.test(&world.calendars).failures.len();
        if failures > 0 {
            let what = format_args!(
                "{}: has {} as it is; mend them first with `flow test`",
                file.display(),
                counted(failures, "failing test")
            );
            return Err(Failure::other(what));
        }
        let mutants = flow.mutate(&world.calendars);
        survivors += mutants.survivors.len();
        for survivor in &mutants.survivors {
            out::line(&format!(
                "{}: node `{}`: {}: no test notices",
                file.display(),
                survivor.node,
                survivor.change
            ))?;
        }
        let told = counted(mutants.survivors.len(), "survivor");
        out::line(&format!("{}: {} tried, {told}", file.display(), counted(mutants.tried, "mutant")))?;
    }
    if survivors == 0 { Ok(()) } else { Err(Failure::found()) }
}
