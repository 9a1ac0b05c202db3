"""Objects that go to other processes, into files and through copy: they arrive as they were."""

import copy
import multiprocessing
import pickle

import numpy as np
import pytest

import chandelier

WAYS = {
    "pickle": lambda thing: pickle.loads(pickle.dumps(thing)),
    "old pickle": lambda thing: pickle.loads(pickle.dumps(thing, protocol=2)),
    "deepcopy": copy.deepcopy,
    "copy": copy.copy,
}


@pytest.fixture(params=WAYS.values(), ids=WAYS.keys())
def travelled(request):
    return request.param


def same_tables(one, other):
    assert list(one.columns) == list(other.columns) and list(one.dtypes) == list(other.dtypes)
    return one.equals(other)


def same_dataset(one, other):
    return (one.name, one.classes) == (other.name, other.classes) and all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("train_images", "train_labels", "test_images", "test_labels")
    )


def test_settings(settings, travelled):
    assert travelled(settings) == settings


def test_dataset(dataset, travelled, settings):
    other = travelled(dataset)
    assert same_dataset(dataset, other) and not other.train_images.flags.writeable
    assert repr(other) == repr(dataset)
    chandelier.train(settings.replace(epochs=0), dataset=other, progress=False)


def test_a_data_set_is_copied_without_memory(dataset):
    assert np.shares_memory(copy.deepcopy(dataset).train_images, dataset.train_images)


@pytest.mark.parametrize("momentum, rule", [(0, "lateral"), (0.9, "lateral"), (0.9, "dendritic-burst")])
def test_network_learns_on_as_it_would_have(settings, batch, travelled, momentum, rule):
    x, y = batch
    changed = settings.replace(momentum=momentum, momentum_inhibitory=momentum, error_norm=rule)
    network = chandelier.Network(changed, inputs=x.shape[1], capacity=17)
    for _ in range(3):
        network.step(x, y)
    other = travelled(network)
    assert (other.capacity, other.inputs, other.classes) == (17, network.inputs, network.classes)
    assert other.settings == network.settings and repr(other) == repr(network)
    for _ in range(2):
        seen, again = network.step(x, y), other.step(x, y)
        assert all(np.array_equal(seen[name], again[name]) for name in seen)
    assert all(np.array_equal(value, other.parameters[name]) for name, value in network.parameters.items())
    assert not np.shares_memory(network.parameters["hidden0.Wex"], other.parameters["hidden0.Wex"])


def test_loaded_network(settings, batch, travelled, tmp_path):
    x, _ = batch
    chandelier.Network(settings.replace(width=[7, 9]), inputs=x.shape[1]).save(tmp_path / "w.safetensors")
    network = chandelier.Network.load(tmp_path / "w.safetensors")
    other = travelled(network)
    assert np.array_equal(network.forward(x)["logits"], other.forward(x)["logits"])


@pytest.mark.parametrize("out", [False, True])
def test_run(settings, dataset, travelled, batch, tmp_path, out):
    run = chandelier.train(settings, dataset=dataset, progress=False, out=tmp_path / "run" if out else None)
    other = travelled(run)
    assert (other.folder, other.settings, other.record) == (run.folder, run.settings, run.record)
    assert same_tables(run.epochs, other.epochs) and repr(run) == repr(other)
    assert all(np.array_equal(run.predictions[name], other.predictions[name]) for name in run.predictions)
    x, _ = batch
    assert np.array_equal(run.network().forward(x)["logits"], other.network().forward(x)["logits"])


def test_study(folder_of_study, travelled):
    study = chandelier.Study.load(folder_of_study)
    other = travelled(study)
    assert same_tables(study.runs, other.runs) and same_tables(study.epochs, other.epochs)
    for name in ("name", "folder", "conditions", "epsilons", "problems"):
        assert getattr(study, name) == getattr(other, name)
    assert study.table() == other.table() and repr(study) == repr(other)
    compared, again = study.compare("inorm", "ei"), travelled(other.compare("inorm", "ei"))
    assert str(compared) == str(again) and same_tables(compared.rows, again.rows)


@pytest.fixture(scope="module")
def folder_of_study(program, data_folder, tmp_path_factory):
    place = tmp_path_factory.mktemp("study")
    (place / "plan.toml").write_text(
        f"conditions = ['inorm', 'ei', 'mine']\nepsilons = [0, 0.5]\nseeds = 3\n[condition.mine]\ncircuit = 'e'\nlr = 1e30\n"
        f"[settings]\ndata = '{data_folder}'\nclasses = 3\nwidth = 8\nepochs = 1\n"
    )
    program("study", "run", place / "plan.toml", "--out", place / "out")
    return place / "out"


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_pool_of_trainings(settings, data_folder, method):
    """What a pool trains comes back, the same bits as here."""
    several = [settings.replace(data=data_folder, epochs=1, seed=seed) for seed in range(3)]
    with multiprocessing.get_context(method).Pool(2) as pool:
        runs = pool.map(chandelier.train, several)
    for given, run in zip(several, runs):
        here = chandelier.train(given, progress=False)
        assert run.status == "finished" and run.settings == given
        for name, values in here.network().parameters.items():
            assert np.array_equal(run.network().parameters[name], values), name


def test_errors():
    for error in (chandelier.SettingError("lr: -1"), chandelier.DataError("no file")):
        for way in WAYS.values():
            assert type(way(error)) is type(error) and way(error).args == error.args


def test_a_network_is_checked_when_it_arrives(settings):
    network = chandelier.Network(settings, inputs=30)
    make, given = network.__reduce_ex__(2)[0], network.__reduce_ex__(2)
    settings, capacity, tensors = given[2]
    tensors["hidden0.Wex"] = -np.ones_like(tensors["hidden0.Wex"])
    with pytest.raises(chandelier.DataError, match="hidden0.Wex"):
        make(*given[1]).__setstate__((settings, capacity, tensors))
