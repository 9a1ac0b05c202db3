"""`make bench-compare`: the rank test, its interval, and what it says of two builds."""

import itertools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

REPOSITORY = Path(__file__).parents[2]
sys.path.insert(0, str(REPOSITORY / "bench"))
import compare  # noqa: E402


@pytest.mark.parametrize("values", [[3, 1, 4, 1.5, 9, 2.6, 5], [1, 1, 2, 2, 2, 3, 5], [1, 1, 1, 1, 1, 1, 1]])
@pytest.mark.parametrize("size", [1, 3, 4])
def test_p_is_that_of_dealing_out_all_values(values, size):
    ranks = [sum(v < value for v in values) + (sum(v == value for v in values) + 1) / 2 for value in values]
    mean = size * (len(values) + 1) / 2
    far = [abs(sum(chosen) - mean) for chosen in itertools.combinations(ranks, size)]
    expected = np.mean([distance >= far[0] - 1e-9 for distance in far])  # the first are the values as they stand
    assert compare.mann_whitney(values[:size], values[size:]) == pytest.approx(expected)


def test_interval():
    random = np.random.default_rng(1)
    seen = set()
    for shift in np.linspace(0.5, 2, 40):
        base, new = random.lognormal(size=8), shift * random.lognormal(size=8)
        ratio, low, high = compare.ratio_with_interval(base, new)
        pairs = np.sort((new[:, None] / base[None, :]).ravel())
        assert ratio == pytest.approx(np.exp(np.median(np.log(pairs))))
        assert (low, high) == pytest.approx((pairs[13], pairs[-14]))  # 13: the tables' U for 8 and 8 at 0.05
        told = compare.mann_whitney(base, new) <= compare.LEVEL
        assert told == (not low <= 1 <= high)
        seen.add(told)
    assert seen == {True, False}
    assert compare.ratio_with_interval([1.0, 1.1], [2.0, 2.1])[1:] == (0, np.inf)


def test_holm():
    assert compare.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert compare.holm([0.9, 0.8]) == pytest.approx([1, 1])


# Writes what chandelier_bench would, with times that differ from run to run by up to 1 %.
FAKE = """#!/usr/bin/env python3
import json, random, sys
flags = dict(flag.split("=", 1) for flag in sys.argv[1:])
entries = [{"name": f"step/e-ln/{width}/repeats:7/real_time", "run_type": "iteration", "time_unit": "ms",
            "real_time": 1e9, "cpu_time": scale * random.uniform(1, 1.01)}
           for width, scale in SCALES.items() for repetition in range(3)]
json.dump({"benchmarks": entries}, open(flags["--benchmark_out"], "w"))
"""


def fake(path, scales):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(FAKE.replace("SCALES", repr(scales)))
    path.chmod(0o755)
    return path


def test_two_builds(tmp_path):
    base = fake(tmp_path / "base", {100: 1, 234: 2, 300: 3})
    new = fake(tmp_path / "new", {100: 0.9, 234: 2, 300: 3.3, 500: 5})
    done = subprocess.run(
        [sys.executable, REPOSITORY / "bench" / "compare.py", base, new], capture_output=True, text=True, check=True
    )
    lines = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert lines["step/e-ln/100"].endswith("  faster")
    assert lines["step/e-ln/300"].endswith("  slower")
    assert 0.88 < float(lines["step/e-ln/100"].split()[3]) < 0.92
    assert "step/e-ln/500" not in lines and "step/e-ln/500 is in one build only" in done.stderr
    same = subprocess.run(
        [sys.executable, REPOSITORY / "bench" / "compare.py", base, base, "--repetitions", "2"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert same.stdout.count("not told apart") == 3
    assert "2 repetitions of 3 benchmarks are too few" in same.stderr


@pytest.fixture
def repository(tmp_path):
    """One whose `build` of a commit is the file `times` of that commit, in place of a compiler's work."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    root = tmp_path / "repository"
    for name in ("scripts/bench_compare.sh", "bench/compare.py", "bench/one_run.py", "bench/main.cpp"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / name, root / name)
    cmake = tmp_path / "bin" / "cmake"
    cmake.parent.mkdir()
    build = "mkdir -p build/bench && touch build/CMakeCache.txt && cp times build/bench/chandelier_bench"
    cmake.write_text(f"#!/bin/sh\n{build}\n")
    cmake.chmod(0o755)
    environment = {**os.environ, "PATH": f"{cmake.parent}:{os.environ['PATH']}"}
    for person in ("AUTHOR", "COMMITTER"):
        environment.update({f"GIT_{person}_NAME": "test", f"GIT_{person}_EMAIL": "test@localhost"})

    def run(*words):
        return subprocess.run(words, cwd=root, env=environment, capture_output=True, text=True)

    assert run("git", "init", "-q").returncode == 0
    (root / ".gitignore").write_text("/build/\n")
    for tag, scale in (("slow", 2), ("fast", 1)):
        fake(root / "times", {100: scale})
        assert run("git", "add", "-A").returncode == 0
        assert run("git", "commit", "-qm", tag).returncode == 0
        assert run("git", "tag", tag).returncode == 0
    return root, run


def test_base_is_a_commit_or_a_folder(repository):
    root, run = repository
    for base in ("slow", "fast~1"):
        done = run("scripts/bench_compare.sh", base)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[-1].endswith("  faster")
        assert not (root / "build" / "compare").exists()
        assert len(run("git", "worktree", "list").stdout.splitlines()) == 1
    fake(root / "other" / "bench" / "chandelier_bench", {100: 0.5})
    assert run("scripts/bench_compare.sh", "other").stdout.splitlines()[-1].endswith("  slower")

    for base, sentence in (
        ("", "BASE is missing"),
        ("nothing", "nothing is neither a folder nor a commit"),
        ("scripts", "scripts contains no chandelier_bench"),
    ):
        done = run("scripts/bench_compare.sh", base)
        assert done.returncode == 2 and sentence in done.stderr
