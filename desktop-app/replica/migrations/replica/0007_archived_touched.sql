-- The last entry of the plant's feed that concerned an archived order while it was not here: one that is fetched and
-- was read before that lacks it.
alter table archived_order add column touched integer not null default 0;
