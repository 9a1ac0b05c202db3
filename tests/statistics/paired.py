"""Prints the reference numbers for paired_difference in tests/statistics/paired_test.cpp. Needs SciPy 1.10 or later."""

import numpy as np
from scipy import stats

cases = [
    ([77.4, 77.9, 76.8, 77.1, 77.6, 77.5], [72.4, 73.1, 71.2, 72.3, 72.2, 72.4], 0.95),
    ([77.4, 77.9, 76.8, 77.1, 77.6, 77.5], [77.5, 77.7, 77.1, 77.0, 77.9, 77.4], 0.9875),
    ([1.0, 2.5], [0.5, 3.25], 0.99),
    ([0.1, 0.4, 0.2], [0.3, 0.9, 0.35], 0.5),
]
for a, b, confidence in cases:
    test = stats.ttest_rel(a, b)
    interval = test.confidence_interval(confidence)
    d = np.subtract(a, b)
    print(*(f"{v:.12g}" for v in (d.mean(), d.std(ddof=1), interval.low, interval.high, test.pvalue)), sep=", ")
