"""Studies: many runs, and what they say together."""

from __future__ import annotations

import os
from typing import Any

from . import _core
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
