"""`iqsd` and `python -m iqsd`."""

import signal


def main() -> None:
    """Run the command line."""
    interruptible = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if interruptible:  # Ctrl-C during the imports ends the program without a stack trace
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from iqsd.cli import run

    if interruptible:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    run()


if __name__ == "__main__":
    main()
