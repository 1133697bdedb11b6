//! The bridge between two phones, told as stories at the level of messages (sip.md flow E; semantics 2).

mod challenges;
mod ending;
mod scene;
mod setting_up;
mod talking;
