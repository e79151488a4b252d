"""How iqsd lives under systemd: readiness and pings, and the unit put into its place."""
