"""The contact sheet: what iqsd thinks of a folder on one page, and what a person decided there, written."""
