-- Who this device is. One row.
create table device (
    one integer primary key check (one = 1),
    -- The seed of the device's Ed25519 key, made before it enrolls.
    key blob,
    -- What the server gave it when it joined a plant, as JSON.
    enrollment text,
    -- Who is signed in.
    user_id blob,
    station blob,
    -- The server's clock less this device's.
    clock_offset_millis integer not null default 0
) strict;
insert into device (one) values (1);

-- Everyone who signed in here, with the roles they then had, as JSON.
create table person (
    user_id blob primary key,
    body text not null
) strict, without rowid;

-- What commands entered here, until the server's feed brings them back. Rows leave only then, or
-- when a person discards a refused one.
create table command (
    sequence integer primary key,
    id blob not null unique,
    plant_id blob not null,
    device_id blob not null,
    user_id blob not null,
    order_id blob,
    occurred_at integer not null,
    body text not null,
    -- How far the plant's feed was here when it was decided: what it stands on.
    seen integer not null,
    -- The Automerge change that it made, exactly as it is sent.
    change blob,
    -- The generation of the actor of that change.
    epoch integer not null,
    -- What it made happen when it was decided here, as JSON. The server's own facts replace these.
    facts text not null,
    state text not null check (state in ('queued', 'sent', 'accepted', 'refused')),
    -- Where the plant's feed has it, when it is accepted.
    accepted_seq integer,
    refusal text
) strict;
create index command_of_order on command (order_id, sequence);
create index command_unsettled on command (state, sequence);

-- The generation of a person's changes to an order, where it is not the first.
create table epoch (
    order_id blob not null,
    user_id blob not null,
    epoch integer not null,
    primary key (order_id, user_id)
) strict, without rowid;

-- Work order numbers that the server set aside for this device.
create table number_lease (
    prefix text not null,
    until integer not null,
    next integer not null,
    primary key (prefix, until)
) strict, without rowid;

-- Numbers that only rise, although the rows that they counted leave. One row.
create table counter (
    one integer primary key check (one = 1),
    last_sequence integer not null default 0,
    last_occurred_at integer not null default 0,
    -- Rises with every write to `command`; the replica remembers the one that it reflects.
    generation integer not null default 0
) strict;
insert into counter (one) values (1);
