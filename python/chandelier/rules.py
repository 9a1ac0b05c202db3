"""Custom rules: functions on NumPy arrays, and classes with parameters, that settings use by name."""

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
    """Whether a function has a parameter `out` after those it `takes`, to which it writes its result."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # a builtin without a signature
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
        more = ", optionally followed by out" if may_take_out else ""
        raise TypeError(f"the function takes {inspect.signature(function)}, but must take ({', '.join(takes)}){more}")
    return out


def _name(name):
    if not isinstance(name, str):
        raise TypeError(f'name: a string is needed, not {type(name).__name__}; write the decorator as @...("my-rule")')


def _checked(function):
    if not callable(function):
        raise TypeError(f"a function is needed, not {type(function).__name__}")
    return function


@dataclass(frozen=True)
class Parameter:
    """An array that a rule owns in one layer, saved, resumed and frozen like any weight.

    value: the initial value; a vector, a matrix or a number. non_negative: it obeys Dale's law, so every change ends
    with max(0, .). rate: the setting that is its learning rate, for W <- W - rate * gradient, without momentum or decay.
    With rate=None the rule returns the next value instead of a gradient, for instance of a running mean.
    """

    value: Any
    non_negative: bool = False
    rate: str | None = "lr_error"


# Names of parameters that a layer already has, and of the other arguments of a rule's methods.
_TAKEN = {"Wex", "Wix", "Wei", "Bix", "bias", "feedback", "self", "x", "z", "g", "delta", "below"}


def _owned(what, parameters):
    """Checks the parameters of a rule in one layer, and returns them in the form that the engine takes."""
    if not isinstance(parameters, dict):
        raise TypeError(f"{what}: parameters returned a {type(parameters).__name__}, but a dict of Parameters is needed")
    owned = []
    for name, parameter in parameters.items():
        if not isinstance(name, str) or not (name.isidentifier() and name.isascii()) or keyword.iskeyword(name):
            raise ValueError(f"{what}: {name!r} cannot name a parameter; use a Python identifier")
        if name in _TAKEN:
            raise ValueError(f"{what}: the parameter name '{name}' is taken; choose another one")
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
            raise ValueError(f"{what}: the initial value of '{name}' is not finite")
        if parameter.non_negative and value.min() < 0:
            raise ValueError(f"{what}: '{name}' is non_negative, but its initial value contains {value.min()}")
        if parameter.rate is not None and parameter.rate not in _core._rates():
            raise ValueError(
                f"{what}: the rate of '{name}' is {parameter.rate!r}, but must be one of {', '.join(_core._rates())}, or None"
            )
        owned.append((name, value, bool(parameter.non_negative), parameter.rate))
    return owned


def _maker(what, rule, kind, needed, optional=()):
    """Returns a function that creates the object of a class for one layer."""
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
    """Registers a function or a class as the error normalization of this name: `Settings(error_norm=name)`.

        @chandelier.error_normalization("my-center")
        def my_center(z, g):
            return g - g.mean(axis=1, keepdims=True)

    z [B x n] is the normalized activity, g [B x n] the back-propagated error there, after the derivative of the
    rectification; both are read-only and float32. The function returns N(g) [B x n], or has a third parameter `out`
    [B x n] and writes its result there, which saves allocating an array. An exception ends the run and is raised by
    `train`; so does a result that has another shape, or is not finite where z and g are. Using a name again replaces
    the rule.

    A class can own parameters and learn:

        @chandelier.error_normalization("my-scale")
        class MyScale:
            def parameters(self, n, random):
                return {"gain": chandelier.Parameter(np.ones(n), non_negative=True, rate="lr_error")}

            def apply(self, z, g, gain):
                return gain * g

            def learn(self, z, g, gain):
                return {"gain": (g * g).mean(axis=0) - 1e-6}

    Each layer has its own object. parameters(n, random) returns the parameters of a layer of n units; `random` is a
    NumPy Generator seeded by the seed of the run and the layer. apply(z, g, **parameters) returns N(g). learn(z, g,
    **parameters) is called once per step and returns a gradient for each parameter that learns from this batch, or the
    next value of one whose rate is None. Keep all state in the parameters; otherwise a resumed run gives other results.
    With a class attribute `aim = "centring"` the measure gradient_alignment compares the rule with centring instead of
    layer normalization.
    """
    _name(name)

    def decorate(rule):
        if inspect.isclass(rule):
            what = f"error_norm '{name}'"
            aim = getattr(rule, "aim", "layer_norm")
            if aim not in ("layer_norm", "centring"):
                raise ValueError(f"{what}: aim is {aim!r}, but must be 'layer_norm' or 'centring'")
            make = _maker(what, rule, 0, ("apply",), ("learn",))
            _core._add_error_norm_class(name, make, aim == "centring")
        else:
            _core._add_error_norm(name, _checked(rule), _takes_out(rule, ("z", "g")))
        return rule

    return decorate


def circuit(name: str) -> Callable[[Rule], Rule]:
    """Registers a class as the circuit of this name, for hidden layers: `Settings(circuit=name)`.

        @chandelier.circuit("my-e")
        class MyExcitatory:
            def forward(self, x, Wex, bias):
                return x @ Wex.T + bias

            def backward(self, x, delta, below, Wex, bias):
                return below @ Wex, {"Wex": delta.T @ x, "bias": delta.sum(axis=0)}

    Every circuit has Wex [n x k] and bias [n]; with a class attribute `inhibition = True` also Wix [m x k] and Wei
    [n x m]. They are initialized and learn as in the built-in circuits. parameters(self, k, n, m, random) may add more,
    as for `error_normalization`. forward(x, **parameters) returns z [B x n] for x [B x k]. backward(x, delta, below,
    **parameters) returns the error at x [B x k], computed from `below`, and a dict of gradients, computed from `delta`.
    These two errors [B x n] are equal unless error_acts_on says otherwise. A value that is not finite makes the run
    diverge.
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
    """A hidden layer after the backward pass of a batch, as a measure sees it; arrays are float32 [B x n].

    z: the output of the circuit; y: z normalized, before rectification; h: y rectified. g: the error at y; delta: the
    error that the layer's weights learn from; below: the error that it transmits. weights: its parameters by name.
    """

    z: np.ndarray
    y: np.ndarray
    h: np.ndarray
    g: np.ndarray
    delta: np.ndarray
    below: np.ndarray
    weights: dict[str, np.ndarray]


def measure(name: str) -> Callable[[Rule], Rule]:
    """Registers a function as the measure of this name: `Settings(measure=["all", name])`.

        @chandelier.measure("sparseness")
        def sparseness(layer):
            return (layer.h == 0).mean()

    The function gets a `Layer` and returns a number. metrics.csv gets a column `hidden0.<name>` for each hidden layer:
    the mean over the batches of test images. Request a custom measure by name: `all` selects only the built-in ones.
    """
    _name(name)

    def decorate(function):
        _takes_out(_checked(function), ("layer",), may_take_out=False)
        _core._add_measure(name, lambda *seen: function(Layer(*seen)))
        return function

    return decorate


def activity_normalization(name: str, own_error: Callable[..., Any] | None = None) -> Callable[[Rule], Rule]:
    """Registers a function as the activity normalization of this name: `Settings(circuit="ei", activity_norm=name)`.

    The function gets z [B x n] and returns y = norm(z) [B x n], over the units of each sample; with a second parameter
    `out` it writes y there. own_error(g, z, y), which may also take `out`, returns g through the Jacobian of the
    function. `error_norm="own"` uses it; without own_error, choose another error_norm.
    """
    _name(name)

    def decorate(function):
        takes_out = _takes_out(_checked(function), ("z",))
        own_takes_out = own_error is not None and _takes_out(_checked(own_error), ("g", "z", "y"))
        _core._add_activity_norm(name, function, takes_out, own_error, own_takes_out)
        return function

    return decorate


def luminosity(name: str) -> Callable[[Rule], Rule]:
    """Registers a function as the luminosity model of this name: `Settings(luminosity=name)`.

        @chandelier.luminosity("flicker")
        def flicker(pixels, u, epsilon):
            d = epsilon * (2 * u - 1)
            np.clip(pixels + d, 0, 1, out=pixels)
            return d

    pixels [rows*columns]: one image, to be changed in place; values must stay in [0, 1]. u: a random number in (0, 1)
    for this image in this epoch, independent of the batch. The function returns the value it drew, which is stored with
    the predictions. The value must depend on u and epsilon alone, because it is computed again with a black image.
    """
    _name(name)

    def decorate(function):
        _takes_out(_checked(function), ("pixels", "u", "epsilon"), may_take_out=False)
        _core._add_luminosity(name, function)
        return function

    return decorate
