"""Rules of one's own that are classes: error normalizations with parameters, circuits; and measures."""

import numpy as np
import pytest

import chandelier
from chandelier import Parameter

SECOND = {"width": 12, "classes": 3, "epochs": 2, "batch": 16, "seed": 5, "lr_error": 0.1}


def running(mean, x):
    return x if mean == 0 else 0.99 * mean + 0.01 * x


@chandelier.error_normalization("my-dendritic")
class MyDendritic:
    """One interneuron reads the mean error; its weights Ve onto the units learn to take it out."""

    aim = "centring"

    def parameters(self, n, random):
        return {"Ve": Parameter(np.zeros((n, 1)), non_negative=True), "rho": Parameter(0.0, rate=None)}

    def apply(self, z, g, Ve, rho):
        return g - g.mean(axis=1, keepdims=True) @ Ve.T

    def learn(self, z, g, Ve, rho):
        r = g.mean(axis=1, keepdims=True)
        rho = running(rho, (r * r).mean())
        if rho == 0:
            return {}
        return {"Ve": -(self.apply(z, g, Ve, rho).T @ r) / (len(g) * rho), "rho": rho}


@chandelier.error_normalization("my-burst")
class MyBurst:
    def parameters(self, n, random):
        return {
            "Ve": Parameter(np.zeros((n, 1)), non_negative=True),
            "v": Parameter(np.zeros(n), non_negative=True),
            "rho": Parameter(0, rate=None),
            "kappa": Parameter(0, rate=None),
        }

    def apply(self, z, g, Ve, v, rho, kappa):
        h = np.maximum(z, 0)
        return g - g.mean(axis=1, keepdims=True) @ Ve.T - v * h * (h * g).mean(axis=1, keepdims=True)

    def learn(self, z, g, Ve, v, rho, kappa):
        h = np.maximum(z, 0)
        r, q = g.mean(axis=1, keepdims=True), (h * g).mean(axis=1, keepdims=True)
        c = self.apply(z, g, Ve, v, rho, kappa)
        rho, kappa = running(rho, (r * r).mean()), running(kappa, (q * q).mean())
        return {
            "Ve": -(c.T @ r) / (len(g) * rho),
            "v": -(c * h * q).mean(axis=0) / kappa,
            "rho": rho,
            "kappa": kappa,
        }


@chandelier.circuit("my-e")
class MyExcitatory:
    def forward(self, x, Wex, bias):
        return x @ Wex.T + bias

    def backward(self, x, delta, below, Wex, bias):
        return below @ Wex, {"Wex": delta.T @ x, "bias": delta.sum(axis=0)}


@chandelier.circuit("my-ei")
class MyExcitatoryInhibitory:
    inhibition = True

    def forward(self, x, Wex, Wix, Wei, bias):
        return x @ (Wex - Wei @ Wix).T + bias

    def backward(self, x, delta, below, Wex, Wix, Wei, bias):
        G = delta.T @ x
        gradients = {"Wex": G, "Wix": -Wei.T @ G, "Wei": -G @ Wix.T, "bias": delta.sum(axis=0)}
        return below @ (Wex - Wei @ Wix), gradients


@chandelier.measure("my-uniform-share")
def my_uniform_share(layer):
    return layer.g.shape[1] * (layer.g.mean(axis=1) ** 2).sum() / (layer.g**2).sum()


def of(**given):
    return chandelier.Settings(**{**SECOND, **given})


def trained(dataset, **given):
    return chandelier.train(of(**given), dataset=dataset, progress=False)


def same_as_the_built_in(own, built_in, names, tolerance):
    ours, theirs = own.network().parameters, built_in.network().parameters
    for name in theirs:
        if name.endswith(".Ue"):
            continue
        values = ours[names.get(name, name)]
        np.testing.assert_allclose(values, theirs[name], rtol=0, atol=tolerance, err_msg=name)
    for column in built_in.epochs.columns:
        if column != "seconds" and not column.endswith("_seconds"):
            np.testing.assert_allclose(own.epochs[column], built_in.epochs[column], rtol=0.02, atol=1e-3, err_msg=column)


@pytest.mark.parametrize("circuit", ["inorm", "e"])
@pytest.mark.parametrize("part", ["whole", "direction"])
def test_dendritic_in_python_is_the_built_in_one(dataset, circuit, part):
    built_in, own = (
        trained(dataset, circuit=circuit, error_norm=name, error_part=part, lr=5e-4) for name in ("dendritic", "my-dendritic")
    )
    assert built_in.network().parameters["hidden0.Ve"].max() > 0.05, "it has learned"
    same_as_the_built_in(own, built_in, {}, 3e-3)


@pytest.mark.parametrize("own, built_in", [("my-dendritic", "dendritic"), ("my-burst", "dendritic-burst")])
def test_a_few_steps_are_the_same_to_rounding(settings, dataset, own, built_in):
    """Before differences of rounding have grown."""
    network, other = (chandelier.Network(settings.replace(circuit="inorm", error_norm=name), inputs=30) for name in (own, built_in))
    for step in range(4):
        some = slice(16 * step, 16 * step + 16)
        x = dataset.train_images[some].reshape(16, -1).astype(np.float32) / 255
        seen, expected = network.step(x, dataset.train_labels[some]), other.step(x, dataset.train_labels[some])
        for key, value in expected.items():
            if ".rho" in key or ".kappa" in key or key.endswith(("Ue", "burst")):
                continue
            np.testing.assert_allclose(seen[key], value, rtol=2e-3, atol=2e-5, err_msg=f"{key} in step {step}")


def test_burst_in_python_is_the_built_in_one(dataset):
    built_in = trained(dataset, circuit="inorm", error_norm="dendritic-burst", lr_error=0.1)
    own = trained(dataset, circuit="inorm", error_norm="my-burst", lr_error=0.1)
    assert built_in.network().parameters["hidden0.burst"].max() > 0.01
    same_as_the_built_in(own, built_in, {f"hidden{i}.burst": f"hidden{i}.v" for i in (0, 1)}, 3e-3)


@pytest.mark.parametrize("own, built_in", [("my-e", "e"), ("my-ei", "ei")])
@pytest.mark.parametrize(
    "more", [{}, {"momentum": 0.5, "weight_decay": 0.01}, {"activity_norm": "layer", "error_acts_on": "weights"},
             {"update": "exponentiated"}],
)  # fmt: skip
def test_a_circuit_in_python_is_the_built_in_one(dataset, own, built_in, more):
    # At a rate at which a plain network of excitation is stable, so that differences of rounding stay small.
    one, other = (trained(dataset, circuit=name, lr=5e-4, **more) for name in (built_in, own))
    assert one.network().parameters.keys() == other.network().parameters.keys()
    for name, value in one.network().parameters.items():
        np.testing.assert_allclose(other.network().parameters[name], value, rtol=0, atol=3e-3, err_msg=name)
    assert abs(one.test_loss - other.test_loss) < 2e-3


@pytest.mark.parametrize("own, built_in", [("my-e", "e"), ("my-ei", "ei")])
def test_a_circuit_in_python_takes_a_step_in_bf16(settings, dataset, own, built_in):
    """The built-in circuit rounds the factors of its products to 8 bits, and NumPy's products do not."""
    one, other = (trained(dataset, circuit=name, lr=5e-4, precision="bf16") for name in (built_in, own))
    assert one.network().parameters.keys() == other.network().parameters.keys()
    x = dataset.train_images[:16].reshape(16, -1).astype(np.float32) / 255
    seen, expected = (
        chandelier.Network(settings.replace(circuit=name, precision="bf16"), inputs=30).step(x, dataset.train_labels[:16])
        for name in (own, built_in)
    )
    for key in ("loss", "logits", "hidden0.delta", "hidden0.gradient.Wex", "readout.gradient.Wex"):
        largest = np.abs(expected[key]).max()
        assert largest > 0
        np.testing.assert_allclose(seen[key], expected[key], rtol=0, atol=0.05 * largest, err_msg=key)


def test_a_circuit_beside_every_error_normalization_and_feedback(dataset):
    for more in ({"error_norm": "my-dendritic"}, {"feedback": "fixed"}, {"feedback": "direct"},
                 {"feedback": "kolen-pollack"}, {"error_acts_on": "below", "error_norm": "center"}):  # fmt: skip
        one, other = trained(dataset, circuit="ei", epochs=1, **more), trained(dataset, circuit="my-ei", epochs=1, **more)
        assert abs(one.test_loss - other.test_loss) < 1e-3, more


def test_a_circuit_with_parameters_of_its_own(dataset):
    @chandelier.circuit("gained")
    class Gained:
        def parameters(self, k, n, m, random):
            return {"gain": Parameter(np.ones(n), non_negative=True, rate="lr"), "size": Parameter([k, n, m], rate=None)}

        def forward(self, x, Wex, bias, gain, size):
            return gain * (x @ Wex.T) + bias

        def backward(self, x, delta, below, Wex, bias, gain, size):
            gradients = {"Wex": (gain * delta).T @ x, "bias": delta.sum(axis=0)}
            return (gain * below) @ Wex, {**gradients, "gain": (delta * (x @ Wex.T)).sum(axis=0)}

    run = trained(dataset, circuit="gained", epochs=5)
    seen = run.network().parameters
    assert list(seen["hidden0.size"]) == [30, 12, 0] and list(seen["hidden1.size"]) == [12, 12, 0]
    assert np.abs(seen["hidden0.gain"] - 1).max() > 1e-3
    assert run.epochs["test_loss"].iloc[-1] < run.epochs["test_loss"].iloc[0] and run.settings.error_norm == "own"


def test_a_measure_is_a_column(dataset):
    run = trained(dataset, condition="inorm-full", measure=["all", "my-uniform-share"])
    alone = trained(dataset, condition="inorm-full", measure="my-uniform-share")
    reference = trained(dataset, condition="inorm-full", measure=["reference", "my-uniform-share", "uniform_share"])
    for layer in ("hidden0", "hidden1"):
        np.testing.assert_allclose(run.epochs[f"{layer}.my-uniform-share"], run.epochs[f"{layer}.uniform_share"], rtol=1e-4)
        np.testing.assert_array_equal(alone.epochs[f"{layer}.my-uniform-share"], run.epochs[f"{layer}.my-uniform-share"])
        one, other = (reference.epochs[f"{layer}.{name}"] for name in ("my-uniform-share", "uniform_share"))
        np.testing.assert_allclose(one, other, rtol=1e-4)
    assert "hidden0.mean" not in alone.epochs.columns
    assert "hidden0.my-uniform-share" not in trained(dataset, condition="inorm-full").epochs.columns
    with pytest.raises(chandelier.SettingError, match="must be given alone"):
        of(measure=["all", "mean"])


def test_a_measure_sees_a_layer(dataset):
    seen = []

    @chandelier.measure("looks")
    def looks(layer):
        seen.append(layer)
        return np.float32(1)

    run = trained(dataset, circuit="ei", error_norm="my-dendritic", measure="looks", epochs=1)
    layer = seen[-1]
    assert {array.shape[1] for array in (layer.z, layer.y, layer.h, layer.g, layer.delta, layer.below)} == {12}
    np.testing.assert_array_equal(layer.h, np.maximum(layer.y, 0))
    assert set(layer.weights) == {"Wex", "Wix", "Wei", "bias", "Ve", "rho"} and layer.weights["Wex"].shape == (12, 12)
    np.testing.assert_array_equal(layer.weights["Wex"], run.network().parameters["hidden1.Wex"])
    assert (run.epochs["hidden0.looks"] == 1).all()
    chandelier.measure("says-nothing")(lambda layer: None)
    with pytest.raises(ValueError, match="measure 'says-nothing' returned a NoneType, but a number"):
        trained(dataset, measure="says-nothing")
    with pytest.raises(TypeError, match="layer"):
        chandelier.measure("x")(lambda: 1.0)


def test_parameters_are_saved_and_loaded(dataset, tmp_path):
    chandelier.train(of(circuit="inorm", error_norm="my-dendritic"), dataset=dataset, out=tmp_path / "run", progress=False)
    file = chandelier.read_tensors(tmp_path / "run" / "weights.safetensors")
    assert file["hidden0.Ve"].shape == (12, 1) and file["hidden1.rho"].shape == (1,) and file["hidden1.rho"] > 0
    network = chandelier.load_run(tmp_path / "run").network()
    for name, value in network.parameters.items():
        np.testing.assert_array_equal(value, file[name])
    network.save(tmp_path / "again.safetensors")
    again = chandelier.Network.load(tmp_path / "again.safetensors")
    np.testing.assert_array_equal(again.parameters["hidden0.Ve"], file["hidden0.Ve"])
    with pytest.raises(chandelier.DataError, match="hidden0.Ve.*Dale"):
        network.assign("hidden0.Ve", -np.ones((12, 1), np.float32))


@pytest.mark.parametrize("rule", [{"circuit": "inorm", "error_norm": "my-burst"}, {"circuit": "my-ei", "momentum": 0.5}])
def test_a_resumed_run_has_the_same_bits(dataset, tmp_path, rule):
    settings = of(**{**rule, "epochs": 3, "keep_checkpoint": True, "lr_error": 0.1})

    def stopped(epoch, train, test):
        if epoch == 2:
            raise InterruptedError

    whole = chandelier.train(settings, dataset=dataset, out=tmp_path / "whole", progress=False)
    with pytest.raises(InterruptedError):
        chandelier.train(settings, dataset=dataset, out=tmp_path / "parts", callback=stopped, progress=False)
    parts = chandelier.train(settings, dataset=dataset, out=tmp_path / "parts", resume=True, progress=False)
    assert whole.status == parts.status == "finished"
    for name, value in whole.network().parameters.items():
        np.testing.assert_array_equal(parts.network().parameters[name], value, err_msg=name)


def test_what_is_frozen_keeps_its_value(dataset):
    run = trained(dataset, circuit="inorm", error_norm="my-dendritic", freeze=["hidden0.Ve", "hidden1.rho"])
    seen = run.network().parameters
    assert (seen["hidden0.Ve"] == 0).all() and seen["hidden1.rho"] == 0
    assert (seen["hidden1.Ve"] > 0).any() and seen["hidden0.rho"] > 0
    with pytest.raises(chandelier.SettingError, match="hidden0.Vee.*hidden0.Ve"):
        of(circuit="inorm", error_norm="my-dendritic", freeze="hidden0.Vee")


def test_first_values_come_from_the_seed_and_the_layer(settings):
    @chandelier.error_normalization("drawn")
    class Drawn:
        def parameters(self, n, random):
            return {"U": Parameter(random.random((3, n)))}

        def apply(self, z, g, U):
            return g

    def drawn(seed):
        return chandelier.Network(settings.replace(circuit="inorm", error_norm="drawn", seed=seed), inputs=30).parameters

    np.testing.assert_array_equal(drawn(1)["hidden0.U"], drawn(1)["hidden0.U"])
    assert (drawn(1)["hidden0.U"] != drawn(2)["hidden0.U"]).all()
    assert (drawn(1)["hidden0.U"] != drawn(1)["hidden1.U"]).all()


def test_a_step_shows_gradients_but_no_replaced_values(settings, batch):
    network = chandelier.Network(settings.replace(circuit="inorm", error_norm="my-dendritic", lr_error=0.25), inputs=30)
    seen = network.step(*batch)
    assert "hidden0.gradient.rho" not in seen and network.parameters["hidden0.rho"] > 0
    expected = np.maximum(0, -0.25 * seen["hidden0.gradient.Ve"])
    np.testing.assert_allclose(network.parameters["hidden0.Ve"], expected, rtol=1e-6)
    built_in = chandelier.Network(settings.replace(circuit="inorm", error_norm="dendritic"), inputs=30).step(*batch)
    np.testing.assert_allclose(seen["hidden0.gradient.Ve"], built_in["hidden0.gradient.Ve"], rtol=1e-3, atol=1e-5)


def a_rule(given=lambda n, random: {}, learned=lambda g: {}):
    class Rule:
        def parameters(self, n, random):
            return given(n, random)

        def apply(self, z, g, **parameters):
            return g

        def learn(self, z, g, **parameters):
            return learned(g)

    chandelier.error_normalization("wrong")(Rule)


@pytest.mark.parametrize(
    "parameters, error, words",
    [
        (3, TypeError, "parameters returned a int"),
        ({"a": np.zeros(3)}, TypeError, "'a' is a ndarray, but a chandelier.Parameter"),
        ({"two words": Parameter(0)}, ValueError, "'two words' cannot name"),
        ({"lambda": Parameter(0)}, ValueError, "'lambda' cannot name"),
        ({3: Parameter(0)}, ValueError, "3 cannot name"),
        ({"Wex": Parameter(0)}, ValueError, "'Wex' is taken"),
        ({"z": Parameter(0)}, ValueError, "'z' is taken"),
        ({"a": Parameter(-1.0, non_negative=True)}, ValueError, "'a' is non_negative, but its initial value contains -1"),
        ({"a": Parameter([np.nan])}, ValueError, "initial value of 'a' is not finite"),
        ({"a": Parameter("text")}, ValueError, "value of 'a'"),
        ({"a": Parameter(np.zeros((2, 2, 2)))}, ValueError, r"shape \(2, 2, 2\)"),
        ({"a": Parameter([])}, ValueError, "value of 'a'"),
        ({"a": Parameter(0, rate="lr_mine")}, ValueError, "rate of 'a' is 'lr_mine', but must be one of lr, "),
    ],
)
def test_wrong_parameters_are_named_before_anything_is_written(dataset, tmp_path, parameters, error, words):
    a_rule(given=lambda n, random: parameters)
    with pytest.raises(error, match="error_norm 'wrong': .*" + words):
        chandelier.train(of(circuit="inorm", error_norm="wrong"), dataset=dataset, out=tmp_path / "run", progress=False)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "returned, words",
    [
        (None, "returned a NoneType, but gradients by name"),
        ({"b": 0}, "gradient of 'b', which is not a parameter of this rule; its parameters are: a, s"),
        ({"a": np.zeros(3)}, r"'a' has the shape \(3\), but the parameter's is \(12, 2\)"),
        ({"s": np.zeros(1)}, r"'s' has the shape \(1\), but the parameter's is \(\)"),
        ({"a": [[0.0]]}, "'a' returned a list, but an array"),
        ({"a": np.full((12, 2), np.nan)}, "'a' is not finite"),
        ({"s": float("inf")}, "'s' is not finite"),
        ({"a": np.full((12, 2), "x")}, "numbers are needed"),
        ({"a": np.ma.zeros((12, 2))}, "masked"),
    ],
)
def test_wrong_gradients_are_named(settings, batch, returned, words):
    a_rule(lambda n, random: {"a": Parameter(np.zeros((n, 2))), "s": Parameter(0.0)}, lambda g: returned)
    network = chandelier.Network(settings.replace(circuit="inorm", error_norm="wrong"), inputs=30)
    with pytest.raises(ValueError, match="learn of error_norm 'wrong'.*" + words):
        network.step(*batch)


@pytest.mark.parametrize(
    "returned, words",
    [
        (lambda x, W: None, "backward of circuit 'wrong'.*two things"),
        (lambda x, W: (x[:, :-1], {}), "backward of circuit 'wrong': the error below returned an array of shape"),
        (lambda x, W: (x, {"Wex": W.T}), "'Wex' has the shape"),
        (lambda x, W: (x, {"Wix": W}), "gradient of 'Wix', which is not a parameter of this rule; its parameters are: Wex, bias"),
    ],
)
def test_wrong_circuits_are_named(settings, batch, returned, words):
    @chandelier.circuit("wrong")
    class Wrong:
        def forward(self, x, Wex, bias):
            return x @ Wex.T

        def backward(self, x, delta, below, Wex, bias):
            return returned(x, Wex)

    network = chandelier.Network(settings.replace(condition="e").replace(circuit="wrong"), inputs=30)
    with pytest.raises(ValueError, match=words):
        network.step(*batch)


def test_classes_are_checked():
    with pytest.raises(TypeError, match="error_norm 'x': the class Nothing has no method apply"):
        chandelier.error_normalization("x")(type("Nothing", (), {}))
    with pytest.raises(TypeError, match="circuit 'x': the class Nothing has no method backward"):
        chandelier.circuit("x")(type("Nothing", (), {"forward": lambda self, x: x}))
    with pytest.raises(TypeError, match="circuit 'x': a class is needed, not function"):
        chandelier.circuit("x")(lambda x: x)
    with pytest.raises(ValueError, match="aim is 'nothing'"):
        chandelier.error_normalization("x")(type("Aimless", (), {"aim": "nothing", "apply": lambda self, z, g: g}))
    for make, name in ((chandelier.circuit, "ei"), (chandelier.measure, "mean"), (chandelier.error_normalization, "full")):
        with pytest.raises(chandelier.SettingError, match=f"'{name}' is built in"):
            make(name)(type("Taken", (), dict.fromkeys(("apply", "forward", "backward"), lambda self, *a: a))
                       if make is not chandelier.measure else lambda layer: 0.0)  # fmt: skip
    with pytest.raises(TypeError, match="name: a string"):
        chandelier.circuit(MyExcitatory)


def test_an_exception_in_a_class_comes_back(dataset):
    class Oops(Exception):
        pass

    def raises(*_):
        raise Oops

    a_rule(given=raises)
    with pytest.raises(Oops):
        chandelier.Network(of(circuit="inorm", error_norm="wrong"), inputs=30)
    with pytest.raises(Oops):
        of(circuit="inorm", error_norm="wrong", freeze="Wix")
    a_rule(learned=raises)
    with pytest.raises(Oops):
        trained(dataset, circuit="inorm", error_norm="wrong")


def test_a_circuit_that_overflows_diverges(dataset):
    @chandelier.circuit("explodes")
    class Explodes(MyExcitatory):
        def forward(self, x, Wex, bias):
            with np.errstate(all="ignore"):
                return np.float32(1e30) * np.float32(1e30) * (x @ Wex.T)

    assert trained(dataset, circuit="explodes", measure="none").status == "diverged"


def test_a_layer_with_two_owners_of_one_name_is_refused(settings):
    @chandelier.circuit("with-ve")
    class WithVe(MyExcitatory):
        def parameters(self, k, n, m, random):
            return {"Ve": Parameter(0)}

    with pytest.raises(chandelier.SettingError, match="hidden0.*two parameters.*Ve"):
        chandelier.Network(of(circuit="with-ve", error_norm="dendritic"), inputs=30)
