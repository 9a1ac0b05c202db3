"""Ctrl-C while a run trains: it asks for the end, so that the run writes its checkpoint first."""

import signal
import threading


class Interruption:
    """While it is entered, the first Ctrl-C only sets `requested`; the second raises KeyboardInterrupt at once.

    Else a Ctrl-C would break off whatever Python runs just then, a rule of the user's for instance. A handler that the
    user has set is left alone; so are threads beside the main one, which no signal reaches.
    """

    def __init__(self):
        self.requested = False
        self._ours = False

    def __enter__(self):
        of_python = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        self._ours = of_python and threading.current_thread() is threading.main_thread()
        if self._ours:
            signal.signal(signal.SIGINT, self._request)
        return self

    def __exit__(self, *raised):
        if self._ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _request(self, number, frame):
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
