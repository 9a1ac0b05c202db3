"""Two builds of chandelier_bench, compared by a rank test over interleaved repetitions: compare.py BASE NEW [--help].

Each repetition is a process of its own, and which build goes first alternates. Nothing but Python is needed.
"""

import argparse
import math
import statistics
import sys
from collections import Counter
from itertools import product
from pathlib import Path

from one_run import seconds_of

LEVEL = 0.05


def midranks(values):
    """The rank of each value, from 1; equal values share the mean of theirs."""
    below, ranks = 0, {}
    for value, count in sorted(Counter(values).items()):
        ranks[value] = below + (count + 1) / 2
        below += count
    return [ranks[value] for value in values]


def sums_of_ranks(ranks, size):
    """How many of all subsets of `size` have which sum of ranks; sums are doubled, so that they are whole."""
    counts = [Counter() for _ in range(size + 1)]
    counts[0][0] = 1
    for rank in ranks:
        for chosen in range(size, 0, -1):
            for total, count in counts[chosen - 1].items():
                counts[chosen][total + round(2 * rank)] += count
    return counts[size]


def mann_whitney(one, other):
    """Two-sided p of the Mann-Whitney test, exact, ties or not: of all ways to deal the values out, the share whose sum
    of ranks lies at least as far from its mean."""
    ranks = midranks([*one, *other])
    sums = sums_of_ranks(ranks, len(one))
    mean = len(one) * (len(ranks) + 1)
    far = abs(round(2 * sum(ranks[: len(one)])) - mean)
    return sum(count for total, count in sums.items() if abs(total - mean) >= far) / math.comb(len(ranks), len(one))


def ratio_with_interval(base, new):
    """Hodges and Lehmann's estimate of new over base, the median ratio of all pairs, and the interval of at least 95 %
    that belongs to the rank test. Too few repetitions for one: all numbers."""
    logs = sorted(math.log(n / b) for n, b in product(new, base))
    smallest = len(new) * (len(new) + 1)  # the doubled sum of ranks where all of new lie below
    below, left_out = 0, 0
    sums = sums_of_ranks(range(1, len(base) + len(new) + 1), len(new))
    for u in range(len(logs)):
        below += sums[smallest + 2 * u]
        if below > LEVEL / 2 * math.comb(len(base) + len(new), len(new)):
            break
        left_out = u + 1
    low, high = (logs[left_out - 1], logs[-left_out]) if left_out else (-math.inf, math.inf)
    return math.exp(statistics.median(logs)), math.exp(low), math.exp(high)


def holm(p):
    """p-values adjusted for how many there are, by Holm."""
    adjusted, largest = [0.0] * len(p), 0.0
    for place, index in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        largest = max(largest, min(1.0, (len(p) - place) * p[index]))
        adjusted[index] = largest
    return adjusted


def verdict(p, ratio):
    if p >= LEVEL:
        return "not told apart"
    return "faster" if ratio < 1 else "slower"


def main():
    parser = argparse.ArgumentParser(description="Compares two builds of chandelier_bench by a rank test.")
    parser.add_argument("base", type=Path, metavar="BASE", help="the chandelier_bench to compare with")
    parser.add_argument("new", type=Path, metavar="NEW", help="the chandelier_bench that is compared")
    parser.add_argument("--filter", default="^step/", metavar="REGEX", help="which benchmarks (^step/)")
    parser.add_argument("--repetitions", type=int, default=8, metavar="N", help="processes of each build (8)")
    parser.add_argument("--seconds", type=float, default=0.05, metavar="S", help="least time of a measurement (0.05)")
    given = parser.parse_args()
    for program in (given.base, given.new):
        if not program.is_file():
            parser.error(f"{program} is no file")
    if given.repetitions < 1 or given.seconds <= 0:
        parser.error("--repetitions and --seconds must be more than 0")

    base, new = {}, {}
    for repetition in range(given.repetitions):
        turns = [(given.base, base), (given.new, new)]
        for program, times in turns if repetition % 2 == 0 else reversed(turns):
            for name, seconds in seconds_of(program, given.filter, given.seconds).items():
                times.setdefault(name, []).append(seconds)
        if sys.stderr.isatty():
            print(f"\rrepetition {repetition + 1} of {given.repetitions}", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)

    names = [name for name in new if name in base]
    for name in sorted({*base, *new} - {*names}):
        print(f"bench-compare: {name} is in one build only and left out", file=sys.stderr)
    if not names:
        sys.exit(f"bench-compare: no benchmark of both builds matches {given.filter}")
    least = 2 / math.comb(2 * given.repetitions, given.repetitions) * len(names)
    if least >= LEVEL:
        few = f"{given.repetitions} repetitions of {len(names)} benchmarks are too few to tell anything apart"
        print(f"bench-compare: {few}", file=sys.stderr)
    p = holm([mann_whitney(base[name], new[name]) for name in names])
    wide = max(map(len, names))
    print(f"Medians of {given.repetitions} processes each, in turns; p: Mann-Whitney, exact, adjusted by Holm")
    print(f"{'benchmark':<{wide}}  base (ms)   new (ms)  new / base (95 % interval)  p")
    for name, adjusted in zip(names, p):
        ratio, low, high = ratio_with_interval(base[name], new[name])
        print(
            f"{name:<{wide}}  {1e3 * statistics.median(base[name]):>9.4f}  {1e3 * statistics.median(new[name]):>9.4f}  "
            f"{ratio:>6.3f} ({low:.3f} to {high:.3f})".ljust(wide + 51)
            + f"{adjusted:<7.2g}  {verdict(adjusted, ratio)}"
        )


if __name__ == "__main__":
    main()
