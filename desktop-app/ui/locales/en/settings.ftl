# How this device looks and how it is doing.

settings-looks = Appearance
settings-theme = Theme
theme-system = Automatic
theme-light = Light
theme-dark = Dark
theme-contrast = High contrast
settings-large-text = Larger text
settings-large-text-hint = On the shop floor’s screens.
settings-station = Station
settings-no-station = None chosen
settings-storage = Storage and sync
settings-kept = Data
settings-unsent = Not accepted yet
settings-orders = Orders here
settings-facts = Entries here
settings-records = Reference data
settings-replica = Copy of the plant
settings-outbox = Own entries
settings-about = About
settings-organization = Organization
settings-plant = Plant
settings-device = Device
settings-user = Signed in
settings-version = Version
