-- The presses of buttons whose page may not have heard the answer, with what they saved, as JSON: a
-- page that asks again gets it again. The last thousand are kept.
create table press (
    number integer primary key,
    id blob not null unique,
    saved text not null
) strict;
