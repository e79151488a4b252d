"""Which files are photos, and how their pixels are read."""
