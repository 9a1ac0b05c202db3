"""One training step in PyTorch without autograd: the best closed form that we could write. Plain gradient descent;
conditions `e-ln`, `ei-ln`, `inorm-full`. Equations: docs/notation.md; a row is a sample unless it says transposed.

What was tried, on one core with AVX-512 (Zen 4), OpenBLAS 0.3.21, PyTorch 1.13, batch 32, width 234; us of CPU time:

- Wex, Wix and Bix below each other, one product up and one to update, rather than one each: 3 to 5 % of a step of
  inorm-full.
- Products that write drive and D transposed, [units x batch], rather than a row a sample: 15 % of the product up (292
  against 338 us for the first layer), 4 % of the update. Weights stored transposed: no faster up or in the update, a
  fifth slower down. Input stored transposed, rows padded to 16: no difference.
- Elementwise work a row a sample, turned round by the addition of the bias and by the product with 1/(sd d), which pass
  over the numbers anyhow. Then PyTorch's layer normalization gives mean and sd in 9 us, where moments over the units of
  a transposed matrix take 49; and its backward pass, told that the mean is 0 and sd is 1, is the bracket of `full`.
- Products through oneDNN (as 1 x 1 convolutions): half as fast, since weights are laid out anew each time.
- `relu_` in place of `clamp_`: 5 us for the largest weights. Vectors in place of Python's numbers: 2 us each.
- Sums of squares by a product with a row of 1/n: 4 us, where `vector_norm` takes 15.
- TorchScript: 6 to 16 % of a step. inference_mode over no_grad, fusion strategies, PyTorch's own AVX-512 kernels
  (ATEN_CPU_CAPABILITY): no difference that stood out.

Three quarters of a step are the products of OpenBLAS then.
"""

import torch

TAU = 1e-5


class Layer(torch.nn.Module):
    """The weights that see the input, one below the other, and what all layers do with them.

    W [N x k]: Wex, then Wix, then Bix. drive [N x B], transposed: what they make of the input. D [N x B], transposed:
    the error at the drive, so that one product updates all. Rates other than lr are folded into D.
    """

    def __init__(self, weights, name, batch, rates):
        super().__init__()
        parts = [weights[f"{name}.{part}"] for part in ("Wex", "Wix", "Bix") if f"{name}.{part}" in weights]
        self.n, self.k = parts[0].shape
        self.m = len(parts[1]) if len(parts) > 1 else 0
        self.batch = batch
        self.lr = float(rates["lr"])
        self.lr_wei = float(rates["lr_wei"])
        self.ratio = float(rates["lr_wix"] / rates["lr"])
        self.W = torch.cat(parts).contiguous()
        self.bias = weights[f"{name}.bias"].clone()
        self.Wei = weights[f"{name}.Wei"].clone() if self.m else torch.zeros(self.n, 0)
        n, m, total = self.n, self.m, len(self.W)
        self.Wex, self.signed = self.W[:n], self.W[: n + m]
        self.drive, self.D = torch.empty(total, batch), torch.empty(total, batch)
        self.e, self.i, self.p = self.drive[:n], self.drive[n : n + m], self.drive[n + m :]
        self.delta, self.D_i, self.D_p = self.D[:n], self.D[n : n + m], self.D[n + m :]
        self.z, self.h = torch.empty(batch, n), torch.empty(batch, n)
        self.below = torch.empty(batch, self.k)
        self.ones, self.ratios = torch.ones(batch), torch.full((1, batch), self.ratio)

    @torch.jit.unused
    def weights(self):
        """(name, weights) as in files."""
        ends = (self.n, self.n + self.m, len(self.W))
        parts = {"Wex": self.W[: ends[0]], "Wix": self.W[ends[0] : ends[1]], "Bix": self.W[ends[1] :]}
        parts.update({"Wei": self.Wei, "bias": self.bias})
        return [(part, value) for part, value in parts.items() if value.numel()]

    @torch.jit.export
    def update(self, X: torch.Tensor):
        self.bias.addmv_(self.delta, self.ones, alpha=-self.lr)
        self.W.addmm_(self.D, X, alpha=-self.lr)
        torch.relu_(self.signed)


class LayerNormalized(Layer):
    """`e-ln` and `ei-ln`: an excitatory or E-I circuit under layer normalization, exact back-propagation."""

    def __init__(self, weights, name, batch, rates):
        super().__init__(weights, name, batch, rates)
        self.y, self.mean, self.rsd = torch.native_layer_norm(self.z, [self.n], None, None, TAU)

    def forward(self, X: torch.Tensor):
        torch.mm(self.W, X.t(), out=self.drive)
        if self.m > 0:
            self.e.addmm_(self.Wei, self.i, alpha=-1.0)
        torch.add(self.e.t(), self.bias, out=self.z)
        self.y, self.mean, self.rsd = torch.native_layer_norm(self.z, [self.n], None, None, 1e-5)
        torch.clamp_min(self.y, 0.0, out=self.h)

    @torch.jit.export
    def backward(self, error: torch.Tensor):
        g = torch.ops.aten.threshold_backward(error, self.h, 0.0)
        delta, _, _ = torch.ops.aten.native_layer_norm_backward(
            g, self.z, [self.n], self.mean, self.rsd, None, None, [True, False, False]
        )
        self.delta.copy_(delta.t())
        if self.m > 0:
            torch.addmm(self.D_i, self.Wei.t(), self.delta, beta=0.0, alpha=-1.0, out=self.D_i)

    @torch.jit.export
    def error_below(self):
        torch.mm(self.D.t(), self.W, out=self.below)

    @torch.jit.export
    def learn(self, X: torch.Tensor):
        if self.m > 0:
            self.D_i.mul_(self.ratios)
            self.Wei.addmm_(self.delta, self.i.t(), alpha=self.lr_wei)
            torch.relu_(self.Wei)
        self.update(X)


class INormFull(Layer):
    """`inorm-full`: normalization by inhibition, of errors too."""

    def __init__(self, weights, name, batch, rates):
        super().__init__(weights, name, batch, rates)
        self.V = torch.empty(batch, self.n)
        self.squares = torch.empty(len(self.p), batch)
        self.over_n = torch.full((1, len(self.p)), 1 / self.n)
        self.tau = torch.full((1, batch), TAU)
        self.zero, self.one = torch.zeros(batch, 1), torch.ones(batch, 1)
        self.half_slopes = torch.full((1, batch), -self.ratio * 2 * rates["lambda"] / (batch * self.n))
        self.rd, self.slope = torch.empty(1, batch), torch.empty(1, batch)  # rd = 1/d
        self.mean, self.rsd = torch.empty(batch, 1), torch.empty(batch, 1)

    def forward(self, X: torch.Tensor):
        torch.mm(self.W, X.t(), out=self.drive)
        self.e.addmm_(self.Wei, self.i, alpha=-1.0)
        torch.mul(self.p, self.p, out=self.squares)
        torch.addmm(self.tau, self.over_n, self.squares, out=self.rd)
        self.rd.rsqrt_()
        torch.add(self.e.t(), self.bias, out=self.z)
        self.z.mul_(self.rd.t())
        _, self.mean, self.rsd = torch.native_layer_norm(self.z, [self.n], None, None, 1e-5)
        torch.clamp_min(self.z, 0.0, out=self.h)

    @torch.jit.export
    def backward(self, error: torch.Tensor):
        g = torch.ops.aten.threshold_backward(error, self.h, 0.0)
        N, _, _ = torch.ops.aten.native_layer_norm_backward(
            g, self.z, [self.n], self.zero, self.one, None, None, [True, False, False]
        )
        torch.mul(N.t(), torch.mul(self.rsd.t(), self.rd), out=self.delta)

    @torch.jit.export
    def error_below(self):
        torch.mm(self.delta.t(), self.Wex, out=self.below)

    @torch.jit.export
    def learn(self, X: torch.Tensor):
        # With a = -(lr_wix/lr) 2 lambda/(B n d): V = (lr_wix/lr) ds = a (mean + 2 (var - 1)(z - mean)), and
        # D_p = (lr_wix/lr) 2 dq p/n = p a/d (mean^2 + 2 (var - 1) var). Here slope is a, c is a (1 - var).
        mean = self.mean.t()
        var = self.rsd.t().pow(-2.0).sub_(self.tau)
        slope = torch.mul(self.rd, self.half_slopes, out=self.slope)
        u = torch.mul(mean, slope)
        c = torch.addcmul(slope, slope, var, value=-1.0)
        offset = torch.addcmul(u, c, mean, value=2.0)
        torch.mul(self.p, u.mul_(mean).addcmul_(c, var, value=-2.0).mul_(self.rd), out=self.D_p)
        torch.addcmul(offset.t(), self.z, c.t(), value=-2.0, out=self.V)
        torch.mm(self.Wei.t(), self.V.t(), out=self.D_i)
        self.update(X)


class Readout(Layer):
    """An E-I circuit whose z are the logits, and the loss."""

    def __init__(self, weights, name, batch, rates):
        super().__init__(weights, name, batch, rates)
        smoothing, classes = rates["label_smoothing"], self.n
        # Targets over the batch size, a row for each label.
        self.targets = (torch.eye(classes) * (1 - smoothing) + smoothing / classes) / -batch

    def forward(self, X: torch.Tensor):
        torch.mm(self.W, X.t(), out=self.drive)
        self.e.addmm_(self.Wei, self.i, alpha=-1.0)
        torch.add(self.e.t(), self.bias, out=self.z)

    @torch.jit.export
    def loss_and_backward(self, labels: torch.Tensor):
        log_p = torch.log_softmax(self.z, 1)
        target = torch.index_select(self.targets, 0, labels)
        loss = torch.dot(target.view(-1), log_p.view(-1))
        torch.add(target.t(), log_p.exp_().t(), alpha=1.0 / self.batch, out=self.delta)
        torch.addmm(self.D_i, self.Wei.t(), self.delta, beta=0.0, alpha=-1.0, out=self.D_i)
        return loss

    @torch.jit.export
    def error_below(self):
        torch.mm(self.D.t(), self.W, out=self.below)

    @torch.jit.export
    def learn(self, X: torch.Tensor):
        self.D_i.mul_(self.ratios)
        self.Wei.addmm_(self.delta, self.i.t(), alpha=self.lr_wei)
        torch.relu_(self.Wei)
        self.update(X)


class Steps(torch.nn.Module):
    """Two hidden layers and a readout; calling it is a step."""

    def __init__(self, condition, weights, batch, rates):
        super().__init__()
        kind = INormFull if condition == "inorm-full" else LayerNormalized
        self.hidden0 = kind(weights, "hidden0", batch, rates)
        self.hidden1 = kind(weights, "hidden1", batch, rates)
        self.readout = Readout(weights, "readout", batch, rates)

    def forward(self, images: torch.Tensor, labels: torch.Tensor):
        first, second, top = self.hidden0, self.hidden1, self.readout
        first.forward(images)
        second.forward(first.h)
        top.forward(second.h)
        loss = top.loss_and_backward(labels)
        top.error_below()
        second.backward(top.below)
        second.error_below()
        first.backward(second.below)
        top.learn(second.h)
        second.learn(first.h)
        first.learn(images)
        return loss, top.z


class Network:
    """weights: by their names in files; rates: lr, lr_wix, lr_wei, lambda, label_smoothing, and
    batch, the samples of every batch; lr is not 0."""

    def __init__(self, condition, weights, rates, script=True):
        with torch.inference_mode():
            steps = Steps(condition, weights, rates["batch"], rates)
            self.layers = {"hidden0": steps.hidden0, "hidden1": steps.hidden1, "readout": steps.readout}
            self.steps = torch.jit.script(steps) if script else steps

    def step(self, images, labels):
        """images [B x k], labels [B]. Returns the loss, without the homeostatic one, and the logits."""
        with torch.inference_mode():
            return self.steps(images, labels)

    def weights(self):
        return {f"{name}.{part}": value for name, layer in self.layers.items() for part, value in layer.weights()}
