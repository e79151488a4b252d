"""`iqsd doctor`: looks at everything that iqsd stands on, changes nothing, and says what to do."""
