-- Two logs that admins read newest first, whatever else their tables hold: clicks that were refused or asked about, and
-- callbacks in all states.
create index journal_click on journal (tenant_id, seq) where kind in ('click.asked', 'click.refused');
create index job_callback on job (tenant_id, id) where kind = 'callback';
