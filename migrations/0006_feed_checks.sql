-- What a feed's entries come to, so that a device notices when the feed is not the one that it read: the
-- server was set back to an older state, and went on from there.

alter table feed_head add column check_value bigint not null default 0;
comment on column feed_head.check_value is 'The exclusive or of the hashes of all entries.';

alter table change_log add column check_value bigint;
comment on column change_log.check_value is
    'feed_head.check_value as it was with this entry; null for entries from before there were any.';
