"""The engine as a Python module. `import chandelier` provides all of it; see docs/python.md."""

from collections.abc import Sequence
from os import PathLike
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Unpack

__version__: str

class SettingError(ValueError):
    """A setting or a combination of settings is not valid."""

class DataError(RuntimeError):
    """Data, a file or a folder is missing, damaged or not what was expected."""

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
    """Every setting of a run, checked as on the command line.

    A `condition` stands for `circuit`, `activity_norm` and `error_norm`; settings that are not given have their
    defaults. Settings are immutable: `replace` returns changed ones. `repr` shows what differs from the defaults. They
    can be compared and pickled.
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
        """Raises SettingError naming the setting and the value, or TypeError for a value of the wrong type."""
    def replace(self, **changes: Unpack[_Given]) -> Settings:
        """Returns changed settings: `settings.replace(lr=0.01, seed=3)`. Raises the same errors as the constructor."""
    @staticmethod
    def from_toml(path: str | PathLike[str], /, **changes: Unpack[_Given]) -> Settings:
        """Reads settings from a file, for example the config.toml of a run; keyword arguments override it.

        Raises DataError or SettingError naming the file and what is wrong with it.
        """
    def to_toml(self) -> str:
        """Returns all settings as the text of a config.toml."""
    def to_dict(self) -> dict[str, Any]:
        """Returns all settings and their values."""
    def __eq__(self, other: object, /) -> bool: ...
    @property
    def condition(self) -> str:
        """Preset of circuit, activity normalization and error normalization. Default: inorm-full."""
    @property
    def circuit(self) -> str:
        """Circuit of the hidden layers: e (excitatory units only), ei (subtractive inhibition, trained on the task),
        inorm (inhibition that normalizes) or inorm-sub (inhibition that only centres). Without a condition,
        activity_norm defaults to none, and error_norm to own for e and ei and to none for inorm and inorm-sub. Default:
        the condition's."""
    @property
    def activity_norm(self) -> str:
        """Computed normalization of the activity in circuits e and ei, before ReLU. Default: the condition's."""
    @property
    def error_norm(self) -> str:
        """Normalization of the error signals. own is the exact Jacobian of the activity normalization (circuits e and
        ei); dendritic and dendritic-burst learn. Give one rule, or a list with one for each hidden layer. Default: the
        condition's."""
    @property
    def error_part(self) -> str:
        """Part of the error normalization to apply: all of it, only its change of direction, or only its change of
        magnitude. Default: whole."""
    @property
    def error_acts_on(self) -> str:
        """Which error of a layer is normalized: both, only the one that its weights learn from, or only the one sent to
        the layer below. Default: both."""
    @property
    def error_divide(self) -> str:
        """Divisor of the errors in circuit inorm: the divisive inhibition d of each sample, as for the activity, the
        mean of d over the batch, or none (off). true and false mean sample and off. Default: sample."""
    @property
    def error_route(self) -> str:
        """Synapses that carry errors down in circuits inorm and inorm-sub: excitatory ones only, those of subtractive
        inhibition as well, or all of them. Default: excitatory."""
    @property
    def error_interneurons(self) -> int:
        """Interneurons per hidden layer that read its errors, for error_norm dendritic and dendritic-burst. A whole
        number from 1 to 100000; default: 1."""
    @property
    def feedback(self) -> str:
        """Weights that carry errors down: the transposed forward weights (symmetric), independent random weights that
        never change (fixed), weights that learn along with the forward weights (kolen-pollack; the two align only with
        weight_decay), or fixed weights from the readout to every layer (direct). Default: symmetric."""
    @property
    def width(self) -> list[int]:
        """Excitatory units of each hidden layer: one number for all layers, or one for each, which sets the depth. A
        list of whole numbers from 2 to 100000; default: 100."""
    @property
    def depth(self) -> int:
        """Number of hidden layers. A whole number from 1 to 64; default: 2."""
    @property
    def inhibitory_fraction(self) -> float:
        """Inhibitory units per excitatory unit of a hidden layer (rounded down, at least one unit). A number above 0
        and at most 1; default: 0.1."""
    @property
    def initialization(self) -> str:
        """Distribution of the initial excitatory weights. Default: lognormal."""
    @property
    def data(self) -> str:
        """Folder of IDX files, plain or gzipped, or the name of a known data set: fashion-mnist or mnist. A string;
        default: FashionMNIST, found automatically."""
    @property
    def luminosity(self) -> str:
        """How luminosity varies from image to image: a uniform random shift, one fixed shift, a random gain, a random
        contrast, a shift with a random slope across the image, a shift that drifts from one training image to the next,
        or a lognormal gain. Default: uniform."""
    @property
    def epsilon(self) -> float:
        """Strength of the luminosity jitter: half-width of the random shift in units of the pixel range, or of the
        random gain or contrast around 1. Luminosity drift has the standard deviation of the uniform shift; for
        lognormal-gain, epsilon is the standard deviation of the logarithm of the gain. Not used by luminosity fixed. A
        number from 0 to 1; default: 0.75."""
    @property
    def epsilon_shading(self) -> float:
        """Half-width of the random slope of luminosity shading: the change from the centre of an image to its edge. A
        number from 0 to 1; default: 0.5."""
    @property
    def rho(self) -> float:
        """Correlation of luminosity drift from one training image to the next; 0 means independent shifts. A number of
        at least 0 and below 1; default: 0.9."""
    @property
    def shift(self) -> float:
        """Constant added to every pixel by luminosity fixed. A number from -1 to 1; default: 0."""
    @property
    def classes(self) -> int:
        """Number of classes; a larger label in the data is an error. A whole number from 2 to 256; default: 10."""
    @property
    def validation(self) -> int:
        """Images at the end of the training set to hold out for validation. A whole number from 0 to 2147483647;
        default: 0."""
    @property
    def batch(self) -> int:
        """Images per update. A whole number from 1 to 65536; default: 32."""
    @property
    def epochs(self) -> int:
        """Passes over the training set; 0 only evaluates the network before training. A whole number from 0 to
        2147483647; default: 50."""
    @property
    def label_smoothing(self) -> float:
        """Share of the target probability to spread over all classes. A number of at least 0 and below 1; default:
        0.1."""
    @property
    def lr(self) -> float:
        """Learning rate of Wex, biases and everything not named below. A number of at least 0; default: 0.005."""
    @property
    def lr_wix(self) -> float:
        """Learning rate of Wix and Bix, the weights onto inhibition. A number of at least 0; default: 0.1."""
    @property
    def lr_wei(self) -> float:
        """Learning rate of Wei, the weights from inhibition; in hidden layers of circuit inorm, Wei is fixed. A number
        of at least 0; default: 0.0005."""
    @property
    def lr_error(self) -> float:
        """Learning rate of the weights of error normalizations. A number of at least 0; default: 0.02."""
    @property
    def momentum(self) -> float:
        """Momentum of excitatory weights and biases. A number of at least 0 and below 1; default: 0."""
    @property
    def momentum_inhibitory(self) -> float:
        """Momentum of inhibitory weights. A number of at least 0 and below 1; default: 0."""
    @property
    def nesterov(self) -> bool:
        """Use Nesterov momentum; only with update sgd. True or false; default: false."""
    @property
    def weight_decay(self) -> float:
        """Decoupled weight decay of excitatory weights and biases, per update and unit of lr. A number of at least 0;
        default: 0."""
    @property
    def update(self) -> str:
        """Gradient descent (sgd), or exponentiated gradient, which multiplies weights (exponentiated). Default:
        sgd."""
    @property
    def lambda_(self) -> float:
        """Weight of the local homeostatic loss that trains the inhibition of inorm and inorm-sub. A number of at least
        0; default: 0.01."""
    @property
    def freeze(self) -> list[str]:
        """What does not learn: parameters (Wix), layers (hidden0, readout) or a parameter of one layer (hidden0.Wix). A
        list of names; default: nothing."""
    @property
    def shuffle(self) -> bool:
        """Visit the training images in a new random order every epoch; otherwise in file order. True or false; default:
        true."""
    @property
    def precision(self) -> str:
        """Precision of the operands of matrix products: fp32; bf16, which is faster on CPUs that multiply it directly;
        or fp16, where results are rounded too, as in the published code. Weights and sums are fp32 in all cases.
        Default: fp32."""
    @property
    def seed(self) -> int:
        """Seed of all random numbers of the run. A whole number from 0 to 9223372036854775807; default: 0."""
    @property
    def evaluate_training(self) -> int:
        """Evaluate on the training set every so many epochs, and always before training and after the last epoch; 0:
        only then. Other rows of metrics.csv contain nan. A whole number from 0 to
        2147483647; default: 1."""
    @property
    def measure(self) -> list[str]:
        """Measures of the hidden layers: all, none, or names. reference takes them when and where the published code
        does, and can be combined with names. Default: all."""
    @property
    def keep_checkpoint(self) -> bool:
        """Keep checkpoint.safetensors after the run has finished. True or false; default: false."""
    @property
    def tensorboard(self) -> bool:
        """Also write metrics.csv as event files, which TensorBoard shows while the run trains. True or false; default:
        false."""

class Dataset:
    """A training and a test set of labelled grey images, 8 bits a pixel.

    The arrays are read-only views, which keep its memory alive. It can be pickled; copying returns the same object.
    """

    @staticmethod
    def load(folder: str | PathLike[str] = "", classes: int = 10) -> Dataset:
        """Reads the four IDX files of a folder, gzipped or not; without a folder, finds FashionMNIST.

        classes: labels must be below this number. Raises DataError naming the file and what is wrong with it.
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
        """Makes a data set from arrays, which are copied.

        Images: uint8 [images x rows x columns], 0 black and 255 white. Labels: [images], whole numbers from 0 to
        classes - 1. Raises TypeError or ValueError naming the argument.
        """
    @property
    def name(self) -> str:
        """FashionMNIST or MNIST if the hashes of all files match; otherwise the given name or that of the folder."""
    @property
    def classes(self) -> int:
        """Number of classes; labels are below it."""
    @property
    def train_images(self) -> NDArray[np.uint8]:
        """Read-only view, uint8 [images x rows x columns], 0 black and 255 white."""
    @property
    def train_labels(self) -> NDArray[np.uint8]:
        """Read-only view, uint8 [images]."""
    @property
    def test_images(self) -> NDArray[np.uint8]:
        """Read-only view, uint8 [images x rows x columns], 0 black and 255 white."""
    @property
    def test_labels(self) -> NDArray[np.uint8]:
        """Read-only view, uint8 [images]."""

class Network:
    """A network: hidden layers of one circuit, an E-I readout, and their learning rules.

    Arrays are float32; each row is a sample. Names are those of `chandelier trace`. Layers are `hidden0`, ...,
    `readout`. It can be pickled and copied, with its momenta.
    """

    def __init__(self, settings: Settings, inputs: int = 784, *, capacity: int | None = None) -> None:
        """Makes a network with initial weights, like `from_settings`."""
    @staticmethod
    def from_settings(settings: Settings, inputs: int = 784, *, capacity: int | None = None) -> Network:
        """Makes a network with initial weights, which the seed in the settings determines.

        inputs: pixels of an image. capacity: the largest batch; default: 1024, or the batch size if that is larger.
        Raises ValueError naming the argument.
        """
    @staticmethod
    def load(path: str | PathLike[str], settings: Settings | None = None, *, capacity: int | None = None) -> Network:
        """Makes a network with the weights of a safetensors file; the tensors determine its sizes.

        settings: how it learns; default: circuit and normalizations from the file's metadata, and defaults for
        everything else. Raises DataError naming the file and what is wrong with it.
        """
    def save(self, path: str | PathLike[str]) -> None:
        """Writes the weights as safetensors, as `chandelier train` does. Raises DataError naming the file."""
    def forward(self, x: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Passes images x through the network and returns all intermediate values by name.

        x: float32 [B x inputs] or [B x rows x columns]. Returns logits [B x classes], and for each hidden layer,
        [B x n]: excitation (e), inhibition (s), divisor (d, [B]), pre_z (before a computed normalization), z
        (normalized, before ReLU) and activity (after ReLU). Values that a circuit does not have are absent. More than
        `capacity` samples are processed in several batches. Raises TypeError or ValueError if x is not valid.
        """
    def step(self, x: NDArray[np.float32], y: NDArray[np.integer[Any]]) -> dict[str, NDArray[np.float32]]:
        """Trains for one step on images x, float32 [B x inputs], and labels y, whole numbers [B].

        B is at most `capacity`. Returns all values of the step by name, as `chandelier trace` does: those of `forward`,
        loss [1], for each hidden layer error (g = dL/dz) and delta [B x n], homeostatic_loss, layer_norm_distance,
        output_alignment and gradient_alignment [1], and `<layer>.gradient.<parameter>`; weights are those after the
        step. Raises TypeError or ValueError naming x or y.
        """
    @property
    def parameters(self) -> dict[str, NDArray[np.float32]]:
        """Read-only views of the weights by name (`hidden0.Wex`, ...), float32, which follow every step.

        Wex [n x k], Wix [m x k], Wei [n x m], Bix [r x k], bias [n], and the parameters of the error normalization and
        the feedback. Use `assign` to change weights.
        """
    def assign(self, name: str, values: NDArray[np.float32]) -> None:
        """Gives a parameter new values: a float32 array of its shape.

        Raises KeyError for an unknown name, TypeError or ValueError for a wrong type or shape, and DataError for a
        negative weight where Dale's law forbids it.
        """
    @property
    def settings(self) -> Settings:
        """The settings of the network."""
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
    """Reads the tensors of a safetensors file (weights, predictions, traces) as NumPy arrays by name.

    Raises DataError naming the file and what is wrong with it.
    """
