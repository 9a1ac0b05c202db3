"""Rules of one's own: what Chandelier has, written again in Python, and every way to get it wrong."""

import subprocess
import sys

import numpy as np
import pytest

import chandelier

SECOND = {"width": 12, "classes": 3, "epochs": 2, "batch": 16, "seed": 5}


def trained(dataset, **given):
    return chandelier.train(chandelier.Settings(**{**SECOND, **given}), dataset=dataset, progress=False)


def differences(one, other):
    return {
        name: np.abs(value - other.network().parameters[name]).max()
        for name, value in one.network().parameters.items()
    }


@pytest.mark.parametrize("circuit", ["inorm", "ei"])
def test_centering_in_python_is_the_built_in_one(dataset, circuit):
    @chandelier.error_normalization("my-center")
    def my_center(z, g):
        return g - g.mean(axis=1, keepdims=True)

    built_in = trained(dataset, circuit=circuit, error_norm="center")
    own = trained(dataset, circuit=circuit, error_norm="my-center")
    assert max(differences(built_in, own).values()) < 1e-5
    assert abs(own.test_loss - built_in.test_loss) < 1e-4
    none = trained(dataset, circuit=circuit, error_norm="none")
    assert max(differences(none, own).values()) > 1e-3


def test_out_saves_the_copy_and_gives_the_same_bits(dataset):
    @chandelier.error_normalization("returned")
    def returned(z, g):
        return g - g.mean(axis=1, keepdims=True)

    @chandelier.error_normalization("written")
    def written(z, g, out):
        np.subtract(g, g.mean(axis=1, keepdims=True), out=out)

    one, other = (trained(dataset, circuit="inorm", error_norm=name) for name in ("returned", "written"))
    assert max(differences(one, other).values()) == 0


def test_arguments_are_of_the_batch(dataset, settings, batch):
    seen = []

    @chandelier.error_normalization("looks")
    def looks(z, g, out):
        seen.append((z.shape, g.dtype, z.flags.writeable, g.flags.writeable, out.flags.writeable))
        out[:] = g

    network = chandelier.Network(settings.replace(circuit="inorm", error_norm="looks"), inputs=30)
    trace = network.step(*batch)
    assert set(seen) == {((16, 12), np.dtype("float32"), False, False, True)}
    plain = chandelier.Network(settings.replace(circuit="inorm", error_norm="none"), inputs=30).step(*batch)
    for name, value in plain.items():
        if "alignment" not in name:
            np.testing.assert_array_equal(trace[name], value, err_msg=name)


def test_an_activity_normalization_with_its_jacobian(dataset):
    def through(g, z, y):
        sd = np.sqrt(z.var(axis=1, keepdims=True) + 1e-5)
        return (g - g.mean(axis=1, keepdims=True) - y * (g * y).mean(axis=1, keepdims=True)) / sd

    tau = 1e-5

    @chandelier.activity_normalization("my-layer", own_error=through)
    def my_layer(z):
        return (z - z.mean(axis=1, keepdims=True)) / np.sqrt(z.var(axis=1, keepdims=True) + tau)

    own = trained(dataset, circuit="e", activity_norm="my-layer")
    built_in = trained(dataset, circuit="e", activity_norm="layer")
    assert own.settings.error_norm == "own" and own.settings.condition == ""
    assert max(differences(built_in, own).values()) < 1e-3
    assert abs(own.test_accuracy - built_in.test_accuracy) < 0.05


def test_without_a_jacobian_own_is_refused(dataset, tmp_path):
    @chandelier.activity_normalization("halved")
    def halved(z, out):
        np.multiply(z, 0.5, out=out)

    refused = chandelier.Settings(circuit="e", activity_norm="halved", classes=3)
    with pytest.raises(chandelier.SettingError, match="own.*halved.*own_error"):
        chandelier.train(refused, dataset=dataset, out=tmp_path / "run", progress=False)
    assert not (tmp_path / "run").exists(), "it is refused before anything is written"
    with pytest.raises(chandelier.SettingError, match="own.*halved.*own_error"):
        chandelier.Network(refused, inputs=30)
    assert trained(dataset, circuit="e", activity_norm="halved", error_norm="none").status == "finished"


def test_a_luminosity_model(dataset):
    @chandelier.luminosity("flicker")
    def flicker(pixels, u, epsilon):
        d = epsilon * (2 * u - 1)
        np.clip(pixels + np.float32(d), 0, 1, out=pixels)
        return d

    own, built_in = trained(dataset, luminosity="flicker"), trained(dataset, luminosity="uniform")
    np.testing.assert_array_equal(own.predictions["luminosity"], built_in.predictions["luminosity"])
    assert max(differences(own, built_in).values()) == 0
    here = chandelier.evaluate(own.network(), dataset, luminosity="flicker", value=0.5)
    assert here == chandelier.evaluate(own.network(), dataset, luminosity="uniform", value=0.5)


def test_a_rule_may_be_given_again(dataset, settings, batch):
    def gradient():
        return chandelier.Network(settings.replace(circuit="inorm", error_norm="again"), inputs=30).step(*batch)["hidden0.delta"]

    chandelier.error_normalization("again")(lambda z, g: g)
    first = gradient()
    chandelier.error_normalization("again")(lambda z, g: 2 * g)
    np.testing.assert_allclose(gradient(), 2 * first * 2, rtol=1e-5)  # both hidden layers double it


def test_an_exception_comes_back_with_its_traceback(dataset, tmp_path):
    calls = []

    @chandelier.error_normalization("breaks")
    def breaks(z, g):
        calls.append(1)
        if len(calls) > 10:
            return g / {}["nothing"]
        return g

    with pytest.raises(KeyError, match="nothing") as caught:
        chandelier.train(chandelier.Settings(circuit="inorm", error_norm="breaks", **SECOND), dataset=dataset,
                         out=tmp_path / "run", progress=False)  # fmt: skip
    assert any(entry.name == "breaks" for entry in caught.traceback)
    record = chandelier.load_run(tmp_path / "run").record
    assert record["status"] == "failed" and "nothing" in record["message"]


@pytest.mark.parametrize(
    "result, words",
    [
        (lambda g: None, "NoneType"),
        (lambda g: 0.5, "float"),
        (lambda g: g.T.copy(), r"shape \(12, 16\).*\(16, 12\)"),
        (lambda g: g.mean(axis=1, keepdims=True), r"shape \(16, 1\)"),
        (lambda g: g[:, :-1], "shape"),
        (lambda g: g * np.nan, "not finite"),
        (lambda g: g * np.inf, "not finite"),
        (lambda g: g.astype(str), "numbers"),
        (lambda g: g.astype(complex), "numbers"),
    ],
)
def test_a_wrong_result_is_named(settings, batch, result, words):
    chandelier.error_normalization("wrong")(lambda z, g: result(g))
    network = chandelier.Network(settings.replace(circuit="inorm", error_norm="wrong"), inputs=30)
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="error_norm 'wrong'.*" + words):
        network.step(*batch)


def test_float64_results_are_taken(settings, batch):
    chandelier.error_normalization("double")(lambda z, g: g.astype(float) * 1.0)
    taken, plain = (
        chandelier.Network(settings.replace(circuit="inorm", error_norm=name), inputs=30).step(*batch)
        for name in ("double", "none")
    )
    np.testing.assert_array_equal(taken["hidden0.delta"], plain["hidden0.delta"])


def test_an_out_that_is_not_written_or_a_return_beside_it(settings, batch):
    @chandelier.error_normalization("confused")
    def confused(z, g, out):
        return 3

    @chandelier.error_normalization("idiom")
    def idiom(z, g, out=None):
        return g - g.mean(axis=1, keepdims=True)

    @chandelier.error_normalization("lazy")
    def lazy(z, g, out):
        out[:8] = g[:8]

    @chandelier.error_normalization("both")
    def both(z, g, out):
        return np.subtract(g, 0, out=out)

    def step(name):
        return chandelier.Network(settings.replace(circuit="inorm", error_norm=name), inputs=30).step(*batch)

    for name in ("confused", "idiom"):
        with pytest.raises(ValueError, match="writes there"):
            step(name)
    with pytest.raises(ValueError, match="out unwritten"):
        step("lazy")
    np.testing.assert_array_equal(step("both")["hidden0.delta"], step("none")["hidden0.delta"])


def test_arguments_cannot_be_written_to(settings, batch):
    @chandelier.error_normalization("spoils")
    def spoils(z, g):
        g[:] = 0
        return g

    with pytest.raises(ValueError, match="read-only"):
        chandelier.Network(settings.replace(circuit="inorm", error_norm="spoils"), inputs=30).step(*batch)


@pytest.mark.parametrize("part", [lambda g: g, lambda g: g[:4], lambda g: g.T, memoryview])
def test_what_a_rule_keeps_stays_as_it_was(settings, batch, part):
    kept, copies = [], []

    @chandelier.error_normalization("keeps")
    def keeps(z, g):
        kept.append(part(g))
        copies.append(np.array(part(g)))
        return g.copy()

    network = chandelier.Network(settings.replace(circuit="inorm", error_norm="keeps"), inputs=30)
    for _ in range(3):
        network.step(*batch)
    del network
    for one, other in zip(kept, copies):
        np.testing.assert_array_equal(np.array(one), other)


def test_what_a_failing_rule_keeps_stays_readable(settings, batch):
    kept = []

    @chandelier.error_normalization("keeps-and-fails")
    def keeps(z, g):
        kept.append(g[1:])
        return None

    with pytest.raises(ValueError, match="NoneType"):
        chandelier.Network(settings.replace(circuit="inorm", error_norm="keeps-and-fails"), inputs=30).step(*batch)
    assert np.isfinite(kept[0]).all()


def test_a_rule_cannot_use_its_own_network(settings, batch):
    @chandelier.error_normalization("looks-in")
    def looks_in(z, g):
        assert network.parameters["hidden0.Wex"].shape == (12, 30) and "inorm" in repr(network)
        network.forward(batch[0])
        return g

    network = chandelier.Network(settings.replace(circuit="inorm", error_norm="looks-in"), inputs=30)
    with pytest.raises(RuntimeError, match="middle of a batch"):
        network.step(*batch)
    assert np.isfinite(network.forward(batch[0])["logits"]).all(), "and afterwards it goes on"


def test_another_network_in_a_rule(settings, batch):
    other = chandelier.Network(settings, inputs=30)
    seen = []

    @chandelier.error_normalization("looks-elsewhere")
    def looks_elsewhere(z, g):
        seen.append(other.forward(batch[0])["logits"])
        return g

    network = chandelier.Network(settings.replace(circuit="inorm", error_norm="looks-elsewhere"), inputs=30)
    network.step(*batch)
    np.testing.assert_array_equal(seen[0], other.forward(batch[0])["logits"])


@pytest.mark.parametrize(
    "rule, words",
    [
        (lambda pixels, u, epsilon: None, "NoneType"),
        (lambda pixels, u, epsilon: float("nan"), "nan"),
        (lambda pixels, u, epsilon: pixels.__imul__(3) is None or 1.0, "outside"),
    ],
)
def test_a_wrong_luminosity_is_named(dataset, rule, words):
    chandelier.luminosity("wrong")(rule)
    with pytest.raises(ValueError, match="luminosity 'wrong'.*" + words):
        trained(dataset, luminosity="wrong")


def test_a_luminosity_that_looks_at_the_picture(dataset):
    @chandelier.luminosity("brightest")
    def brightest(pixels, u, epsilon):
        pixels /= max(pixels.max(), 1e-6)
        return u

    run = trained(dataset, luminosity="brightest")
    assert run.status == "finished" and (run.predictions["luminosity"] > 0).all()


def test_a_run_with_a_rule_of_another_session_says_so(dataset, tmp_path):
    out = tmp_path / "run"
    chandelier.error_normalization("of-then")(lambda z, g: g)
    chandelier.train(chandelier.Settings(circuit="inorm", error_norm="of-then", **SECOND), dataset=dataset, out=out,
                     progress=False)  # fmt: skip
    text = (out / "config.toml").read_text()
    (out / "config.toml").write_text(text.replace("of-then", "of-nobody"))
    with pytest.raises(chandelier.SettingError, match="of-nobody.*custom rule must be defined before"):
        chandelier.load_run(out)


@pytest.mark.parametrize("name", ["full", "own"])
def test_names_of_chandelier_stay_its_own(name):
    with pytest.raises(chandelier.SettingError, match=f"error_norm '{name}'"):
        chandelier.error_normalization(name)(lambda z, g: g)


@pytest.mark.parametrize("name", ["", "My", "a b", "../x", "9a"])
def test_names_are_words(name):
    with pytest.raises(chandelier.SettingError, match="name"):
        chandelier.error_normalization(name)(lambda z, g: g)


def test_functions_are_checked():
    with pytest.raises(TypeError, match="function"):
        chandelier.error_normalization("x")(3)
    for decorator in (chandelier.error_normalization, chandelier.activity_normalization, chandelier.luminosity):
        with pytest.raises(TypeError, match="name: a string"):
            decorator(lambda z, g: g)
    with pytest.raises(TypeError, match=r"z, g"):
        chandelier.error_normalization("x")(lambda g: g)
    for function in (lambda pixels: 1.0, lambda pixels, u, epsilon, out: 1.0):
        with pytest.raises(TypeError, match="pixels, u, epsilon"):
            chandelier.luminosity("x")(function)

    def only_by_name(z, g, *, out):
        pass

    def needs_more(z, g, *, strength):
        pass

    for function in (only_by_name, needs_more, lambda z, g, out, more: g):
        with pytest.raises(TypeError, match="z, g"):
            chandelier.error_normalization("x")(function)
    chandelier.error_normalization("x")(lambda z, g, strength=0.5: strength * g)


def test_an_unknown_rule_is_not_a_setting():
    with pytest.raises(chandelier.SettingError, match="'my-own-idea' is not one of"):
        chandelier.Settings(circuit="inorm", error_norm="my-own-idea")


def test_a_program_with_rules_ends(tmp_path):
    """For rules are held by the registry, which ends after the interpreter."""
    program = """
import chandelier, numpy as np
chandelier.error_normalization("mine")(lambda z, g: g)
chandelier.luminosity("night")(lambda pixels, u, epsilon: 0.0)
network = chandelier.Network(chandelier.Settings(circuit="inorm", error_norm="mine", width=4), inputs=6)
network.step(np.ones((4, 6), np.float32), np.zeros(4, int))
print("done")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
