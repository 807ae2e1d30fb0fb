-- What becomes of a refused command whose device was revoked and can decide nothing any more.

set local lock_timeout = '10s';

create index refused_by_device on refused (organization_id, device_id, command_id);

create table refused_decision (
    organization_id uuid not null,
    command_id uuid not null,
    decided_at timestamptz not null,
    decided_by uuid not null,
    released_as uuid,
    note text not null,
    primary key (organization_id, command_id),
    foreign key (organization_id, command_id) references refused (organization_id, command_id),
    foreign key (organization_id, released_as) references command (organization_id, id)
);
comment on table refused_decision is 'What an administrator decided on a refused command, once.';
comment on column refused_decision.released_as is
    'The command as which it was entered again; null where it was closed and nothing came of it.';

alter table refused_decision enable row level security;
alter table refused_decision force row level security;
create policy tenant on refused_decision using (organization_id = current_organization())
    with check (organization_id = current_organization());
grant select, insert on refused_decision to unison_app;
