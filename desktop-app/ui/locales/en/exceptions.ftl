# What was accepted although it should not be.

exceptions-text = Accepted as it happened, for someone to look at.
exceptions-with-closed = Show closed ones
exceptions-empty = Nothing to look at
exceptions-empty-text = Over-production and negative stock appear here.
exception-by = { $moment } · { $who } · for { $owner }
exception-closed-by = Closed by { $who }, { $moment }: { $note }
exception-open-order = Open order
exception-close = Close
exception-close-title = Close this exception?
exception-closed = Exception closed
exception-note = What was found, and what was done
contested-keep = Keep { $value }
contested-kept = Kept
contested-note = Kept { $value }
