"""What the tests of the Python package share: a small made-up data set, and the built program."""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

import chandelier


def pictures(count, seed):
    """Three classes of 6 x 5 images that can be told apart, with noise."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    images = random.integers(0, 90, size=(count, 6, 5))
    for i, label in enumerate(labels):
        images[i, 2 * label : 2 * label + 2] += 120
    return images.astype(np.uint8), labels


@pytest.fixture(scope="session")
def dataset():
    train_images, train_labels = pictures(400, 1)
    test_images, test_labels = pictures(120, 2)
    return chandelier.Dataset.from_arrays(train_images, train_labels, test_images, test_labels, classes=3, name="bars")


@pytest.fixture(scope="session")
def data_folder(dataset, tmp_path_factory):
    """The same as IDX files."""
    folder = tmp_path_factory.mktemp("bars")
    for prefix, images, labels in (
        ("train", dataset.train_images, dataset.train_labels),
        ("t10k", dataset.test_images, dataset.test_labels),
    ):
        header = np.array([0x803, *images.shape], dtype=">u4").tobytes()
        (folder / f"{prefix}-images-idx3-ubyte").write_bytes(header + images.tobytes())
        header = np.array([0x801, len(labels)], dtype=">u4").tobytes()
        (folder / f"{prefix}-labels-idx1-ubyte").write_bytes(header + labels.tobytes())
    return folder


@pytest.fixture
def settings():
    return chandelier.Settings(condition="inorm-full", width=12, classes=3, epochs=3, batch=16, seed=5)


@pytest.fixture
def batch(dataset):
    x = dataset.train_images[:16].reshape(16, -1).astype(np.float32) / 255
    return x, dataset.train_labels[:16]


@pytest.fixture(scope="session")
def program():
    """Runs the built program."""
    path = os.environ["CHANDELIER_PROGRAM"]

    def run(*words):
        done = subprocess.run([path, *map(str, words)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


GOLDEN = Path(__file__).parent.parent / "golden"
