-- What the server's clock said when this device last heard of it: it is not earlier now, whatever
-- the device's clock says.
alter table device add column server_time integer not null default 0;
