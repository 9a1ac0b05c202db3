"""The process that runs a study. It has a single thread, so that runs, which call Python rules, can be forked from it."""

import json
import os
import signal
import sys
import traceback
import types
from pathlib import Path

from . import _core
from ._core import DataError, SettingError

SIGN = "\x1e"  # marks a line that reports progress


class _RulesError(Exception):
    """An exception raised by the file of rules."""


def main():
    request = json.loads(sys.argv[2])
    stop = _core._Stop()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.request())

    def say(line):
        try:
            os.write(1, (line + "\n").encode())  # in one call, so that output of rules cannot split the line
        except OSError:  # the reader is gone
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
        sentence = str(error) if type(error) in (TypeError, ValueError) else f"{type(error).__name__}: {error}"
        answer = {"error": type(error).__name__, "sentence": sentence}
    Path(request["answer"]).write_text(json.dumps(answer), encoding="utf-8")


def make_rules(text, path):
    """Runs a file of rules: exactly the bytes whose hash is recorded."""
    module = types.ModuleType("_rules_of_a_study")  # a fixed name, so that no other module is shadowed
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
        raise SettingError(f"{path}: this file defines no rule; use a decorator such as @chandelier.error_normalization")
