"""What a person reads on a terminal, one view per file."""
