"""Chandelier: how do inhibitory circuits help a brain learn?

Trains networks of separate excitatory and inhibitory populations (Dale's law) on images under variable luminosity, and
compares where inhibition-mediated normalization acts: on activity alone, or also on the back-propagated errors.

    import chandelier
    run = chandelier.train(chandelier.Settings(condition="inorm-full", epochs=2))
    print(run.test_accuracy)

Arrays are float32, and each row is a sample. Tensors, settings and measures have the same names as on the command line.
"""

from ._core import DataError, Dataset, Network, SettingError, Settings, __version__, read_tensors
from .network import Evaluation, evaluate
from .rules import Layer, Parameter, activity_normalization, circuit, error_normalization, luminosity, measure
from .study import Comparison, Study, run_study
from .training import Run, load_run, train

__all__ = [
    "Comparison",
    "DataError",
    "Dataset",
    "Evaluation",
    "Layer",
    "Network",
    "Parameter",
    "Run",
    "SettingError",
    "Settings",
    "Study",
    "__version__",
    "activity_normalization",
    "circuit",
    "error_normalization",
    "evaluate",
    "load_run",
    "luminosity",
    "measure",
    "read_tensors",
    "run_study",
    "train",
]
