-- How far the plant's feed has to be here for what an order's commands stand on to be here too. Beside the
-- commands, so that one that comes back need not touch all that wait behind it.
create table stand (
    order_id blob primary key,
    seen integer not null
) strict, without rowid;
insert into stand
    select order_id, max(seen) from command where order_id is not null group by order_id;
alter table command drop column seen;

-- Found without reading the commands themselves.
create index command_accepted on command (accepted_seq, id, order_id) where state = 'accepted';
