"""Studies of rules in Python: run, stopped, killed and resumed, and read by the program, which has no Python."""

import hashlib
import json
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

import chandelier

RULES = """
import chandelier
import numpy as np
from chandelier import Parameter


@chandelier.error_normalization("read-out")
class ReadOut:
    def parameters(self, n, random):
        return {"Ve": Parameter(np.zeros((n, 1)), non_negative=True), "U": Parameter(random.random((1, n)) / n)}

    def apply(self, z, g, Ve, U):
        return g - (g @ U.T) @ Ve.T

    def learn(self, z, g, Ve, U):
        r = g @ U.T
        return {"Ve": -(self.apply(z, g, Ve, U).T @ r) / (1e-12 + (r * r).sum())}


@chandelier.circuit("plain")
class Plain:
    def forward(self, x, Wex, bias):
        return x @ Wex.T + bias

    def backward(self, x, delta, below, Wex, bias):
        return below @ Wex, {"Wex": delta.T @ x, "bias": delta.sum(axis=0)}


@chandelier.luminosity("flicker")
def flicker(pixels, u, epsilon):
    d = epsilon * (2 * u - 1)
    np.clip(pixels + np.float32(d), 0, 1, out=pixels)
    return d


@chandelier.measure("squared-error")
def squared_error(layer):
    return (layer.g**2).mean()
"""

PLAN = """
conditions = ["inorm", "mine", "frozen", "mine-e"]
seeds = 2
[settings]
data = '{data}'
classes = 3
width = 8
epochs = {epochs}
batch = 16
lr = 0.001
luminosity = "flicker"
measure = ["all", "squared-error"]
[condition.mine]
circuit = "inorm"
error_norm = "read-out"
[condition.frozen]
circuit = "inorm"
error_norm = ["full", "read-out"]
freeze = ["hidden1.Ve"]
[condition.mine-e]
circuit = "plain"
"""


@pytest.fixture
def place(tmp_path, data_folder, monkeypatch):
    """A folder with a plan and its rules, in which the test works."""
    (tmp_path / "plan.toml").write_text(PLAN.format(data=data_folder, epochs=2))
    (tmp_path / "my_rules.py").write_text(RULES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def done(tmp_path_factory, data_folder):
    """A study that has been run; nobody changes it."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "plan.toml").write_text(PLAN.format(data=data_folder, epochs=2))
    (folder / "my_rules.py").write_text(RULES)
    chandelier.run_study(folder / "plan.toml", rules=folder / "my_rules.py", out=folder / "out", jobs=2)
    return folder


def everything_in(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def refused_by(*words):
    """The sentence with which the program ends."""
    done = subprocess.run([os.environ["CHANDELIER_PROGRAM"], *map(str, words)], capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.count("\n") == 1, done
    return done.stderr


def test_a_study_of_rules_in_python(done):
    study = chandelier.Study.load(done / "out")
    assert study.conditions == ["inorm", "mine", "frozen", "mine-e"] and set(study.runs["status"]) == {"finished"}
    assert study.runs["last_hidden0.squared-error"].gt(0).all()
    assert (done / "out" / "rules.py").read_text() == RULES
    kept = json.loads((done / "out" / "rules.json").read_text())
    assert kept["sha256"] == hashlib.sha256(RULES.encode()).hexdigest()
    assert {(rule["kind"], rule["name"]) for rule in kept["rules"]} == {
        ("error_norm", "read-out"), ("circuit", "plain"), ("luminosity", "flicker"), ("measure", "squared-error")
    }  # fmt: skip
    weights = {c: chandelier.read_tensors(done / f"out/runs/{c}-eps0.75-draw0-seed0/weights.safetensors")
               for c in ("mine", "frozen")}  # fmt: skip
    assert weights["mine"]["hidden1.Ve"].max() > 0 and (weights["frozen"]["hidden1.Ve"] == 0).all()
    assert "hidden0.Ve" not in weights["frozen"]
    assert study.compare("mine", "inorm").rows["n"][0] == 2
    again = pickle.loads(pickle.dumps(study))
    assert again.table() == study.table()


def test_its_runs_have_the_bits_of_train(done):
    code = f"""
        import sys, chandelier
        sys.path.insert(0, {str(done)!r})
        import my_rules
        kept = chandelier.load_run({str(done / "out/runs/mine-eps0.75-draw0-seed1")!r})
        run = chandelier.train(kept.settings, progress=False)
        ours, theirs = run.network().parameters, kept.network().parameters
        print(all((ours[name] == theirs[name]).all() for name in theirs), list(run.epochs.columns) == list(kept.epochs.columns))
    """
    env = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    seen = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, env=env)
    assert seen.stdout == "True True\n", seen.stderr


def test_the_program_reads_it_without_python(done, program, tmp_path):
    table = program("study", "table", done / "out")
    assert "mine-e" in table and "frozen" in table and table == chandelier.Study.load(done / "out").table()
    assert program("study", "table", done / "plan.toml", "--out", done / "out") == table
    assert "mine" in program("study", "compare", done / "out", "mine", "inorm")
    program("study", "status", done / "out")
    program("export", done / "out", "--out", tmp_path / "csv")
    assert "hidden0.squared-error" in (tmp_path / "csv" / "epochs.csv").read_text().splitlines()[0]
    program("report", done / "out", "--out", tmp_path / "report.html")
    assert "mine-e" in (tmp_path / "report.html").read_text()


def test_the_example_without_dale(place, data_folder):
    """examples/python: the plan and its rules, on small data."""
    example = Path(__file__).parents[2] / "examples" / "python"
    text = (example / "without_dale.toml").read_text()
    for old, new in (("seeds = 12", "seeds = 1"),
                     ("width = 100", f"data = '{data_folder}'\nclasses = 3\nwidth = 12")):  # fmt: skip
        assert old in text
        text = text.replace(old, new)
    Path("plan.toml").write_text(text)
    study = chandelier.run_study("plan.toml", rules=example / "without_dale.py", out="out", progress=False)
    assert set(study.runs["status"]) == {"finished"} and len(study.runs) == 10
    free, dendritic = (
        chandelier.read_tensors(f"out/runs/{name}-10-eps0.75-draw0-seed0/weights.safetensors")["hidden0.Ve"].min()
        for name in ("free", "dendritic")
    )
    assert free < 0 <= dendritic


def test_the_program_previews_it_without_an_estimate(done, program):
    text = program("study", "plan", done / "out")
    assert "time        not estimated, as some conditions use rules written in Python" in text


def test_another_python_reads_it_without_the_rules(done):
    code = f"""
        import chandelier
        study = chandelier.Study.load({str(done / "out")!r})
        print(len(study.runs))
        try:
            chandelier.Network(chandelier.Settings(circuit="inorm", error_norm="read-out"))
        except chandelier.SettingError as error:
            print(error)
        chandelier.error_normalization("read-out")(lambda z, g: g)
        chandelier.Network(chandelier.Settings(circuit="inorm", error_norm="read-out"))
    """
    seen = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True)
    first, second = seen.stdout.splitlines()
    assert first == "8" and not seen.returncode, seen.stderr
    assert second == (f"error_norm 'read-out' is written in Python ({done / 'out' / 'rules.py'}); "
                      "to train with it, use chandelier.run_study in Python")  # fmt: skip


@pytest.mark.parametrize("verb", ["run", "submit"])
def test_the_program_does_not_train_it(done, verb):
    before = everything_in(done)
    said = refused_by("study", verb, done / "plan.toml", "--out", done / "out", *(["--dry-run"] if verb == "submit" else []))
    assert "rules written in Python (circuit 'plain', error_norm 'read-out', " in said
    assert "chandelier.run_study" in said
    assert everything_in(done) == before


def test_a_changed_file_is_refused(done, tmp_path):
    before = everything_in(done)
    (tmp_path / "my_rules.py").write_text(RULES + "\n# better\n")
    changed = hashlib.sha256((RULES + "\n# better\n").encode()).hexdigest()
    with pytest.raises(chandelier.SettingError, match=f"has changed .*{changed} now.*another folder"):
        chandelier.run_study(done / "plan.toml", rules=tmp_path / "my_rules.py", out=done / "out")
    assert everything_in(done) == before


def test_it_goes_on_from_its_folder_alone(done, capfd):
    before = everything_in(done)
    assert len(chandelier.run_study(done / "out").runs) == 8
    assert everything_in(done) == before
    assert "8 runs, 8 of them already done" in capfd.readouterr().err
    chandelier.run_study(done / "out", progress=False)
    assert capfd.readouterr() == ("", "")


def test_kept_rules_that_were_edited_are_refused(place):
    chandelier.run_study("plan.toml", rules="my_rules.py", progress=False)
    assert Path("results/plan/rules.json").exists()
    Path("results/plan/rules.py").write_text(RULES.replace("1e-12", "1e-3"))
    with pytest.raises(chandelier.SettingError, match="has changed"):
        chandelier.run_study("plan.toml", progress=False)


def test_a_plan_without_rules(place):
    text = Path("plan.toml").read_text()
    text = text[: text.index("[condition.mine]")].replace('"mine", "frozen", "mine-e"', '"ei"')
    Path("plan.toml").write_text(text.replace("flicker", "gain").replace(', "squared-error"', "").replace('["all"]', '"all"'))
    assert len(chandelier.run_study("plan.toml", out="out", progress=False).runs) == 4
    assert not Path("out/rules.json").exists()


def in_background(*, epochs, data_folder, code="chandelier.run_study('plan.toml', rules='my_rules.py', out='out', jobs=2)"):
    Path("plan.toml").write_text(PLAN.format(data=data_folder, epochs=epochs))
    process = subprocess.Popen([sys.executable, "-c", f"import chandelier\n{code}"], stderr=subprocess.PIPE, text=True,
                               start_new_session=True)  # fmt: skip
    begun = time.monotonic()
    while not list(Path("out/runs").glob("*/checkpoint.safetensors")) and process.poll() is None:
        assert time.monotonic() - begun < 120
        time.sleep(0.02)
    return process


@pytest.mark.parametrize("whom", ["all", "the one that was asked"])
def test_ctrl_c_keeps_checkpoints_and_it_goes_on(place, data_folder, whom):
    process = in_background(epochs=300, data_folder=data_folder)
    if whom == "all":
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=120)[1]
    assert "KeyboardInterrupt" in said and "stopped; it can continue from here" in said
    records = [json.loads(path.read_text()) for path in Path("out/runs").glob("*/run.json")]
    assert len(records) == 2 and all(record["status"] == "stopped" for record in records)
    assert list(Path("out/runs").glob("*/checkpoint.safetensors"))


@pytest.mark.parametrize("kill", [os.killpg, os.kill], ids=["all", "the one that was asked"])
def test_killed_it_goes_on_to_the_same_bits(place, data_folder, kill):
    process = in_background(epochs=12, data_folder=data_folder)
    kill(process.pid, signal.SIGKILL)
    process.wait(timeout=120)
    process.stderr.close()
    study = chandelier.run_study("plan.toml", rules="my_rules.py", out="out", progress=False)
    assert set(study.runs["status"]) == {"finished"}
    chandelier.run_study("plan.toml", rules="my_rules.py", out="whole", progress=False)
    for run in sorted(Path("whole/runs").iterdir()):
        one, other = (chandelier.read_tensors(folder / "weights.safetensors") for folder in (run, "out" / run.relative_to("whole")))
        for name, value in one.items():
            np.testing.assert_array_equal(other[name], value, err_msg=f"{run.name} {name}")


def test_a_run_that_fails_is_named(place):
    Path("my_rules.py").write_text(RULES.replace("return {\"Ve\": -(", "return {\"Vee\": -("))
    with pytest.raises(chandelier.DataError, match="4 of 8 runs failed .*gradient of 'Vee', which is not a parameter"):
        chandelier.run_study("plan.toml", rules="my_rules.py", out="out", progress=False)
    study = chandelier.Study.load("out")
    assert sorted(set(study.runs["status"])) == ["failed", "finished"]


@pytest.mark.parametrize(
    "given, error, words",
    [
        ({"plan": 3}, TypeError, "plan: a file or a folder is needed, not int"),
        ({"rules": 3}, TypeError, "rules: a file"),
        ({"jobs": 1.5}, TypeError, "jobs: a whole number"),
        ({"jobs": 0}, ValueError, "jobs: 0"),
        ({"rules": "nothing.py"}, chandelier.DataError, "nothing.py: there is no such file"),
        ({"plan": "nothing.toml"}, chandelier.DataError, "nothing.toml"),
        ({"rules": None}, chandelier.SettingError, "'flicker' is not one of|'read-out' is not one of"),
        ({"plan": ".", "out": "out"}, chandelier.SettingError, "out: out was given, but . is already the folder"),
        ({"rules": "empty.py"}, chandelier.SettingError, "empty.py: this file defines no rule"),
        ({"rules": "taken.py"}, chandelier.SettingError, "'full' is built in"),
        ({"rules": "raises.py"}, RuntimeError, "(?s)raises.py: Traceback.*line 1.*ZeroDivisionError"),
        ({"rules": "no_python.py"}, RuntimeError, "SyntaxError"),
        ({"rules": "imports.py"}, RuntimeError, "No module named 'beside'"),
    ],
)
def test_refusals_name_what_is_wrong_and_change_nothing(place, given, error, words):
    for name, text in (("empty", ""), ("taken", "import chandelier\nchandelier.error_normalization('full')(lambda z, g: g)"),
                       ("raises", "1 / 0"), ("no_python", "this is no Python"), ("beside", ""),
                       ("imports", "import beside")):  # fmt: skip
        Path(f"{name}.py").write_text(text)
    before = everything_in(place)
    with pytest.raises(error, match=words):
        chandelier.run_study(**{"plan": "plan.toml", "rules": "my_rules.py", "progress": False, **given})
    assert everything_in(place) == before


def test_without_own_error_own_is_refused_before_anything(place):
    Path("my_rules.py").write_text(RULES + "\nchandelier.activity_normalization('halved')(lambda z: z / 2)\n")
    Path("plan.toml").write_text(Path("plan.toml").read_text() + 'activity_norm = "halved"\n')
    with pytest.raises(chandelier.SettingError, match="error_norm 'own' needs the Jacobian of activity_norm 'halved'"):
        chandelier.run_study("plan.toml", rules="my_rules.py", out="out", progress=False)
    assert not Path("out").exists()


def test_damaged_names_of_rules_are_named(done, tmp_path):
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "study.toml").write_text((done / "plan.toml").read_text())
    (damaged / "rules.json").write_text("{}")
    with pytest.raises(chandelier.DataError, match="rules.json: the file does not contain the names"):
        chandelier.Study.load(damaged)
    (damaged / "rules.json").write_text('{"sha256": "", "rules": [{"kind": "error_norm", "name": "Bad Name"}]}')
    with pytest.raises(chandelier.DataError, match="rules.json: error_norm 'Bad Name'"):
        chandelier.Study.load(damaged)
