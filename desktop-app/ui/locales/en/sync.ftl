# Where this device stands with the server.

sync-title = Sync
sync-connection = Connection
sync-last-label = Up to date
sync-storage-label = Saved here
sync-last = { $moment } ({ $age } ago)
sync-never = Not yet
sync-send-now = Send now
sync-compare = Check data
sync-compared-label = Data check
sync-comparing = Being compared with the server …
sync-not-compared = Not yet; it comes by itself within ten minutes of being connected, and then daily
sync-compared-same = The same as on the server, { $at }
sync-compared-mended = { $count ->
    [one] One order was put right, { $at }
   *[other] { $count } orders were put right, { $at }
}
sync-compared-differs = Something differed from the server, { $at }; it is looked at again in a minute, and fetched anew where need be
sync-compared-still = Something differed from the server, { $at }, although everything was fetched anew; tell whoever looks after Unison
sync-compared-failed = It did not come to an end, { $at }; it is tried again
sync-export = Save as file
sync-import = Take over a file
sync-import-hint = Unsent work of another device, saved there as a file, is entered here in the name of those who entered it, once.
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
import-done = { $taken ->
    [0] Everything in { $name } was known already
    [one] One entry is taken over
   *[other] { $taken } entries are taken over
}
import-known = { $known ->
    [0] None was known here before
    [one] One was known already
   *[other] { $known } were known already
}
import-too-large = This file is too large to be unsent work: choose one that was saved with “Save as file”.
import-unreadable = This file cannot be read. Copy it to this device first.

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
storage-evictable = Kept, but the browser may clear it when space runs out, and does when a private window is closed
storage-evictable-do = Install Unison from the browser’s menu, or bookmark it, and it is asked again to keep everything.
storage-full = Full: nothing more can be saved
storage-unavailable = Not kept: this browser stores nothing
storage-other-tab-silent = Kept by another tab, which does not answer
storage-locked = Kept, but its key is missing
