-- Snapshots that are being fetched: how far.
create table begun (
    feed blob primary key,
    seq integer not null,
    -- The first chunk that is not here.
    next integer not null
) strict, without rowid;
