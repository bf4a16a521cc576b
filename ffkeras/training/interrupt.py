"""Stopping between steps, never within one."""

import contextlib
import signal
from collections.abc import Iterator

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopRequest:
    """Whether the user has asked to stop, by Ctrl-C or SIGTERM."""

    def __init__(self):
        self.asked = False

    def ask(self, *_: object) -> None:
        """Note the wish; a second one stops at once, as without us."""
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


@contextlib.contextmanager
def stop_requests() -> Iterator[StopRequest]:
    """Inside this context, Ctrl-C and SIGTERM are noted instead of raised, so that a step and its logs stay whole.

    A background job of a script, for which shells switch Ctrl-C off, is stopped by them too.
    """
    request = StopRequest()
    before = {number: signal.signal(number, request.ask) for number in SIGNALS}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
