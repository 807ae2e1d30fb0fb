-- What was decided on a history that the server lost may come to it before what it stands on, which others have to
-- bring back. Null for all other commands. Such a command is decided here before it is sent; if it would be refused
-- now for want of that, it is 'refused', shown to nobody, and tried again until this time by the server's clock,
-- 0 until somebody looks at that clock.
alter table command add column waits_until integer;
create index command_waits on command (order_id) where waits_until is not null;
