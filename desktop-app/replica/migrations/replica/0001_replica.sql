-- The replica: rebuildable. Confirmed tables hold what the server's feeds said, and nothing else.
-- Their pending_ twins hold what the outbox adds; the shown_ views are both together, and are what
-- the screens read. Amounts are in millionths, instants in milliseconds since 1970, ids as blobs.

-- One row.
create table about (
    one integer primary key check (one = 1),
    -- The outbox generation that the pending layer reflects.
    generation integer not null default 0,
    -- Which history of the server the confirmed tables come from.
    history blob,
    -- When this device last had everything that the server had.
    synced_at integer
) strict;
insert into about (one) values (1);

-- How far each feed is here.
create table cursor (
    feed blob primary key,
    seq integer not null
) strict, without rowid;

-- Own commands that a feed brought back while the outbox may still hold them.
create table contained (
    command blob primary key
) strict, without rowid;

-- Reference data, each as the JSON of its newest version.
create table record (
    id blob primary key,
    kind text not null,
    -- What it is found by beside its id: a BOM and a routing by their material, a unit by its code.
    owner blob,
    body text not null
) strict;
create index record_of_owner on record (kind, owner);

-- The name of a person, location, reason; the code of a work center: for joining.
create table label (
    id blob primary key,
    label text not null
) strict, without rowid;

create table material (
    id blob primary key,
    number text not null,
    -- The number as it is compared and sorted.
    number_key text not null,
    name text not null,
    unit text not null,
    minimum integer not null,
    is_active integer not null,
    -- Lower case: what a search looks in.
    search text not null
) strict, without rowid;
create index material_by_number on material (number_key, id);

-- A work order's Automerge document: a saved document, then changes as they came.
create table document (
    id blob primary key,
    bytes blob not null,
    -- How many changes stand behind the saved document.
    appended integer not null
) strict;

create table work_order (
    id blob primary key,
    number text not null,
    number_key text not null,
    title text not null,
    search text not null,
    material blob not null,
    quantity integer not null,
    unit text not null,
    due_on text,
    -- `due_on`, or a text behind every date.
    due_key text not null,
    priority integer not null,
    stage text not null,
    assignee blob,
    created_at integer not null,
    -- The operation whose good pieces are the order's; -1 where it has none.
    last_operation integer not null
) strict, without rowid;
create index work_order_by_due on work_order (due_key, priority, number_key, id);
create index work_order_by_number on work_order (number_key, id);
create index work_order_by_age on work_order (created_at, id);
create index work_order_by_stage on work_order (stage, due_key, priority, number_key, id);

-- For an order with commands that wait: the order as it is with them, in place of the confirmed.
create table pending_work_order (
    id blob primary key,
    number text not null,
    number_key text not null,
    title text not null,
    search text not null,
    material blob not null,
    quantity integer not null,
    unit text not null,
    due_on text,
    due_key text not null,
    priority integer not null,
    stage text not null,
    assignee blob,
    created_at integer not null,
    last_operation integer not null
) strict, without rowid;

create table operation (
    order_id blob not null,
    number integer not null,
    name text not null,
    work_center blob,
    state text not null,
    -- The lower-numbered operations are finished.
    is_ready integer not null,
    -- The order is on the floor and the operation is not finished.
    is_waiting integer not null,
    -- It could be started now.
    is_startable integer not null,
    primary key (order_id, number)
) strict, without rowid;
create index operation_waiting on operation (work_center) where is_waiting = 1;

create table pending_operation (
    order_id blob not null,
    number integer not null,
    name text not null,
    work_center blob,
    state text not null,
    is_ready integer not null,
    is_waiting integer not null,
    is_startable integer not null,
    primary key (order_id, number)
) strict, without rowid;

-- Whose clock runs on an operation.
create table clock (
    order_id blob not null,
    operation integer not null,
    user_id blob not null,
    since integer not null,
    primary key (order_id, operation, user_id)
) strict, without rowid;

create table pending_clock (
    order_id blob not null,
    operation integer not null,
    user_id blob not null,
    since integer not null,
    primary key (order_id, operation, user_id)
) strict, without rowid;

create table fact (
    id blob primary key,
    command blob not null,
    order_id blob,
    user_id blob not null,
    device_id blob not null,
    occurred_at integer not null,
    -- When the server committed it.
    received_at integer,
    kind text not null,
    body text not null
) strict;
create index fact_of_order on fact (order_id) where order_id is not null;
create index fact_of_exception on fact (kind) where kind in ('exception_opened', 'exception_closed');

create table pending_fact (
    id blob primary key,
    command blob not null,
    order_id blob,
    user_id blob not null,
    device_id blob not null,
    occurred_at integer not null,
    received_at integer,
    kind text not null,
    body text not null
) strict;
create index pending_fact_of_order on pending_fact (order_id);
create index pending_fact_of_command on pending_fact (command);

-- What each operation made: reports less voids. Operation -1 for an order without operations.
create table output (
    order_id blob not null,
    operation integer not null,
    good integer not null,
    scrap integer not null,
    rework integer not null,
    primary key (order_id, operation)
) strict, without rowid;

create table pending_output (
    fact_id blob primary key,
    command blob not null,
    order_id blob not null,
    operation integer not null,
    good integer not null,
    scrap integer not null,
    rework integer not null
) strict, without rowid;
create index pending_output_of_order on pending_output (order_id, operation);
create index pending_output_of_command on pending_output (command);

-- Empty for no location, lot or serial.
create table movement (
    fact_id blob primary key,
    at integer not null,
    material blob not null,
    location blob not null,
    lot text not null,
    serial text not null,
    status text not null,
    amount integer not null
) strict, without rowid;
create index movement_by_age on movement (at, fact_id);
create index movement_of_material on movement (material, at, fact_id);

create table pending_movement (
    fact_id blob primary key,
    command blob not null,
    at integer not null,
    material blob not null,
    location blob not null,
    lot text not null,
    serial text not null,
    status text not null,
    amount integer not null
) strict, without rowid;
create index pending_movement_of_material on pending_movement (material);
create index pending_movement_of_command on pending_movement (command);

create table stock (
    material blob not null,
    location blob not null,
    lot text not null,
    serial text not null,
    status text not null,
    on_hand integer not null,
    primary key (material, location, lot, serial, status)
) strict, without rowid;

-- The outbox, as far as the screens join with it.
create table pending_command (
    id blob primary key,
    order_id blob,
    -- 1 sent, 2 saved here, 3 needs you; 0 accepted, and the feed has not brought it yet.
    mark integer not null
) strict, without rowid;
create index pending_command_of_order on pending_command (order_id);

create view shown_work_order as
    select * from pending_work_order
    union all
    select * from work_order where id not in (select id from pending_work_order);

create view shown_operation as
    select * from pending_operation
    union all
    select * from operation where order_id not in (select id from pending_work_order);

create view shown_clock as
    select * from pending_clock
    union all
    select * from clock where order_id not in (select id from pending_work_order);

create view shown_fact as
    select pending_fact.*, mark from pending_fact join pending_command on pending_command.id = command
    union all
    select *, 0 as mark from fact;

create view shown_output as
    select order_id, operation, good, scrap, rework from pending_output
    union all
    select * from output;

create view shown_movement as
    select fact_id, at, material, location from pending_movement
    union all
    select fact_id, at, material, location from movement;

create view shown_stock as
    select material, location, lot, serial, status, amount as on_hand from pending_movement
    union all
    select * from stock;
