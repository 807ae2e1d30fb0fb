# Where this device stands with the server.

sync-title = Sync
sync-connection = Connection
sync-last-label = Up to date
sync-storage-label = Saved here
sync-last = { $moment } ({ $age } ago)
sync-never = Not yet
sync-send-now = Send now
sync-export = Save as file
sync-items = Not accepted yet
sync-empty = Everything is on the server
sync-empty-text = What you enter appears here until the server has accepted it.

link-online = Connected
link-catching-up = Connected, catching up
link-connecting = Connecting
link-offline = Not connected; tries again by itself
link-revoked = This device was revoked

discard-title = Discard “{ $what }”?
discard-text = It leaves this device for good. The server keeps what was sent and refused. Save a file first if you may need it.
discard-confirm = Discard
discard-word = discard

export-done = { $name } is saved
export-no-file = no file came back

offline-title = What works without a network
offline-work = Start, report, pause and finish work
offline-undo = Undo reports
offline-orders = Create, release, assign, pause and close orders
offline-stock = Receive, issue, transfer and count stock
offline-look = Look at everything this device has synchronized
online-enroll = Waits for a network: joining a plant and a person’s first sign-in
online-others = Waits for a network: what others do meanwhile
online-numbers = Waits for a network: new order numbers, when the ones kept here are used up

storage-durable = Kept on this device
storage-evictable = Kept, but the browser may clear it when space runs out
storage-unavailable = Not kept: this browser stores nothing
storage-owned-by-other-tab = Kept by another tab
