"""Studies: running them, reading them and comparing their conditions."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from . import _core, _study_process
from ._core import DataError, SettingError
from ._progress import Silence, progress_for
from ._tables import read_table


class Comparison:
    """A comparison of two conditions of a study; `str()` gives the text of `chandelier study compare`.

    rows: one row over all epsilons if there are several, then one row for each epsilon. Differences are `first` minus
    `second` in percentage points of test accuracy: mean with its interval (low, high; simultaneous, 95 %), p of the
    paired sign-flip test, and p_holm, adjusted by Holm. n counts draws, or seeds if there is a single draw. equivalent:
    two one-sided tests show that the difference is within the margin. Further columns are those of `study compare`. In
    the row over all epsilons, epsilon is nan; the column `margin` is in percentage points, although the argument is a
    fraction. rows is a pandas frame or, without pandas, a list of dicts.

    text: what `str()` gives.
    """

    def __init__(self, text: str, rows: Any) -> None:
        self.text = text
        self.rows = rows

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text


class Study:
    """A study as it was when it was loaded.

    runs: one row per run of the plan, including missing ones: condition, draw, status, every setting, and the measures
    of the last epoch as `last_<name>`. epochs: one row per run and epoch, with every setting and every measure as a
    column. Both are pandas frames or, without pandas, NumPy structured arrays. problems: a message for each file that
    could not be read.
    """

    def __init__(self, core: Any) -> None:
        if not isinstance(core, _core._Study):
            raise TypeError("use Study.load(path) to read a study")
        self._core = core
        self.runs = read_table(core.runs_csv, core.text_columns)
        self.epochs = read_table(core.epochs_csv, core.text_columns)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Study:
        """Loads the study in a folder, or of a plan (a TOML file). Raises DataError if no run has an outcome."""
        if not isinstance(path, (str, os.PathLike)):
            raise TypeError(f"path: a folder or a plan is needed, not {type(path).__name__}")
        return cls(_core._Study(path))

    name = property(lambda self: self._core.name or self.folder.name, doc="Name in the plan, or else of the folder.")
    folder = property(lambda self: self._core.folder, doc="The folder of the study.")
    conditions = property(lambda self: list(self._core.conditions), doc="Names of the conditions, in the order of the plan.")
    epsilons = property(lambda self: list(self._core.epsilons), doc="Epsilons, ascending.")
    problems = property(lambda self: list(self._core.problems), doc="A message for each file that could not be read.")

    def table(self) -> str:
        """The text of `chandelier study table`."""
        return self._core.table()

    def compare(self, first: str, second: str, margin: float = 0.005) -> Comparison:
        """Compares condition `first` with `second`.

        margin: the largest difference in test accuracy that counts as negligible, as a fraction of the test images
        (0.005 is half a percentage point). Choose it before you see results. Raises SettingError if the study does not
        have a condition.
        """
        text, rows = self._core.compare(first, second, margin)
        return Comparison(text, _frame(rows))

    def __repr__(self) -> str:
        finished = sum(1 for status in self.runs["status"] if status == "finished")
        return f"<Study {self.name}: {finished} of {len(self.runs)} runs finished, {len(self.conditions)} conditions>"


def _frame(rows):
    try:
        import pandas
    except ImportError:
        return rows
    return pandas.DataFrame(rows)


def run_study(
    plan: str | os.PathLike[str],
    rules: str | os.PathLike[str] | None = None,
    out: str | os.PathLike[str] | None = None,
    jobs: int | None = None,
    *,
    progress: bool = True,
) -> Study:
    """Runs or continues a study whose conditions may use rules defined in a Python file.

    plan: a TOML file, as for `chandelier study run`, or the folder of a study to continue. rules: a file that defines
    rules with `@chandelier.error_normalization` and the other decorators; it cannot import modules next to it; default:
    the rules that the folder keeps. out: the folder of the study; default: results/<name of the plan>. jobs: number of
    runs at a time; default: the number of cores. progress: print lines, and a bar on a terminal or in a notebook.

    Each run is a separate process, and several calls can share a folder, as with the program. The folder keeps rules.py
    and its SHA-256, and a changed file is refused. Ctrl-C stops the runs with checkpoints and raises KeyboardInterrupt;
    the same call continues them.

    Returns the study as `Study.load` reads it. Raises SettingError; DataError, also if runs have failed; and RuntimeError
    with the traceback if the file of rules raises an exception.
    """
    request = _request(plan, rules, out, jobs)
    shown = progress_for(1) if progress else Silence()
    descriptor, answer = tempfile.mkstemp(prefix="chandelier-", suffix=".json")
    os.close(descriptor)
    try:
        outcome = _answer_of({**request, "answer": answer}, shown)
    finally:
        shown.close()
        os.unlink(answer)
    if "error" in outcome:
        kinds = {"SettingError": SettingError, "DataError": DataError, "TypeError": TypeError, "ValueError": ValueError}
        raise kinds.get(outcome["error"], RuntimeError)(outcome["sentence"])
    if not outcome["finished"]:
        raise KeyboardInterrupt
    return Study.load(request["folder"])


def _request(plan, rules, out, jobs):
    for name, value in (("plan", plan), ("rules", rules), ("out", out)):
        if not isinstance(value, (str, os.PathLike)) and (value is not None or name == "plan"):
            raise TypeError(f"{name}: a file or a folder is needed, not {type(value).__name__}")
    if jobs is not None and (isinstance(jobs, bool) or not isinstance(jobs, int)):
        raise TypeError(f"jobs: a whole number is needed, not {type(jobs).__name__}")
    if jobs is not None and not 1 <= jobs <= 4096:
        raise ValueError(f"jobs: {jobs}, but must be from 1 to 4096")
    plan, folder = Path(plan), None if out is None else Path(out)
    if plan.is_dir():
        if out is not None:
            raise SettingError(f"out: {out} was given, but {plan} is already the folder of a study; give only one of them")
        plan, folder = plan / "study.toml", plan
    if folder is None:
        folder = _core._study_folder(plan, "")
    if rules is None and (folder / "rules.json").exists():
        rules = folder / "rules.py"
    if rules is not None and not Path(rules).is_file():
        raise DataError(f"{rules}: there is no such file; rules must name a Python file")
    return {"plan": str(plan), "rules": None if rules is None else str(rules), "folder": str(folder), "jobs": jobs}


def _share_in(line):
    """The progress that a line reports, as a share and in words; None for any other line."""
    if not line.startswith(_study_process.SIGN):
        return None
    try:
        return json.loads(line[1:])
    except ValueError:
        return None


def _answer_of(request, shown):
    """Runs the study in a process with a single thread, from which runs can be forked; returns its answer."""
    package = str(Path(__file__).parents[1])
    program = "import sys; sys.path[0] = sys.argv[1]; from chandelier import _study_process; _study_process.main()"
    # Every core has a run, so NumPy's matrix products must not start threads.
    alone = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}
    process = subprocess.Popen(
        [sys.executable, "-c", program, package, json.dumps(request)],
        env={**os.environ, **alone, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    asked = False
    while True:
        try:
            for line in process.stdout:
                share = _share_in(line)
                if share is None:
                    shown.line(line.rstrip("\n"))
                else:
                    shown.on_share(*share)
            process.wait()
            break
        except KeyboardInterrupt:
            process.send_signal(signal.SIGKILL if asked else signal.SIGINT)  # the runs notice when this process is gone
            asked = True
        except BaseException:
            process.send_signal(signal.SIGINT)
            process.stdout.close()
            process.wait()
            raise
    process.stdout.close()
    text = Path(request["answer"]).read_text(encoding="utf-8")
    if text:
        return json.loads(text)
    if asked:
        return {"finished": False}
    return {"error": "RuntimeError", "sentence": f"the process that runs the study ended unexpectedly (exit code {process.returncode})"}
