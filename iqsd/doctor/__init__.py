"""`iqsd doctor`: checks everything that iqsd depends on, changes nothing, and says what to do."""
