"""The daemon as a service: only one at a time, its signals, its status, when it rests, and systemd."""
