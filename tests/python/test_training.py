"""Training from Python: the same bits as `chandelier train`, and every way in which it can end."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import chandelier


def arguments(settings):
    """Flags of the program that say the same."""
    words = []
    for name, value in settings.to_dict().items():
        if name in ("circuit", "activity_norm", "error_norm", "freeze", "data") or value in ("", []):
            continue
        flag = "--" + name.replace("_", "-")
        if isinstance(value, bool):
            words.append(flag if value else "--no-" + name.replace("_", "-"))
        else:
            words += [flag, ",".join(map(str, value)) if isinstance(value, list) else str(value)]
    return words


@pytest.mark.parametrize(
    "condition, precision", [("inorm-full", "fp32"), ("e-ln", "fp32"), ("ei", "fp32"), ("inorm-full", "bf16")]
)
def test_bitwise_the_same_weights_as_the_program(condition, precision, settings, data_folder, program, tmp_path):
    settings = settings.replace(condition=condition, precision=precision)
    data = chandelier.Dataset.load(data_folder, classes=3)
    run = chandelier.train(settings, dataset=data, progress=False)
    program("train", *arguments(settings), "--data", data_folder, "--out", tmp_path / "run")
    theirs = chandelier.load_run(tmp_path / "run")
    for name, value in theirs.network().parameters.items():
        np.testing.assert_array_equal(run.network().parameters[name], value, err_msg=name)
    np.testing.assert_array_equal(run.predictions["predicted"], theirs.predictions["predicted"])
    assert run.test_accuracy == theirs.test_accuracy and run.status == "finished"
    assert list(run.epochs["epoch"]) == [0, 1, 2, 3]
    for column in ("test_loss", "hidden0.mean", "hidden1.gradient_alignment"):
        np.testing.assert_array_equal(run.epochs[column], theirs.epochs[column])


def test_without_out_nothing_stays(settings, dataset, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", None)
    run = chandelier.train(settings, dataset=dataset, progress=False)
    first, second = run.network(), run.network()
    first.assign("hidden0.bias", np.ones(12, np.float32))
    assert (second.parameters["hidden0.bias"] != 1).all(), "every call gives a network of its own"
    assert run.folder is None and not list(tmp_path.iterdir())


def test_callback_sees_every_epoch(settings, dataset):
    seen = []
    chandelier.train(settings, dataset=dataset, progress=False, callback=lambda *given: seen.append(given))
    assert [epoch for epoch, _, _ in seen] == [0, 1, 2, 3]
    assert seen[-1][2].accuracy > 0.5 and seen[-1][1].loss > 0


def test_a_callback_that_raises_ends_the_run(settings, dataset, tmp_path):
    def stop(epoch, train, test):
        if epoch == 2:
            raise LookupError("seen enough")

    with pytest.raises(LookupError, match="seen enough") as caught:
        chandelier.train(settings, dataset=dataset, out=tmp_path / "run", progress=False, callback=stop)
    assert any(entry.name == "stop" for entry in caught.traceback)
    record = chandelier.load_run(tmp_path / "run").record
    assert record["status"] == "failed" and record["message"] == "LookupError: seen enough"
    run = chandelier.train(settings, dataset=dataset, out=tmp_path / "run", resume=True, progress=False)
    whole = chandelier.train(settings, dataset=dataset, progress=False)
    assert run.status == "finished"
    for name, value in whole.network().parameters.items():
        np.testing.assert_array_equal(run.network().parameters[name], value)


def test_control_c_stops_with_a_checkpoint(settings, dataset, tmp_path):
    long = settings.replace(epochs=100_000)
    timer = threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT))

    def begin(epoch, train, test):
        if epoch == 1:
            timer.start()

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        chandelier.train(long, dataset=dataset, out=tmp_path / "run", progress=False, callback=begin)
    assert time.monotonic() - began < 30
    stopped = chandelier.load_run(tmp_path / "run")
    assert stopped.status == "stopped" and (tmp_path / "run" / "checkpoint.safetensors").exists()
    checkpoint = chandelier.read_tensors(tmp_path / "run" / "checkpoint.safetensors")
    np.testing.assert_array_equal(stopped.network().parameters["hidden0.Wex"], checkpoint["hidden0.Wex"])


def test_control_c_in_a_slow_rule_stops_after_its_step(settings, dataset, tmp_path):
    timer = threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGINT))
    steps = []

    @chandelier.error_normalization("slow")
    def slow(z, g):
        if not steps:
            timer.start()
        steps.append(len(g))
        time.sleep(0.02)
        return g

    long = settings.replace(circuit="inorm", error_norm="slow", epochs=1000)
    with pytest.raises(KeyboardInterrupt):
        chandelier.train(long, dataset=dataset, out=tmp_path / "run", progress=False)
    assert chandelier.load_run(tmp_path / "run").status == "stopped"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_control_c_at_the_end_is_not_lost(settings, dataset, tmp_path):
    def interrupt(epoch, train, test):
        if epoch == 3:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        chandelier.train(settings, dataset=dataset, out=tmp_path / "run", progress=False, callback=interrupt)
    assert chandelier.load_run(tmp_path / "run").status == "finished"


def test_a_thread_that_trains_when_the_program_ends_writes_its_checkpoint(data_folder, tmp_path):
    program = f"""
import os, threading, time, chandelier
data = chandelier.Dataset.load({str(data_folder)!r}, 3)
settings = chandelier.Settings(width=12, classes=3, batch=16, epochs=100000)
work = lambda: chandelier.train(settings, dataset=data, out={str(tmp_path / "run")!r}, progress=False)
threading.Thread(target=work, daemon=True).start()
while not os.path.exists({str(tmp_path / "run" / "checkpoint.safetensors")!r}):
    time.sleep(0.01)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert chandelier.load_run(tmp_path / "run").status == "stopped"
    assert (tmp_path / "run" / "checkpoint.safetensors").exists()


def test_two_trainings_in_two_threads(settings, dataset):
    alone = [chandelier.train(settings.replace(seed=seed), dataset=dataset, progress=False) for seed in (1, 2)]
    together = [None, None]

    def work(i):
        together[i] = chandelier.train(settings.replace(seed=i + 1), dataset=dataset, progress=False)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one, other in zip(alone, together):
        for name, value in one.network().parameters.items():
            np.testing.assert_array_equal(other.network().parameters[name], value)


def test_python_goes_on_while_it_trains(settings, dataset):
    """The interpreter's lock is free: another thread counts on."""
    counted = [0]
    done = threading.Event()

    def count():
        while not done.is_set():
            counted[0] += 1
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    began = time.monotonic()
    chandelier.train(settings.replace(epochs=150), dataset=dataset, progress=False)
    lasted, there = time.monotonic() - began, counted[0]
    done.set()
    thread.join()
    assert there > 50 * lasted


def test_divergence_is_said_and_not_raised(settings, dataset):
    run = chandelier.train(settings.replace(condition="e", lr=1e30, epochs=2), dataset=dataset, progress=False)
    assert run.status == "diverged" and "finite" in run.record["message"]
    with pytest.raises(chandelier.DataError, match="left no weights: its status is 'diverged' after . epochs"):
        run.network()


def test_a_run_goes_on_without_its_settings_being_said_again(settings, dataset, tmp_path):
    out = tmp_path / "run"
    chandelier.train(settings.replace(epochs=2, keep_checkpoint=True), dataset=dataset, out=out, progress=False)
    assert chandelier.train(dataset=dataset, out=out, resume=True, progress=False).settings.width == [12, 12]
    more = chandelier.load_run(out).settings.replace(epochs=4)
    assert len(chandelier.train(more, dataset=dataset, out=out, resume=True, progress=False).epochs) == 5
    with pytest.raises(chandelier.DataError, match="nowhere.*no run to continue"):
        chandelier.train(settings, dataset=dataset, out=tmp_path / "nowhere", resume=True, progress=False)


def test_a_folder_is_not_written_over(settings, dataset, tmp_path):
    chandelier.train(settings, dataset=dataset, out=tmp_path / "run", progress=False)
    with pytest.raises(chandelier.DataError, match="the folder exists"):
        chandelier.train(settings, dataset=dataset, out=tmp_path / "run", progress=False)
    with pytest.raises(chandelier.SettingError, match="lr"):
        chandelier.train(settings.replace(lr=0.5), dataset=dataset, out=tmp_path / "run", resume=True, progress=False)
    with pytest.raises(chandelier.DataError, match="config.toml"):
        chandelier.load_run(tmp_path)


@pytest.mark.parametrize(
    "given, error, words",
    [
        ({"settings": {"lr": 0.1}}, TypeError, "settings"),
        ({"dataset": "fashion"}, TypeError, "dataset"),
        ({"callback": 3}, TypeError, "callback"),
        ({"resume": True}, ValueError, "resume"),
        ({"out": 5}, TypeError, "out"),
        ({"settings": chandelier.Settings(classes=3, validation=500)}, chandelier.SettingError, "validation"),
        ({"settings": chandelier.Settings(classes=2)}, chandelier.SettingError, "classes: 2 is too few, as bars has 3 classes"),
    ],
)
def test_bad_arguments_are_named(given, error, words, settings, dataset):
    with pytest.raises(error, match=words):
        chandelier.train(**{"settings": settings, "dataset": dataset, "progress": False, **given})


def test_progress_is_plain_lines_where_there_is_no_terminal(settings, dataset, capsys):
    chandelier.train(settings, dataset=dataset)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split()[1] for line in lines] == ["0/3", "1/3", "2/3", "3/3"]
    assert all("\r" not in line and "test loss" in line for line in lines)


def test_progress_is_one_line_on_a_terminal(settings, dataset):
    import pty
    import sys

    ours, theirs = pty.openpty()
    before = sys.stderr
    sys.stderr = os.fdopen(theirs, "w")
    try:
        chandelier.train(settings.replace(epochs=100), dataset=dataset)
    finally:
        sys.stderr.close()
        sys.stderr = before
    seen = b""
    try:
        while chunk := os.read(ours, 1 << 16):
            seen += chunk
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    assert seen.count(b"\r") > 2 and b"epoch" in seen and b"\n" not in seen


def test_progress_in_a_notebook_updates_one_output(settings, dataset, monkeypatch):
    ipython = pytest.importorskip("IPython")
    shown = []

    class Handle:
        def update(self, data, raw):
            shown.append(data["text/plain"])

    def display(data, raw, display_id):
        assert raw and display_id
        shown.append(data["text/plain"])
        return Handle()

    monkeypatch.setattr(ipython, "get_ipython", lambda: type("Shell", (), {"kernel": 1})())
    monkeypatch.setattr("IPython.display.display", display)
    chandelier.train(settings.replace(epochs=60), dataset=dataset)
    assert len(shown) > 1 and "epoch" in shown[0] and "test" in shown[-1]


class Broken:
    """What is left of stderr: gone, closed, or full."""

    def isatty(self):
        return False

    def flush(self):
        pass

    def write(self, text):
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("kind", ["gone", "closed", "full"])
def test_progress_that_cannot_be_shown_ends_no_run(settings, dataset, monkeypatch, kind):
    closed = open(os.devnull, "w")
    closed.close()
    monkeypatch.setattr(sys, "stderr", {"gone": None, "closed": closed, "full": Broken()}[kind])
    assert chandelier.train(settings, dataset=dataset).status == "finished"


def test_too_little_memory_is_a_sentence(data_folder):
    resource = pytest.importorskip("resource")
    if "libasan" in os.environ.get("LD_PRELOAD", ""):
        pytest.skip("a sanitizer takes more memory than the limit of this test")
    code = (
        "import resource, sys, chandelier\n"
        "chandelier.Dataset.load(sys.argv[1], 3)\n"
        "resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))\n"
        "chandelier.train(chandelier.Settings(data=sys.argv[1], classes=3, width=40000))\n"
    )
    env = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # they reserve memory for each thread
    done = subprocess.run([sys.executable, "-c", code, data_folder], capture_output=True, text=True, env=env)
    assert done.stderr.splitlines()[-1].startswith("MemoryError: there is not enough memory for this"), done.stderr
