"""Writes scipy.json, the reference values for the tests of src/statistics.

Needs SciPy 1.10 (Debian 12: python3-scipy). Run it in this folder: python3 stored_values.py > scipy.json"""

import json
import warnings

import numpy as np
from scipy import stats

warnings.simplefilter("ignore")  # about small samples with the normal approximation, which is intended
random = np.random.default_rng(20260317)


def sample(n, shift=0.0, decimals=6):
    return np.round(random.normal(shift, 1, n), decimals)


def mann_whitney():
    for m, n, shift, decimals in [(1, 1, 0, 6), (3, 4, 1, 6), (5, 5, 9, 6), (8, 8, 0.5, 6), (8, 30, 0.7, 6),
                                  (9, 9, 0.5, 6), (30, 30, 0.4, 6), (4, 5, 1, 0), (12, 10, 0.5, 1), (30, 29, 0.3, 0)]:
        x, y = sample(m, shift, decimals), sample(n, 0, decimals)
        yield case(x=x, y=y, result=stats.mannwhitneyu(x, y))
    at_chance, trained = np.full(5, 10.0), 85 + sample(30)
    for x, y in [(np.r_[at_chance, 85 + sample(25)], trained), (at_chance, at_chance[:4])]:
        yield case(x=x, y=y, result=stats.mannwhitneyu(x, y))


def wilcoxon():
    for n, shift, decimals in [(1, 0, 6), (2, 0, 6), (5, 2, 6), (6, 2, 6), (10, 0.5, 6), (30, 0.3, 6), (50, 0.2, 6),
                               (51, 0.2, 6), (80, 0, 6), (12, 0.5, 1), (30, 0.4, 0), (60, 0.2, 1)]:
        d = sample(n, shift, decimals)
        tied = len(np.unique(abs(d))) < n or 0 in d
        yield case(d=d, result=stats.wilcoxon(d, method="approx" if tied else "auto"))


def sign_flip():
    def mean_of_means(group):
        return lambda x, axis: np.mean([x[..., group == g].mean(axis=-1) for g in np.unique(group)], axis=0)

    for sizes, shift in [([2], 1), ([8], 0.5), ([12], 0.3), ([4, 4, 4], 0.6), ([2, 5, 3], 0.5)]:
        d = sample(sum(sizes), shift, 2)
        group = np.repeat(np.arange(len(sizes)) / 4, sizes)
        result = stats.permutation_test((d,), mean_of_means(group), permutation_type="samples", vectorized=True,
                                        n_resamples=np.inf, axis=-1)
        yield case(d=d, group=group, result=result)


def equivalence():
    for n, shift, margin, alpha in [(2, 0, 3, 0.05), (6, 0.1, 1, 0.05), (30, 0.2, 0.5, 0.05), (30, -0.4, 0.5, 0.025)]:
        b = 80 + 3 * sample(n)
        a = b + sample(n, shift)
        d = a - b
        p = max(stats.ttest_1samp(d, -margin, alternative="greater").pvalue,
                stats.ttest_1samp(d, margin, alternative="less").pvalue)
        interval = stats.ttest_1samp(d, 0).confidence_interval(1 - 2 * alpha)
        yield dict(a=list(a), b=list(b), margin=margin, alpha=alpha, p=p, low=interval.low, high=interval.high)


def effect_sizes():
    for n, decimals in [(1, 6), (5, 6), (12, 6), (30, 1)]:
        d, y = sample(n, 0.5, decimals), sample(n + 2, 0, decimals)
        ranks = stats.rankdata(abs(d[d != 0]))
        plus = ranks[d[d != 0] > 0].sum()
        delta = np.sign(d[:, None] - y).mean()
        walsh = [(d[i] + d[j]) / 2 for i in range(n) for j in range(i, n)]
        yield dict(d=list(d), y=list(y), rank_biserial=2 * plus / ranks.sum() - 1, cliffs_delta=delta,
                   walsh=np.median(walsh), shift=np.median(d[:, None] - y))


def bootstrap():
    skewed = random.exponential(1, 40)  # so that BCa differs from percentiles
    statistics = {"mean": (np.mean, 6), "deviation": (lambda x, axis: np.std(x, axis=axis, ddof=1), 6),
                  "median": (np.median, 1)}  # of values with ties, so that resamples tie with the estimate
    for name, (statistic, decimals) in statistics.items():
        for method in ["percentile", "BCa"]:
            values = np.round(skewed, decimals)
            low, high = stats.bootstrap((values,), statistic, method=method, n_resamples=400_000, random_state=1,
                                        confidence_level=0.9, batch=10_000).confidence_interval
            yield dict(values=list(values), of=name, method=method, low=low, high=high)


def quantiles():
    for n in [1, 2, 3, 4, 7, 8, 30]:
        x = sample(n)
        yield dict(x=list(x), median=np.median(x), interquartile_mean=stats.trim_mean(x, 0.25),
                   q05=np.quantile(x, 0.05), q75=np.quantile(x, 0.75))


def case(result, **samples):
    return {name: list(values) for name, values in samples.items()} | dict(statistic=result.statistic, p=result.pvalue)


makers = [mann_whitney, wilcoxon, sign_flip, equivalence, effect_sizes, bootstrap, quantiles]
lines = [f'"{maker.__name__}": [\n' + ",\n".join(json.dumps(c) for c in maker()) + "]" for maker in makers]
print("{" + ",\n".join(lines) + "}")
