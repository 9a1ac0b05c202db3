"""Settings: the same list, words and refusals as on the command line."""

import pickle
from pathlib import Path

import numpy as np
import pytest

import chandelier


def test_defaults_are_those_of_the_program():
    s = chandelier.Settings()
    assert (s.condition, s.circuit, s.error_norm) == ("inorm-full", "inorm", "full")
    assert s.width == [100, 100] and s.depth == 2 and s.batch == 32 and s.shuffle is True
    assert repr(s) == "Settings()"


def test_repr_says_what_differs_and_makes_the_same_again():
    s = chandelier.Settings(condition="inorm", width=[30, 20], lr=0.01, freeze=["Wix"], shuffle=False, seed=7)
    assert repr(s) == (
        "Settings(condition='inorm', width=[30, 20], lr=0.01, freeze=['Wix'], shuffle=False, seed=7)"
    )
    assert eval(repr(s), {"Settings": chandelier.Settings}) == s
    assert pickle.loads(pickle.dumps(s)) == s
    own = chandelier.Settings(circuit="inorm", error_norm="jacobian", error_part="direction")
    assert eval(repr(own), {"Settings": chandelier.Settings}) == own


@pytest.mark.parametrize("value", [0.25, "0.25", np.float32(0.25), np.float64(0.25), np.array(0.25)])
def test_numbers_of_every_kind(value):
    assert chandelier.Settings(epsilon=value).epsilon == 0.25


@pytest.mark.parametrize("value", [40, np.int64(40), [40, 40], (40, 40), np.array([40, 40]), "40"])
def test_widths_of_every_kind(value):
    assert chandelier.Settings(width=value).width == [40, 40]


def test_the_setting_that_is_a_word_of_python():
    s = chandelier.Settings(lambda_=0.5)
    assert s.lambda_ == 0.5 and repr(s) == "Settings(lambda_=0.5)" and s.to_dict()["lambda"] == 0.5
    assert s == chandelier.Settings(**{"lambda": 0.5})


@pytest.mark.parametrize("value", [True, np.bool_(True), "true"])
def test_truths_of_every_kind(value):
    assert chandelier.Settings(nesterov=value, momentum=0.5).nesterov is True
    assert chandelier.Settings(shuffle=np.bool_(False)).shuffle is False


def test_numbers_keep_every_bit():
    lr = 0.1 + 0.2
    assert chandelier.Settings(lr=lr).lr == lr


@pytest.mark.parametrize(
    "given, words",
    [
        ({"lr": -1}, ["lr", "-1"]),
        ({"lr": float("nan")}, ["lr", "nan"]),
        ({"error_norm": "ful"}, ["error_norm", "'ful'", "full"]),
        ({"eror_norm": "full"}, ["eror_norm", "error_norm"]),
        ({"width": 1}, ["width", "1"]),
        ({"batch": 1.5}, ["batch", "1.5"]),
        ({"condition": "inorm", "circuit": "e"}, ["condition", "circuit"]),
        ({"circuit": "inorm", "activity_norm": "layer"}, ["activity_norm", "inorm"]),
    ],
)
def test_bad_values_are_named(given, words):
    with pytest.raises(chandelier.SettingError) as caught:
        chandelier.Settings(**given)
    for word in words:
        assert word in str(caught.value)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("given", [{"lr": None}, {"data": "\udc80"}, {"lr": [0.1, 0.2]}, {"lr": object()}, {"condition": {}}])
def test_bad_types_are_named(given):
    with pytest.raises(TypeError, match=next(iter(given))):
        chandelier.Settings(**given)


def test_they_do_not_change_but_are_replaced():
    s = chandelier.Settings(condition="inorm", seed=3)
    with pytest.raises(AttributeError):
        s.lr = 0.1
    other = s.replace(lr=0.25)
    assert (other.lr, other.seed, other.condition, s.lr) == (0.25, 3, "inorm", 0.005)
    assert s.replace(condition="e-ln").circuit == "e"
    with pytest.raises(chandelier.SettingError, match="lr"):
        s.replace(lr="quick")


def test_every_setting_has_a_docstring_and_goes_through_toml(tmp_path: Path):
    s = chandelier.Settings(circuit="ei", activity_norm="layer", error_norm="center", momentum=0.5, width=[8, 9, 10])
    path = tmp_path / "config.toml"
    path.write_text(s.to_toml())
    assert chandelier.Settings.from_toml(path) == s
    assert chandelier.Settings.from_toml(path, lr=0.125) == s.replace(lr=0.125)
    for key, value in s.to_dict().items():
        name = "lambda_" if key == "lambda" else key
        assert getattr(s, name) == value
        assert len(getattr(chandelier.Settings, name).__doc__) > 20
    with pytest.raises(chandelier.DataError, match="nowhere.toml"):
        chandelier.Settings.from_toml(tmp_path / "nowhere.toml")


def test_settings_are_given_by_name():
    with pytest.raises(TypeError, match="named settings only"):
        chandelier.Settings("inorm-full")
