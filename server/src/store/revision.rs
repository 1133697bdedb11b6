//! Revisions of tenants: every change with who made it, and what is needed to undo it.
//!
//! Promises: the lines of a revision are kept for ever; what is needed to undo it for the newest [`KEPT`] of a tenant. A
//! revision is committed with the change it tells of. Leaves to others: what the bodies hold (`provision::snapshot`).

use super::{Row, StoreError, Tx, Value};
use ringbridge_core::id::TenantId;
use ringbridge_core::time::Timestamp;

/// How many of a tenant's revisions can be undone. Each holds what it changed, which may be all agents of an import; weeks
/// later the parts have changed again, and an undo would be refused anyway.
pub const KEPT: u32 = 200;

/// The row's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RevisionId(pub i64);

/// The way a tenant was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// By a tenant file.
    File,
    /// By a CSV of agents.
    Import,
    /// By Configuration Manager or a program that uses its API.
    Screen,
    /// By the page of the first start.
    Setup,
    /// By undoing another revision.
    Undo,
}

impl How {
    const ALL: [Self; 5] = [Self::File, Self::Import, Self::Screen, Self::Setup, Self::Undo];

    /// The word in the database and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Import => "import",
            Self::Screen => "screen",
            Self::Setup => "setup",
            Self::Undo => "undo",
        }
    }
}

/// What was changed, as it was and as it became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bodies {
    /// Before.
    pub before: String,
    /// After.
    pub after: String,
}

/// A change about to be written.
#[derive(Clone, Debug)]
pub struct NewRevision<'a> {
    /// Whose.
    pub tenant: TenantId,
    /// When.
    pub at: Timestamp,
    /// Who made it: a log-in, or the command.
    pub who: &'a str,
    /// How.
    pub how: How,
    /// What changed, one line each.
    pub lines: &'a [String],
    /// What is needed to undo it; none where the tenant is new.
    pub bodies: Option<Bodies>,
    /// The revision that this one undoes.
    pub undoes: Option<RevisionId>,
}

/// A change that was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    /// Its place in the order of all.
    pub id: RevisionId,
    /// When.
    pub at: Timestamp,
    /// Who made it.
    pub who: String,
    /// How.
    pub how: How,
    /// What changed, one line each.
    pub lines: Vec<String>,
    /// The revision that this one undid.
    pub undoes: Option<RevisionId>,
    /// The revision that undid this one, unless that was undone in turn.
    pub undone_by: Option<RevisionId>,
    /// Whether it can still be undone, as far as it is kept.
    pub kept: bool,
}

/// Writes a revision down, marks what it undoes, and forgets what is beyond [`KEPT`].
pub fn append(tx: &mut Tx<'_>, revision: &NewRevision<'_>) -> Result<RevisionId, StoreError> {
    let lines = serde_json::to_string(revision.lines).unwrap_or_default();
    let bodies = revision.bodies.as_ref();
    let row = tx.first(
        "insert into revision (tenant_id, at, who, how, lines, before, after, undoes)
         values ($1, $2, $3, $4, $5, $6, $7, $8) returning id",
        &[
            revision.tenant.0.into(),
            revision.at.into(),
            revision.who.into(),
            revision.how.as_str().into(),
            lines.into(),
            bodies.map(|bodies| bodies.before.as_str()).into(),
            bodies.map(|bodies| bodies.after.as_str()).into(),
            revision.undoes.map(|id| id.0).into(),
        ],
    )?;
    let id = RevisionId(row.ok_or(StoreError::Stale { what: "the revision" })?.int("id")?);
    if let Some(undone) = revision.undoes {
        mark_undone(tx, revision.tenant, undone, id)?;
    }
    tx.execute(
        "update revision set before = null, after = null
         where tenant_id = $1 and before is not null and id <= (
             select id from revision where tenant_id = $1 order by id desc limit 1 offset $2)",
        &[revision.tenant.0.into(), Value::Int(KEPT.into())],
    )?;
    Ok(id)
}

/// What was undone by a revision that is undone now is in force again.
fn mark_undone(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    undone: RevisionId,
    by: RevisionId,
) -> Result<(), StoreError> {
    tx.guarded(
        "the revision",
        "update revision set undone_by = $1 where id = $2 and tenant_id = $3 and undone_by is null",
        &[by.0.into(), undone.0.into(), tenant.0.into()],
    )?;
    tx.execute(
        "update revision set undone_by = null where undone_by = $1 and tenant_id = $2",
        &[undone.0.into(), tenant.0.into()],
    )?;
    Ok(())
}

/// The revisions of a tenant before a place, newest first; without a place from the newest on.
pub fn page(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    before: Option<RevisionId>,
    limit: u32,
) -> Result<Vec<Revision>, StoreError> {
    let before = before.map_or(i64::MAX, |id| id.0);
    let rows = tx.query(
        "select id, at, who, how, lines, undoes, undone_by, before is not null as kept from revision
         where tenant_id = $1 and id < $2 order by id desc limit $3",
        &[tenant.0.into(), before.into(), Value::Int(limit.into())],
    )?;
    rows.iter().map(revision).collect()
}

/// A revision of a tenant, with what is needed to undo it if that is kept.
pub fn find(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    id: RevisionId,
) -> Result<Option<(Revision, Option<Bodies>)>, StoreError> {
    let row = tx.first(
        "select id, at, who, how, lines, undoes, undone_by, before is not null as kept, before, after from revision
         where tenant_id = $1 and id = $2",
        &[tenant.0.into(), id.0.into()],
    )?;
    let Some(row) = row else { return Ok(None) };
    let bodies = row.optional_text("before")?.zip(row.optional_text("after")?);
    Ok(Some((revision(&row)?, bodies.map(|(before, after)| Bodies { before, after }))))
}

fn revision(row: &Row) -> Result<Revision, StoreError> {
    let how = row.text("how")?;
    let how = How::ALL.into_iter().find(|known| known.as_str() == how);
    let lines = serde_json::from_str(&row.text("lines")?);
    Ok(Revision {
        id: RevisionId(row.int("id")?),
        at: row.moment("at")?,
        who: row.text("who")?,
        how: how.ok_or_else(|| row.unreadable("how", "is none that is known"))?,
        lines: lines.map_err(|_| row.unreadable("lines", "are no list of texts"))?,
        undoes: row.optional_int("undoes")?.map(RevisionId),
        undone_by: row.optional_int("undone_by")?.map(RevisionId),
        kept: row.int("kept")? == 1,
    })
}
