"""How the shipped model is made and measured. Nothing in `iqsd` imports this package."""
