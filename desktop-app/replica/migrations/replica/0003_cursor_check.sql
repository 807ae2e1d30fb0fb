-- What the server said that the feed's entries come to up to the cursor.
alter table cursor add column check_value integer;
