//! The readers: a few threads, each with a read-only connection, that answer questions beside the writer.
//!
//! Promises: one consistent view for each question; nothing can be written here. Leaves to others: the questions.

use super::{StoreError, Tx};
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// How many questions may wait. One takes well under a millisecond, so that this is about a second of work.
const WAITING_MAX: usize = 4096;

type Question = Box<dyn FnOnce(&Connection) + Send>;

pub(super) struct Readers {
    /// `None` only while the readers are being dropped.
    queue: Option<SyncSender<Question>>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    pub(super) fn start(connections: Vec<Connection>) -> std::io::Result<Self> {
        let (queue, waiting) = sync_channel::<Question>(WAITING_MAX);
        let waiting = Arc::new(Mutex::new(waiting));
        let mut threads = Vec::with_capacity(connections.len());
        for connection in connections {
            let waiting = waiting.clone();
            threads.push(
                std::thread::Builder::new()
                    .name("store-reader".to_owned())
                    .spawn(move || run(&connection, &waiting))?,
            );
        }
        Ok(Self { queue: Some(queue), threads })
    }

    pub(super) fn submit<T, F>(&self, look: F) -> Result<oneshot::Receiver<Result<T, StoreError>>, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let question: Question = Box::new(move |connection| {
            let asked = catch_unwind(AssertUnwindSafe(|| ask(connection, look)));
            let _ = reply.send(asked.unwrap_or(Err(StoreError::Panicked)));
        });
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        queue.try_send(question).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Overloaded,
            TrySendError::Disconnected(_) => StoreError::Closed,
        })?;
        Ok(answer)
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..).filter(super::is_another) {
            let _ = thread.join();
        }
    }
}

fn run(connection: &Connection, waiting: &Mutex<Receiver<Question>>) {
    loop {
        // Whoever holds the lock waits for a question; the others wait for the lock, which comes to the same.
        let question = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(question) = question else { return };
        question(connection);
        if !connection.is_autocommit() {
            // A question that panicked left its view open; it would hold back the log's checkpoint for ever.
            let _ = connection.execute_batch("rollback");
        }
    }
}

fn ask<T>(
    connection: &Connection,
    look: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    connection.prepare_cached("begin")?.raw_execute()?;
    let answer = look(&mut Tx::new(connection));
    connection.prepare_cached("commit")?.raw_execute()?;
    answer
}
