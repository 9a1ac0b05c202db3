"""A network from inside: the golden cases, weights to and from the program, and bad arguments."""

import json
import pickle
import threading

import numpy as np
import pytest

import chandelier
from conftest import GOLDEN

CASES = sorted(
    (path.parent.name, path.name[: -len(".weights.safetensors")]) for path in GOLDEN.glob("*/*.weights.safetensors")
)


def mechanism_settings(case):
    options, stored = case["options"], case["settings"]
    theirs = {"acts_on": "error_acts_on", "route": "error_route", "divide": "error_divide", "feedback": "feedback"}
    names = ["batch", "lr", "lr_wix", "lr_wei", "lr_error", "label_smoothing", "lambda", "depth"]
    given = {ours: options[name] for name, ours in theirs.items() if name in options}
    given |= {name: stored[name] for name in names if name in stored}
    circuit = {"in": "inorm", "ei": "ei"}[options["circuit"]]
    return chandelier.Settings(circuit=circuit, error_norm=options["error_norm"], weight_decay=stored["wd"], **given)


def golden_settings(folder, condition):
    cases = GOLDEN / folder / "cases.json"
    if cases.exists():
        return mechanism_settings(json.loads(cases.read_text())[condition])
    stored = json.loads((GOLDEN / folder / "settings.json").read_text())
    names = ["batch", "lr", "lr_wix", "lr_wei", "momentum", "momentum_inhibitory", "label_smoothing", "lambda",
             "error_part", "error_divide"]  # fmt: skip
    given = {name: stored[name] for name in names if name in stored}
    return chandelier.Settings(condition=condition, weight_decay=stored["wd"], **given)


@pytest.mark.parametrize("folder, condition", CASES)
def test_golden_case(folder, condition):
    settings = golden_settings(folder, condition)
    network = chandelier.Network.load(GOLDEN / folder / f"{condition}.weights.safetensors", settings)
    batches = chandelier.read_tensors(GOLDEN / folder / "batches.safetensors")
    images, labels = batches["images"], batches["labels"]
    ours = {}
    for step in range(len(labels) // settings.batch):
        rows = slice(step * settings.batch, (step + 1) * settings.batch)
        seen = network.step(images[rows], labels[rows])
        ours.update({f"step{step}.{name}": value for name, value in seen.items()})
    ours.update(network.parameters)
    expected = chandelier.read_tensors(GOLDEN / folder / f"{condition}.trace.safetensors")
    assert len(expected) > 20
    for name, stored in expected.items():
        tolerance = (2e-5 if folder == "mechanisms" else 1e-5) * np.abs(stored).max() + 1e-6
        np.testing.assert_allclose(ours[name], stored, rtol=0, atol=tolerance, err_msg=name)


def test_weights_from_python_are_read_by_the_program(settings, data_folder, program, tmp_path, batch):
    network = chandelier.Network(settings, inputs=30)
    network.step(*batch)
    path, trace = tmp_path / "w.safetensors", tmp_path / "t.safetensors"
    network.save(path)
    batches = tmp_path / "b.safetensors"
    write_batches(batches, *batch)
    program("trace", "--weights", path, "--batches", batches, "--out", trace, "--batch", 16, "--classes", 3,
            "--condition", "inorm-full")  # fmt: skip
    theirs = chandelier.read_tensors(trace)
    ours = network.step(*batch)
    assert {name for name in theirs if name.startswith("step0.")} == {f"step0.{name}" for name in ours}
    for name, value in ours.items():
        np.testing.assert_array_equal(value, theirs[f"step0.{name}"], err_msg=name)
    for name, value in network.parameters.items():
        np.testing.assert_array_equal(value, theirs[name], err_msg=name)


def write_batches(path, images, labels):
    labels = np.asarray(labels, dtype=np.int64)
    header = json.dumps({
        "images": {"dtype": "F32", "shape": list(images.shape), "data_offsets": [0, images.nbytes]},
        "labels": {"dtype": "I64", "shape": list(labels.shape), "data_offsets": [images.nbytes, images.nbytes + labels.nbytes]},
    }).encode()  # fmt: skip
    path.write_bytes(len(header).to_bytes(8, "little") + header + images.tobytes() + labels.tobytes())


def test_weights_of_the_program_are_read_by_python(settings, data_folder, program, tmp_path):
    program("train", "--condition", "inorm-full", "--width", 12, "--classes", 3, "--epochs", 1, "--batch", 16, "--seed", 5,
            "--data", data_folder, "--out", tmp_path / "run")  # fmt: skip
    path = tmp_path / "run" / "weights.safetensors"
    network = chandelier.Network.load(path)
    s = network.settings
    assert (s.condition, s.width, s.depth, s.classes) == ("inorm-full", [12, 12], 2, 3)
    for name, value in chandelier.read_tensors(path).items():
        np.testing.assert_array_equal(network.parameters[name], value)
    network.save(tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("condition", ["inorm-full", "e-ln", "ei-ln", "ei", "inorm-sub", "inorm-lateral"])
def test_forward_names_every_intermediate(condition, settings, batch):
    network = chandelier.Network(settings.replace(condition=condition), inputs=30)
    seen = network.forward(batch[0])
    p = network.parameters
    assert seen["logits"].shape == (16, 3)
    np.testing.assert_allclose(seen["hidden0.excitation"], batch[0] @ p["hidden0.Wex"].T + p["hidden0.bias"], atol=1e-5)
    np.testing.assert_array_equal(seen["hidden1.activity"], np.maximum(seen["hidden1.z"], 0))
    assert ("hidden0.inhibition" in seen) == (not condition.startswith("e-"))
    assert ("hidden0.divisor" in seen) == (condition in ("inorm-full", "inorm-lateral"))
    assert ("hidden0.lateral" in p) == (condition == "inorm-lateral")
    if "hidden0.divisor" in seen:
        z = (seen["hidden0.excitation"] - seen["hidden0.inhibition"]) / seen["hidden0.divisor"][:, None]
        np.testing.assert_allclose(seen["hidden0.z"], z, atol=1e-5)


def test_forward_takes_more_samples_than_there_is_room_for(settings, dataset):
    x = dataset.test_images.reshape(120, -1).astype(np.float32) / 255
    network = chandelier.Network(settings, inputs=30, capacity=32)
    in_parts = network.forward(x)
    whole = chandelier.Network(settings, inputs=30).forward(x)
    for name in whole:
        np.testing.assert_allclose(in_parts[name], whole[name], atol=1e-5, err_msg=name)
    np.testing.assert_allclose(network.forward(x[:5].reshape(5, 6, 5))["logits"], whole["logits"][:5], atol=1e-5)


def test_arrays_of_another_process_are_taken(settings, batch):
    network = chandelier.Network(settings, inputs=30)
    again = pickle.loads(pickle.dumps(batch[0]))
    np.testing.assert_array_equal(network.forward(again)["logits"], network.forward(batch[0])["logits"])


def test_a_value_that_is_not_finite_is_named_by_its_place(settings):
    x = np.zeros((50, 30), np.float32)
    x[40, 0] = np.nan
    with pytest.raises(ValueError, match="position 1200 of 1500"):
        chandelier.Network(settings, inputs=30, capacity=16).forward(x)


def test_parameters_follow_steps_and_obey_dale(settings, batch):
    network = chandelier.Network(settings, inputs=30)
    Wex = network.parameters["hidden0.Wex"]
    before = Wex.copy()
    network.step(*batch)
    assert (Wex != before).any() and (Wex >= 0).all()
    with pytest.raises(ValueError, match="read-only"):
        Wex[0, 0] = 1
    with pytest.raises(chandelier.DataError, match="hidden0.*Wex"):
        network.assign("hidden0.Wex", -before - 1)
    network.assign("hidden0.Wex", before)
    np.testing.assert_array_equal(Wex, before)
    del network
    np.testing.assert_array_equal(Wex, before)  # the view keeps it alive


def test_the_file_may_go_away(settings, tmp_path, batch):
    path = tmp_path / "w.safetensors"
    chandelier.Network(settings, inputs=30).save(path)
    network = chandelier.Network.load(path, settings)
    path.unlink()
    assert np.isfinite(network.step(*batch)["loss"]).all()
    with pytest.raises(chandelier.DataError, match="w.safetensors"):
        chandelier.Network.load(path)


@pytest.mark.parametrize(
    "x, error, words",
    [
        ([[0.0] * 30], TypeError, "x: a NumPy array"),
        (np.frombuffer(b"\0" * 241, np.uint8)[1:].view(np.float32).reshape(2, 30), ValueError, "x.*aligned"),
        (np.zeros((2, 30)), TypeError, "x.*float64.*astype"),
        (np.zeros((2, 31), np.float32), ValueError, r"x.*\(2, 31\).*30"),
        (np.zeros(30, np.float32), ValueError, "x.*shape"),
        (np.zeros((0, 30), np.float32), ValueError, "x.*no sample"),
        (np.zeros((4, 30), np.float32)[::2], ValueError, "x.*ascontiguousarray"),
        (np.asfortranarray(np.zeros((4, 30), np.float32)), ValueError, "x.*ascontiguousarray"),
        (np.full((2, 30), np.nan, np.float32), ValueError, "x.*nan"),
        (np.full((2, 30), np.inf, np.float32), ValueError, "x.*inf"),
        (np.zeros((2, 30), ">f4"), TypeError, "x.*>f4"),
    ],
)
def test_bad_images_are_named(settings, x, error, words):
    network = chandelier.Network(settings, inputs=30)
    for call in (network.forward, lambda x: network.step(x, np.zeros(2, int))):
        with pytest.raises(error, match=words):
            call(x)


@pytest.mark.parametrize(
    "y, error, words",
    [
        (np.array([0, 3]), ValueError, "y: label 3 at position 1"),
        (np.array([0, -1]), ValueError, "y: label -1"),
        (np.array([0]), ValueError, r"y.*\(1\)"),
        (np.array([[0, 1]]), ValueError, "y.*shape"),
        (np.array([0.0, 1.0]), TypeError, "y.*float64"),
        ([0, 1], TypeError, "y: a NumPy array"),
    ],
)
def test_bad_labels_are_named(settings, y, error, words):
    with pytest.raises(error, match=words):
        chandelier.Network(settings, inputs=30).step(np.zeros((2, 30), np.float32), y)


def test_other_bad_arguments_are_named(settings, dataset, batch):
    network = chandelier.Network(settings, inputs=30, capacity=16)
    with pytest.raises(ValueError, match="capacity=20"):
        network.step(np.zeros((20, 30), np.float32), np.zeros(20, int))
    with pytest.raises(KeyError, match="hidden9.Wex"):
        network.assign("hidden9.Wex", np.zeros((2, 2), np.float32))
    with pytest.raises(ValueError, match=r"hidden0.bias.*\[12\]"):
        network.assign("hidden0.bias", np.zeros((12, 1), np.float32))
    with pytest.raises(ValueError, match="capacity"):
        chandelier.Network(settings, inputs=30, capacity=0)
    with pytest.raises(ValueError, match="inputs"):
        chandelier.Network(settings, inputs=0)
    for given in ({"settings": "inorm"}, {"inputs": 9.5}, {"inputs": "9"}, {"capacity": 1.5}):
        with pytest.raises(TypeError, match=next(iter(given))):
            chandelier.Network(**{"settings": settings, **given})
    with pytest.raises(TypeError, match="settings"):
        chandelier.Network.load("weights.safetensors", "inorm")
    for given in ({"network": 3}, {"dataset": 3}, {"luminosity": 0.5}, {"value": "bright"}):
        with pytest.raises(TypeError, match=next(iter(given))):
            chandelier.evaluate(**{"network": network, "dataset": dataset, **given})
    with pytest.raises(ValueError, match="dataset.*30 pixels.*29"):
        chandelier.evaluate(chandelier.Network(settings, inputs=29), dataset)
    with pytest.raises(ValueError, match="value"):
        chandelier.evaluate(network, dataset, luminosity="gain")
    with pytest.raises(chandelier.SettingError, match="luminosity.*dusk"):
        chandelier.evaluate(network, dataset, luminosity="dusk", value=0.5)
    with pytest.raises(chandelier.SettingError, match="value"):
        chandelier.evaluate(network, dataset, luminosity="gain", value=-1)


def test_evaluate_is_that_of_the_program(settings, data_folder, program, tmp_path):
    out = tmp_path / "run"
    data = chandelier.Dataset.load(data_folder, classes=3)
    run = chandelier.train(settings.replace(data=str(data_folder)), dataset=data, out=out, progress=False)
    table = tmp_path / "e.csv"
    program("evaluate", out, "--luminosities", "uniform:0.75,fixed:0.25,gain:0.5", "--out", table)
    rows = [line.split(",") for line in table.read_text().splitlines()[1:]]
    network = run.network()
    for luminosity, value, loss, accuracy in rows:
        ours = chandelier.evaluate(network, data, luminosity, float(value))
        assert (repr(ours.loss), repr(ours.accuracy)) == (repr(float(loss)), repr(float(accuracy)))
    assert chandelier.evaluate(network, data) == (run.test_loss, run.test_accuracy)


def test_one_network_in_several_threads_sees_whole_batches(settings, batch):
    network = chandelier.Network(settings, inputs=30)
    expected = network.forward(batch[0])["logits"]
    wrong = []

    def look():
        for _ in range(200):
            if (network.forward(batch[0])["logits"] != expected).any():
                wrong.append(1)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
