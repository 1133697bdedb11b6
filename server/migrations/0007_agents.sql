-- What an agent has open, asked at every click and for everybody in the supervisor's view: without it, all calls that they
-- ever made are looked at.
create index txn_agent_open on txn (agent_id, id) where completed_at is null;

-- The calls that had changed their agent's status (semantics 1.10), for the clock of whoever is free.
create index txn_agent_freed on txn (agent_id, id)
    where completed_at is not null
        and (completed_at > ended_at or (queue_id is not null and answered_at is not null));
