"""Runs: training a network, and reading the records of a run."""

from __future__ import annotations

import copy
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import _core
from ._core import DataError, Dataset, Network, SettingError, Settings
from ._interruption import Interruption
from ._progress import Silence, progress_for
from ._tables import read_table
from .network import Evaluation


class Run:
    """A run as recorded in its folder: `settings`, `record`, `epochs`, `network()`, `predictions`.

    record: the contents of run.json by name: status (`finished`, `diverged`, `stopped`, `failed`, `running`), message,
    seconds, epochs_done, test_accuracy (a fraction), test_loss, version, commit, host, cpu, started, ended.
    epochs: metrics.csv with one row per epoch; epoch 0 is before training. A pandas frame or, without pandas, a NumPy
    structured array; None if nothing was recorded. predictions: for each test image, `predicted` and `label` (uint8
    [images]) and `luminosity` (float32 [images]); None before the run has finished. folder: None for a run without `out`.
    """

    def __init__(self, folder: str | os.PathLike[str], record: dict[str, Any] | None = None) -> None:
        self.folder = Path(folder)
        self.settings = _settings_of(self.folder)
        self.record = _core._record(self.folder) if record is None else record
        metrics = self.folder / "metrics.csv"
        self.epochs = read_table(metrics.read_text()) if metrics.exists() else None
        self._weights = self.folder / "weights.safetensors"
        predictions = self.folder / "test_predictions.safetensors"
        self.predictions = _core.read_tensors(predictions) if predictions.exists() else None
        self._network = None

    @property
    def status(self) -> str:
        """`finished`, `diverged`, `stopped`, `failed` or `running`."""
        return self.record["status"]

    @property
    def test_accuracy(self) -> float | None:
        """Test accuracy after the last epoch, as a fraction."""
        return self.record["test_accuracy"]

    @property
    def test_loss(self) -> float | None:
        """Test loss after the last epoch."""
        return self.record["test_loss"]

    def network(self) -> Network:
        """Returns a new copy of the trained network or, if the run has not finished, of its last checkpoint.

        Raises DataError if there is neither, because the run diverged or ended before its first checkpoint.
        """
        if self._network is not None:
            return copy.deepcopy(self._network)
        for weights in (self._weights, self._weights.with_name("checkpoint.safetensors")):
            if self.status != "diverged" and weights.exists():
                return Network.load(weights, self.settings)
        raise DataError(f"this run left no weights: its status is '{self.status}' after {self.record['epochs_done']} epochs")

    def __repr__(self) -> str:
        accuracy = "" if self.test_accuracy is None else f", test accuracy {100 * self.test_accuracy:.2f} %"
        s = self.settings
        name = s.condition or f"{s.circuit}, activity_norm {s.activity_norm}, error_norm {s.error_norm}"
        return f"<Run {name}: {self.status} after {self.record['epochs_done']} epochs{accuracy}>"


def _settings_of(folder):
    try:
        return _core._recorded_settings(folder)
    except SettingError as error:
        if "is not one of" not in str(error):
            raise
        raise SettingError(f"{error}; a custom rule must be defined before its runs are loaded") from None


def load_run(folder: str | os.PathLike[str]) -> Run:
    """Reads a recorded run of `train` or `chandelier train`.

    Raises DataError if the folder is not valid, and SettingError if the run used a custom rule that is not defined.
    """
    return Run(folder)


def train(
    settings: Settings | None = None,
    *,
    dataset: Dataset | None = None,
    out: str | os.PathLike[str] | None = None,
    resume: bool = False,
    callback: Callable[[int, Evaluation, Evaluation], Any] | None = None,
    progress: bool = True,
) -> Run:
    """Trains one network, as `chandelier train` does: the same settings give bit for bit the same results.

    settings: default: those of the run to continue, otherwise inorm-full. dataset: default: the data that
    `settings.data` names, otherwise FashionMNIST. out: the folder of the run, which must not exist unless `resume` is
    true; without it nothing stays on the disk. callback(epoch, train, test): called with two Evaluations after every
    epoch, and before training as epoch 0; an exception in it ends the run, is recorded as `failed` and raised here.
    progress: show a bar on a terminal or in a notebook, and lines elsewhere.

    Ctrl-C stops the run with a checkpoint and raises KeyboardInterrupt; `resume=True` continues it.
    Returns a Run; if it diverged, its status says so. Raises SettingError, DataError.
    """
    if out is not None and not isinstance(out, (str, os.PathLike)):
        raise TypeError(f"out: a folder is needed, not {type(out).__name__}")
    if resume and out is not None and not os.path.isdir(out):
        raise DataError(f"{out}: there is no run to continue; to start one, call train without resume")
    if settings is None:
        settings = _settings_of(Path(out)) if resume and out is not None else Settings()
    if not isinstance(settings, Settings):
        raise TypeError(f"settings: Settings are needed, not {type(settings).__name__}")
    if dataset is None:
        dataset = Dataset.load(settings.data, settings.classes)
    elif not isinstance(dataset, Dataset):
        raise TypeError(f"dataset: a Dataset is needed, not {type(dataset).__name__}")
    if callback is not None and not callable(callback):
        raise TypeError(f"callback: a function is needed, not {type(callback).__name__}")
    if resume and out is None:
        raise ValueError("resume: give out as well, the folder of the run to continue")
    _core._check(settings, dataset)
    temporary = tempfile.mkdtemp(prefix="chandelier-") if out is None else None
    folder = Path(temporary) / "run" if temporary else Path(out)
    shown = progress_for(settings.epochs) if progress else Silence()
    interruption = Interruption()
    process = os.getpid()

    def on_epoch(epoch, train_loss, train_accuracy, test_loss, test_accuracy):
        train, test = Evaluation(train_loss, train_accuracy), Evaluation(test_loss, test_accuracy)
        shown.on_epoch(epoch, train, test)
        if callback is not None:
            callback(epoch, train, test)

    try:
        if not temporary:
            folder.absolute().parent.mkdir(parents=True, exist_ok=True)
        with interruption:
            record = _core._train(
                settings, dataset, folder, resume, interruption.stop, shown.on_progress, on_epoch, shown.on_note
            )
        if interruption.requested:
            raise KeyboardInterrupt
        run = Run(folder, record)
        if temporary:
            if run._weights.exists():
                run._network = Network.load(run._weights, run.settings)
            run.folder = None
        return run
    finally:
        shown.close()
        if temporary and os.getpid() == process:  # a process forked by the callback may also end here
            shutil.rmtree(temporary, ignore_errors=True)
