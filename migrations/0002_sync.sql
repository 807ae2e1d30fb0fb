-- What the devices of a plant share: the feeds, and what the entries of the feeds sum to.
--
-- One row of feed_head is locked first in every transaction that adds to a feed, and until it
-- commits. Thus a feed has no gaps, its entries become visible in their order, and decisions on one
-- plant are made one after the other, each on the result of the one before.

create table server_history (
    id uuid primary key default gen_random_uuid()
);
insert into server_history default values;
comment on table server_history is
    'One row. Another id tells the devices that the feeds were replaced, as by restoring a backup.';

create table feed_head (
    organization_id uuid not null references organization (organization_id),
    feed_id uuid not null,
    seq bigint not null default 0 check (seq >= 0),
    primary key (organization_id, feed_id)
);
comment on table feed_head is 'The last sequence number of each feed, and the lock under which it grows.';
comment on column feed_head.feed_id is 'A plant''s id; for the records of the whole organization the organization''s.';

create table change_log (
    organization_id uuid not null,
    feed_id uuid not null,
    seq bigint not null,
    received_at timestamptz not null,
    command_id uuid,
    kind text not null check (kind in ('record', 'fact', 'document')),
    document_id uuid,
    body text,
    change bytea,
    ends_unit boolean not null,
    primary key (organization_id, feed_id, seq),
    constraint change_log_one_content check (
        (kind = 'document') = (change is not null and document_id is not null and body is null)
        and (kind <> 'document') = (body is not null)
    )
);
comment on table change_log is
    'The feeds: everything that devices replicate, append-only, exactly as it is sent. Its feed is not a '
    'foreign key because the transaction holds the feed''s row locked.';
comment on column change_log.body is 'A record or a fact as JSON text.';
comment on column change_log.change is 'One Automerge change of the document.';
comment on column change_log.ends_unit is
    'True on the last entry of what must be applied whole: what one command did, or one record.';

create table record (
    organization_id uuid not null,
    feed_id uuid not null,
    kind text not null,
    id uuid not null,
    key text,
    body jsonb not null,
    seq bigint not null,
    primary key (organization_id, feed_id, kind, id),
    constraint record_key_unique unique (organization_id, feed_id, kind, key),
    foreign key (organization_id, feed_id) references feed_head (organization_id, feed_id)
);
create index record_by_seq on record (organization_id, feed_id, seq);
comment on table record is 'The current version of every record: reference data, written on the server only.';
comment on column record.key is 'What people know it by (a number, a path), in the form in which it is compared.';

create table document (
    organization_id uuid not null,
    id uuid not null,
    plant_id uuid not null,
    kind text not null check (kind in ('work_order')),
    snapshot bytea not null,
    heads bytea[] not null,
    change_count integer not null,
    seq bigint not null,
    primary key (organization_id, id),
    foreign key (organization_id, plant_id) references plant (organization_id, id)
);
comment on table document is
    'Every document whole, as one compact Automerge snapshot: the changes themselves are in change_log.';
comment on column document.seq is
    'The last entry that concerned the document or a fact of it: who has this one needs no other.';

create table fact (
    organization_id uuid not null,
    id uuid not null,
    plant_id uuid not null,
    seq bigint not null,
    command_id uuid not null,
    order_id uuid,
    kind text not null,
    occurred_at timestamptz not null,
    received_at timestamptz not null,
    user_id uuid not null,
    device_id uuid not null,
    body jsonb not null,
    primary key (organization_id, id)
);
create index fact_by_order on fact (organization_id, order_id, seq) where order_id is not null;
create index fact_by_seq on fact (organization_id, plant_id, seq);
comment on table fact is 'What happened. Append-only; corrected by later facts.';
comment on column fact.seq is 'Its place in the plant''s feed, which alone decides order.';
comment on column fact.user_id is 'The nil UUID where the server did it, as in an import.';

create table work_order (
    organization_id uuid not null,
    id uuid not null,
    plant_id uuid not null,
    number text not null,
    number_key text not null,
    title text not null,
    material_id uuid not null,
    quantity numeric(24, 6) not null,
    unit text not null,
    due_on date,
    priority smallint not null,
    state text not null,
    state_reason text,
    assignee_id uuid,
    created_by uuid not null,
    created_at timestamptz,
    released_at timestamptz,
    started_at timestamptz,
    ended_at timestamptz,
    bom_id uuid,
    output_location_id uuid,
    last_operation bigint,
    operations jsonb not null,
    materials jsonb not null,
    seq bigint not null,
    primary key (organization_id, id),
    constraint work_order_number_unique unique (organization_id, plant_id, number_key),
    foreign key (organization_id, plant_id) references plant (organization_id, id)
);
create index work_order_by_due on work_order (organization_id, plant_id, state, due_on);
comment on table work_order is 'The work order documents as rows, for queries. Rebuilt from the documents at any time.';
comment on column work_order.last_operation is 'Its good pieces are the order''s; null for an order without operations.';
comment on column work_order.seq is 'As document.seq: the version of the order, for ETags.';

create table work_order_output (
    organization_id uuid not null,
    order_id uuid not null,
    operation bigint not null,
    good numeric(24, 6) not null,
    scrap numeric(24, 6) not null,
    rework numeric(24, 6) not null,
    primary key (organization_id, order_id, operation)
);
comment on table work_order_output is 'What each operation made: its reports less its voids.';
comment on column work_order_output.operation is '-1 for an order without operations.';

create table stock_balance (
    organization_id uuid not null,
    plant_id uuid not null,
    material_id uuid not null,
    location_id uuid not null,
    lot text not null,
    serial text not null,
    status text not null,
    on_hand numeric(24, 6) not null,
    unit text not null,
    moved_at timestamptz not null,
    primary key (organization_id, plant_id, material_id, location_id, lot, serial, status),
    foreign key (organization_id, plant_id) references plant (organization_id, id)
);
comment on table stock_balance is
    'Stock on hand: the sum of the movements at each key. Negative where more was taken than there was.';
comment on column stock_balance.location_id is 'The nil UUID for a place that nobody has named.';
comment on column stock_balance.lot is 'Empty for none, as the serial number is.';

create table exception (
    organization_id uuid not null,
    id uuid not null,
    plant_id uuid not null,
    order_id uuid,
    kind text not null,
    owner_role text not null,
    body jsonb not null,
    opened_at timestamptz not null,
    opened_by uuid not null,
    closed_at timestamptz,
    closed_by uuid,
    note text,
    primary key (organization_id, id),
    foreign key (organization_id, plant_id) references plant (organization_id, id)
);
create index exception_open on exception (organization_id, plant_id, opened_at) where closed_at is null;
comment on table exception is 'What was accepted although it should not be, for a person to look at.';
comment on column exception.id is 'The fact that opened it.';

create table command (
    organization_id uuid not null,
    id uuid not null,
    plant_id uuid not null,
    code text not null,
    device_id uuid not null,
    user_id uuid not null,
    occurred_at timestamptz not null,
    received_at timestamptz not null,
    clock_skew_ms bigint,
    accepted_seq bigint,
    refusal text,
    primary key (organization_id, id),
    constraint command_one_verdict check ((accepted_seq is null) <> (refusal is null))
);
comment on table command is 'The verdict on every command, given once: the same command gets the same word again.';
comment on column command.clock_skew_ms is
    'How far ahead of the server its time was, where that is more than a clock may be wrong.';
comment on column command.refusal is 'The refusal as JSON.';

create table refused (
    organization_id uuid not null,
    command_id uuid not null,
    plant_id uuid not null,
    device_id uuid not null,
    user_id uuid not null,
    received_at timestamptz not null,
    body text not null,
    change bytea,
    message text not null,
    primary key (organization_id, command_id),
    foreign key (organization_id, command_id) references command (organization_id, id)
);
comment on table refused is 'Refused commands whole, so that nothing that anybody entered is lost.';
comment on column refused.body is 'The command as JSON, as it was sent.';

create table blocked_change (
    organization_id uuid not null,
    hash bytea not null check (octet_length(hash) = 32),
    command_id uuid not null,
    primary key (organization_id, hash),
    foreign key (organization_id, command_id) references command (organization_id, id)
);
comment on table blocked_change is 'The hashes of refused changes: they are never let in, whoever brings them.';

create table number_range (
    organization_id uuid not null,
    plant_id uuid not null,
    prefix text not null,
    next bigint not null check (next > 0),
    primary key (organization_id, plant_id, prefix),
    foreign key (organization_id, plant_id) references plant (organization_id, id)
);
comment on table number_range is 'Where the next lease of work order numbers begins.';

create table number_lease (
    organization_id uuid not null,
    plant_id uuid not null,
    prefix text not null,
    first bigint not null,
    past bigint not null check (past > first),
    device_id uuid not null,
    leased_at timestamptz not null,
    primary key (organization_id, plant_id, prefix, first),
    foreign key (organization_id, plant_id, prefix)
        references number_range (organization_id, plant_id, prefix)
);
comment on table number_lease is 'Which device may give which numbers to new orders: first up to and without past.';
comment on column number_lease.device_id is 'The nil UUID for numbers that the server gave itself.';

-- Row level security, the same for all.
do $$
declare
    tenant_table text;
begin
    foreach tenant_table in array array[
        'feed_head', 'change_log', 'record', 'document', 'fact', 'work_order', 'work_order_output',
        'stock_balance', 'exception', 'command', 'refused', 'blocked_change', 'number_range', 'number_lease'
    ] loop
        execute format('alter table %I enable row level security', tenant_table);
        execute format('alter table %I force row level security', tenant_table);
        execute format(
            'create policy tenant on %I using (organization_id = current_organization()) '
            'with check (organization_id = current_organization())', tenant_table);
    end loop;
end
$$;

grant select on server_history to unison_app;
-- Append-only tables can be neither updated nor deleted from, whoever asks.
grant select, insert on change_log, fact, command, refused, blocked_change, number_lease to unison_app;
grant select, insert, update on
    feed_head, record, document, work_order, work_order_output, stock_balance, exception, number_range
    to unison_app;
