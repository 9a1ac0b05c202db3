"""Rules of one's own: functions on NumPy arrays that are used by name, like Chandelier's own."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

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


def error_normalization(name: str) -> Callable[[Rule], Rule]:
    """Makes a function the error normalization of this name: `Settings(error_norm=name)`.

        @chandelier.error_normalization("my-center")
        def my_center(z, g):
            return g - g.mean(axis=1, keepdims=True)

    z [B x n]: the normalized activity that g belongs to; g [B x n]: the back-propagated error there, after the
    derivative of the rectification; float32, not to be written to. It returns N(g) [B x n], or has a third parameter
    `out` [B x n] and writes it there, which saves memory being taken for the result. An exception ends the run and is raised by `train`; so does a result of another shape, or
    one that is not finite where z and g are. The same name again replaces the rule.
    """
    _name(name)

    def decorate(function):
        _core._add_error_norm(name, _checked(function), _takes_out(function, ("z", "g")))
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
