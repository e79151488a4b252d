"""The daemon as a service: one at a time, told by signals, what it says of itself, when it rests; and systemd."""
