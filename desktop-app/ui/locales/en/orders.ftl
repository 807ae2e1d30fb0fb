# Work orders for those who plan and direct.

orders-search = Search orders
orders-filter = Show states
orders-count = { $count ->
    [one] 1 order
   *[other] { $count } orders
  }
orders-empty = No orders found
orders-empty-text = No order has these words in one of the chosen states.
orders-show-all = Show all orders

column-order = Order
column-what = Product
column-state = State
column-done = Done
column-due = Due
column-priority = Priority
column-assignee = Assigned to
column-sync = Sync
column-material = Material
column-required = Required
column-on-hand = On hand
column-missing = Missing
column-operation = Operation
column-work-center = Work center
column-good = Good
column-scrap = Scrap
column-rework = Rework
column-plan = Plan
column-time = Time
column-people = Working now
column-planned = Planned
column-consumed = Consumed
column-how = Taken by
column-location = From

order-new = New order
order-edit = Edit
order-assign = Assign
order-release = Release
order-pause = Pause
order-resume = Resume
order-complete = Complete
order-short-close = Close short
order-cancel = Cancel order
action-back = Back
action-change = Change

order-title = Title
order-title-hint = What people call it; may be empty.
order-quantity = Quantity { $unit }
order-quantity-locked = Locked since the order was released.
order-quantity-wrong = A number greater than zero.
order-due = Due
order-priority = Priority (1 is first)
order-reason = Reason
order-good = Good
order-ordered = Ordered
order-scrap = Scrap
order-rework = Rework
order-created = Created
order-released-at = Released
order-started-at = Started
order-ended-at = Ended
order-output-location = Output to
order-because = Because: { $reason }
order-parts = Parts of the order
back-to-orders = Back to the orders

tab-operations = Operations
tab-materials = Materials
tab-reports = Reports
tab-timeline = Timeline
tab-unsent = Unsent

plan-minutes = { $setup } + { $run } min each
no-operations = No operations
no-operations-text = The material has no routing; production is reported on the order itself.
no-materials = No materials
no-materials-text = The material has no bill of material; nothing is taken from stock.
materials-forecast = The bill of material is fixed at release. Until then this is what it would take now.
how-backflush = Reports
how-issue = Issue by hand
no-reports = No reports yet
no-reports-text = They appear here as operators save them.

availability-label = Materials needed
availability-green = All materials are there.
availability-yellow = Some materials are not enough.
availability-red = Some materials are missing.
availability-nothing = This order takes no materials from stock.
availability-broken = The bill of material is broken: { $problem }

create-title = New order
create-material = Search material by number or name
create-no-material = No material found
create-save = Create order
created-title = { $number } created
created-text = Saved here. It is planned; release it to give it to the floor.
created-again = Another one
created-open = Open order

edit-title = Edit { $number }
edit-save = Save here
assign-title = Assign { $number }
assign-person = Person
assign-nobody = Nobody
release-title = Release { $number }?
release-text = Operators see it at once. The quantity is locked and materials are taken from the bill of material.
resume-title = Resume { $number }?
resume-text = Operators can go on with it.
order-pause-title = Pause { $number }?
order-pause-text = Operators see the reason and cannot go on until it is resumed.
short-close-title = Close { $number } short?
short-close-text = { $done } of { $ordered } are made. The order is closed with that.
cancel-title = Cancel { $number }?
cancel-text = The order is closed for good. Reports and stock stay as they are.

done-created = Order created
done-edited = { $number } changed
done-assigned = { $number } assigned
done-released = { $number } released
done-order-paused = { $number } paused
done-order-resumed = { $number } resumed
done-short-closed = { $number } closed short
done-cancelled = { $number } cancelled

archived-why = This order was closed more than a month ago. Its details are kept on the server, to leave room on this device.
archived-coming = Getting them…
archived-offline = There is no connection. They come as soon as the server can be reached; nothing else is to do.
archived-gone = The server has no details of this order. Ask whoever runs it whether it was set back to a backup.
