//! The one writer: a thread that takes what is waiting, runs each unit in a savepoint and commits the batch once.
//!
//! Promises: answers go out after the commit, in order; a unit that fails or panics is rolled back alone; a commit that
//! fails fails every unit of its batch. Leaves to others: what the units do.

use super::{StoreError, Tx};
use ringbridge_core::id::Seq;
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use tokio::sync::{oneshot, watch};

/// How many units may wait. A batch takes a few milliseconds for hundreds of units, so this is about a second of work:
/// a click that would wait longer is better refused (`OVERLOADED`) than answered when the agent has given up.
const WAITING_MAX: usize = 4096;

/// How many units share a commit. The fsync is spread thin long before this; a larger batch only makes the first wait.
const BATCH_MAX: usize = 256;

/// A unit of work whose type has been forgotten.
trait Work: Send {
    /// Runs the unit and says what becomes of its changes.
    fn run(&mut self, tx: &mut Tx<'_>) -> Verdict;
    /// Sends the answer, which is the unit's own if the batch was committed.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

/// What becomes of a unit's changes.
enum Verdict {
    Keep,
    RollBack,
}

struct Unit<T, F> {
    function: Option<F>,
    outcome: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Work for Unit<T, F>
where
    T: Send,
    F: FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> Verdict {
        let Some(function) = self.function.take() else { return Verdict::RollBack };
        // Nothing of the unit survives a panic but the connection, whose savepoint is rolled back.
        let outcome = catch_unwind(AssertUnwindSafe(|| function(tx))).unwrap_or(Err(StoreError::Panicked));
        let verdict = if outcome.is_ok() { Verdict::Keep } else { Verdict::RollBack };
        self.outcome = Some(outcome);
        verdict
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let outcome = match (committed, self.outcome) {
            (Ok(()), Some(outcome)) => outcome,
            (Err(error), Some(Ok(_)) | None) => Err(error),
            (Err(_), Some(Err(error))) => Err(error),
            (Ok(()), None) => Err(StoreError::Closed),
        };
        // Whoever asked may have gone; the unit stands all the same.
        let _ = self.reply.send(outcome);
    }
}

pub(super) struct Writer {
    /// `None` only while the writer is being dropped.
    queue: Option<SyncSender<Box<dyn Work>>>,
    thread: Option<JoinHandle<()>>,
    wake: watch::Receiver<Seq>,
}

impl Writer {
    pub(super) fn start(connection: Connection, newest: Seq) -> std::io::Result<Self> {
        let (queue, waiting) = sync_channel(WAITING_MAX);
        let (newest_seq, wake) = watch::channel(newest);
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || run(&connection, &waiting, &newest_seq))?;
        Ok(Self { queue: Some(queue), thread: Some(thread), wake })
    }

    pub(super) fn submit<T, F>(
        &self,
        function: F,
    ) -> Result<oneshot::Receiver<Result<T, StoreError>>, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let unit = Box::new(Unit { function: Some(function), outcome: None, reply });
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        queue.try_send(unit).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Overloaded,
            TrySendError::Disconnected(_) => StoreError::Closed,
        })?;
        Ok(answer)
    }

    pub(super) fn wake(&self) -> watch::Receiver<Seq> {
        self.wake.clone()
    }
}

impl Drop for Writer {
    /// Lets the thread finish what is waiting, so that whoever was promised an answer gets a true one.
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take().filter(super::is_another) {
            let _ = thread.join();
        }
    }
}

/// The thread's loop: wait for one, take what else is there, commit, answer.
fn run(connection: &Connection, waiting: &Receiver<Box<dyn Work>>, newest: &watch::Sender<Seq>) {
    while let Ok(first) = waiting.recv() {
        let mut batch = vec![first];
        batch.extend(waiting.try_iter().take(BATCH_MAX - 1));
        let committed = commit(connection, &mut batch);
        if let Ok(Some(seq)) = committed {
            newest.send_replace(seq);
        }
        if let Err(error) = &committed {
            tracing::error!(error = %error, units = batch.len(), "a batch of database writes was not committed");
        }
        for unit in batch {
            unit.answer(committed.clone().map(|_| ()));
        }
    }
}

/// Runs the units and commits them together; gives the newest journal entry among them.
fn commit(connection: &Connection, batch: &mut [Box<dyn Work>]) -> Result<Option<Seq>, StoreError> {
    let statement = |sql: &'static str| -> Result<(), StoreError> {
        connection.prepare_cached(sql)?.raw_execute()?;
        Ok(())
    };
    statement("begin immediate")?;
    let mut newest = None;
    let mut units = || -> Result<(), StoreError> {
        for unit in batch.iter_mut() {
            statement("savepoint unit")?;
            let mut tx = Tx::new(connection);
            match unit.run(&mut tx) {
                // What a rolled back unit appended never was, so nobody is woken for it.
                Verdict::Keep => newest = tx.appended().or(newest),
                Verdict::RollBack => statement("rollback to unit")?,
            }
            statement("release unit")?;
        }
        statement("commit")
    };
    let done = units();
    if done.is_err() && !connection.is_autocommit() {
        // The transaction is still open and must not become part of the next batch.
        let _ = statement("rollback");
    }
    done.map(|()| newest)
}
