-- A device that was lost, or is given away, is told to remove what it holds.

alter table device
    add column wipe_asked_at timestamptz,
    add column wipe_asked_by uuid,
    add column wiped_at timestamptz,
    add constraint device_wiped_is_revoked check (wipe_asked_at is null or revoked_at is not null),
    add constraint device_wiped_was_asked_to check (wiped_at is null or wipe_asked_at is not null);
comment on column device.wipe_asked_at is
    'Since when the device is told, after it handed in its unsent work, to remove everything that it holds.';
comment on column device.wiped_at is 'When the device said that it removes everything now.';
