-- Orders that were closed long ago and rested since: devices keep their rows and what their facts sum to,
-- and fetch the rest when somebody opens them.

alter table change_log drop constraint change_log_kind_check;
alter table change_log add constraint change_log_kind_check
    check (kind in ('record', 'fact', 'document', 'archived'));
comment on column change_log.body is 'A record, a fact or the ids of archived orders as JSON text.';

create table archived_order (
    organization_id uuid not null,
    order_id uuid not null,
    plant_id uuid not null,
    seq bigint not null,
    archived_at timestamptz not null,
    stock jsonb not null,
    digest bytea not null check (octet_length(digest) = 32),
    primary key (organization_id, order_id),
    foreign key (organization_id, order_id) references work_order (organization_id, id),
    foreign key (organization_id, plant_id) references plant (organization_id, id)
);
create index archived_order_by_plant on archived_order (organization_id, plant_id);
comment on table archived_order is
    'Orders that devices were told to let go of. One whose document.seq is higher than seq came back since.';
comment on column archived_order.seq is 'The entry of the plant''s feed that told them.';
comment on column archived_order.stock is 'What its stock movements come to, by key.';
comment on column archived_order.digest is 'SHA-256 of its document and its facts as they were then.';

alter table archived_order enable row level security;
alter table archived_order force row level security;
create policy tenant on archived_order using (organization_id = current_organization())
    with check (organization_id = current_organization());
grant select, insert, update on archived_order to unison_app;
