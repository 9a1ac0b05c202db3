"""Weights that a network starts with (docs/notation.md), by their names in files."""

import math

import torch


def lognormal(generator, rows, columns, scale):
    """Mean and standard deviation are both `scale`."""
    sigma = math.sqrt(math.log(2))
    normal = torch.randn(rows, columns, generator=generator)
    return scale * torch.exp(sigma * normal - sigma**2 / 2)


def initial_weights(condition, width, inputs=784, classes=10, seed=1):
    generator = torch.Generator().manual_seed(seed)
    weights = {}
    for name, k, n in (("hidden0", inputs, width), ("hidden1", width, width), ("readout", width, classes)):
        m = 1 if name == "readout" else max(1, n // 10)
        scale = math.sqrt(2 * n / (k * (n - 1)))
        Wex = lognormal(generator, n, k, scale)
        Wei = lognormal(generator, n, m, scale)
        Wei /= Wei.sum(dim=1, keepdim=True)
        Wix = Wex.mean(dim=0, keepdim=True).repeat(m, 1)
        weights.update({f"{name}.Wex": Wex, f"{name}.bias": torch.zeros(n)})
        if name == "readout" or condition != "e-ln":
            weights.update({f"{name}.Wix": Wix, f"{name}.Wei": Wei})
        if name != "readout" and condition == "inorm-full":
            _, S, Vt = torch.linalg.svd(Wex - Wei @ Wix, full_matrices=False)
            weights[f"{name}.Bix"] = S[:, None] * Vt
    return weights
