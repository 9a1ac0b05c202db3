"""Writes the golden numbers in bf16/ and fp16/: training steps with products of rounded numbers, from the equations.

The equations stand in docs/notation.md. A row is a sample; sums, and all that is not rounded, are in float64.

bf16: what a product of a layer's input with Wex, Wix and Bix multiplies is rounded, and so are errors on their way down
and in updates, these with their rate.
fp16: what every matrix product multiplies is rounded, those with Wei and Bei included, and so is its result: drives, q,
errors on their way down (one product through all weights that carry them), and gradients, before a rate multiplies them.
"""

import json
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
PLAIN = HERE / "plain"  # start and batches are those of the steps in fp32
CONDITIONS = ("e-ln", "ei", "inorm", "inorm-full")
TAU = 1e-5


def read(path):
    data = path.read_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    types = {"F32": np.float32, "I64": np.int64}
    return {
        name: np.frombuffer(data[end:][slice(*entry["data_offsets"])], types[entry["dtype"]]).reshape(entry["shape"])
        for name, entry in json.loads(data[8:end]).items()
        if name != "__metadata__"
    }


def write(path, tensors):
    header, data = {}, b""
    for name, value in sorted(tensors.items()):
        value = np.ascontiguousarray(value, np.float32)
        header[name] = {"dtype": "F32", "shape": value.shape, "data_offsets": [len(data), len(data) + value.nbytes]}
        data += value.tobytes()
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


def bf16(x):
    """x as the nearest number of 8 bits, to the even one of two."""
    fraction, exponent = np.frexp(np.asarray(x, np.float32).astype(np.float64))
    return np.ldexp(np.rint(np.ldexp(fraction, 8)), exponent - 8)


def fp16(x):
    return np.asarray(x, np.float32).astype(np.float16).astype(np.float64)


def as_it_is(x):
    return x


class Layer:
    def __init__(self, name, condition, weights, rates, precision):
        self.name, self.rates, self.precision = name, rates, precision
        self.rounded = {"bf16": bf16, "fp16": fp16}[precision]
        self.result = self.of_Wei = fp16 if precision == "fp16" else as_it_is
        self.W = {part: weights[f"{name}.{part}"].astype(np.float64) for part in ("Wex", "Wix", "Wei", "Bix", "bias")
                  if f"{name}.{part}" in weights}  # fmt: skip
        self.circuit = "ei" if name == "readout" else condition.split("-")[0]
        self.error_norm = condition.partition("-")[2] if name != "readout" else ""
        self.seen = {}

    def product(self, A, B):
        return self.result(self.rounded(A) @ self.rounded(B))

    def product_of_Wei(self, A, B):
        return self.of_Wei(self.of_Wei(A) @ self.of_Wei(B))

    def product_with_Bei(self, A, n):
        """A Bei^T or A Bei: all entries of Bei are 1/n, so a row of the result has one number, repeated."""
        return self.product_of_Wei(A, np.full((A.shape[1], 1), 1 / n))[:, 0]

    def forward(self, X):
        W = self.W
        self.X = X
        e = self.product(X, W["Wex"].T) + W["bias"]
        self.seen["excitation"] = e
        z = e
        if "Wix" in W:
            self.i = self.product(X, W["Wix"].T)
            s = self.product_of_Wei(self.i, W["Wei"].T)
            self.seen["inhibition"] = s
            z = e - s
        if self.circuit == "inorm":
            self.p = self.product(X, W["Bix"].T)
            q = self.product_with_Bei(self.p**2, len(W["Wex"]))
            self.d = np.sqrt(q + TAU)
            self.seen["divisor"] = self.d
            z = z / self.d[:, None]
        if self.error_norm == "ln":
            self.sd = np.sqrt(z.var(1) + TAU)[:, None]
            z = (z - z.mean(1, keepdims=True)) / self.sd
        self.z = self.seen["z"] = z
        self.h = self.seen["activity"] = np.maximum(0, z)
        return z if self.name == "readout" else self.h

    def backward(self, error):
        """error: at the activity; at the readout, at the logits."""
        n, g = error.shape[1], error
        if self.name != "readout":
            g = error * (self.z > 0)
            self.seen["error"] = g
        if self.error_norm in ("ln", "full"):
            sd = self.sd if self.error_norm == "ln" else np.sqrt(self.z.var(1) + TAU)[:, None]
            g = (g - g.mean(1, keepdims=True) - self.z * (g * self.z).sum(1, keepdims=True) / n) / sd
        self.delta = g / self.d[:, None] if self.circuit == "inorm" else g
        if self.name != "readout":
            self.seen["delta"] = self.delta
        self.errors = {"Wex": self.delta}
        if self.circuit == "ei":
            self.errors["Wix"] = -self.product_of_Wei(self.delta, self.W["Wei"])
        if self.circuit == "inorm":
            B, u, d = len(error), self.z, self.d[:, None]
            mean, var = u.mean(1, keepdims=True), u.var(1, keepdims=True)
            du = self.rates["lambda"] / B * (2 * mean / n + 4 * (var - 1) * (u - mean) / n)
            self.errors["Wix"] = self.product_of_Wei(-du / d, self.W["Wei"])
            dq = -du * u / (2 * d**2)
            self.errors["Bix"] = 2 * self.product_with_Bei(dq, n)[:, None] * self.p
        below = ("Wex",) if self.circuit == "inorm" else tuple(self.errors)
        return self.result(sum(self.rounded(self.errors[part]) @ self.rounded(self.W[part]) for part in below))

    def gradients(self):
        found = {part: self.product(error.T, self.X) for part, error in self.errors.items()}
        found["bias"] = self.delta.sum(0)
        if self.circuit == "ei":
            found["Wei"] = -self.product_of_Wei(self.delta.T, self.i)
        return found

    def learn(self):
        rate = {"Wex": "lr", "bias": "lr", "Wix": "lr_wix", "Bix": "lr_wix", "Wei": "lr_wei"}
        for part, gradient in self.gradients().items():
            lr = np.float32(self.rates[rate[part]])
            if part in self.errors and self.precision == "bf16":
                self.W[part] += bf16(-lr * self.errors[part].astype(np.float32)).T @ bf16(self.X)
            else:
                self.W[part] -= float(lr) * gradient
            if part in ("Wex", "Wix", "Wei"):
                self.W[part] = np.maximum(0, self.W[part])


def trace(condition, precision):
    rates = json.loads((PLAIN / "settings.json").read_text())
    weights = read(PLAIN / f"{condition}.weights.safetensors")
    batches = read(PLAIN / "batches.safetensors")
    layers = [Layer(name, condition, weights, rates, precision) for name in ("hidden0", "hidden1", "readout")]
    out = {}
    for step in range(rates["steps"]):
        rows = slice(step * rates["batch"], (step + 1) * rates["batch"])
        logits = batches["images"][rows].astype(np.float64)
        for layer in layers:
            logits = layer.forward(logits)
        p = np.exp(logits - logits.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        B, classes = logits.shape
        target = np.full((B, classes), rates["label_smoothing"] / classes)
        target[np.arange(B), batches["labels"][rows]] += 1 - rates["label_smoothing"]
        out[f"step{step}.loss"] = np.array([-(target * np.log(p)).sum() / B])
        out[f"step{step}.logits"] = logits
        error = (p - target) / B
        for layer in reversed(layers):
            error = layer.backward(error)
        for layer in layers:
            prefix = f"step{step}.{layer.name}."
            if layer.name != "readout":
                out.update({prefix + name: value.copy() for name, value in layer.seen.items()})
            out.update({f"{prefix}gradient.{part}": value for part, value in layer.gradients().items()})
            layer.learn()
    for layer in layers:
        out.update({f"{layer.name}.{part}": value for part, value in layer.W.items()})
    return out


if __name__ == "__main__":
    for precision in ("bf16", "fp16"):
        for condition in CONDITIONS:
            write(HERE / precision / f"{condition}.trace.safetensors", trace(condition, precision))
