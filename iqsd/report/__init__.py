"""The contact sheet: what iqsd thinks of a folder, on one page; and writing what a person decided there."""
