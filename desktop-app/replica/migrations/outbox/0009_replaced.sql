-- When the replica was dropped last because it was not what the server has, by this device's clock. It is kept here
-- because it outlives the replica.
alter table counter add column replaced_at integer;
