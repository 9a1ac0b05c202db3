"""The process that runs a study: it has a single thread, and the runs, which call rules in Python, are forked from it."""

import json
import os
import signal
import sys
import traceback
import types
from pathlib import Path

from . import _core
from ._core import DataError, SettingError

SIGN = "\x1e"  # begins a line that says how far the study is


class _RulesError(Exception):
    """What the file of rules raised."""


def main():
    request = json.loads(sys.argv[2])
    stop = _core._Stop()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.request())

    def say(line):
        try:
            os.write(1, (line + "\n").encode())  # at once: what rules print must not come between
        except OSError:  # nobody is there any more
            sys.stdout = open(os.devnull, "w")
            stop.request()

    def on_share(share, words):
        say(SIGN + json.dumps([share, words]))

    try:
        text = None if request["rules"] is None else Path(request["rules"]).read_bytes()
        if text is not None:
            make_rules(text, request["rules"])
        finished = _core._run_study(request["plan"], request["folder"], text, request["jobs"], stop, say, on_share)
        answer = {"finished": finished}
    except _RulesError as error:
        answer = {"error": "RuntimeError", "sentence": str(error)}
    except (SettingError, DataError, OSError) as error:
        kind = "SettingError" if isinstance(error, SettingError) else "DataError"
        answer = {"error": kind, "sentence": str(error)}
    except Exception as error:
        traceback.print_exc()
        answer = {"error": type(error).__name__, "sentence": f"{type(error).__name__}: {error}"}
    Path(request["answer"]).write_text(json.dumps(answer), encoding="utf-8")


def make_rules(text, path):
    """Runs a file of rules: exactly the bytes whose hash is kept."""
    module = types.ModuleType("_rules_of_a_study")  # whatever the file is called, no other module is in its way
    module.__file__ = path
    sys.modules[module.__name__] = module
    before = len(_core._own_rules())
    try:
        exec(compile(text, path, "exec"), module.__dict__)
    except SettingError:
        raise
    except BaseException as error:
        raise _RulesError(f"{path}: {''.join(traceback.format_exception(error)).rstrip()}") from None
    if len(_core._own_rules()) == before:
        raise SettingError(f"{path}: this file makes no rule; write for instance @chandelier.error_normalization")
