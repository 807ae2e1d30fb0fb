-- Documents of a version that this app cannot read. They are kept and listed, and read after the update.
create table newer_document (
    id blob primary key,
    -- The first version of documents that an app has to know.
    schema integer not null
) strict, without rowid;
