"""Rules of one's own: functions on NumPy arrays, and classes with parameters, that are used by name."""

from __future__ import annotations

import inspect
import keyword
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, TypeVar

import numpy as np

from . import _core

Rule = TypeVar("Rule", bound=Callable[..., Any])


def _takes_out(function, takes, may_take_out=True):
    """Whether a function has a parameter `out` beside those it `takes`, to write its result to."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # a builtin, which says nothing of itself
        return False
    by_place = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    names = [p.name for p in by_place]
    out = may_take_out and names[len(takes) : len(takes) + 1] == ["out"]
    given = len(takes) + out
    free = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    too_few = len(names) < given and not free
    too_many = any(p.default is p.empty for p in by_place[given:])
    by_name = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY and (p.default is p.empty or p.name == "out")]
    if too_few or too_many or by_name:
        more = ", and may be followed by out" if may_take_out else ""
        raise TypeError(f"the function takes {inspect.signature(function)}, but ({', '.join(takes)}) is needed{more}")
    return out


def _name(name):
    if not isinstance(name, str):
        raise TypeError(f'name: a text is needed, not {type(name).__name__}; the decorator is written @...("my-rule")')


def _checked(function):
    if not callable(function):
        raise TypeError(f"a function is needed, not {type(function).__name__}")
    return function


@dataclass(frozen=True)
class Parameter:
    """What a rule owns in one layer: an array that is saved, resumed and frozen like any weight.

    value: what it begins with; a vector, a matrix or a number. non_negative: it obeys Dale's law, so every change ends
    with max(0, .). rate: the setting that is its learning rate, for W <- W - rate * gradient, without momentum or decay;
    None: what the rule gives is no gradient but the next value, as for a running mean.
    """

    value: Any
    non_negative: bool = False
    rate: str | None = "lr_error"


# Names of what a layer owns already, and of what a rule is given beside its parameters.
_TAKEN = {"Wex", "Wix", "Wei", "Bix", "bias", "feedback", "self", "x", "z", "g", "delta", "below"}


def _owned(what, parameters):
    """The parameters of a rule in one layer as the engine takes them, each checked."""
    if not isinstance(parameters, dict):
        raise TypeError(f"{what}: parameters returned a {type(parameters).__name__}, but a dict of Parameters is needed")
    owned = []
    for name, parameter in parameters.items():
        if not isinstance(name, str) or not (name.isidentifier() and name.isascii()) or keyword.iskeyword(name):
            raise ValueError(f"{what}: {name!r} cannot name a parameter; a word that Python takes as a name is needed")
        if name in _TAKEN:
            raise ValueError(f"{what}: the name '{name}' is taken in every layer; choose another for the parameter")
        if not isinstance(parameter, Parameter):
            raise TypeError(
                f"{what}: '{name}' is a {type(parameter).__name__}, but a chandelier.Parameter(value) is needed"
            )
        value = np.array(parameter.value)
        if value.dtype.kind not in "fiu" or value.ndim > 2 or value.size == 0:
            raise ValueError(
                f"{what}: the value of '{name}' has the type {value.dtype} and the shape {value.shape}, but a vector, "
                "a matrix or one number is needed"
            )
        value = np.array(value, np.float32, order="C")
        if not np.isfinite(value).all():
            raise ValueError(f"{what}: '{name}' begins with a value that is not finite")
        if parameter.non_negative and value.min() < 0:
            raise ValueError(f"{what}: '{name}' is non_negative, but begins with {value.min()}")
        if parameter.rate is not None and parameter.rate not in _core._rates():
            raise ValueError(
                f"{what}: the rate of '{name}' is {parameter.rate!r}, but it is one of {', '.join(_core._rates())}, or None"
            )
        owned.append((name, value, bool(parameter.non_negative), parameter.rate))
    return owned


def _maker(what, rule, kind, needed, optional=()):
    """A function that makes of a class what stands in one layer."""
    methods = {name: callable(getattr(rule, name, None)) for name in (*needed, *optional)}
    for name in needed:
        if not methods[name]:
            raise TypeError(f"{what}: the class {rule.__name__} has no method {name}")

    def make(*sizes_seed_layer):
        *sizes, seed, layer = sizes_seed_layer
        random = np.random.Generator(np.random.Philox(key=np.array([seed, kind << 32 | layer], np.uint64)))
        made = rule()
        parameters = made.parameters(*sizes, random) if hasattr(made, "parameters") else {}
        bound = {name: getattr(made, name) if there else None for name, there in methods.items()}
        return SimpleNamespace(owned=_owned(what, parameters), **bound)

    return make


def error_normalization(name: str) -> Callable[[Rule], Rule]:
    """Makes a function, or a class, the error normalization of this name: `Settings(error_norm=name)`.

        @chandelier.error_normalization("my-center")
        def my_center(z, g):
            return g - g.mean(axis=1, keepdims=True)

    z [B x n]: the normalized activity that g belongs to; g [B x n]: the back-propagated error there, after the
    derivative of the rectification; float32, not to be written to. It returns N(g) [B x n], or has a third parameter
    `out` [B x n] and writes it there, which saves memory being taken for the result. An exception ends the run and is raised by `train`; so does a result of another shape, or
    one that is not finite where z and g are. The same name again replaces the rule.

    A class owns parameters, and may learn:

        @chandelier.error_normalization("my-scale")
        class MyScale:
            def parameters(self, n, random):
                return {"gain": chandelier.Parameter(np.ones(n), non_negative=True, rate="lr_error")}

            def apply(self, z, g, gain):
                return gain * g

            def learn(self, z, g, gain):
                return {"gain": (g * g).mean(axis=0) - 1e-6}

    One object stands in each layer. parameters(n, random): what it owns in a layer of n units; `random` is a NumPy
    Generator whose numbers the seed and the layer decide. apply(z, g, **parameters): N(g). learn(z, g, **parameters):
    a gradient for each parameter that learns from this batch, or its next value where its rate is None; called once a
    step. All state must be in the parameters, else a resumed run is another. A class attribute `aim = "centring"` says
    that the measure gradient_alignment is to hold it against centring, not layer normalization.
    """
    _name(name)

    def decorate(rule):
        if inspect.isclass(rule):
            what = f"error_norm '{name}'"
            aim = getattr(rule, "aim", "layer_norm")
            if aim not in ("layer_norm", "centring"):
                raise ValueError(f"{what}: aim is {aim!r}, but it is 'layer_norm' or 'centring'")
            make = _maker(what, rule, 0, ("apply",), ("learn",))
            _core._add_error_norm_class(name, make, aim == "centring")
        else:
            _core._add_error_norm(name, _checked(rule), _takes_out(rule, ("z", "g")))
        return rule

    return decorate


def circuit(name: str) -> Callable[[Rule], Rule]:
    """Makes a class the circuit of this name, for hidden layers: `Settings(circuit=name)`.

        @chandelier.circuit("my-e")
        class MyExcitatory:
            def forward(self, x, Wex, bias):
                return x @ Wex.T + bias

            def backward(self, x, delta, below, Wex, bias):
                return below @ Wex, {"Wex": delta.T @ x, "bias": delta.sum(axis=0)}

    Every circuit has Wex [n x k] and bias [n]; with a class attribute `inhibition = True` also Wix [m x k] and Wei
    [n x m]. They begin and learn as Chandelier's own do. parameters(self, k, n, m, random) may give further ones, as
    for `error_normalization`. forward(x, **parameters) returns z [B x n] of x [B x k]. backward(x, delta, below,
    **parameters) returns the error at x [B x k], that of `below`, and a dict of gradients, those of `delta`; the two
    errors [B x n] are equal unless error_acts_on says otherwise. A value that is not finite makes the run diverge.
    """
    _name(name)

    def decorate(rule):
        if not inspect.isclass(rule):
            raise TypeError(f"circuit '{name}': a class is needed, not {type(rule).__name__}")
        make = _maker(f"circuit '{name}'", rule, 1, ("forward", "backward"))
        _core._add_circuit(name, make, bool(getattr(rule, "inhibition", False)))
        return rule

    return decorate


@dataclass(frozen=True)
class Layer:
    """A hidden layer in a batch after a backward pass, for a measure; arrays are float32 [B x n].

    z: what the circuit makes; y: z normalized, before rectification; h: y rectified. g: the error at y; delta and below:
    the errors that the layer's weights learn from and that it transmits. weights: its parameters by name.
    """

    z: np.ndarray
    y: np.ndarray
    h: np.ndarray
    g: np.ndarray
    delta: np.ndarray
    below: np.ndarray
    weights: dict[str, np.ndarray]


def measure(name: str) -> Callable[[Rule], Rule]:
    """Makes a function the measure of this name: `Settings(measure=["all", name])`.

        @chandelier.measure("sparseness")
        def sparseness(layer):
            return (layer.h == 0).mean()

    It gets a `Layer` and returns a number. metrics.csv gets a column `hidden0.<name>` for each hidden layer: the mean
    over the batches of test images. Only its name chooses it: `all` means Chandelier's own.
    """
    _name(name)

    def decorate(function):
        _takes_out(_checked(function), ("layer",), may_take_out=False)
        _core._add_measure(name, lambda *seen: function(Layer(*seen)))
        return function

    return decorate


def activity_normalization(name: str, own_error: Callable[..., Any] | None = None) -> Callable[[Rule], Rule]:
    """Makes a function the activity normalization of this name: `Settings(circuit="ei", activity_norm=name)`.

    The function gets z [B x n] and returns y = norm(z) [B x n], over the units of each sample; with a second parameter
    `out` it writes y there. own_error(g, z, y), which may take `out` too, returns g through its Jacobian: what
    `error_norm="own"` means; without it that is refused, and another error_norm must be named.
    """
    _name(name)

    def decorate(function):
        takes_out = _takes_out(_checked(function), ("z",))
        own_takes_out = own_error is not None and _takes_out(_checked(own_error), ("g", "z", "y"))
        _core._add_activity_norm(name, function, takes_out, own_error, own_takes_out)
        return function

    return decorate


def luminosity(name: str) -> Callable[[Rule], Rule]:
    """Makes a function the model of luminosity of this name: `Settings(luminosity=name)`.

        @chandelier.luminosity("flicker")
        def flicker(pixels, u, epsilon):
            d = epsilon * (2 * u - 1)
            np.clip(pixels + d, 0, 1, out=pixels)
            return d

    pixels [rows*columns]: one image in [0, 1], to be changed in place, and to stay in there. u: a number in (0, 1) drawn
    for this image in this epoch, the same whatever batch it comes in. It returns the value drawn, which is stored with
    the predictions; it must depend on u and epsilon alone, for it is asked once more of a black image.
    """
    _name(name)

    def decorate(function):
        _takes_out(_checked(function), ("pixels", "u", "epsilon"), may_take_out=False)
        _core._add_luminosity(name, function)
        return function

    return decorate
