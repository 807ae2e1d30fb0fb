-- What the file of the last import said about stock. An edited row is told from a new one by it, and
-- stock that was moved here since from stock that was not.

set local lock_timeout = '10s';

create table imported_stock (
    organization_id uuid not null,
    plant_id uuid not null,
    material_id uuid not null,
    location_id uuid not null,
    lot text not null,
    serial text not null,
    status text not null,
    quantity numeric(24, 6) not null,
    left_on_hand numeric(24, 6) not null,
    primary key (organization_id, plant_id, material_id, location_id, lot, serial, status),
    foreign key (organization_id, plant_id) references plant (organization_id, id)
);
comment on table imported_stock is
    'What the stock file of the last import said, by the keys of stock_balance.';
comment on column imported_stock.quantity is
    'The sum of the file''s rows; 0 where the file has the stock elsewhere now.';
comment on column imported_stock.left_on_hand is
    'Stock on hand after that import: where it is another now, it was moved since.';

-- Imports before this one left no more than their receipts, in the name of nobody.
alter table fact no force row level security;
insert into imported_stock
    (organization_id, plant_id, material_id, location_id, lot, serial, status, quantity, left_on_hand)
select organization_id, plant_id, material_id, location_id, lot, serial, status,
    sum(amount) filter (where is_import), sum(amount) filter (where seq <= last_import)
from (
    select *, max(seq) filter (where is_import) over (
        partition by organization_id, plant_id, material_id, location_id, lot, serial, status) as last_import
    from (
        select organization_id, plant_id, seq,
            (body ->> 'material')::uuid as material_id,
            coalesce((body ->> 'location')::uuid, '00000000-0000-0000-0000-000000000000') as location_id,
            coalesce(body ->> 'lot', '') as lot,
            coalesce(body ->> 'serial', '') as serial,
            coalesce(body ->> 'status', 'ok') as status,
            (body ->> 'amount')::numeric as amount,
            user_id = '00000000-0000-0000-0000-000000000000'
                and body ->> 'movement' = 'receipt' and body ->> 'reference' = 'import' as is_import
        from fact
        where kind = 'stock_moved'
    ) as movement
) as movement
where last_import is not null
group by organization_id, plant_id, material_id, location_id, lot, serial, status;
alter table fact force row level security;

alter table imported_stock enable row level security;
alter table imported_stock force row level security;
create policy tenant on imported_stock using (organization_id = current_organization())
    with check (organization_id = current_organization());
grant select, insert, update on imported_stock to unison_app;
