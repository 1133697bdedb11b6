//! Screen pops: one row for each transaction that has one.
//!
//! Promises: a transaction's pop is offered once; of many who want to open one, one gets it; a ticket is taken once and
//! before it expires, and only its hash is kept. Leaves to others: what a pop is (`core::screen_pop`; JSON here), who may
//! ask (`web`), telling consoles (`journal`).

use super::{Row, StoreError, Tx, Value};
use ringbridge_core::id::{AgentId, TenantId, TransactionId};
use ringbridge_core::screen_pop::{Opens, Pop};
use ringbridge_core::time::Timestamp;

/// Where a pop is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// No tab has it yet.
    Offered,
    /// A tab has a ticket for it.
    Opening,
    /// Its page was served.
    Opened,
    /// The browser did not let a tab open it; a person must press the button.
    Blocked,
    /// The agent does not want it.
    Dismissed,
    /// There is nothing to open, for a reason the agent is told.
    Nothing,
}

impl State {
    const ALL: [Self; 6] =
        [Self::Offered, Self::Opening, Self::Opened, Self::Blocked, Self::Dismissed, Self::Nothing];

    /// As it is stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::Opening => "opening",
            Self::Opened => "opened",
            Self::Blocked => "blocked",
            Self::Dismissed => "dismissed",
            Self::Nothing => "nothing",
        }
    }
}

/// A pop as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its transaction.
    pub transaction: TransactionId,
    /// Whose browser it is for.
    pub agent: AgentId,
    /// What it opens.
    pub pop: Pop,
    /// Where it is.
    pub state: State,
    /// When its call was complete: a record that the CRM was slow to take is offered long after.
    pub complete_at: Timestamp,
    /// When it was offered.
    pub offered_at: Timestamp,
    /// When its state last changed.
    pub changed_at: Timestamp,
}

/// Whose a pop is.
#[derive(Clone, Copy, Debug)]
pub struct Owner {
    /// The tenant.
    pub tenant: TenantId,
    /// The agent.
    pub agent: AgentId,
    /// The transaction.
    pub transaction: TransactionId,
}

/// Whether something was done, or somebody was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It was done.
    Had,
    /// It was not: the pop is in another state, or not theirs.
    Gone,
}

impl Turn {
    const fn of(changed: u64) -> Self {
        if changed == 0 { Self::Gone } else { Self::Had }
    }
}

/// Which states of a pop a tab may open it from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// By itself: only one that no tab has had.
    First,
    /// A person pressed a button: any but one that has nothing to open.
    Again,
}

/// A ticket about to be written.
#[derive(Clone, Copy, Debug)]
pub struct Ticket<'a> {
    /// Its SHA-256, in hexadecimal.
    pub hash: &'a str,
    /// Until when it can be taken.
    pub expires_at: Timestamp,
}

/// Offers a transaction's pop, unless it was offered before.
pub fn offer(tx: &mut Tx<'_>, owner: Owner, pop: &Pop, now: Timestamp) -> Result<Turn, StoreError> {
    let state = match pop.opens {
        Opens::Form { .. } | Opens::Record { .. } => State::Offered,
        Opens::Nothing { .. } => State::Nothing,
    };
    let body = serde_json::to_string(pop).map_err(|error| StoreError::Database(error.to_string()))?;
    let written = tx.execute(
        "insert into screen_pop (transaction_id, tenant_id, agent_id, body, state, offered_at, changed_at)
         values ($1, $2, $3, $4, $5, $6, $6) on conflict (transaction_id) do nothing",
        &[
            owner.transaction.0.into(),
            owner.tenant.0.into(),
            owner.agent.0.into(),
            body.into(),
            state.as_str().into(),
            now.into(),
        ],
    )?;
    Ok(Turn::of(written))
}

/// Gives a tab the pop: of many who ask first, one has its turn.
pub fn claim(
    tx: &mut Tx<'_>,
    owner: Owner,
    claim: Claim,
    ticket: Ticket<'_>,
    now: Timestamp,
) -> Result<Turn, StoreError> {
    let parameters = [
        ticket.hash.into(),
        ticket.expires_at.into(),
        now.into(),
        owner.transaction.0.into(),
        owner.agent.0.into(),
        owner.tenant.0.into(),
    ];
    let changed = match claim {
        Claim::First => tx.execute(
            "update screen_pop set state = 'opening', ticket = $1, ticket_expires_at = $2, changed_at = $3
             where transaction_id = $4 and agent_id = $5 and tenant_id = $6 and state = 'offered'",
            &parameters,
        )?,
        Claim::Again => tx.execute(
            "update screen_pop set state = 'opening', ticket = $1, ticket_expires_at = $2, changed_at = $3
             where transaction_id = $4 and agent_id = $5 and tenant_id = $6 and state <> 'nothing'",
            &parameters,
        )?,
    };
    Ok(Turn::of(changed))
}

/// Takes a ticket: the page is about to be served, and never again with this ticket.
pub fn take_ticket(
    tx: &mut Tx<'_>,
    owner: Owner,
    ticket_hash: &str,
    now: Timestamp,
) -> Result<Turn, StoreError> {
    let changed = tx.execute(
        "update screen_pop set state = 'opened', ticket = null, ticket_expires_at = null, changed_at = $1
         where transaction_id = $2 and agent_id = $3 and tenant_id = $4 and ticket = $5 and ticket_expires_at > $1",
        &[
            now.into(),
            owner.transaction.0.into(),
            owner.agent.0.into(),
            owner.tenant.0.into(),
            ticket_hash.into(),
        ],
    )?;
    Ok(Turn::of(changed))
}

/// Notes that the browser did not let the tab with the ticket open it. The ticket is void.
pub fn block(tx: &mut Tx<'_>, owner: Owner, now: Timestamp) -> Result<Turn, StoreError> {
    let changed = tx.execute(
        "update screen_pop set state = 'blocked', ticket = null, ticket_expires_at = null, changed_at = $1
         where transaction_id = $2 and agent_id = $3 and tenant_id = $4 and state = 'opening'",
        &[now.into(), owner.transaction.0.into(), owner.agent.0.into(), owner.tenant.0.into()],
    )?;
    Ok(Turn::of(changed))
}

/// Takes a pop off the consoles. One that was opened stays so.
pub fn dismiss(tx: &mut Tx<'_>, owner: Owner, now: Timestamp) -> Result<Turn, StoreError> {
    let changed = tx.execute(
        "update screen_pop set state = 'dismissed', ticket = null, ticket_expires_at = null, changed_at = $1
         where transaction_id = $2 and agent_id = $3 and tenant_id = $4
               and state in ('offered', 'opening', 'blocked', 'nothing')",
        &[now.into(), owner.transaction.0.into(), owner.agent.0.into(), owner.tenant.0.into()],
    )?;
    Ok(Turn::of(changed))
}

/// The pop of a transaction.
pub fn find(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    transaction: TransactionId,
) -> Result<Option<Stored>, StoreError> {
    let row = tx.first(
        "select pop.transaction_id, pop.agent_id, pop.body, pop.state, pop.offered_at, pop.changed_at, txn.completed_at
         from screen_pop pop join txn on txn.id = pop.transaction_id
         where pop.transaction_id = $1 and pop.tenant_id = $2",
        &[transaction.0.into(), tenant.0.into()],
    )?;
    row.as_ref().map(stored).transpose()
}

/// The pops offered after a moment that an agent's consoles still show, newest first.
pub fn open_of_agent(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    agent: AgentId,
    after: Timestamp,
    limit: u32,
) -> Result<Vec<Stored>, StoreError> {
    let rows = tx.query(
        "select pop.transaction_id, pop.agent_id, pop.body, pop.state, pop.offered_at, pop.changed_at, txn.completed_at
         from screen_pop pop join txn on txn.id = pop.transaction_id
         where pop.agent_id = $1 and pop.tenant_id = $2
               and pop.state in ('offered', 'opening', 'blocked', 'nothing') and pop.offered_at > $3
         order by pop.transaction_id desc limit $4",
        &[agent.0.into(), tenant.0.into(), after.into(), Value::Int(limit.into())],
    )?;
    rows.iter().map(stored).collect()
}

fn stored(row: &Row) -> Result<Stored, StoreError> {
    let name = row.text("state")?;
    let state = State::ALL.into_iter().find(|known| known.as_str() == name);
    let offered_at = row.moment("offered_at")?;
    Ok(Stored {
        transaction: TransactionId(row.int("transaction_id")?),
        agent: AgentId(row.int("agent_id")?),
        pop: serde_json::from_str(&row.text("body")?)
            .map_err(|error| row.unreadable("screen_pop.body", &format!("is no screen pop ({error})")))?,
        state: state.ok_or_else(|| row.unreadable("screen_pop.state", "is no state"))?,
        complete_at: row.optional_moment("completed_at")?.unwrap_or(offered_at),
        offered_at,
        changed_at: row.moment("changed_at")?,
    })
}
