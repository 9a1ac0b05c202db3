"""What `make bench` holds Chandelier against computes the same: both PyTorch baselines on the golden cases."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest

import chandelier
from conftest import GOLDEN

if "libasan" in os.environ.get("LD_PRELOAD", ""):
    pytest.skip("PyTorch is not made for the address sanitizer", allow_module_level=True)
torch = pytest.importorskip("torch", reason="PyTorch is not installed (Debian: python3-torch)")
sys.path.insert(0, str(Path(__file__).parents[2] / "bench" / "pytorch"))
import autograd  # noqa: E402
import closed_form  # noqa: E402
from initialization import initial_weights  # noqa: E402

BASELINES = {"autograd": autograd.Network, "closed_form": closed_form.Network}
# Plain gradient descent is all that the baselines know, so these are all the golden cases of their conditions.
CASES = [("plain", "e-ln"), ("plain", "ei-ln"), ("plain", "inorm-full"), ("beyond", "inorm-full")]


@pytest.mark.parametrize("baseline", BASELINES)
@pytest.mark.parametrize("folder, condition", CASES)
def test_golden_case(baseline, folder, condition):
    rates = json.loads((GOLDEN / folder / "settings.json").read_text())
    assert rates["momentum"] == rates["momentum_inhibitory"] == rates["wd"] == 0
    stored = chandelier.read_tensors(GOLDEN / folder / f"{condition}.weights.safetensors")
    weights = {name: torch.from_numpy(value) for name, value in stored.items()}
    batches = chandelier.read_tensors(GOLDEN / folder / "batches.safetensors")
    images, labels = torch.from_numpy(batches["images"]), torch.from_numpy(batches["labels"].astype(np.int64))

    network = BASELINES[baseline](condition, weights, rates)
    ours = {}
    for step in range(rates["steps"]):
        rows = slice(step * rates["batch"], (step + 1) * rates["batch"])
        loss, logits = network.step(images[rows], labels[rows])
        ours[f"step{step}.loss"] = loss.numpy().reshape(1).copy()
        ours[f"step{step}.logits"] = logits.numpy().copy()
    final = {name: value.numpy().copy() for name, value in network.weights().items()}
    ours.update(final)
    assert set(final) == set(stored)

    expected = chandelier.read_tensors(GOLDEN / folder / f"{condition}.trace.safetensors")
    compared = {name for name in expected if name in stored or name.endswith((".loss", ".logits"))}
    assert len(compared) == len(stored) + rates["steps"] + 2
    for name in compared:
        tolerance = 1e-5 * np.abs(expected[name]).max() + 1e-6
        np.testing.assert_allclose(ours[name], expected[name], rtol=0, atol=tolerance, err_msg=name)


@pytest.fixture
def double():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("condition", ["e-ln", "ei-ln", "inorm-full"])
def test_projection(condition, double):
    """The golden steps are too small for most weights to reach zero. In this one they do, and both baselines agree."""
    rates = {"batch": 6, "lr": 1, "lr_wix": 50, "lr_wei": 5, "lambda": 1, "label_smoothing": 0.1}
    generator = torch.Generator().manual_seed(1)
    start = initial_weights(condition, 20, inputs=30)
    for name in start:
        if name.endswith("Wix"):  # which at the start centres exactly, so that there would be nothing to learn
            start[name] *= 0.75 + 0.5 * torch.rand(start[name].shape, generator=generator)
    images, labels = torch.rand(6, 30, generator=generator), torch.arange(6)
    networks = [kind(condition, start, rates) for kind in BASELINES.values()]
    for network in networks:
        network.step(images, labels)
    one, other = (network.weights() for network in networks)
    assert set(one) == set(other) == set(start)
    for name in start:
        np.testing.assert_allclose(one[name].numpy(), other[name].numpy(), rtol=0, atol=1e-10, err_msg=name)
    for network in networks:
        learned = network.weights()
        excitatory = [name for name in start if name.endswith(("Wex", "Wix", "Wei"))]
        assert all((learned[name] >= 0).all() for name in excitatory)
        for part in {"e-ln": ["Wex"], "ei-ln": ["Wex", "Wix", "Wei"], "inorm-full": ["Wex", "Wix"]}[condition]:
            assert any((learned[name] == 0).any() for name in excitatory if name.endswith(part)), part
