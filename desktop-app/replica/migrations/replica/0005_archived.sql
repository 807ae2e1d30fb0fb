-- Orders that were closed long ago: their rows and what they made stay here, their documents and facts are
-- on the server, and what their stock movements come to is kept apart.

create table archived_order (
    id blob primary key,
    -- How far the plant's feed was when it was archived.
    seq integer not null,
    -- Its document and facts are here all the same: somebody opened it, or something waits on it.
    is_here integer not null default 0,
    -- They are to be fetched: somebody opens it, or something concerned it since.
    is_wanted integer not null default 0
) strict, without rowid;
create index archived_order_wanted on archived_order (id) where is_wanted = 1;

create table archived_stock (
    material blob not null,
    location blob not null,
    lot text not null,
    serial text not null,
    status text not null,
    on_hand integer not null,
    primary key (material, location, lot, serial, status)
) strict, without rowid;

drop view shown_stock;
create view shown_stock as
    select material, location, lot, serial, status, amount as on_hand from pending_movement
    union all
    select * from stock
    union all
    select * from archived_stock;
