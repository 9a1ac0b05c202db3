"""Learned inhibition of errors without Dale's law: the rule `dendritic` with synapses of either sign.

    r = g Ue^T,  c = g - r Ve^T,  Ve <- Ve + lr_error (c^T r)/(B rho)

The only difference from `dendritic` (docs/notation.md, section 5) is that Ve may become negative. With make python:

    import chandelier
    chandelier.run_study("examples/python/without_dale.toml", rules="examples/python/without_dale.py")
"""

import numpy as np

import chandelier
from chandelier import Parameter


class FreeSigns:
    """g, c [B x n]; Ue [e x n], fixed, rows of sum 1; Ve [n x e], learned, of either sign."""

    aim = "centring"
    interneurons = 1

    def parameters(self, n, random):
        Ue = np.exp(0.83 * random.standard_normal((self.interneurons, n))) if self.interneurons > 1 else np.ones((1, n))
        return {
            "Ue": Parameter(Ue / Ue.sum(axis=1, keepdims=True), rate=None),
            "Ve": Parameter(np.zeros((n, self.interneurons)), rate="lr_error"),
            "rho": Parameter(0.0, rate=None),
        }

    def apply(self, z, g, Ue, Ve, rho):
        return g - (g @ Ue.T) @ Ve.T

    def learn(self, z, g, Ue, Ve, rho):
        r = g @ Ue.T
        power = float(np.mean(np.sum(r * r, axis=1)))  # rho in double precision, also with NumPy 2
        rho = power if rho == 0 else 0.99 * float(rho) + 0.01 * power
        if rho == 0:
            return {}
        return {"Ve": -(self.apply(z, g, Ue, Ve, rho).T @ r) / (len(g) * rho), "rho": rho}


@chandelier.error_normalization("free-1")
class OneFree(FreeSigns):
    pass


@chandelier.error_normalization("free-10")
class TenFree(FreeSigns):
    interneurons = 10
