-- A revoked device hands in also what is kept, in the order in which it was entered.
create index kept_by_sequence on kept (sequence);
