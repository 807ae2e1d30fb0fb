-- The feeds in months, so that what no device needs any more is dropped with its month: at once, without
-- a hole in a large table. A month that nobody made in time is no reason to refuse an entry: what has no
-- month goes to change_log_other, and on to its month when that is made.
--
-- Facts stay in one table. They are never dropped, so months would win nothing, and cost: the facts of one
-- order took 0.15 ms to read from one table and 2.7 ms from 60 months of it; and months would need the
-- time in the primary key, which would let a fact in twice.

set local lock_timeout = '10s';

alter table feed_head add column horizon_check bigint;
comment on column feed_head.horizon_check is
    'change_log.check_value of the entry at the horizon, which may be dropped; null where that is not known.';

alter table change_log rename to change_log_whole;
alter table change_log_whole rename constraint change_log_pkey to change_log_whole_pkey;

create table change_log (
    like change_log_whole including defaults including constraints including comments,
    -- The time is in it because PostgreSQL wants it so; that a feed's numbers are given once is what the
    -- lock of feed_head is for.
    primary key (organization_id, feed_id, seq, received_at)
) partition by range (received_at);
comment on table change_log is
    'The feeds: what devices replicate, append-only, exactly as it is sent, from behind feed_head.horizon on. '
    'In months by the server''s clock (UTC). Its feed is not a foreign key because the transaction holds the '
    'feed''s row locked.';

create table change_log_other partition of change_log default;
comment on table change_log_other is 'Entries whose month was not made: the clock was wrong, or nobody made it.';

create function feed_month(year integer, month integer) returns text
    language sql immutable
    return 'change_log_' || lpad(year::text, 4, '0') || '_' || lpad(month::text, 2, '0');
comment on function feed_month is 'The table of a month of change_log.';

create function make_feed_month(year integer, month integer) returns boolean
    language plpgsql as
$$
declare
    name text := feed_month(year, month);
    first_instant timestamptz := make_timestamptz(year, month, 1, 0, 0, 0, 'UTC');
    past timestamptz := make_timestamptz(
        case month when 12 then year + 1 else year end, month % 12 + 1, 1, 0, 0, 0, 'UTC');
begin
    if to_regclass(quote_ident(name)) is not null then
        return false;
    end if;
    execute format('create table %I (like change_log including defaults including constraints)', name);
    -- Whoever owns the tables sees no rows either, as long as that is forced.
    lock table change_log_other in access exclusive mode;
    alter table change_log_other no force row level security;
    execute format(
        'with moved as ('
        'delete from change_log_other where received_at >= $1 and received_at < $2 returning *) '
        'insert into %I select * from moved', name) using first_instant, past;
    alter table change_log_other force row level security;
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format(
        'create policy tenant on %I using (organization_id = current_organization()) '
        'with check (organization_id = current_organization())', name);
    execute format('alter table change_log attach partition %I for values from (%L) to (%L)',
        name, first_instant, past);
    return true;
end
$$;
comment on function make_feed_month is
    'Makes the table of a month, with the entries that were waiting for it; false where it is there. For the '
    'owner of the schema.';

create function drop_feed_month(
    year integer, month integer, organizations uuid[], feeds uuid[], horizons bigint[]
) returns boolean
    language plpgsql as
$$
declare
    name text := feed_month(year, month);
    is_needed boolean;
begin
    if to_regclass(quote_ident(name)) is null then
        return false;
    end if;
    -- Before the month: readers lock in this order.
    lock table only change_log in access exclusive mode;
    execute format('alter table %I no force row level security', name);
    -- From feed to feed by the key: the month may be large, and everybody waits.
    execute format(
        'with recursive has as ('
        '    (select organization_id, feed_id from %1$I order by 1, 2 limit 1)'
        '    union all'
        '    select next.* from has, lateral ('
        '        select organization_id, feed_id from %1$I as entry'
        '        where (entry.organization_id, entry.feed_id) > (has.organization_id, has.feed_id)'
        '        order by 1, 2 limit 1) as next'
        ') '
        'select exists (select from has '
        '    left join unnest($1, $2, $3) as known (organization_id, feed_id, horizon) '
        '        using (organization_id, feed_id) '
        '    where exists (select from %1$I as entry '
        '        where entry.organization_id = has.organization_id and entry.feed_id = has.feed_id '
        '            and entry.seq > coalesce(known.horizon, 0)))', name)
        into is_needed using organizations, feeds, horizons;
    if is_needed then
        execute format('alter table %I force row level security', name);
        return false;
    end if;
    execute format('drop table %I', name);
    return true;
end
$$;
comment on function drop_feed_month is
    'Drops the table of a month if all of its entries are behind the horizons that are given; of a feed that '
    'is not given all are needed. For the owner of the schema.';

create function clear_feed_rest(organizations uuid[], feeds uuid[], horizons bigint[]) returns bigint
    language plpgsql as
$$
declare
    cleared bigint;
begin
    lock table change_log_other in access exclusive mode;
    alter table change_log_other no force row level security;
    delete from change_log_other as entry
        using unnest(organizations, feeds, horizons) as known (organization_id, feed_id, horizon)
        where entry.organization_id = known.organization_id and entry.feed_id = known.feed_id
            and entry.seq <= known.horizon;
    get diagnostics cleared = row_count;
    alter table change_log_other force row level security;
    return cleared;
end
$$;
comment on function clear_feed_rest is
    'Deletes the entries without a month that are behind the horizons. For the owner of the schema.';

-- What is there, in its months. A month of a year in which nobody had this program is a wrong clock's.
alter table change_log_whole no force row level security;
do $$
declare
    found record;
begin
    for found in
        select distinct extract(year from at)::integer as year, extract(month from at)::integer as month
        from (select received_at at time zone 'UTC' as at from change_log_whole) as entry
        where at >= '2020-01-01' and at < (now() at time zone 'UTC') + interval '1 month'
    loop
        perform make_feed_month(found.year, found.month);
    end loop;
end
$$;
insert into change_log select * from change_log_whole;
drop table change_log_whole;

do $$
declare
    this_month timestamp := date_trunc('month', now() at time zone 'UTC');
    day timestamp;
begin
    for day in select this_month + n * interval '1 month' from generate_series(0, 3) as n loop
        perform make_feed_month(extract(year from day)::integer, extract(month from day)::integer);
    end loop;
end
$$;

do $$
declare
    tenant_table text;
begin
    foreach tenant_table in array array['change_log', 'change_log_other'] loop
        execute format('alter table %I enable row level security', tenant_table);
        execute format('alter table %I force row level security', tenant_table);
        execute format(
            'create policy tenant on %I using (organization_id = current_organization()) '
            'with check (organization_id = current_organization())', tenant_table);
    end loop;
end
$$;
-- On the whole alone: nobody but the owner comes to a month directly.
grant select, insert on change_log to unison_app;
revoke execute on function
    make_feed_month, drop_feed_month, clear_feed_rest
    from public;
