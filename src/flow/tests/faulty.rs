//! Faulty flows: every message, word for word.
