-- Steps after the call: lanes that are left alone, and what is known of a job's attempts.

-- How often a job failed by its own fault, and how many of its attempts may have done what they were to do.
alter table job add column failures integer not null default 0;
alter table job add column doubts integer not null default 0;

-- When it was last asked for by hand; null: never since it was written down.
alter table job add column asked_at integer;
create index job_waiting on job (tenant_id, id) where state = 'pending';

-- A receiver or CRM that is in trouble; no row: it is well. Nothing of the lane is tried before open_at, and one at a time
-- while failures are counted.
create table lane (
    lane text primary key,
    tenant_id integer not null references tenant (id),
    failures integer not null,
    open_at integer not null,
    reason text not null,
    since integer not null
) without rowid;
create index lane_tenant on lane (tenant_id);
