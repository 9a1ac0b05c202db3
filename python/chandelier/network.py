"""What a network does beside learning."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._core import Dataset, Network


class Evaluation(NamedTuple):
    """How well a network does on a set of images."""

    loss: float
    """mean cross-entropy over the images, label smoothing included"""
    accuracy: float
    """fraction of the images"""


def _forward(self: Network, x: np.ndarray) -> dict[str, np.ndarray]:
    """Takes images x up, float32 [B x inputs], and returns what they made by name.

    logits [B x classes]; for each hidden layer excitation (e), inhibition (s), divisor (d, [B]), pre_z (before a
    computed normalization), z (normalized, before ReLU), activity (after ReLU), [B x n]. What a circuit does not have is
    absent. More samples than `capacity` are taken in several batches. Raises TypeError or ValueError naming x.
    """
    if not isinstance(x, np.ndarray) or x.ndim == 0 or len(x) <= self.capacity:
        return Network._forward(self, x)
    self._check(x)  # at once, so that an error names the place in x
    parts = [Network._forward(self, x[i : i + self.capacity]) for i in range(0, len(x), self.capacity)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


_forward.__name__ = "forward"
_forward.__qualname__ = "Network.forward"
Network.forward = _forward


def evaluate(
    network: Network, dataset: Dataset | None = None, luminosity: str | None = None, value: float | None = None
) -> Evaluation:
    """Loss and accuracy of a network on all test images of a data set.

    luminosity: the model under which the images are seen (`uniform`, `fixed`, `gain`, `contrast`, or one of your own);
    without it that of the network's settings. value: its one number, the shift of `fixed` and epsilon of all others.
    Images are drawn as in the last epoch of the settings, so this is what `chandelier evaluate` says.
    Raises ValueError naming the argument where the images do not fit the network.
    """
    if not isinstance(network, Network):
        hint = "; a run's is run.network()" if hasattr(network, "network") else ""
        raise TypeError(f"network: a Network is needed, not {type(network).__name__}{hint}")
    if dataset is not None and not isinstance(dataset, Dataset):
        raise TypeError(f"dataset: a Dataset is needed, not {type(dataset).__name__}")
    if dataset is None:
        dataset = Dataset.load(network.settings.data, network.settings.classes)
    return Evaluation(*network._evaluate(dataset, luminosity or "", value))
