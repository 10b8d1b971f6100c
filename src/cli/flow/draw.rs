//! `flow graph` and `flow explain`.

use super::{Files, World};
use crate::cli::failure::Failure;
use crate::cli::out;

/// The form of a drawing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Form {
    /// For documents that draw it.
    #[default]
    Mermaid,
    /// For browsers and printers.
    Svg,
}

/// Draws the flows, one after another.
pub(super) fn graph(files: &Files, form: Form) -> Result<(), Failure> {
    let world = World::load(&files.config)?;
    for file in &files.files {
        let flow = world.flow(file, files.lang)?;
        let drawn = match form {
            Form::Mermaid => flow.mermaid(),
            Form::Svg => flow.svg(),
        };
        out::line(drawn.trim_end())?;
    }
    Ok(())
}

/// Tells the flows.
pub(super) fn explain(files: &Files) -> Result<(), Failure> {
    let world = World::load(&files.config)?;
    for file in &files.files {
        let told = world.flow(file, files.lang)?.explained();
        told.trim_end().lines().try_for_each(|line| out::line(&out::printable(line)))?;
    }
    Ok(())
}
