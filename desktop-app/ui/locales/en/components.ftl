# What components say by themselves.

field-required = Required

stepper-less = One less
stepper-more = One more

dialog-type-to-confirm = Type { $word } to confirm

number-pad-label = Number keys
number-pad-decimal = Decimal sign
number-pad-backspace = Delete last digit

reason-tiles-hidden = +{ $count }

toast-region = Messages

state-planned = Planned
state-released = Released
state-running = Running
state-paused = Paused
state-completed = Completed
state-cancelled = Cancelled
state-down = Down
state-setup = Setup
state-idle = Idle
state-starved = Starved
state-maintenance = Maintenance
state-offline = Offline

sync-mark-saved-here = Saved here
sync-mark-sent = Sent
sync-mark-accepted = Accepted
sync-mark-needs-you = Needs you

sync-pill-online = Online
sync-pill-sending = Sending { $count }
sync-pill-offline = Offline
sync-pill-offline-saved = Offline — { $count } saved here
sync-pill-offline-oldest = Offline — { $count } saved here, oldest { $oldest }
sync-pill-needs-you = Needs you — { $count }

top-bar-skip = Skip to the work

data-table-more = Show more

board-move = Move { $card } to

loading = Loading
