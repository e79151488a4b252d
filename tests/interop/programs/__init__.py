"""One adapter for each outside program. None of them knows another, none of them knows iqsd."""
