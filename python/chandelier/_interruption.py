"""Stops a run cleanly, with a checkpoint, on Ctrl-C or when the program ends."""

from __future__ import annotations

import atexit
import os
import signal
import threading

from ._core import _Stop

_running: set[Interruption] = set()


class Interruption:
    """A context in which the first Ctrl-C asks the run to stop after its step; the second raises KeyboardInterrupt.

    Otherwise a Ctrl-C would interrupt whatever Python code is running, for instance a custom rule. A handler that the
    user has set is left alone. Threads other than the main one are left alone too, because signals do not reach them. A
    program that ends while another thread is training waits for that thread's checkpoint.
    """

    def __init__(self) -> None:
        self.stop = _Stop()
        self.requested = False
        self._ended = threading.Event()
        self._ours = False

    def __enter__(self) -> Interruption:
        of_python = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        self._ours = of_python and threading.current_thread() is threading.main_thread()
        if self._ours:
            signal.signal(signal.SIGINT, self._on_signal)
        _running.add(self)
        return self

    def __exit__(self, *raised) -> None:
        _running.discard(self)
        self._ended.set()
        if self._ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _on_signal(self, number, frame) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
        self.stop.request()


# A forked process has none of the threads that train, so it has nothing to wait for.
os.register_at_fork(after_in_child=_running.clear)


@atexit.register
def _end_with_the_program() -> None:
    for run in list(_running):
        run.stop.request()
    for run in list(_running):
        run._ended.wait()
