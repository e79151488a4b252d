"""Speed and memory, compared with what a user would use instead: `python -m benchmarks.run`."""
