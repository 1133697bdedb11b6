//! The bridge between two phones, told as stories at the level of messages (sip.md flow E; semantics 2).

#![allow(clippy::wildcard_enum_match_arm, reason = "a story tells of a few methods and lets the others pass")]

mod challenges;
mod ending;
mod scene;
mod setting_up;
mod talking;
