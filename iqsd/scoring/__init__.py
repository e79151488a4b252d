"""From pixels to an Assessment: the model, loaded once, and what is judged beside it."""
