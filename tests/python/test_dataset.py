"""Data sets from IDX files and from arrays."""

import gzip
import shutil

import numpy as np
import pytest

import chandelier
from conftest import pictures


def test_arrays_and_files_are_the_same_data(dataset, data_folder, settings):
    read = chandelier.Dataset.load(data_folder, classes=3)
    np.testing.assert_array_equal(read.train_images, dataset.train_images)
    np.testing.assert_array_equal(read.test_labels, dataset.test_labels)
    assert repr(dataset) == "<Dataset bars: 400 training and 120 test images of 6 x 5 pixels, 3 classes>"


def test_a_run_on_arrays_goes_on_with_files(dataset, data_folder, settings, tmp_path):
    """For it knows its data by hash, which is that of the files."""
    out = tmp_path / "run"
    chandelier.train(settings.replace(epochs=1, keep_checkpoint=True), dataset=dataset, out=out, progress=False)
    files = chandelier.Dataset.load(data_folder, classes=3)
    run = chandelier.train(settings.replace(keep_checkpoint=True), dataset=files, out=out, resume=True, progress=False)
    assert run.status == "finished" and run.record["epochs_done"] == 3
    images, labels = pictures(400, 9)
    other = chandelier.Dataset.from_arrays(images, labels, dataset.test_images, dataset.test_labels, classes=3)
    with pytest.raises(chandelier.DataError, match="trained on"):
        chandelier.train(settings.replace(epochs=5, keep_checkpoint=True), dataset=other, out=out, resume=True, progress=False)


def test_views_cannot_be_written_to_and_keep_the_data_alive():
    images, labels = pictures(6, 3)
    data = chandelier.Dataset.from_arrays(images, labels, images, labels, classes=3)
    view = data.train_images
    with pytest.raises(ValueError, match="read-only"):
        view[0, 0, 0] = 1
    del data
    np.testing.assert_array_equal(view, images)


def test_any_layout_is_taken():
    images, labels = pictures(8, 3)
    data = chandelier.Dataset.from_arrays(images[::2], labels[::2], np.asfortranarray(images), labels.astype(np.uint8), classes=3)
    np.testing.assert_array_equal(data.train_images, images[::2])
    np.testing.assert_array_equal(data.test_images, images)


@pytest.mark.parametrize(
    "change, error, words",
    [
        ({"train_images": [[0]]}, TypeError, "train_images: a NumPy array"),
        ({"train_images": np.zeros((4, 6, 5))}, TypeError, "train_images.*float64.*uint8"),
        ({"train_images": np.zeros((4, 30), np.uint8)}, ValueError, "train_images.*shape"),
        ({"train_images": np.zeros((0, 6, 5), np.uint8)}, ValueError, "train_images"),
        ({"test_images": np.zeros((4, 6, 6), np.uint8)}, ValueError, "test_images.*6 x 6"),
        ({"train_labels": np.array([0, 1, 2, 3])}, ValueError, "train_labels.*label 3 at position 3"),
        ({"train_labels": np.array([0, -1, 2, 1])}, ValueError, "train_labels.*label -1"),
        ({"train_labels": np.array([0, 1, 2])}, ValueError, "train_labels.*shape"),
        ({"test_labels": np.array([0.0, 1, 2, 1])}, TypeError, "test_labels.*float64"),
        ({"test_labels": "abc"}, TypeError, "test_labels.*array"),
        ({"classes": 1}, ValueError, "classes"),
    ],
)
def test_bad_arrays_are_named(change, error, words):
    images, labels = pictures(4, 3)
    given = {"train_images": images, "train_labels": labels, "test_images": images, "test_labels": labels, "classes": 3}
    with pytest.raises(error, match=words):
        chandelier.Dataset.from_arrays(**{**given, **change})


def test_bad_folders_are_named(tmp_path):
    with pytest.raises(chandelier.DataError, match="nowhere"):
        chandelier.Dataset.load(tmp_path / "nowhere")


def test_test_images_that_are_training_images_are_said():
    images, labels = pictures(60, 3)
    with pytest.warns(UserWarning, match="60 of 60 test images are also training images"):
        chandelier.Dataset.from_arrays(images, labels, images, labels, classes=3, name="bars")


def test_files_of_one_name_that_differ_are_said(data_folder, tmp_path):
    folder = tmp_path / "two"
    shutil.copytree(data_folder, folder)
    other = bytearray((folder / "t10k-labels-idx1-ubyte").read_bytes())
    other[-1] = (other[-1] + 1) % 3
    (folder / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(other))
    with pytest.warns(UserWarning, match="t10k-labels-idx1-ubyte is used; .*.gz in the same folder differs"):
        chandelier.Dataset.load(folder, classes=3)


def test_no_mask_is_ignored(dataset, settings, batch):
    x, y = batch
    network = chandelier.Network(settings, inputs=x.shape[1])
    masked = np.ma.masked_array(x, mask=x > 0.5)
    labels = np.ma.masked_array(y, mask=y == 1)
    for action in (
        lambda: network.forward(masked),
        lambda: network.step(masked, y),
        lambda: network.step(x, labels),
        lambda: network.assign("hidden0.Wex", np.ma.masked_array(network.parameters["hidden0.Wex"])),
        lambda: chandelier.Dataset.from_arrays(
            np.ma.masked_array(dataset.train_images), dataset.train_labels, dataset.test_images, dataset.test_labels
        ),
        lambda: chandelier.Dataset.from_arrays(
            dataset.train_images, np.ma.masked_array(dataset.train_labels), dataset.test_images, dataset.test_labels
        ),
    ):
        with pytest.raises(TypeError, match="masked array, whose mask would be ignored"):
            action()

    @chandelier.error_normalization("returns-masked")
    def returns_masked(z, g):
        return np.ma.masked_array(g, mask=z > 0)

    with pytest.raises(ValueError, match="returns-masked.*masked array"):
        chandelier.Network(settings.replace(error_norm="returns-masked"), inputs=x.shape[1]).step(x, y)
