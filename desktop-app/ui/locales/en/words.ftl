# What the model's states, events and refusals are called.

time-hours-minutes = { $hours } h { $minutes } min
bytes = { $count } B
kilobytes = { $count } KB
megabytes = { $count } MB

date-near = { $weekday } { $day } { $month }
date-far = { $weekday } { $day } { $month } { $year }
due-today = today
due-tomorrow = tomorrow
due-in = { $count ->
    [one] in 1 day
   *[other] in { $count } days
  }
due-late = { $count ->
    [one] 1 day late
   *[other] { $count } days late
  }
weekday-1 = Mon
weekday-2 = Tue
weekday-3 = Wed
weekday-4 = Thu
weekday-5 = Fri
weekday-6 = Sat
weekday-7 = Sun
month-1 = Jan
month-2 = Feb
month-3 = Mar
month-4 = Apr
month-5 = May
month-6 = Jun
month-7 = Jul
month-8 = Aug
month-9 = Sep
month-10 = Oct
month-11 = Nov
month-12 = Dec

operation-pending = Open
operation-running = Running
operation-stopped = Stopped
operation-finished = Finished

stage-is-planned = planned
stage-is-released = released
stage-is-in-progress = in progress
stage-is-paused = paused
stage-is-completed = completed
stage-is-cancelled = cancelled

output-good = { $amount } good
output-scrap = { $amount } scrap
output-rework = { $amount } rework

role-organization-admin = Administrator
role-plant-manager = Plant manager
role-department-head = Department head
role-planner = Planner
role-supervisor = Supervisor
role-operator = Operator
role-quality-manager = Quality manager
role-quality-inspector = Quality inspector
role-warehouse = Warehouse
role-maintenance-manager = Maintenance manager
role-technician = Technician
role-engineer = Engineer
role-procurement = Procurement
role-viewer = Viewer
role-unknown = Another role

work-center-machine = Machine
work-center-assembly = Assembly
work-center-packaging = Packaging
work-center-quality-check = Quality check
work-center-unknown = Work center

movement-receipt = Receipt
movement-issue = Issue
movement-transfer-out = Transfer out
movement-transfer-in = Transfer in
movement-adjustment = Count
movement-backflush = Used in production
movement-output = Made
movement-unknown = Movement
movement-reversed = { $movement }, undone

stock-ok = OK
stock-attention = Attention
stock-quarantined = Quarantined
stock-damaged = Damaged
stock-rejected = Rejected
stock-unknown = Unknown

exception-over-production = Over-production
exception-negative-stock = Negative stock
exception-outside = Work on an order that was not in progress
exception-changed-by-two = Changed by two people
exception-refused-work = Sent to you: the server refused it
exception-unknown = Exception
exception-over-production-text = { $made } made of { $ordered } ordered: { $over } too many.
exception-negative-stock-text = More was taken than there was: { $on_hand } on hand.
exception-outside-text = Work was reported while the order was { $stage }.
contested-quantity = Quantity: { $before } before, { $now } now. Neither knew of the other.
contested-due = Due date: { $before } before, { $now } now. Neither knew of the other.
contested-assignee = Assigned to two people. Neither knew of the other.
contested-stage = State: { $before } before, { $now } now. Neither knew of the other.
no-date = none
nobody = nobody
exception-refused-work-text = { $what }. { $why }
exception-unknown-text = This version of the app does not know what it is. Update it.
exception-warning = { $what } To look at: { $who }.

command-create-work-order = New order
command-edit-work-order = Change of an order
command-assign-work-order = Assignment
command-move-operation = Move of an operation
command-release-work-order = Release
command-pause-work-order = Order paused
command-resume-work-order = Order resumed
command-cancel-work-order = Order cancelled
command-complete-work-order = Order completed
command-short-close-work-order = Order closed short
command-start-operation = Start of work
command-pause-operation = Pause of work
command-resume-operation = Work goes on
command-finish-operation = Operation finished
command-report-production = Production report
command-void-report = Undone report
command-receive-stock = Receipt
command-issue-stock = Issue
command-transfer-stock = Transfer
command-adjust-stock = Count
command-close-exception = Exception closed
command-hand-over = Sent to a supervisor
command-unknown = Entry

event-created = Created
event-released = Released
event-edited = Plan changed
event-edited-title = title: { $title }
event-edited-quantity = quantity: { $quantity }
event-edited-due = due on { $date }
event-edited-no-due = no due date
event-edited-priority = priority { $priority }
event-assigned = Assigned to { $to }
event-unassigned = Assigned to nobody
event-moved = Operation { $operation } moved to { $to }
event-resumed = Goes on
event-voided = Undone: { $what }
event-operation-started = Operation { $operation } started
event-operation-paused = Operation { $operation } paused
event-operation-resumed = Operation { $operation } goes on
event-operation-finished = Operation { $operation } finished
event-clocked-in = Began to work on operation { $operation }
event-clocked-out = Stopped working on operation { $operation }
event-stock-moved = { $movement }: { $amount } { $unit } { $material }
event-exception-closed = Exception closed
event-cancelled = Cancelled
event-paused = Paused
event-completed = Completed
event-at-operation = { $what } at operation { $operation }

error-not-enrolled = This device has not joined a plant yet.
error-not-signed-in = Sign in first.
error-offline = No connection to the server. This works only online.
error-storage = This device could not save it: { $message }
error-storage-full = This device is full, so this was not saved. Delete what nobody needs from it, then try again. What was saved before is safe.
error-update-needed = This Unison is older than what it is to work on. Update it first: reload the page, or install the newer one.
error-internal = Something went wrong: { $message }

refusal-not-permitted = You may not { $action }. Ask: { $ask }.
refusal-other-department = You may not { $action } in { $department }: your role is another department's.
refusal-wrong-state = { $number } is { $stage }.
refusal-wrong-state-reason = { $number } is { $stage }: { $reason }
refusal-unknown-order = This order is not known here.
refusal-order-exists = This order exists already.
refusal-number-taken = The number { $number } is taken by another order.
refusal-no-number-left = No order number is left on this device. Connect once to get new ones.
refusal-unknown-material = This material is not known here.
refusal-material-inactive = Material { $number } is no longer in use.
refusal-unknown-location = This location is not known here.
refusal-same-location = From and to are the same location.
refusal-unknown-operation = The order has no operation { $operation }.
refusal-operation-finished = Operation { $operation } { $name } is finished.
refusal-operation-not-started = Operation { $operation } { $name } was not started.
refusal-operation-open = Operation { $operation } { $name } is still open. Finish it first.
refusal-already-working = You are already working on this operation.
refusal-not-working = You are not working on this operation.
refusal-quantity-not-positive = The quantity must be greater than zero.
refusal-quantity-too-large = Nobody has that many: a quantity is at most 1,000,000,000.
refusal-quantity-locked = The quantity cannot change after the order was released.
refusal-not-enough-made = { $made } of { $ordered } are made. Report the rest, or ask a supervisor to close it short.
refusal-priority = Priority is a number from 1 to 10, not { $priority }.
refusal-nothing-reported = Report at least one piece.
refusal-negative-quantity = A quantity cannot be negative.
refusal-scrap-without-reason = Scrap needs a reason.
refusal-reason-missing = Say why.
refusal-unknown-fact = This entry is not known here.
refusal-already-voided = This was undone already.
refusal-not-voidable = This kind of entry cannot be undone by itself.
refusal-too-late-to-undo = More than 24 hours have passed. Ask a supervisor to undo it.
refusal-exception-closed = This exception is closed already.
refusal-broken-bom = The bill of material is broken: { $problem }
refusal-bom-changed = The bill of material changed meanwhile. Release the order again.
refusal-serial-quantity = A serial number stands for one piece.
refusal-depends-on-refused = It stands on an entry that was refused.
refusal-unverified-change = This version of the app made a change that the server cannot verify. Update it.
refusal-device-revoked = This device was revoked. An administrator keeps what it sent.
refusal-handed-in-elsewhere = A device that was revoked handed in the same entry. An administrator decides on it.
refusal-not-signed-in = You had not signed in on this device.
refusal-other-plant = This entry was meant for another plant.
refusal-malformed = This entry is not understood: { $problem }
refusal-unknown = The server refused it. Update the app to see why.

may-plan-work = create or edit work orders
may-direct-work = release, assign, pause or close work orders
may-perform-work = start, report or finish work
may-undo-own-work = undo your own reports
may-undo-any-work = undo somebody else’s reports
may-move-stock = receive, issue or transfer stock
may-adjust-stock = correct stock figures
may-resolve-exceptions = close exceptions
may-edit-records = edit reference data
may-administer = manage people and devices
may-view = see this plant
