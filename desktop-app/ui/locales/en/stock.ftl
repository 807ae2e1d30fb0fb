# What lies where, and moving it.

stock-search = Search stock
stock-location = Location
stock-everywhere = All locations
stock-count = { $count ->
    [one] 1 material
   *[other] { $count } materials
  }
stock-empty = Nothing found
stock-empty-text = No material with these words lies there.
stock-show-all = Show all stock
stock-below-minimum = Below the minimum
stock-places = Where it lies
stock-nowhere = None on stock
stock-nowhere-text = Receive some, or count what is there.
stock-movements = Movements
stock-no-movements = No movements
stock-archived = Not listed: { $amount } in all by orders that were closed more than a month ago. Open such an order to see what it moved.
stock-no-movements-text = Receipts, issues and production appear here.
back-to-stock = Back to the stock

column-number = Number
column-name = Name
column-available = Available
column-minimum = Minimum
column-places = Places
column-place = Place
column-status = Status
column-when = When
column-movement = Movement
column-amount = Amount
column-reference = Reference
column-who = Who

receive-title = Receive
issue-title = Issue
transfer-title = Transfer
adjust-title = Count

move-place = From
move-to = To
move-choose = Choose a place
move-amount = Quantity { $unit }
move-counted = Counted { $unit }
move-known = Known here: { $amount }
move-lot = Lot
move-reference = Reference
move-reference-hint = Delivery note or purchase order
move-note = Note
move-reason = Reason
move-bad-amount = Enter a number greater than zero.
move-no-place = Choose a place.
move-no-difference = This is what is known already; there is nothing to correct.
place-unnamed = No place named
place-lot = lot { $lot }
place-serial = serial { $serial }
