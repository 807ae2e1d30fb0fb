-- Of which version a work order's document is, so that a device that is too old for it hears so before
-- anybody opens the order.

alter table work_order add column schema integer not null default 1;
comment on column work_order.schema is 'The version of the shape of its document.';
