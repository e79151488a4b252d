"""`iqsd` and `python -m iqsd`."""

import signal
import sys


def main() -> None:
    """Run the command line."""
    interruptible = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if interruptible:  # Ctrl-C during the imports ends the program without a stack trace
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    _begin(sys.argv[1:2])
    from iqsd.cli import run

    if interruptible:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    run()


def _begin(command: list[str]) -> None:
    """What the two commands that certainly judge do first of all: the libraries take as long to load as all of iqsd."""
    if command == ["start"]:
        from iqsd.service.priority import step_back

        step_back()
    if command in (["start"], ["score"]):
        from iqsd.workers.nursery import JUDGING, start_early

        start_early(JUDGING)


if __name__ == "__main__":
    main()
