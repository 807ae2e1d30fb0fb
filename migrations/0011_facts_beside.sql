-- The facts of a plant that are of no order, for comparing with what devices hold.
create index fact_beside on fact (organization_id, plant_id, seq) where order_id is null;
