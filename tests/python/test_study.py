"""Studies read into frames, and compared with what the program prints."""

import io
import math
import os
import shutil

import numpy as np
import pytest

import chandelier

PLAN = """
name = "Three"
conditions = ["inorm", "inorm-full", "ei"]
epsilons = [0, 0.5]
seeds = 4
[settings]
data = '{data}'
classes = 3
width = 12
epochs = 2
batch = 16
lr = 0.02
"""


@pytest.fixture(scope="module")
def folder(program, data_folder, tmp_path_factory):
    place = tmp_path_factory.mktemp("study")
    (place / "plan.toml").write_text(PLAN.format(data=data_folder))
    program("study", "run", place / "plan.toml", "--out", place / "out")
    return place / "out"


def test_frames(folder):
    study = chandelier.Study.load(folder)
    assert study.name == "Three" and study.conditions == ["inorm", "inorm-full", "ei"] and study.epsilons == [0, 0.5]
    assert len(study.runs) == 24 and len(study.epochs) == 24 * 3 and not study.problems
    assert set(study.runs["status"]) == {"finished"}
    assert repr(study) == "<Study Three: 24 of 24 runs finished, 3 conditions>"
    one = chandelier.load_run(folder / "runs" / study.runs["run"][0].split("/")[-1])
    assert study.runs["last_test_accuracy"][0] == one.test_accuracy
    assert study.runs["lr"][0] == 0.02


def test_frames_without_pandas(folder, monkeypatch):
    import builtins

    there = builtins.__import__

    def without(name, *more):
        if name == "pandas":
            raise ImportError(name)
        return there(name, *more)

    with_pandas = chandelier.Study.load(folder)
    monkeypatch.setattr(builtins, "__import__", without)
    study = chandelier.Study.load(folder)
    assert isinstance(study.runs, np.ndarray) and study.runs.dtype.names == tuple(with_pandas.runs.columns)
    for table, frame in ((study.runs, with_pandas.runs), (study.epochs, with_pandas.epochs)):
        for name in ("condition", "epsilon", "seed", "width", "shuffle"):
            assert list(table[name].astype(str)) == list(frame[name].astype(str)), name
    np.testing.assert_array_equal(study.epochs["test_loss"], with_pandas.epochs["test_loss"])
    assert isinstance(study.compare("ei", "inorm").rows, list)


def test_compare_says_what_the_program_says(folder, program):
    study = chandelier.Study.load(folder)
    compared = study.compare("inorm-full", "inorm", margin=0.01)
    assert str(compared) == program("study", "compare", folder, "inorm-full", "inorm", "--margin", 0.01)
    rows = compared.rows
    assert len(rows) == 3 and math.isnan(rows["epsilon"][0]) and list(rows["epsilon"][1:]) == [0, 0.5]
    runs = study.runs
    mean = {c: runs[runs["condition"] == c]["last_test_accuracy"].mean() for c in study.conditions}
    assert rows["mean"][0] == pytest.approx(100 * (mean["inorm-full"] - mean["inorm"]))
    assert (rows["n"] == 4).all() and (rows["low"] < rows["mean"]).all() and (rows["margin"] == 1).all()
    assert study.table() == program("study", "table", folder)


@pytest.mark.parametrize(
    "given, error, words",
    [
        (("inorm", "inorm-ful"), chandelier.SettingError, "inorm-ful.*inorm-full"),
        (("inorm", "inorm"), chandelier.SettingError, "inorm"),
        (("inorm", "ei", 0), ValueError, "margin"),
        (("inorm", "ei", 0.5), ValueError, "margin"),
    ],
)
def test_bad_comparisons_are_named(folder, given, error, words):
    with pytest.raises(error, match=words):
        chandelier.Study.load(folder).compare(*given)


def test_what_is_no_study_is_named(tmp_path):
    with pytest.raises(TypeError, match="path"):
        chandelier.Study.load(5)
    with pytest.raises(TypeError, match="Study.load"):
        chandelier.Study("results/mine")
    with pytest.raises(chandelier.DataError, match="study.toml"):
        chandelier.Study.load(tmp_path)


NAMES = ["constructor", "__proto__", "10x", "1e", "e10", "na2", "NAN-1", "1-2", "10_000", "nil", "v1.0"]


@pytest.fixture(scope="module")
def odd_names(program, data_folder, tmp_path_factory):
    """A study whose names of conditions and of its data nearly are something else."""
    place = tmp_path_factory.mktemp("names")
    (place / "010").symlink_to(data_folder)
    conditions = "".join(f"[condition.'{name}']\ncircuit = 'ei'\n" for name in NAMES)
    (place / "plan.toml").write_text(
        f"conditions = {NAMES}\nseeds = 1\n{conditions}"
        f"[settings]\ndata = '{place / '010'}'\nclasses = 3\nwidth = 8\nepochs = 1\n"
    )
    program("study", "run", place / "plan.toml", "--out", place / "out")
    program("export", place / "out", "--out", place / "csv")
    return place


def test_texts_stay_texts(odd_names):
    study = chandelier.Study.load(odd_names / "out")
    for table in (study.runs, study.epochs):
        for column in ("run", "condition", "data_set", "status", "circuit", "data"):
            assert table[column].map(type).eq(str).all(), column
        assert set(table["condition"]) == set(NAMES)
        assert table["lr"].dtype == float and table["seed"].dtype == int
    texts = study.runs[["host", "commit", "version", "message", "repeats"]]
    assert texts.apply(lambda column: column.map(type).eq(str).all()).all()


@pytest.mark.parametrize("alone", NAMES)
def test_a_plain_read_csv_keeps_every_name(odd_names, alone):
    pandas = pytest.importorskip("pandas")
    lines = (odd_names / "csv" / "runs.csv").read_text().splitlines(keepends=True)
    kept = [lines[0], *(line for line in lines if line.split(",")[1] == alone)]
    assert list(pandas.read_csv(io.StringIO("".join(kept)))["condition"]) == [alone]


@pytest.mark.parametrize("name", ["10", "010", "1e1", "nan", "NA", "null", "None", "true", "0x10", "inf", "+1"])
def test_a_name_that_a_plain_read_csv_would_change_is_refused(name, tmp_path, data_folder):
    pandas = pytest.importorskip("pandas")
    read = pandas.read_csv(io.StringIO(f'condition\n"{name}"\n'), na_values=["None"])["condition"][0]
    assert name == "0x10" or not isinstance(read, str)  # R reads that as sixteen
    (tmp_path / "plan.toml").write_text(f"conditions = ['{name}']\nseeds = 1\n[condition.'{name}']\ncircuit = 'ei'\n")
    with pytest.raises(chandelier.SettingError, match="cannot be used in tables"):
        chandelier.Study.load(tmp_path / "plan.toml")


def test_a_folder_whose_name_is_not_utf8(folder, tmp_path):
    strange = os.fsencode(tmp_path) + b"/caf\xe9"
    shutil.copytree(os.fsencode(folder), strange)
    shutil.rmtree(strange + b"/runs/ei-eps0-draw0-seed0")
    os.mkdir(strange + b"/runs/ei-eps0-draw0-seed0")
    with open(strange + b"/runs/ei-eps0-draw0-seed0/config.toml", "w") as config:
        config.write("nonsense")
    study = chandelier.Study.load(os.fsdecode(strange))
    left_out = study.runs[study.runs["status"] == "left out"]
    assert len(left_out) == 1 and "caf\\xe9/runs/ei" in left_out["message"].iloc[0]
    assert "caf\\xe9" in study.problems[0]
    with pytest.raises(chandelier.DataError, match="caf.xe9/none"):
        chandelier.load_run(os.fsdecode(strange + b"/none"))
