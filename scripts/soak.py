#!/usr/bin/env python3
"""Kills and restarts a small study, single runs and two processes on one study folder at random moments, and compares
their results with those of undisturbed ones, until the time is up and the two processes have been killed 200 times.

The same seed gives the same moments, provided the machine runs at the same speed. After a failure the folder is kept; its
moments.log lists them.
"""

import argparse
import gzip
import hashlib
import math
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PAIR_KILLS = 200
PATIENCE = 600  # seconds until a process counts as stuck

PLAN = """
conditions = ["e-ln", "ei", "inorm-full"]
seeds = 2
[settings]
data = "{data}"
width = 20
epochs = 4
momentum = 0.5
"""


class Failure(Exception):
    """What the soak has found."""


def first_items(path, count):
    """The first items of an IDX file, which may be compressed, as an IDX file."""
    with open(path, "rb") if path.exists() else gzip.open(f"{path}.gz") as file:
        magic = file.read(4)
        file.read(4)  # how many items there are
        sizes = file.read(4 * (magic[3] - 1))
        wanted = count * math.prod(struct.unpack(f">{magic[3] - 1}I", sizes))
        items = file.read(wanted)
    if len(items) < wanted:
        raise Failure(f"{path} contains fewer than {count} items")
    return magic + struct.pack(">I", count) + sizes + items


def without_seconds(metrics):
    return [line.split(b",")[:1] + line.split(b",")[2:] for line in metrics.read_bytes().split(b"\n")]


def finished_runs(study):
    """Each finished run, with a hash of its records."""
    found = set()
    for run in study.glob("runs/*"):
        record = run / "run.json"
        if record.exists() and '"status": "finished"' in record.read_text():
            records = b"".join((run / name).read_bytes() for name in ("run.json", "metrics.csv", "weights.safetensors"))
            found.add((run.name, hashlib.sha256(records).hexdigest()))
    return found


class Soak:
    def __init__(self, program, folder, seed):
        self.program, self.folder, self.seed, self.random = program, folder, seed, random.Random(seed)
        self.data, self.plan = folder / "data", folder / "plan.toml"
        self.kills = self.pair_kills = self.restarts = self.comparisons = self.rounds = 0
        self.processes = []

    def prepare(self, data):
        self.data.mkdir()
        for part, count in ("train", 2000), ("t10k", 300):
            for name in f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte":
                (self.data / name).write_bytes(first_items(data / name, count))
        self.plan.write_text(PLAN.format(data=self.data))
        # In seconds: a signal comes at the latest a little after an undisturbed run would have ended.
        self.longest = {kind: 1.2 * min(self.undisturbed(kind) for _ in range(3)) for kind in ("study", "single")}

    def start_study(self, folder, jobs):
        return self.start(folder, "study", "run", self.plan, "--jobs", str(jobs), "--out", folder)

    def start_single(self, folder):
        settings = ["--condition", "inorm-full", "--width", "30", "--epochs", "6", "--measure", "reference"]
        resume = ["--resume"] if folder.exists() else []
        return self.start(folder, "train", *settings, "--data", self.data, "--out", folder, *resume)

    def start_of(self, kind, folder):
        return self.start_study(folder, jobs=2) if kind == "study" else self.start_single(folder)

    def start(self, folder, *words):
        with open(f"{folder}.log", "ab") as log:
            process = subprocess.Popen([self.program, *words], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.processes = [other for other in self.processes if other.poll() is None] + [process]
        return process

    def undisturbed(self, kind):
        folder = self.folder / f"{kind}-alone"
        shutil.rmtree(folder, ignore_errors=True)
        began = time.monotonic()
        self.await_end(self.start_of(kind, folder), folder)
        return time.monotonic() - began

    def pause(self, longest):
        pause = self.random.random() * longest
        time.sleep(pause)
        return pause

    def send(self, sent, process, what, pause):
        process.send_signal(sent)
        self.kills += 1
        with open(self.folder / "moments.log", "a") as moments:
            moments.write(f"round {self.rounds}, {what}: {sent.name} after {pause:.3f} s\n")

    def await_end(self, process, folder, sent=None):
        """Whether a process has done all its work. If not, the signal it was sent must have stopped it."""
        try:
            code = process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise Failure(f"a process on {folder} has not ended after {PATIENCE} s; see {folder}.log") from None
        if code == 0:
            return True
        # It is negative if the signal came before the program could catch it.
        if sent is None or code not in (-sent, 128 + sent):
            raise Failure(f"a process on {folder} ended with code {code}; see {folder}.log")
        self.restarts += 1
        return False

    def interrupt(self, kind, folder):
        """Starts it and stops it, again and again, until it finishes."""
        for attempt in range(200):
            process, sent = self.start_of(kind, folder), None
            if attempt % 8 != 7:  # every eighth is left alone, so that every round ends
                pause = self.pause(self.longest[kind])
                if process.poll() is None:
                    sent = self.random.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
                    self.send(sent, process, kind, pause)
            if self.await_end(process, folder, sent):
                return
        raise Failure(f"{folder} has not finished after 200 starts")

    def interrupt_pair(self, folder):
        """Two processes share a folder, and one of them is killed again and again until all runs are done."""
        finished, pair = set(), [None, None]
        for _ in range(40):
            pair = [process or self.start_study(folder, jobs=1) for process in pair]
            which = self.random.randrange(2)
            pause = self.pause(self.longest["study"] / 2)
            finished |= finished_runs(folder)
            if pair[which].poll() is not None:
                break
            self.send(signal.SIGKILL, pair[which], f"pair, process {which}", pause)
            self.pair_kills += 1
            self.await_end(pair[which], folder, signal.SIGKILL)
            pair[which] = None
        for process in filter(None, pair):
            self.await_end(process, folder)
        # A last process finds that all is done and must leave nothing behind.
        self.await_end(self.start_study(folder, jobs=1), folder)
        if (folder / "leases").exists():
            raise Failure(f"leases are left over in {folder / 'leases'}")
        for run, _ in finished - finished_runs(folder):
            raise Failure(f"{folder / 'runs' / run} changed after it had finished")

    def compare(self, expected, run):
        for name in "weights.safetensors", "test_predictions.safetensors":
            if (expected / name).read_bytes() != (run / name).read_bytes():
                raise Failure(f"{run / name} differs from the undisturbed {expected / name}")
        if without_seconds(expected / "metrics.csv") != without_seconds(run / "metrics.csv"):
            raise Failure(f"{run / 'metrics.csv'} differs from the undisturbed {expected / 'metrics.csv'}")
        for pattern in ".chandelier-*", "set-aside-*", "checkpoint.safetensors":
            for left in run.rglob(pattern):
                raise Failure(f"{left} is left over")
        self.comparisons += 1

    def round(self, kind):
        folder = self.folder / kind
        if kind == "pair":
            self.interrupt_pair(folder)
        else:
            self.interrupt(kind, folder)
        if kind == "single":
            self.compare(self.folder / "single-alone", folder)
        else:  # a pair trains the same study
            for expected in (self.folder / "study-alone" / "runs").iterdir():
                self.compare(expected, folder / "runs" / expected.name)
        shutil.rmtree(folder)
        Path(f"{folder}.log").unlink()
        self.rounds += 1

    def counts(self):
        return (f"{self.rounds} rounds, {self.kills} kills ({self.pair_kills} of two processes on one folder), "
                f"{self.restarts} restarts, {self.comparisons} comparisons")

    def run(self, minutes):
        study, single = (round(1000 * self.longest[kind]) for kind in ("study", "single"))
        print(f"soak: {minutes} minutes, seed {self.seed}, in {self.folder}; signals up to {study} ms after the start of a "
              f"study and up to {single} ms after that of a run", flush=True)
        began, passed = time.monotonic(), 0
        while passed < minutes or self.pair_kills < PAIR_KILLS:
            self.round(("single", "study", "pair")[self.rounds % 3] if passed < minutes else "pair")
            if (now := int((time.monotonic() - began) / 60)) > passed:
                passed = now
                print(f"soak: {passed} min, {self.counts()}", flush=True)
        print(f"soak: all equal. {self.counts()} in {passed} minutes")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("minutes", type=int, nargs="?", default=60)
    parser.add_argument("--seed", type=int, default=random.randrange(2**16))
    parser.add_argument("--program", type=Path, default=Path(__file__).parents[1] / "build" / "chandelier")
    parser.add_argument("--data", type=Path, default=Path("/usr/share/datasets/fashion-mnist"), help="a folder of IDX files")
    asked = parser.parse_args()

    for stopping in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:  # so that no process is left running
        signal.signal(stopping, lambda number, _: sys.exit(128 + number))

    soak = Soak(asked.program.resolve(), Path(tempfile.mkdtemp(prefix="chandelier-soak-")), asked.seed)
    try:
        soak.prepare(asked.data)
        soak.run(asked.minutes)
        shutil.rmtree(soak.folder)
    except (Failure, OSError) as failure:
        sys.exit(f"soak: {failure}")
    finally:
        for process in soak.processes:
            if process.poll() is None:
                process.kill()
        if soak.folder.exists():
            print(f"soak: all files are kept in {soak.folder}; --seed {soak.seed} repeats the moments", file=sys.stderr)


if __name__ == "__main__":
    main()
