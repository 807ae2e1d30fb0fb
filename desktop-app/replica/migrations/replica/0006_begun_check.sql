-- What the server said that the feed's entries come to up to the snapshot: another one at the same place is of
-- another history.
alter table begun add column check_value integer;
