-- Who changed a tenant, when, how and what, and what is needed to put it back.

create table revision (
    id integer primary key autoincrement,
    tenant_id integer not null references tenant (id),
    at integer not null,
    who text not null,
    how text not null,
    lines text not null,
    -- What was changed, as it was and as it became, secrets sealed; null: not kept any more, or there was nothing before.
    before text,
    after text,
    undoes integer references revision (id),
    undone_by integer references revision (id)
);
create index revision_tenant on revision (tenant_id, id);
create index revision_kept on revision (tenant_id, id) where before is not null;
