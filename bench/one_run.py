"""One run of chandelier_bench, for what takes turns with it."""

import json
import statistics
import subprocess
import tempfile
from pathlib import Path


def seconds_of(program, pattern, seconds=0.05):
    """Runs the benchmarks that match `pattern`, each repetition for at least `seconds`.

    Returns the seconds of each by its name (`step/e-ln/100`), the median of its repetitions: seconds of CPU where the
    benchmark does nothing but its work, so that what else runs here matters less, else those it timed by itself.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "out.json"
        flags = [f"--benchmark_filter={pattern}", f"--benchmark_min_time={seconds}"]
        flags += [f"--benchmark_out={path}", "--benchmark_out_format=json"]
        done = subprocess.run([str(program), *flags], capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"bench: {program} failed: {done.stderr.strip() or done.stdout.strip()}")
        # An empty file: no benchmark matched.
        entries = json.loads(path.read_text() or '{"benchmarks": []}')["benchmarks"]
    values = {}
    for entry in entries:
        if entry["run_type"] == "iteration":
            name = entry["name"]
            time = entry["real_time" if name.endswith("/manual_time") else "cpu_time"]
            unit = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1}[entry["time_unit"]]
            short = "/".join(part for part in name.split("/") if ":" not in part and not part.endswith("_time"))
            values.setdefault(short, []).append(time * unit)
    return {name: statistics.median(times) for name, times in values.items()}
