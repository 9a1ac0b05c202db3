"""The notebooks run as they are stored, on the real images, and show what their texts promise."""

import base64
import json
import os
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

import chandelier

FOLDER = Path(__file__).parents[2] / "notebooks"


def the_finding(seen):
    difference = {name: np.array(value) for name, value in seen.items()}
    assert all(len(value) == 3 for value in difference.values())
    assert (difference["inorm - e-ln"] < -2).all(), "activity alone does not help"
    assert (difference["inorm-full - inorm"] > 2).all(), "normalized errors do"
    assert (np.abs(difference["inorm-full - e-ln"]) < 2).all(), "and come near to layer normalization"


def your_own_error_normalization(seen):
    assert seen["simple"] == seen["ordered"] == 0, "the same bits as the built-in rule"
    assert 0 < seen["paired"] < 0.01, "another order of the sum, other bits"
    assert all(value == 0 for value in seen["ends"].values())
    accuracy = np.array(seen["accuracy"])
    gain = accuracy - accuracy[:, :1]
    assert (gain[:, -1] > 1).all()
    assert (gain[:, 1] > gain[:, -1] / 2).all(), "half of the way brings more than half of the gain"
    assert (np.abs(accuracy[:, -1] - accuracy[:, -2]) < 1).all()
    assert "shape (32)" in seen["refused"]
    assert max(seen["apart"]) < 1e-4, "the built-in's numbers"
    none, built_in, mine, center = seen["learned"]
    assert abs(built_in - mine) < 0.015 < mine - none and abs(mine - center) < 0.015


def inside_a_step(seen):
    assert max(seen["equations"].values()) < 1e-4 and max(seen["update"].values()) < 1e-5
    assert seen["delta"] < 1e-5 and 0 < seen["largest_delta"]
    assert min(seen["signed"]) >= 0, "Dale's law"
    assert seen["uniform_share"]["N(g)"] < 1e-6 < seen["uniform_share"]["g"]


def how_a_circuit_could_do_it(seen):
    mean = {group: {name: np.mean(value) for name, value in seen[group].items()} for group in seen if group != "share"}
    routes, places, learned, signs = mean["routes"], mean["places"], mean["learned"], mean["signs"]
    none, center, full = (routes[name] for name in ("no normalization", "centred errors", "fully normalized errors"))
    assert none + 1 < center < full - 1
    assert abs(routes["route subtractive"] - center) < 0.5 and abs(routes["route all"] - full) < 1
    assert abs(places["centred for transmission"] - center) < 0.5, "transmission is what matters"
    assert none < places["centred for its weights"] < center
    assert learned["1 interneuron"] > none + 2 and learned["1 and a burst unit"] > none + 2
    assert signs["10, either sign"] < none - 5 < signs["10, Dale's law"], "free signs cancel the error of the task"
    share = seen["share"]
    assert share["1 interneuron"] < 0.01 < share["no normalization"]


# Of each notebook: how many figures it shows, what its texts promise, and where that stands once it has run.
NOTEBOOKS = {
    "01_the_finding": (1, the_finding, "{f'{a} - {b}': list(d) for (a, b), d in differences.items()}"),
    "02_your_own_error_normalization": (
        1,
        your_own_error_normalization,
        "dict(simple=simple_difference, ordered=ordered_difference, paired=paired_difference, ends=ends,"
        " refused=refused, accuracy=accuracy.tolist(), learned=[run.test_accuracy for run in learned.values()],"
        " apart=list(apart.values()))",
    ),
    "03_inside_a_step": (
        4,
        inside_a_step,
        "dict(equations={k: float(v) for k, v in largest.items()}, update=checks,"
        " delta=float(np.abs(delta - N / d[:, None]).max()), largest_delta=float(np.abs(delta).max()),"
        " signed=[float(a.min()) for k, a in network.parameters.items() if k[-3:] in ('Wex', 'Wix', 'Wei')],"
        " uniform_share={k: float(v.mean()) for k, v in uniform_share.items()})",
    ),
    "04_how_a_circuit_could_do_it": (
        2,
        how_a_circuit_could_do_it,
        "{**{name: {k: accuracies(v).tolist() for k, v in group.items()} for name, group in dict(routes=routes,"
        " places=places, learned=learned, signs=signs).items()},"
        " 'share': {k: float(v[0].epochs['hidden0.uniform_share_delta'].iloc[-1]) for k, v in learned.items()}}",
    ),
}


@pytest.fixture
def kernel(tmp_path_factory, monkeypatch):
    """A kernel of the interpreter that runs the tests; none of this machine, nor its owner's profile."""
    folder = tmp_path_factory.mktemp("jupyter")
    specification = folder / "kernels" / "python3"
    specification.mkdir(parents=True)
    argv = [sys.executable, "-Xfrozen_modules=off", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    described = {"argv": argv, "display_name": "tests", "language": "python"}
    (specification / "kernel.json").write_text(json.dumps(described))
    for name in ("JUPYTER_PATH", "JUPYTER_DATA_DIR"):
        monkeypatch.setenv(name, str(folder))
    for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR", "MPLCONFIGDIR"):
        monkeypatch.setenv(name, str(folder / name.lower()))
    monkeypatch.delenv("MPLBACKEND", raising=False)
    package = str(Path(chandelier.__file__).parents[1])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")])))


def test_every_notebook_has_its_test():
    assert {path.stem for path in FOLDER.glob("*.ipynb")} == set(NOTEBOOKS)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_stored_without_outputs(name):
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert set(notebook.metadata) == {"kernelspec", "language_info"} and notebook.metadata.kernelspec.name == "python3"
    assert notebook.metadata.language_info == {"name": "python"}
    for cell in notebook.cells:
        assert not cell.metadata and not cell.get("outputs") and cell.get("execution_count") is None, cell.id


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_runs_and_keeps_its_promise(name, kernel, tmp_path):
    if "libasan" in os.environ.get("LD_PRELOAD", "") and name != "03_inside_a_step":
        pytest.skip("it trains many networks, which takes too long under AddressSanitizer")
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    figures, promise, where = NOTEBOOKS[name]
    notebook.cells.append(nbformat.v4.new_code_cell(f"import json, sys\nprint(json.dumps([sys.executable, {where}]))"))
    # A cell that raises ends it here, also where FashionMNIST is missing.
    place = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=600, kernel_name="python3", resources=place).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output.output_type == "error"]
    images = [base64.b64decode(output.data["image/png"]) for output in outputs if "image/png" in output.get("data", {})]
    assert len(images) == figures
    assert all(image.startswith(b"\x89PNG") and len(image) > 5000 for image in images)
    interpreter, seen = json.loads(notebook.cells[-1].outputs[0].text)
    assert interpreter == sys.executable
    promise(seen)
    assert not list(tmp_path.iterdir()), "it leaves nothing behind"
