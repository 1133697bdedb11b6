-- The first schema. Types are text and integer (bigint elsewhere) only: flags are 0 or 1, moments are milliseconds
-- since 1970, structures are JSON text. The statements in src/store/ run unchanged on SQLite and PostgreSQL; this file
-- is SQLite's own.

-- Facts about the whole database: the key check value, for example.
create table meta (
    name text primary key,
    value text not null
) without rowid;

create table tenant (
    id integer primary key autoincrement,
    name text not null unique,
    settings text not null,
    version integer not null
);

create table agent (
    id integer primary key autoincrement,
    tenant_id integer not null references tenant (id),
    login text not null,
    password_hash text not null,
    profile text not null,
    active integer not null,
    unique (tenant_id, login)
);

-- One row. Raised in the transaction that changes a tenant; a server whose number differs reads the tenants again.
create table directory_version (
    only_row integer primary key check (only_row = 1),
    version integer not null
);
insert into directory_version (only_row, version) values (1, 1);

create table session (
    id_hash text primary key,
    tenant_id integer not null references tenant (id),
    agent_id integer not null references agent (id),
    created_at integer not null,
    seen_at integer not null,
    expires_at integer not null,
    external text
) without rowid;
create index session_agent on session (agent_id);
create index session_expires on session (expires_at);

create table presence (
    agent_id integer primary key references agent (id),
    tenant_id integer not null references tenant (id),
    presence text not null,
    since integer not null
);

create table txn (
    id integer primary key autoincrement,
    guid text not null unique,
    tenant_id integer not null references tenant (id),
    agent_id integer not null references agent (id),
    queue_id integer,
    number text not null,
    caller_id text not null,
    state text not null,
    live integer not null,
    link text not null,
    call text not null,
    bridge text not null,
    created_at integer not null,
    answered_at integer,
    ended_at integer,
    completed_at integer,
    result_code text,
    error_string text,
    record_id text,
    version integer not null
);
-- Busy is derived: an agent has one live call at most, whoever asks at once (semantics 1.11, 1.12).
create unique index one_live_call_per_agent on txn (agent_id) where live = 1;
create index txn_unfinished on txn (id) where completed_at is null or bridge <> '';
create index txn_agent on txn (agent_id, id);
create index txn_tenant on txn (tenant_id, created_at);

create table recent_click (
    tenant_id integer not null references tenant (id),
    agent_id integer not null references agent (id),
    key text not null,
    transaction_id integer not null references txn (id),
    expires_at integer not null,
    primary key (tenant_id, agent_id, key)
) without rowid;
create index recent_click_expires on recent_click (expires_at);

create table journal (
    seq integer primary key autoincrement,
    tenant_id integer,
    agent_id integer,
    transaction_id integer,
    at integer not null,
    kind text not null,
    body text not null
);
create index journal_transaction on journal (transaction_id, seq) where transaction_id is not null;
create index journal_agent on journal (agent_id, seq) where agent_id is not null;
create index journal_tenant on journal (tenant_id, seq);

create table job (
    id integer primary key autoincrement,
    tenant_id integer not null references tenant (id),
    agent_id integer not null references agent (id),
    transaction_id integer not null references txn (id),
    kind text not null,
    lane text not null,
    body text not null,
    state text not null,
    attempt integer not null,
    due_at integer not null,
    leased_until integer not null,
    lease text not null,
    last_error text,
    created_at integer not null,
    settled_at integer
);
create index job_due on job (due_at) where state = 'pending';
create index job_leased on job (leased_until) where state = 'pending';
create index job_lane on job (lane) where state = 'pending';
create index job_parked on job (tenant_id, id) where state = 'parked';
create index job_transaction on job (transaction_id);

create table registration (
    aor text not null,
    contact text not null,
    flow text not null,
    call_id text not null,
    cseq integer not null,
    user_agent text not null,
    registered_at integer not null,
    expires_at integer not null,
    primary key (aor, contact)
) without rowid;
create index registration_expires on registration (expires_at);

create table parked_click (
    id_hash text primary key,
    owner text not null,
    body text not null,
    created_at integer not null,
    expires_at integer not null
) without rowid;
create index parked_click_owner on parked_click (owner);
create index parked_click_expires on parked_click (expires_at);

create table login_attempt (
    key text primary key,
    failures integer not null,
    expires_at integer not null
) without rowid;
create index login_attempt_expires on login_attempt (expires_at);
