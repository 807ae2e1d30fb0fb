# What stands around every screen.

page-title = { $area } · Unison
areas = Areas
area-work = Shop floor
area-orders = Orders
area-board = Board
area-stock = Stock
area-exceptions = Exceptions
area-settings = Settings

back-to-queue = Queue
menu-station = Change station
menu-shortcuts = Keyboard shortcuts
menu-sign-out = Sign out

stale-as-of = As of { $moment } ({ $age } ago)
stale-never = Not synchronized yet
stale-text = No connection: what others did since then is missing here.
revoked-title = This device was revoked.
revoked-text = Nothing more is sent. What was entered is kept; an administrator can take it over.
skew-title = The clock of this device is wrong by { $span }.
skew-text = Times are corrected by the server’s clock. Set the device’s clock.

update-mark = Update to work on this
update-why = This order was changed by a newer Unison than the one on this device. Update Unison to see all of it and to work on it. What was entered here is kept and sent.
update-title = Some orders need a newer Unison.
update-text = Close the other tabs of Unison, then update. It takes a few seconds, and nothing that was entered is lost.
update-text-desktop = Install the newer Unison on this computer. Nothing that was entered is lost.
update-now = Update now

storage-full-title = This device is full.
storage-full-text = What was saved is safe, but nothing more can be saved. Delete what nobody needs from this device; Unison goes on by itself.

stopped-title = Unison has stopped
stopped-text = The part of Unison that keeps your data has stopped. Everything that was saved is still on this device. What you were just saving is saved when you start again, once.
stopped-problem = What went wrong: { $problem }
stopped-start = Start again

failed-title = This could not be shown
action-retry = Try again
not-found-title = There is no such page
not-found-text = { $path } leads nowhere.
not-found-home = Go to the start

shortcuts-title = Keyboard shortcuts
key-search = Search
key-rows = Move between rows
key-open = Open, save, confirm
key-back = Back, close
key-digits = Fill the number in hand
key-tab = Next field: from good to scrap
key-help = This list

saved-here = Saved here
not-saved = Not saved
