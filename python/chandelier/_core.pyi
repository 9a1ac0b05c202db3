"""The engine as a module. `import chandelier` brings all of it; docs/python.md explains it."""

from collections.abc import Sequence
from os import PathLike
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Unpack

__version__: str

class SettingError(ValueError):
    """A setting, or a combination of them, that is not valid."""

class DataError(RuntimeError):
    """Data, a file or a folder that is not as it must be."""

# Every setting; `lambda_` is the setting lambda, which is a word of Python.
_Given = TypedDict(
    "_Given",
    {
        "condition": str,
        "circuit": str,
        "activity_norm": str,
        "error_norm": str | Sequence[str],
        "error_part": str,
        "error_acts_on": str,
        "error_divide": str | bool,
        "error_route": str,
        "error_interneurons": int,
        "feedback": str,
        "width": int | Sequence[int],
        "depth": int,
        "inhibitory_fraction": float,
        "initialization": str,
        "data": str | PathLike[str],
        "luminosity": str,
        "epsilon": float,
        "epsilon_shading": float,
        "rho": float,
        "shift": float,
        "classes": int,
        "validation": int,
        "batch": int,
        "epochs": int,
        "label_smoothing": float,
        "lr": float,
        "lr_wix": float,
        "lr_wei": float,
        "lr_error": float,
        "momentum": float,
        "momentum_inhibitory": float,
        "nesterov": bool,
        "weight_decay": float,
        "update": str,
        "lambda_": float,
        "freeze": str | Sequence[str],
        "shuffle": bool,
        "precision": str,
        "seed": int,
        "evaluate_training": int,
        "measure": str | Sequence[str],
        "keep_checkpoint": bool,
        "tensorboard": bool,
    },
    total=False,
)

class Settings:
    """Every setting of a run, checked as the command line checks them.

    A `condition` stands for `circuit`, `activity_norm` and `error_norm`; what is not given has its default. Settings do
    not change: `replace` makes others. `repr` shows what differs from the defaults. They can be compared and pickled.
    """

    def __init__(
        self,
        *,
        condition: str = ...,
        circuit: str = ...,
        activity_norm: str = ...,
        error_norm: str | Sequence[str] = ...,
        error_part: str = ...,
        error_acts_on: str = ...,
        error_divide: str | bool = ...,
        error_route: str = ...,
        error_interneurons: int = ...,
        feedback: str = ...,
        width: int | Sequence[int] = ...,
        depth: int = ...,
        inhibitory_fraction: float = ...,
        initialization: str = ...,
        data: str | PathLike[str] = ...,
        luminosity: str = ...,
        epsilon: float = ...,
        epsilon_shading: float = ...,
        rho: float = ...,
        shift: float = ...,
        classes: int = ...,
        validation: int = ...,
        batch: int = ...,
        epochs: int = ...,
        label_smoothing: float = ...,
        lr: float = ...,
        lr_wix: float = ...,
        lr_wei: float = ...,
        lr_error: float = ...,
        momentum: float = ...,
        momentum_inhibitory: float = ...,
        nesterov: bool = ...,
        weight_decay: float = ...,
        update: str = ...,
        lambda_: float = ...,
        freeze: str | Sequence[str] = ...,
        shuffle: bool = ...,
        precision: str = ...,
        seed: int = ...,
        evaluate_training: int = ...,
        measure: str | Sequence[str] = ...,
        keep_checkpoint: bool = ...,
        tensorboard: bool = ...,
    ) -> None:
        """Raises SettingError naming the setting and the value, TypeError for what can be no value."""
    def replace(self, **changes: Unpack[_Given]) -> Settings:
        """The same settings with some changed: `settings.replace(lr=0.01, seed=3)`. Raises as the constructor."""
    @staticmethod
    def from_toml(path: str | PathLike[str], /, **changes: Unpack[_Given]) -> Settings:
        """Settings from a file, a run's config.toml for instance; keyword arguments win over it.

        Raises DataError or SettingError naming the file and what is wrong with it.
        """
    def to_toml(self) -> str:
        """The text of a config.toml with every setting."""
    def to_dict(self) -> dict[str, Any]:
        """Every setting and its value."""
    def __eq__(self, other: object, /) -> bool: ...
    @property
    def condition(self) -> str:
        """Preset of circuit, activity normalization and error normalization. Default: inorm-full."""
    @property
    def circuit(self) -> str:
        """Circuit of the hidden layers: excitatory, subtractive E-I trained on the task, inhibition that normalizes, or
        inhibition that only centres. Given without a condition, activity_norm is none, and error_norm is own for e and
        ei, none for inorm and inorm-sub. Default: the condition's."""
    @property
    def activity_norm(self) -> str:
        """Computed normalization of the activity of circuits e and ei, before ReLU. Default: the condition's."""
    @property
    def error_norm(self) -> str:
        """Normalization of the error signals; own is the exact Jacobian of the activity normalization (circuits e and
        ei), dendritic and dendritic-burst learn. One rule, or a list of one for each hidden layer. Default: the
        condition's."""
    @property
    def error_part(self) -> str:
        """Part of the error normalization that acts: the whole, only its change of direction, or only of magnitude.
        Default: whole."""
    @property
    def error_acts_on(self) -> str:
        """Which of a layer's errors is normalized: both, only the one that its weights learn from, or only the one that
        it transmits to the layer below. Default: both."""
    @property
    def error_divide(self) -> str:
        """What circuit inorm divides the error by: the divisive inhibition d of each sample, as it divides the
        activity, the mean of d over the batch, or nothing. true and false mean sample and off. Default: sample."""
    @property
    def error_route(self) -> str:
        """Synapses that carry errors down in circuits inorm and inorm-sub: excitatory ones alone, also through
        subtractive inhibition, or through all of them. Default: excitatory."""
    @property
    def error_interneurons(self) -> int:
        """Interneurons of each hidden layer that read its errors; for error_norm dendritic and dendritic-burst. A whole
        number from 1 to 100000; default: 1."""
    @property
    def feedback(self) -> str:
        """Weights that carry errors down: those that carry activity up, an independent draw that never changes, one
        that learns with the weights it stands for (kolen-pollack; it comes to align with them only with weight_decay),
        or fixed weights from the readout to every layer. Default: symmetric."""
    @property
    def width(self) -> list[int]:
        """Excitatory units of each hidden layer; one number means every layer, more set the depth. A list of whole
        numbers from 2 to 100000; default: 100."""
    @property
    def depth(self) -> int:
        """Number of hidden layers. A whole number from 1 to 64; default: 2."""
    @property
    def inhibitory_fraction(self) -> float:
        """Inhibitory units per excitatory unit of a hidden layer (rounded down, at least one unit). A number above 0
        and at most 1; default: 0.1."""
    @property
    def initialization(self) -> str:
        """Distribution of the first excitatory weights. Default: lognormal."""
    @property
    def data(self) -> str:
        """Folder of IDX files, plain or gzipped, or one of the sets that are known, fashion-mnist and mnist. A text;
        default: FashionMNIST, found by itself."""
    @property
    def luminosity(self) -> str:
        """How luminosity varies from image to image: a uniform random shift, one fixed shift, a random gain, a random
        contrast, a shift with a random slope across the image, a shift that drifts from one training image to the next,
        or a lognormal gain. Default: uniform."""
    @property
    def epsilon(self) -> float:
        """Half-width of the luminosity jitter: of the shift in units of the pixels' range, of the gain or of the
        contrast around 1. The standard deviation of drift is that of the uniform shift; for lognormal-gain, epsilon is
        the standard deviation of the gain's logarithm. Unused by luminosity fixed. A number from 0 to 1; default:
        0.75."""
    @property
    def epsilon_shading(self) -> float:
        """Half-width of the slope of luminosity shading: the change from an image's centre to its edge. A number from 0
        to 1; default: 0.5."""
    @property
    def rho(self) -> float:
        """Correlation of luminosity drift from one training image to the next; 0: independent shifts. A number of at
        least 0 and below 1; default: 0.9."""
    @property
    def shift(self) -> float:
        """Constant that luminosity fixed adds to every pixel. A number from -1 to 1; default: 0."""
    @property
    def classes(self) -> int:
        """Number of classes; a larger label in the data is an error. A whole number from 2 to 256; default: 10."""
    @property
    def validation(self) -> int:
        """Images held out from the end of the training set. A whole number from 0 to 2147483647; default: 0."""
    @property
    def batch(self) -> int:
        """Images of one update. A whole number from 1 to 65536; default: 32."""
    @property
    def epochs(self) -> int:
        """Passes over the training set; 0 only evaluates the network before training. A whole number from 0 to
        2147483647; default: 50."""
    @property
    def label_smoothing(self) -> float:
        """Share of the target probability that is spread over all classes. A number of at least 0 and below 1; default:
        0.1."""
    @property
    def lr(self) -> float:
        """Learning rate of Wex, biases and everything not named below. A number of at least 0; default: 0.005."""
    @property
    def lr_wix(self) -> float:
        """Learning rate of Wix and Bix, the weights onto inhibition. A number of at least 0; default: 0.1."""
    @property
    def lr_wei(self) -> float:
        """Learning rate of Wei, the weights from inhibition; hidden layers of circuit inorm hold Wei fixed. A number of
        at least 0; default: 0.0005."""
    @property
    def lr_error(self) -> float:
        """Learning rate of the weights that error normalizations own. A number of at least 0; default: 0.02."""
    @property
    def momentum(self) -> float:
        """Momentum of excitatory weights and biases. A number of at least 0 and below 1; default: 0."""
    @property
    def momentum_inhibitory(self) -> float:
        """Momentum of inhibitory weights. A number of at least 0 and below 1; default: 0."""
    @property
    def nesterov(self) -> bool:
        """Nesterov's form of momentum, with update sgd. True or false; default: false."""
    @property
    def weight_decay(self) -> float:
        """Decoupled weight decay of excitatory weights and biases, per update and unit of lr. A number of at least 0;
        default: 0."""
    @property
    def update(self) -> str:
        """Gradient descent, or exponentiated gradient (multiplicative updates). Default: sgd."""
    @property
    def lambda_(self) -> float:
        """Weight of the local homeostatic loss that trains the inhibition of inorm and inorm-sub. A number of at least
        0; default: 0.01."""
    @property
    def freeze(self) -> list[str]:
        """What does not learn: parameters (Wix), layers (hidden0, readout) or a layer's parameter (hidden0.Wix). A list
        of names; default: nothing."""
    @property
    def shuffle(self) -> bool:
        """A new order of the training images every epoch; off, they come in file order. True or false; default:
        true."""
    @property
    def precision(self) -> str:
        """What matrix products multiply: fp32, numbers rounded to bf16, which is faster where the CPU multiplies those,
        or to fp16, their results too, as the published code does. Weights and sums are fp32 in each. Default: fp32."""
    @property
    def seed(self) -> int:
        """Seed of every random number of the run. A whole number from 0 to 9223372036854775807; default: 0."""
    @property
    def evaluate_training(self) -> int:
        """Evaluate on the training set before training, every so many epochs and after the last; 0: only before
        training and after the last. Other rows of metrics.csv say nan. A whole number from 0 to 2147483647; default:
        1."""
    @property
    def measure(self) -> list[str]:
        """Measures of the hidden layers: all, none, or names; reference takes them when and where the published code
        does, and may stand with names. Default: all."""
    @property
    def keep_checkpoint(self) -> bool:
        """Keep checkpoint.safetensors of a finished run. True or false; default: false."""
    @property
    def tensorboard(self) -> bool:
        """Write metrics.csv also as event files, which TensorBoard shows while the run trains. True or false; default:
        false."""

class Dataset:
    """A training and a test set of labelled grey images, 8 bits a pixel.

    The arrays are views of its memory that cannot be written to and keep it alive. It can be pickled; a copy is the same.
    """

    @staticmethod
    def load(folder: str | PathLike[str] = "", classes: int = 10) -> Dataset:
        """The four IDX files of a folder, gzipped or not; without a folder FashionMNIST, from its usual places.

        classes: labels are below it. Raises DataError naming the file and what is wrong with it.
        """
    @staticmethod
    def from_arrays(
        train_images: NDArray[np.uint8],
        train_labels: NDArray[np.integer[Any]],
        test_images: NDArray[np.uint8],
        test_labels: NDArray[np.integer[Any]],
        *,
        classes: int = 10,
        name: str = "arrays",
    ) -> Dataset:
        """A data set of arrays, which are copied.

        Images [images x rows x columns], 0 black and 255 white; labels [images], whole numbers 0 ... classes - 1.
        Raises TypeError or ValueError naming the argument.
        """
    @property
    def name(self) -> str:
        """FashionMNIST or MNIST where all files match by hash, else the name given or the folder's."""
    @property
    def classes(self) -> int:
        """Number of classes; labels are below it."""
    @property
    def train_images(self) -> NDArray[np.uint8]:
        """[images x rows x columns], 0 black and 255 white."""
    @property
    def train_labels(self) -> NDArray[np.uint8]:
        """[images]"""
    @property
    def test_images(self) -> NDArray[np.uint8]:
        """[images x rows x columns], 0 black and 255 white."""
    @property
    def test_labels(self) -> NDArray[np.uint8]:
        """[images]"""

class Network:
    """Hidden layers of one circuit and an E-I readout, with the rules they learn by.

    Arrays are float32; a row is a sample. Names are those of `chandelier trace`. Layers are `hidden0`, ..., `readout`.
    It can be pickled and copied, with its momenta.
    """

    def __init__(self, settings: Settings, inputs: int = 784, *, capacity: int | None = None) -> None:
        """A network at its initialization, as `from_settings` makes it."""
    @staticmethod
    def from_settings(settings: Settings, inputs: int = 784, *, capacity: int | None = None) -> Network:
        """A network at its initialization, which the settings' seed decides.

        inputs: pixels of an image. capacity: the largest batch, at least 1024 where it is not given. Raises ValueError.
        """
    @staticmethod
    def load(path: str | PathLike[str], settings: Settings | None = None, *, capacity: int | None = None) -> Network:
        """A network with the weights of a safetensors file; its sizes are read off the tensors.

        settings: how it learns; without them the circuit and its normalizations are those of the file's metadata, all
        else the default. Raises DataError naming the file and what is wrong with it.
        """
    def save(self, path: str | PathLike[str]) -> None:
        """Writes the weights as safetensors, as `chandelier train` does. Raises DataError naming the file."""
    def forward(self, x: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Takes images x up, [B x inputs] or [B x rows x columns], and returns what they made by name.

        logits [B x classes]; for each hidden layer excitation (e), inhibition (s), divisor (d, [B]), pre_z (before a
        computed normalization), z (normalized, before ReLU), activity (after ReLU), [B x n]. What a circuit does not
        have is absent. More than `capacity` samples are taken in several batches. Raises TypeError or ValueError
        naming x.
        """
    def step(self, x: NDArray[np.float32], y: NDArray[np.integer[Any]]) -> dict[str, NDArray[np.float32]]:
        """One step of learning on images x, [B x inputs], and labels y, [B], at most `capacity` samples.

        Returns what happened by name: what `forward` returns; loss [1]; for each hidden layer error (g = dL/dz), delta
        [B x n], homeostatic_loss, layer_norm_distance, output_alignment, gradient_alignment [1]; and
        `<layer>.gradient.<parameter>`. Weights are those after the step. Raises TypeError or ValueError naming x or y.
        """
    @property
    def parameters(self) -> dict[str, NDArray[np.float32]]:
        """Views of the weights by name (`hidden0.Wex`, ...), which follow every step and cannot be written to.

        Wex [n x k], Wix [m x k], Wei [n x m], Bix [r x k], bias [n], and what the error normalization and the feedback own.
        """
    def assign(self, name: str, values: NDArray[np.float32]) -> None:
        """Gives a parameter new values of its shape.

        Raises KeyError for a name it does not have, TypeError or ValueError for a wrong type or shape, DataError for a
        negative weight where Dale's law forbids it.
        """
    @property
    def settings(self) -> Settings:
        """The settings it learns by."""
    @property
    def inputs(self) -> int:
        """Pixels of an image."""
    @property
    def classes(self) -> int:
        """Units of the readout."""
    @property
    def capacity(self) -> int:
        """The largest batch, in samples."""

def read_tensors(path: str | PathLike[str]) -> dict[str, NDArray[Any]]:
    """The tensors of a safetensors file by name, each a NumPy array: weights, predictions, traces.

    Raises DataError naming the file and what is wrong with it.
    """
