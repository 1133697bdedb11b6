-- Why a call ended, beside the call itself: charts count calls by it without reading them.
alter table txn add column end_reason text;
update txn set end_reason = json_extract(call, '$.outcome.reason');

-- Holds all that charts and pages of statistics ask of a stretch of time, so that no row is read for them.
drop index txn_tenant;
create index txn_tenant on txn (tenant_id, created_at, answered_at, end_reason);

-- What a tenant has open: its live calls and wrap-ups.
create index txn_open on txn (tenant_id, id) where completed_at is null;

-- The clicks that were refused: there are few, among many events.
create index journal_refused on journal (tenant_id, at) where kind = 'click.refused';
