#!/usr/bin/env python3
"""Kills and restarts a small study, single runs and two processes on one study folder at random moments, and compares
their results with those of undisturbed ones, until the time is over and the two processes have been killed 200 times.

The same seed gives the same moments, as far as the machine runs at the same speed. A failure leaves its folder, in which
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
# Exit codes after a signal; the negative ones if it came before the program could catch it.
STOPPED = {-signal.SIGKILL, *(code for how in (signal.SIGTERM, signal.SIGINT) for code in (-how, 128 + how))}

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
    return [line.split(",")[:1] + line.split(",")[2:] for line in metrics.read_text().splitlines()]


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
        self.program, self.folder, self.random = program, folder, random.Random(seed)
        self.data, self.plan = folder / "data", folder / "plan.toml"
        self.kills = self.pair_kills = self.restarts = self.comparisons = self.rounds = 0
        self.processes = []

    def prepare(self, data):
        self.data.mkdir()
        for part, count in ("train", 2000), ("t10k", 300):
            for name in f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte":
                (self.data / name).write_bytes(first_items(data / name, count))
        self.plan.write_text(PLAN.format(data=self.data))
        # A signal comes at most a little later than an undisturbed run would end. In seconds.
        self.longest = {kind: self.undisturbed(kind) * 1.2 for kind in ("study", "single")}

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
        folder, began = self.folder / f"{kind}-alone", time.monotonic()
        if self.start_of(kind, folder).wait() != 0:
            raise Failure(f"the undisturbed {kind} failed; see {folder}.log")
        return time.monotonic() - began

    def pause(self, longest):
        pause = self.random.random() * longest
        time.sleep(pause)
        return pause

    def stop(self, process, how, what, pause):
        process.send_signal(how)
        self.kills += 1
        with open(self.folder / "moments.log", "a") as moments:
            moments.write(f"round {self.rounds}, {what}: {how.name} after {pause:.3f} s\n")

    def has_ended(self, process, folder):
        """Whether a process, which may have been stopped, has done all its work."""
        code = process.wait()
        if code != 0 and code not in STOPPED:
            raise Failure(f"a process on {folder} ended with code {code}; see {folder}.log")
        self.restarts += code != 0
        return code == 0

    def interrupt(self, kind, folder):
        """Starts it and stops it, again and again, until it finishes."""
        for attempt in range(200):
            process = self.start_of(kind, folder)
            if attempt % 8 != 7:  # every eighth is left alone, so that every round ends
                how = self.random.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
                pause = self.pause(self.longest[kind])
                if process.poll() is None:
                    self.stop(process, how, kind, pause)
            if self.has_ended(process, folder):
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
            self.stop(pair[which], signal.SIGKILL, f"pair, process {which}", pause)
            self.pair_kills += 1
            self.has_ended(pair[which], folder)
            pair[which] = None
        for process in filter(None, pair):
            self.has_ended(process, folder)
        # A last process finds that all is done and must leave nothing behind.
        if not self.has_ended(self.start_study(folder, jobs=1), folder) or (folder / "leases").exists():
            raise Failure(f"leases are left over in {folder / 'leases'}")
        if not finished <= finished_runs(folder):
            raise Failure(f"a run in {folder} was finished twice")

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
        else:
            for expected in (self.folder / "study-alone" / "runs").iterdir():
                self.compare(expected, folder / "runs" / expected.name)
        shutil.rmtree(folder)
        Path(f"{folder}.log").unlink()
        self.rounds += 1

    def counts(self):
        return (f"{self.rounds} rounds, {self.kills} kills ({self.pair_kills} of two processes on one folder), "
                f"{self.restarts} restarts, {self.comparisons} comparisons")

    def run(self, minutes):
        print(f"soak: {minutes} minutes, in {self.folder}; signals within {1000 * self.longest['study']:.0f} ms of a study, "
              f"{1000 * self.longest['single']:.0f} ms of a run", flush=True)
        began, said = time.monotonic(), 0
        while (time_left := time.monotonic() - began < 60 * minutes) or self.pair_kills < PAIR_KILLS:
            self.round(("single", "study", "pair")[self.rounds % 3] if time_left else "pair")
            if (now := int((time.monotonic() - began) / 60)) > said:
                said = now
                print(f"soak: {said} min, {self.counts()}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("minutes", type=int, nargs="?", default=60)
    parser.add_argument("--seed", type=int, default=random.randrange(2**16))
    parser.add_argument("--program", type=Path, default=Path(__file__).parents[1] / "build" / "chandelier")
    parser.add_argument("--data", type=Path, default=Path("/usr/share/datasets/fashion-mnist"), help="a folder of IDX files")
    asked = parser.parse_args()

    soak = Soak(asked.program.resolve(), Path(tempfile.mkdtemp(prefix="chandelier-soak-")), asked.seed)
    try:
        soak.prepare(asked.data)
        soak.run(asked.minutes)
    except (Failure, OSError) as failure:
        print(f"soak: {failure}", file=sys.stderr)
        print(f"soak: all files are kept in {soak.folder}; to try again, add --seed {asked.seed}", file=sys.stderr)
        sys.exit(1)
    finally:
        for process in soak.processes:
            if process.poll() is None:
                process.kill()
    shutil.rmtree(soak.folder)
    print(f"soak: all equal. {soak.counts()} in {asked.minutes} minutes (seed {asked.seed})")


if __name__ == "__main__":
    main()
