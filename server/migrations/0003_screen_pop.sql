-- Screen pops: what a call opens in its agent's browser, once (semantics 5.4), and the log-ins for it that agents asked
-- to be remembered, sealed.
create table screen_pop (
    transaction_id integer primary key references txn (id),
    tenant_id integer not null references tenant (id),
    agent_id integer not null references agent (id),
    body text not null,
    state text not null,
    offered_at integer not null,
    changed_at integer not null,
    ticket text,
    ticket_expires_at integer
);
-- Those that a console still shows.
create index screen_pop_open on screen_pop (agent_id, transaction_id)
    where state in ('offered', 'opening', 'blocked', 'nothing');

create table external_login (
    agent_id integer primary key references agent (id),
    tenant_id integer not null references tenant (id),
    sealed text not null,
    changed_at integer not null
);
