-- Who is here: organizations and plants, people and their roles, devices and sessions.
--
-- Tenancy. Every tenant table leads its keys with organization_id and forces row level security.
-- unison_app, as which the server works, sees the rows of the organization that the transaction
-- has named, and none when it has named none. unison_system answers one question before an
-- organization is known: which one is meant? It may read just the columns for that.

-- The server creates the roles with their passwords before it migrates. Where migrations are
-- applied by hand by a superuser, they are created here, unable to log in.
do $$
declare
    wanted text;
begin
    foreach wanted in array array['unison_app', 'unison_system'] loop
        if not exists (select from pg_roles where rolname = wanted) then
            execute format('create role %I nologin', wanted);
        end if;
    end loop;
end
$$;

create function current_organization() returns uuid
    language sql stable parallel safe
    return nullif(current_setting('app.organization_id', true), '')::uuid;
comment on function current_organization is
    'The organization that the transaction works for; null when it has not said.';

create table organization (
    organization_id uuid primary key,
    code text not null check (char_length(code) between 1 and 50),
    name text not null,
    created_at timestamptz not null default now()
);
comment on table organization is 'A tenant.';

create table plant (
    organization_id uuid not null references organization (organization_id),
    id uuid not null,
    code text not null check (char_length(code) between 1 and 50),
    code_key text not null generated always as (lower(code)) stored,
    name text not null,
    created_at timestamptz not null default now(),
    primary key (organization_id, id),
    constraint plant_code_unique unique (organization_id, code_key)
);
comment on table plant is
    'A site, as far as people and devices hang on it. Its zone, currency and the rest are in its record.';

create table user_account (
    organization_id uuid not null references organization (organization_id),
    id uuid not null,
    email text not null,
    name text not null,
    password_hash text,
    is_active boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (organization_id, id)
);
comment on table user_account is 'A person who may sign in.';
comment on column user_account.password_hash is 'Argon2id in PHC form; null until a password was chosen.';

create table email_address (
    email_key text primary key check (email_key = lower(email_key)),
    organization_id uuid not null,
    user_id uuid not null,
    foreign key (organization_id, user_id) references user_account (organization_id, id) on delete cascade
);
create index email_address_user on email_address (organization_id, user_id);
comment on table email_address is
    'Whose an e-mail address is. The one key that spans organizations: people sign in with nothing else.';

create table role_assignment (
    organization_id uuid not null,
    user_id uuid not null,
    role text not null,
    plant_id uuid,
    department_id uuid,
    constraint role_assignment_unique
        unique nulls not distinct (organization_id, user_id, role, plant_id, department_id),
    foreign key (organization_id, user_id) references user_account (organization_id, id) on delete cascade,
    foreign key (organization_id, plant_id) references plant (organization_id, id)
);
comment on table role_assignment is 'What a person is; without a plant, in every plant of the organization.';

create table device (
    organization_id uuid not null,
    id uuid not null,
    plant_id uuid not null,
    name text not null check (char_length(name) between 1 and 100),
    public_key bytea not null check (octet_length(public_key) = 32),
    station_id uuid,
    enrolled_at timestamptz not null,
    last_seen_at timestamptz,
    revoked_at timestamptz,
    revoked_by uuid,
    primary key (organization_id, id),
    foreign key (organization_id, plant_id) references plant (organization_id, id)
);
create index device_by_id on device (id);
comment on table device is 'An enrolled tablet, desktop, browser profile or gateway.';
comment on column device.public_key is 'Ed25519. The private half never leaves the device.';
comment on column device.station_id is 'The work center that it stands at.';

create table enrollment_code (
    organization_id uuid not null,
    code_hash bytea not null,
    plant_id uuid not null,
    created_by uuid,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    device_id uuid,
    primary key (organization_id, code_hash),
    foreign key (organization_id, plant_id) references plant (organization_id, id),
    foreign key (organization_id, device_id) references device (organization_id, id)
);
create index enrollment_code_by_hash on enrollment_code (code_hash);
comment on table enrollment_code is 'One-time codes with which devices are enrolled; only their SHA-256 is kept.';
comment on column enrollment_code.created_by is 'Null when it was made on the server''s command line.';

create table device_user (
    organization_id uuid not null,
    device_id uuid not null,
    user_id uuid not null,
    first_signed_in_at timestamptz not null,
    last_signed_in_at timestamptz not null,
    primary key (organization_id, device_id, user_id),
    foreign key (organization_id, device_id) references device (organization_id, id),
    foreign key (organization_id, user_id) references user_account (organization_id, id)
);
comment on table device_user is 'Who has signed in on which device: commands of others are refused.';

create table session (
    organization_id uuid not null,
    id uuid not null,
    user_id uuid not null,
    device_id uuid,
    started_at timestamptz not null,
    ended_at timestamptz,
    end_reason text,
    primary key (organization_id, id),
    foreign key (organization_id, user_id) references user_account (organization_id, id) on delete cascade,
    foreign key (organization_id, device_id) references device (organization_id, id)
);
comment on table session is 'One sign-in of a person, kept alive by refresh tokens that follow one another.';

create table refresh_token (
    organization_id uuid not null,
    token_hash bytea not null,
    session_id uuid not null,
    issued_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    primary key (organization_id, token_hash),
    foreign key (organization_id, session_id) references session (organization_id, id) on delete cascade
);
create index refresh_token_by_hash on refresh_token (token_hash);
comment on table refresh_token is 'Tokens that were handed out for a session; only their SHA-256 is kept.';
comment on column refresh_token.used_at is 'A token that comes a second time ends its session.';

create table signing_key (
    id text primary key,
    private_key bytea not null,
    created_at timestamptz not null default now(),
    retired_at timestamptz
);
comment on table signing_key is 'Ed25519 keys (PKCS #8) that sign access tokens. Of the system, not of a tenant.';

create table audit_event (
    organization_id uuid not null references organization (organization_id),
    id uuid not null,
    at timestamptz not null,
    actor_id uuid,
    device_id uuid,
    action text not null,
    subject_kind text not null,
    subject_id uuid,
    detail jsonb not null default '{}',
    primary key (organization_id, id)
);
create index audit_event_by_time on audit_event (organization_id, at desc, id desc);
comment on table audit_event is 'Who did what to people, devices and settings. Append-only.';

-- Row level security, the same for all.
do $$
declare
    tenant_table text;
begin
    foreach tenant_table in array array[
        'organization', 'plant', 'user_account', 'email_address', 'role_assignment', 'device',
        'enrollment_code', 'device_user', 'session', 'refresh_token', 'audit_event'
    ] loop
        execute format('alter table %I enable row level security', tenant_table);
        execute format('alter table %I force row level security', tenant_table);
        execute format(
            'create policy tenant on %I using (organization_id = current_organization()) '
            'with check (organization_id = current_organization())', tenant_table);
    end loop;
end
$$;

alter table signing_key enable row level security;
alter table signing_key force row level security;
create policy system on signing_key to unison_system using (true) with check (true);
grant select, insert, update (retired_at) on signing_key to unison_system;

grant select, insert, update on
    organization, plant, user_account, device, enrollment_code, device_user, session, refresh_token
    to unison_app;
grant select, insert, update, delete on email_address, role_assignment to unison_app;
grant select, insert on audit_event to unison_app;

-- Which organization is meant? By an e-mail address, a device, a code, a token or a plant's code.
grant select on organization, email_address to unison_system;
grant select (organization_id, id) on device to unison_system;
grant select (organization_id, id, code, code_key) on plant to unison_system;
grant select (organization_id, code_hash) on enrollment_code to unison_system;
grant select (organization_id, token_hash) on refresh_token to unison_system;
create policy system on organization for select to unison_system using (true);
create policy system on email_address for select to unison_system using (true);
create policy system on device for select to unison_system using (true);
create policy system on plant for select to unison_system using (true);
create policy system on enrollment_code for select to unison_system using (true);
create policy system on refresh_token for select to unison_system using (true);
