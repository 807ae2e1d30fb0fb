-- How far the plant's feed was here when the server had given a command back. A replica that has less of the
-- feed than that cannot tell whether the server still has it.
alter table kept add column seq integer not null default 0;
