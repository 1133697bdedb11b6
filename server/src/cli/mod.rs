//! What the words of the command line do, one file a word.
//!
//! Promises: each answers with an exit code (0 done, 1 a check failed, 2 bad arguments or input) and one sentence for each
//! error. Leaves to others: reading the command line (`main`).

pub mod check_link;
