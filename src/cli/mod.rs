//! What a person types.

pub mod prompts;
