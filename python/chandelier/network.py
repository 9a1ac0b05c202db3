"""Forward passes and evaluation of a network."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._core import Dataset, Network


class Evaluation(NamedTuple):
    """Loss and accuracy of a network on a set of images."""

    loss: float
    """mean cross-entropy over the images, including label smoothing"""
    accuracy: float
    """fraction of the images that are classified correctly"""


def _forward(self: Network, x: np.ndarray) -> dict[str, np.ndarray]:
    """Passes images x through the network and returns all intermediate values by name.

    x: float32 [B x inputs] or [B x rows x columns]. Returns logits [B x classes], and for each hidden layer, [B x n]:
    excitation (e), inhibition (s), divisor (d, [B]), pre_z (before a computed normalization), z (normalized, before
    ReLU) and activity (after ReLU). Values that a circuit does not have are absent. More than `capacity` samples are
    processed in several batches. Raises TypeError or ValueError if x is not valid.
    """
    if not isinstance(x, np.ndarray) or x.ndim == 0 or len(x) <= self.capacity:
        return Network._forward(self, x)
    self._check(x)  # all of x first, so that an error names the position in x
    parts = [Network._forward(self, x[i : i + self.capacity]) for i in range(0, len(x), self.capacity)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


_forward.__name__ = "forward"
_forward.__qualname__ = "Network.forward"
Network.forward = _forward


def evaluate(
    network: Network, dataset: Dataset | None = None, luminosity: str | None = None, value: float | None = None
) -> Evaluation:
    """Loss and accuracy of a network on all test images of a data set.

    luminosity: the luminosity model (`uniform`, `fixed`, `gain`, `contrast`, ..., or a custom one); default: that of the
    network's settings. value: its parameter, the shift for `fixed` and epsilon for all others. Random numbers are those
    of the last epoch of the settings, so the result equals that of `chandelier evaluate`. dataset: default: the data
    that the network's settings name. Raises TypeError naming the argument, SettingError if the model is unknown or the
    value is out of range, and ValueError if the images do not fit the network.
    """
    if not isinstance(network, Network):
        hint = "; use run.network()" if hasattr(network, "network") else ""
        raise TypeError(f"network: a Network is needed, not {type(network).__name__}{hint}")
    if dataset is not None and not isinstance(dataset, Dataset):
        raise TypeError(f"dataset: a Dataset is needed, not {type(dataset).__name__}")
    if luminosity is not None and not isinstance(luminosity, str):
        raise TypeError(f"luminosity: the name of a model is needed, not {type(luminosity).__name__}")
    if value is not None and not isinstance(value, (int, float, np.number)):
        raise TypeError(f"value: a number is needed, not {type(value).__name__}")
    if dataset is None:
        dataset = Dataset.load(network.settings.data, network.settings.classes)
    return Evaluation(*network._evaluate(dataset, luminosity or "", value))
