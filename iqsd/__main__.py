"""`iqsd` and `python -m iqsd`."""


def main() -> None:
    """Run the command line."""
    from iqsd.cli import run

    run()


if __name__ == "__main__":
    main()
