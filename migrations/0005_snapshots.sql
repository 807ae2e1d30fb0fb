-- What the feeds came to, packed for devices that have to begin anew.

alter table feed_head add column horizon bigint not null default 0;
alter table feed_head add constraint feed_head_horizon check (horizon between 0 and seq);
comment on column feed_head.horizon is
    'The feed begins behind this entry: who has less has to begin with a snapshot.';

create table snapshot_chunk (
    organization_id uuid not null,
    feed_id uuid not null,
    seq bigint not null,
    index integer not null check (index >= 0),
    is_last boolean not null,
    body bytea not null,
    made_at timestamptz not null,
    primary key (organization_id, feed_id, seq, index),
    foreign key (organization_id, feed_id) references feed_head (organization_id, feed_id)
);
comment on table snapshot_chunk is
    'What a feed''s entries up to seq came to, in chunks in the order in which people need them. Made when '
    'a device asks for it, and again when the feed has grown; the newest two are kept.';
comment on column snapshot_chunk.body is 'As it is sent: compressed with Brotli.';
alter table snapshot_chunk alter column body set storage external;

alter table snapshot_chunk enable row level security;
alter table snapshot_chunk force row level security;
create policy tenant on snapshot_chunk using (organization_id = current_organization())
    with check (organization_id = current_organization());
grant select, insert, delete on snapshot_chunk to unison_app;
