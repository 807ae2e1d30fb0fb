-- Commands that the server has accepted, for as long as it might lose them again: a server that is set
-- back to a backup gets them from here. The columns are those of `command` that say what was entered.
create table kept (
    id blob primary key,
    sequence integer not null,
    plant_id blob not null,
    device_id blob not null,
    user_id blob not null,
    order_id blob,
    occurred_at integer not null,
    body text not null,
    epoch integer not null,
    facts text not null
) strict, without rowid;
create index kept_by_age on kept (occurred_at);
