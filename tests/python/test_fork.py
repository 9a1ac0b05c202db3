"""Forked processes: none keeps what belongs to the run that forked it, and each of them ends."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest

import chandelier

PATIENCE = 60  # seconds, after which a process is taken to hang


def in_python(code, *arguments):
    """Runs a program that must end by itself, with all that it forks."""
    program = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        printed = program.communicate(timeout=PATIENCE)[0]
    finally:
        try:
            os.killpg(program.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    assert program.returncode == 0
    return printed


def test_a_helper_that_outlives_a_run_does_not_keep_its_folder(settings, dataset, tmp_path):
    read, write = os.pipe()
    helpers = []

    def fork_a_helper(epoch, train, test):
        if not helpers:
            helpers.append(os.fork())
            if helpers == [0]:
                os.close(write)
                os.read(read, 1)  # until the test has ended
                os._exit(0)

    out = tmp_path / "run"
    try:
        chandelier.train(settings.replace(epochs=1), dataset=dataset, out=out, callback=fork_a_helper, progress=False)
        more = settings.replace(epochs=1, keep_checkpoint=True)
        run = chandelier.train(more, dataset=dataset, out=out, resume=True, progress=False)
        assert run.status == "finished"  # and did not wait for the helper, which lives until `write` is closed
    finally:
        os.close(write)
        os.close(read)
        os.waitpid(helpers[0], 0)


@pytest.mark.parametrize("ending", ["os._exit(0)", "sys.exit(0)", "pass"])
@pytest.mark.parametrize("out", ["None", "sys.argv[1]"])
def test_a_process_that_a_callback_forks_leaves_the_run_alone(tmp_path, data_folder, ending, out):
    code = f"""
        import os, sys, chandelier
        children = []
        def callback(epoch, train, test):
            if epoch == 1 and not children:
                children.append(os.fork())
                if children == [0]:
                    {ending}
        settings = chandelier.Settings(data=sys.argv[2], classes=3, width=8, epochs=3)
        try:
            run = chandelier.train(settings, out={out}, callback=callback, progress=False)
        except chandelier.DataError as error:
            assert children == [0] and "forked" in str(error), error
            sys.exit(0)
        assert children != [0], "a forked process trained on"
        os.waitpid(children[0], 0)
        assert run.network() is not None
        print(run.status, run.record["epochs_done"])
    """
    assert in_python(code, tmp_path / "run", data_folder) == "finished 3\n"


@pytest.mark.parametrize("ending", ["sys.exit(0)", "pass"])
def test_a_process_forked_while_another_thread_trains_ends(data_folder, ending):
    code = f"""
        import os, sys, threading, chandelier
        settings = chandelier.Settings(data=sys.argv[1], classes=3, width=60, epochs=100000)
        begun = threading.Event()
        thread = threading.Thread(
            target=lambda: chandelier.train(settings, callback=lambda *epoch: begun.set(), progress=False),
            daemon=True)
        thread.start()
        begun.wait()
        children = []
        for _ in range(5):
            child = os.fork()
            if child == 0:
                # A training of its own works there, too.
                run = chandelier.train(settings.replace(epochs=1), progress=False)
                assert run.status == "finished"
                {ending}
                break
            children.append(child)
        else:
            for child in children:
                assert os.waitpid(child, 0)[1] == 0
            print("all ended")
    """
    assert in_python(code, data_folder) == "all ended\n"


def test_a_network_in_the_middle_of_a_batch_is_refused_in_a_forked_process():
    code = """
        import os, threading, numpy as np, chandelier
        network = chandelier.Network(chandelier.Settings(width=200), inputs=784, capacity=500)
        x = np.zeros((500, 784), dtype=np.float32)
        going_on, begun = True, threading.Event()
        def work():
            while going_on:
                network.forward(x)
                begun.set()
        thread = threading.Thread(target=work)
        thread.start()
        begun.wait()
        refused = 0
        for _ in range(10):
            child = os.fork()
            if child == 0:
                try:
                    network.forward(x[:1])
                except RuntimeError as error:
                    os._exit(7 if "was forked" in str(error) else 1)
                os._exit(0)
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            assert code in (0, 7), code
            refused += code == 7
        going_on = False
        thread.join()
        print(refused > 0)
    """
    assert in_python(code) == "True\n"
