# Words that many screens share.

action-close = Close
action-cancel = Cancel
action-more = More
action-clear = Clear

time-now = now
time-minutes = { $count } min
time-hours = { $count } h
time-days = { $count } d
