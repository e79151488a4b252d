"""From pixels to an Assessment: the model, loaded once, and the faults that are judged beside it."""
