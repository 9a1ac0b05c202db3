"""One training step in PyTorch as most people would write it: modules, autograd and torch.optim.

What autograd does not do by itself is what the paper is about: inhibition is detached from the error pathway, the error
normalization is a function of its own backward pass, and the homeostatic loss sees detached activity. Plain gradient
descent; conditions `e-ln`, `ei-ln`, `inorm-full`. Equations: docs/notation.md; a row is a sample.
"""

import torch
from torch import nn
from torch.nn import functional

TAU = 1e-5


class FullErrorNormalization(torch.autograd.Function):
    """Leaves z [B x n] as it is; its error g becomes (g - mean_j g - z (sum_j g z)/n) / sd."""

    @staticmethod
    def forward(ctx, z):
        ctx.save_for_backward(z)
        return z.view_as(z)

    @staticmethod
    def backward(ctx, g):
        (z,) = ctx.saved_tensors
        sd = torch.sqrt(z.var(dim=1, unbiased=False, keepdim=True) + TAU)
        return (g - g.mean(dim=1, keepdim=True) - z * (g * z).mean(dim=1, keepdim=True)) / sd


class Circuit(nn.Module):
    """The weights of a layer: Wex, bias, and where there is inhibition Wix, Wei and Bix."""

    def __init__(self, weights, name):
        super().__init__()
        for part in ("Wex", "Wix", "Wei", "Bix", "bias"):
            if f"{name}.{part}" in weights:
                self.register_parameter(part, nn.Parameter(weights[f"{name}.{part}"].clone()))

    def project(self):
        """Dale's law."""
        for part in ("Wex", "Wix", "Wei"):
            if hasattr(self, part):
                getattr(self, part).clamp_(min=0)


class Excitatory(Circuit):
    def forward(self, x):
        return functional.linear(x, self.Wex, self.bias)


class ExcitatoryInhibitory(Circuit):
    def forward(self, x):
        return functional.linear(x, self.Wex, self.bias) - functional.linear(functional.linear(x, self.Wix), self.Wei)


class LayerNormalized(nn.Module):
    """A circuit under layer normalization. There is no homeostatic loss."""

    def __init__(self, circuit):
        super().__init__()
        self.circuit = circuit

    def forward(self, x):
        z = self.circuit(x)
        return functional.layer_norm(z, z.shape[1:], eps=TAU), None


class INormFull(nn.Module):
    """Normalization by inhibition, with the full error normalization."""

    def __init__(self, circuit, strength):
        super().__init__()
        self.circuit, self.strength = circuit, strength
        self.circuit.Wei.requires_grad_(False)

    def forward(self, x):
        c, seen = self.circuit, x.detach()
        e = functional.linear(x, c.Wex, c.bias)
        s = functional.linear(functional.linear(seen, c.Wix), c.Wei)
        q = functional.linear(seen, c.Bix).square().sum(dim=1, keepdim=True) / len(c.Wex)
        d = torch.sqrt(q + TAU)

        u = (e.detach() - s) / d
        mean, variance = u.mean(dim=1), u.var(dim=1, unbiased=False)
        homeostatic = self.strength * (mean.square() + (variance - 1).square()).mean()

        z = (e - s.detach()) / d.detach()
        return FullErrorNormalization.apply(z), homeostatic


class Network(nn.Module):
    """Two hidden layers and a readout. weights: by their names in files. rates: lr, lr_wix, lr_wei, lambda,
    label_smoothing."""

    def __init__(self, condition, weights, rates):
        super().__init__()
        names = ("hidden0", "hidden1")
        if condition == "inorm-full":
            self.hidden = nn.ModuleList(INormFull(Circuit(weights, name), rates["lambda"]) for name in names)
        else:
            circuit = {"e-ln": Excitatory, "ei-ln": ExcitatoryInhibitory}[condition]
            self.hidden = nn.ModuleList(LayerNormalized(circuit(weights, name)) for name in names)
        self.readout = ExcitatoryInhibitory(weights, "readout")
        self.label_smoothing = rates["label_smoothing"]

        self.circuits = dict(zip(names, (layer.circuit for layer in self.hidden)), readout=self.readout)
        groups = {"lr": [], "lr_wix": [], "lr_wei": []}
        for circuit in self.circuits.values():
            for part, parameter in circuit.named_parameters():
                rate = {"Wix": "lr_wix", "Bix": "lr_wix", "Wei": "lr_wei"}.get(part, "lr")
                if parameter.requires_grad:
                    groups[rate].append(parameter)
        self.optimizer = torch.optim.SGD(
            [{"params": parameters, "lr": rates[rate]} for rate, parameters in groups.items() if parameters],
            lr=rates["lr"],
        )

    def forward(self, x):
        homeostatic = 0
        for layer in self.hidden:
            z, loss = layer(x)
            x = functional.relu(z)
            if loss is not None:
                homeostatic = homeostatic + loss
        return self.readout(x), homeostatic

    def step(self, images, labels):
        """images [B x k], labels [B]. Returns the loss, without the homeostatic one, and the logits."""
        self.optimizer.zero_grad(set_to_none=True)
        logits, homeostatic = self(images)
        loss = functional.cross_entropy(logits, labels, label_smoothing=self.label_smoothing)
        (loss + homeostatic).backward()
        self.optimizer.step()
        with torch.no_grad():
            for circuit in self.circuits.values():
                circuit.project()
        return loss.detach(), logits.detach()

    def weights(self):
        return {
            f"{name}.{part}": parameter.detach()
            for name, circuit in self.circuits.items()
            for part, parameter in circuit.named_parameters()
        }
