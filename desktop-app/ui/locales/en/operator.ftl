# The operator's screens.

stations-title = Where are you working?
stations-text = Choose the station of this device. It is remembered until someone changes it.
stations-not-here = The plant is not on this device yet
stations-not-here-text = It is fetched as soon as the server can be reached. What was entered here is kept.
stations-empty = This plant has no stations yet
stations-empty-text = An engineer or a plant manager sets up work centers on the web console.
station-ready = ready
station-running = running

queue-title = Jobs here
queue-count = { $all ->
    [one] 1 job, { $ready } ready
   *[other] { $all } jobs, { $ready } ready
  }
queue-empty = Nothing to do here
queue-empty-text = No released order has an open operation at this station. New jobs appear by themselves.

row-running = Running
row-order-paused = Paused
row-stopped = Stopped
row-finished = Finished
row-cancelled = Cancelled
row-waits = Waiting
row-ready = Ready
done-of = { $done } of { $ordered }
progress-of = Progress of { $number }

now-left = To go
now-scrap = Scrap
now-rework = Rework
now-time = Time
now-people = Working now
now-steps = Operations
now-plan = Planned: { $setup } setup, then { $run } min each
now-reports = Reports
now-no-reports = Nothing reported on this operation yet.
now-actions = Actions
now-start = Start
now-resume = Continue
now-join = Join
now-report = Report
now-pause = Pause
now-finish = Finish
now-complete = Complete order
now-planned = This order is not released yet. Ask a supervisor.
now-paused = This order is paused. A supervisor can resume it.
now-paused-because = This order is paused: { $reason }. A supervisor can resume it.
now-cancelled-because = This order is cancelled: { $reason }. Work on it has ended.
now-closed = This order is { $stage }. There is nothing more to do on it.
now-operation-finished = This operation is finished. Take the next job.
now-nothing = There is nothing to do here at the moment.

up-next = Up next
up-next-nothing = No other jobs wait at this station.

report-title = Report production
report-good = Good
report-scrap = Scrap
report-rework = Rework
report-why = Why scrap?
reason-unknown = Don’t know yet
report-lot = Lot
report-lot-hint = Only where good pieces belong to a lot.
report-more = Rework, lot
report-save = Save
report-over = { $over } more than the { $ordered } ordered. It is saved all the same, and a supervisor is told.
report-nothing = Enter how many were made.
report-no-cause = Choose why it is scrap, or “Don’t know yet”.
report-not-a-number = This is not a number.
report-bad-lot = A lot has at most 50 characters.
report-scrap-because = { $amount } scrap: { $reason }
report-of-lot = Lot { $lot }
report-voided = Undone by { $who }, { $moment }: { $reason }
operation-number = Operation { $number }

action-undo = Undo
undo-title = Undo { $what }?
undo-text = The report stays in the history as undone. Stock that it moved is moved back.
undo-reason-label = Why
undo-default-reason = Wrong entry
undo-confirm = Undo report
undo-done = Report undone
undo-reason = Undone right after saving

pause-title = Pause
pause-why = Why does it stop?
pause-note = Note
pause-save = Pause

finish-title = Finish { $title }?
finish-text = { $done } of { $ordered } are reported as good. After this no more work is logged here.
finish-confirm = Finish

complete-title = Complete { $number }?
complete-text = All operations are finished and enough is made. A completed order takes no more reports.
complete-confirm = Complete order
complete-later = Not yet

done-started = { $title } started
done-resumed = { $title } goes on
done-paused = { $title } paused
done-finished = { $title } finished
done-completed = { $number } completed
