"""Studies: many runs, and what they say together."""

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
from ._progress import Silence, progress_for_study
from ._tables import read_table


class Comparison:
    """Two conditions of a study against each other, as `chandelier study compare` says it; `str()` is its text.

    rows: a row over all epsilons, where there are several, then one for each epsilon. Differences are `first` minus
    `second` in percentage points of test accuracy: mean with its interval (low, high; simultaneous, 95 %), p of the
    paired sign-flip test and p_holm adjusted by Holm; n counts draws, or seeds where there is one draw. equivalent says
    that two one-sided tests showed the difference to lie within the margin.
    """

    def __init__(self, text: str, rows: Any) -> None:
        self.text = text
        self.rows = rows

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text


class Study:
    """A study as it stood when it was loaded.

    runs: a row a run of the plan, also those that are missing: condition, draw, status, every setting, and the last
    epoch's measures as `last_<name>`. epochs: a row a run and epoch, every setting and every measure a column. Both are
    pandas frames where pandas is there, else NumPy structured arrays. problems: a sentence on each file that could not
    be read.
    """

    def __init__(self, core: Any) -> None:
        if not isinstance(core, _core._Study):
            raise TypeError("a study is read by Study.load(path)")
        self._core = core
        self.runs = read_table(core.runs_csv, core.text_columns)
        self.epochs = read_table(core.epochs_csv, core.text_columns)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Study:
        """The study in a folder, or of a plan (a TOML file). Raises DataError where no run has an outcome."""
        if not isinstance(path, (str, os.PathLike)):
            raise TypeError(f"path: a folder or a plan is needed, not {type(path).__name__}")
        return cls(_core._Study(path))

    name = property(lambda self: self._core.name or self.folder.name, doc="What the plan calls it, else its folder.")
    folder = property(lambda self: self._core.folder, doc="Where it lies.")
    conditions = property(lambda self: list(self._core.conditions), doc="Names, in the plan's order.")
    epsilons = property(lambda self: list(self._core.epsilons), doc="Ascending.")
    problems = property(lambda self: list(self._core.problems), doc="A sentence on each file that could not be read.")

    def table(self) -> str:
        """The text of `chandelier study table`."""
        return self._core.table()

    def compare(self, first: str, second: str, margin: float = 0.005) -> Comparison:
        """Condition `first` against `second`.

        margin: a smaller difference in test accuracy does not matter, as a fraction of the test images (0.005 is half a
        percentage point); choose it before you see results. Raises SettingError for a condition the study does not have.
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
    """Runs a study, or what is left of it, whose conditions may name rules that a Python file makes.

    plan: a TOML file, as for `chandelier study run`; or the folder of a study, to go on with it. rules: a file that makes
    the rules by `@chandelier.error_normalization` and so on; it imports nothing that lies beside it. Without it they are
    those that the folder keeps. out: the folder of the study; default: results/<name of the plan>. jobs: runs at once;
    default: the cores of this machine. progress: lines, with a bar on a terminal or in a notebook; nothing where False.

    The runs are processes of their own, which share the folder with others as those of the program do. The folder keeps
    rules.py and its SHA-256: with another file the study is refused, since a changed rule is another rule. Ctrl-C stops
    the runs with checkpoints, to go on by the same call, and raises KeyboardInterrupt.

    Returns the study as `Study.load` reads it. Raises SettingError, DataError (also where runs have failed); where the
    file of rules raises, RuntimeError with its traceback.
    """
    request = _request(plan, rules, out, jobs)
    shown = progress_for_study() if progress else Silence()
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
        raise ValueError(f"jobs: {jobs}, but 1 to 4096 are possible")
    plan, folder = Path(plan), None if out is None else Path(out)
    if plan.is_dir():
        if out is not None:
            raise SettingError(f"out: {out} says where the study of a plan lies, but {plan} is a folder; name one of the two")
        plan, folder = plan / "study.toml", plan
    if folder is None:
        folder = _core._study_folder(plan, "")
    if rules is None and (folder / "rules.json").exists():
        rules = folder / "rules.py"
    if rules is not None and not Path(rules).is_file():
        raise DataError(f"{rules}: there is no such file of rules")
    return {"plan": str(plan), "rules": None if rules is None else str(rules), "folder": str(folder), "jobs": jobs}


def _share_in(line):
    """How far a study is and in words, where a line says so and nothing else."""
    if not line.startswith(_study_process.SIGN):
        return None
    try:
        return json.loads(line[1:])
    except ValueError:
        return None


def _answer_of(request, shown):
    """What a process of its own says of the study it has run: one with a single thread, from which runs can be forked."""
    package = str(Path(__file__).parents[1])
    program = "import sys; sys.path[0] = sys.argv[1]; from chandelier import _study_process; _study_process.main()"
    # Every core has a run, so the products of NumPy shall have no threads of their own.
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
            process.send_signal(signal.SIGKILL if asked else signal.SIGINT)  # its runs are told when it is gone
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
    return {"error": "RuntimeError", "sentence": f"the process of the study has ended by itself ({process.returncode})"}
