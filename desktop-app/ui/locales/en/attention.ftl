# What the server refused, and what becomes of it.

attention-title = Needs you
attention-text = The server did not take these entries. They are kept here until you decide.
attention-empty = Nothing needs you
attention-empty-text = Entries that the server does not take appear here, with the reason.
attention-meanwhile = What happened meanwhile
attention-decides = Decides: { $who }
attention-again = Sent as it is, it would be refused again: { $why }
attention-edit = Change
attention-resend = Send again
attention-resent = Sent again
attention-discarded = Discarded
attention-no-order = This order is not on this device
attention-open = Decide

hand-over = Send to supervisor
hand-over-title = Send it to a supervisor?
hand-over-text = They find it among the exceptions, with what you entered and why it was refused, and enter or close it. It leaves your list.
hand-over-note = What they should know (optional)
hand-over-done = Sent to a supervisor

release-entry = Enter it
release-entry-title = Enter it in your name?
release-entry-done = Entered, and closed
release-entry-note = Entered for { $who }
