"""Training steps of PyTorch beside ours, one thread each, in turns: bench.py [--help].

A step of the baselines is forward pass, loss, backward pass with error normalization, update, Dale's law, on batches
that are there: no image is read or jittered, as ours does in the same time. Times are seconds of CPU.
"""

import argparse
import ctypes
import os
import statistics
import sys
import time
from pathlib import Path

for library in ("OMP", "OPENBLAS", "MKL", "BLIS"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

import torch  # noqa: E402

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "bench"))
import autograd  # noqa: E402
import closed_form  # noqa: E402
from initialization import initial_weights  # noqa: E402
from one_run import seconds_of  # noqa: E402

BATCH, INPUTS, CLASSES = 32, 784, 10
RATES = {"lr": 3e-3, "lr_wix": 0.1, "lr_wei": 3e-4, "lambda": 0.01, "label_smoothing": 0.1, "batch": BATCH}
BASELINES = {"autograd": autograd.Network, "closed form": closed_form.Network}
OURS = {"fp32": "step", "bf16": "step-bf16"}  # the benchmark of each precision
# condition, width, precision of ours, what beside it: how many times ours it shall take, at least
GOALS = {
    ("inorm-full", 234, "fp32", "closed form"): 1.3,
    ("inorm-full", 234, "fp32", "autograd"): 4,
    ("e-ln", 300, "fp32", "closed form"): 1.2,
}


def blas_of_this_process():
    """What computes PyTorch's products: (words for it, whether it is worth to be compared with)."""
    torch.mm(torch.ones(64, 64), torch.ones(64, 64))
    with open("/proc/self/maps") as maps:
        files = {line.split(maxsplit=5)[5].strip() for line in maps if "/" in line}
    names = ("libblas.so", "libopenblas", "libblis", "libmkl_rt")
    found = sorted(file for file in files if Path(file).name.startswith(names))
    if not found:
        if "BLAS_INFO=mkl" in torch.__config__.show():
            return "Intel MKL, part of PyTorch", True
        return "a BLAS that could not be found", False
    path = os.path.realpath(found[0])
    library = ctypes.CDLL(path)
    if hasattr(library, "openblas_get_corename"):
        library.openblas_get_corename.restype = ctypes.c_char_p
        return f"OpenBLAS for {library.openblas_get_corename().decode()} ({path})", True
    known = {"bli_info_get_version_str": "BLIS", "mkl_get_version": "Intel MKL", "ATL_buildinfo": "ATLAS"}
    for symbol, name in known.items():
        if hasattr(library, symbol):
            return f"{name} ({path})", True
    return f"the reference BLAS ({path})", False


class Turn:
    """A baseline, ready to step over batches that it has."""

    def __init__(self, kind, condition, width):
        generator = torch.Generator().manual_seed(2)
        self.network = kind(condition, initial_weights(condition, width, INPUTS, CLASSES), RATES)
        self.batches = [
            (torch.rand(BATCH, INPUTS, generator=generator), torch.randint(CLASSES, (BATCH,), generator=generator))
            for _ in range(8)
        ]
        self.steps = 16
        self.run()  # the first steps compile and allocate

    def run(self):
        """Seconds of CPU and of the clock that some steps take."""
        cpu, clock = time.process_time(), time.perf_counter()
        for step in range(self.steps):
            loss, _ = self.network.step(*self.batches[step % len(self.batches)])
        cpu, clock = time.process_time() - cpu, time.perf_counter() - clock
        if not torch.isfinite(loss):
            raise SystemExit("bench: a baseline diverged")
        return cpu, clock

    def seconds_of_a_step(self, at_least):
        cpu, clock = self.run()
        while cpu < at_least:
            self.steps *= 2
            cpu, clock = self.run()
        return cpu / self.steps, clock / cpu


def measure(program, condition, width, rounds, seconds):
    """Seconds of a step, a list a competitor with a number a round; and how much longer than the CPU the clock ran."""
    names = {precision: f"{step}/{condition}/{width}" for precision, step in OURS.items()}
    turns = {baseline: Turn(kind, condition, width) for baseline, kind in BASELINES.items()}
    times, waited = {competitor: [] for competitor in (*OURS, *turns)}, []
    for _ in range(rounds):
        for precision, name in names.items():
            ours = seconds_of(program, f"^{name}/", seconds / 2)
            if name in ours:
                times[precision].append(ours[name])
            elif precision == "fp32":
                raise SystemExit(f"bench: {program} has no benchmark {name}")
        for baseline, turn in turns.items():
            taken, ratio = turn.seconds_of_a_step(seconds)
            times[baseline].append(taken)
            waited.append(ratio)
    return times, statistics.median(waited)


def main():
    parser = argparse.ArgumentParser(description="Training steps of PyTorch beside ours, one thread each, in turns.")
    parser.add_argument("--program", default=REPOSITORY / "build/bench/chandelier_bench", type=Path, metavar="FILE")
    parser.add_argument("--conditions", nargs="+", default=["inorm-full", "e-ln", "ei-ln"], metavar="ID",
                        choices=["inorm-full", "e-ln", "ei-ln"], help="of inorm-full, e-ln, ei-ln (all)")  # fmt: skip
    parser.add_argument("--widths", nargs="+", type=int, default=[100, 234, 300, 500], metavar="N",
                        choices=[100, 234, 300, 500], help="of 100, 234, 300, 500 (all)")  # fmt: skip
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="turns of each (5)")
    parser.add_argument("--seconds", type=float, default=0.1, metavar="S", help="CPU time of a turn, at least (0.1)")
    given = parser.parse_args()
    if not given.program.is_file():
        parser.error(f"--program: {given.program} is no file; make bench builds it")
    if given.rounds < 1 or given.seconds <= 0:
        parser.error("--rounds and --seconds must be more than 0")

    torch.set_num_threads(1)
    blas, fair = blas_of_this_process()
    print(f"\nTraining step beside PyTorch {torch.__version__} on {blas}")
    if not fair:
        print("WARNING: no fair baseline. PyTorch needs a fast BLAS to be compared with (Debian: libopenblas0-serial).")
    print(
        f"{BATCH} images, one thread, ms of CPU time: medians of turns ({given.rounds}), and how many times ours\n"
        "(all turns). Ours also reads and jitters the images. PyTorch computes in fp32.\n"
        "  condition  width        ours   closed form                    autograd",
        flush=True,
    )
    ratios, waits = {}, []
    for condition in given.conditions:
        for width in given.widths:
            times, waited = measure(given.program, condition, width, given.rounds, given.seconds)
            waits.append(waited)
            for precision in (precision for precision in OURS if times[precision]):
                ours_of_turns = times[precision]
                line = f"  {condition:<10} {width:>5}  {precision} {1e3 * statistics.median(ours_of_turns):>5.3f}"
                for baseline in ("closed form", "autograd"):
                    each = [theirs / ours for theirs, ours in zip(times[baseline], ours_of_turns)]
                    ratios[condition, width, precision, baseline] = statistics.median(each)
                    line += f"   {1e3 * statistics.median(times[baseline]):>6.3f} {statistics.median(each):>5.2f} x"
                    line += f" ({min(each):.2f} to {max(each):.2f})".ljust(16)
                print(line.rstrip(), flush=True)
    if statistics.median(waits) > 1.1:
        print(f"The machine was busy: a second of CPU took {statistics.median(waits):.1f} s. Ratios may be off.")
    measured = {key: bound for key, bound in GOALS.items() if key in ratios}
    if measured:
        print("\nGoals")
    for key, bound in measured.items():
        condition, width, precision, baseline = key
        says = "no fair baseline" if not fair else "reached" if ratios[key] >= bound else "NOT REACHED"
        what = f"step of {condition}, width {width}, {baseline} over ours in {precision}"
        print(f"  {what:<62} {ratios[key]:>7.3f}  >= {bound:<6} {says}")


if __name__ == "__main__":
    main()
