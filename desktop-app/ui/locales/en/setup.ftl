# Before the work: joining a plant, signing in, and what stands in the way.

product = Unison

enroll-title = Join this device to a plant
enroll-text = An administrator makes a code for every new device. It works once.
enroll-server = Server address
enroll-code = Code
enroll-code-hint = As it was given to you; upper or lower case does not matter.
enroll-name = Name of this device
enroll-name-hint = What people call it, such as “Tablet mill 2”.
enroll-submit = Join

sign-in-title = Sign in
sign-in-email = E-mail
sign-in-password = Password
sign-in-submit = Sign in

other-tab-title = Another tab does not answer
other-tab-text = One tab at a time keeps the work of this device, and that one does not answer. Look at it, or close it: this tab goes on by itself then. What was saved is safe.
locked-title = The data of this device cannot be read
locked-text = Its key is missing, or is another one. Nothing was removed, and what was not sent is still there. Ask whoever looks after this device.
no-storage-title = This browser keeps nothing
no-storage-text = Whatever you enter here would be lost. Leave private browsing or allow this site to store data, then reload the page.
trouble-title = Unison could not start
action-reload = Reload

wiped-title = An administrator of { $plant } had this device emptied.
wiped-text = What was entered here and not sent was handed in first. Nothing of it is left on this device. To use it again, join a plant with a new code.
