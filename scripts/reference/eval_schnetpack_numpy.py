#!/usr/bin/env python3
"""Energy and forces of an exported SchNetPack model (NAME.json, NAME.safetensors) in plain numpy, double precision.

Independent of PyTorch, of SchNetPack and of the engine: it reads the exported files only, so agreement with the
original program shows that the export is complete. Forces come from a hand-written reverse pass.

    python3 scripts/reference/eval_schnetpack_numpy.py model.json --data ../shared/data/methanol-cu100/validation \\
        --frames 5 --compare ../shared/data/methanol-cu100/published-forces/painn.npy
    python3 scripts/reference/eval_schnetpack_numpy.py model.json --data ... --frames 1 --finite-differences
"""

import argparse
import hashlib
import json
import os
import struct
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "train"))
from dataset import ATOMIC_NUMBERS, Frames, neighbours


def read_safetensors(path):
    """Tensor name -> array."""
    raw = open(path, "rb").read()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    types = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1", "U8": "u1", "BOOL": "?"}
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            tensors[name] = np.frombuffer(raw[8 + length + begin : 8 + length + end], types[entry["dtype"]]).reshape(entry["shape"])
    return tensors


# --- scalar functions with their derivatives ---------------------------------------------------------------------


def sigmoid(x):
    return 0.5 * (1 + np.tanh(0.5 * x))


ACTIVATIONS = {
    "silu": (lambda x: x * sigmoid(x), lambda x: sigmoid(x) * (1 + x * (1 - sigmoid(x)))),
    "shifted_softplus": (lambda x: np.logaddexp(0, x) - np.log(2.0), sigmoid),
    "softplus": (lambda x: np.logaddexp(0, x), sigmoid),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "identity": (lambda x: x, np.ones_like),
}


def cutoff_function(d, kind):
    """f(d), f'(d)"""
    c = kind.get("cutoff")
    if kind["name"] == "cosine":
        inside = d < c
        return np.where(inside, 0.5 * (1 + np.cos(np.pi * d / c)), 0), np.where(inside, -0.5 * np.pi / c * np.sin(np.pi * d / c), 0)
    if kind["name"] == "mollifier":
        inside = d + kind["eps"] < c
        u = 1 - np.where(inside, d / c, 0) ** 2
        f = np.where(inside, np.exp(1 - 1 / u), 0)
        return f, np.where(inside, -2 * d / c**2 / u**2 * f, 0)
    raise ValueError(f"cutoff function {kind['name']}")


def radial_basis(d, kind):
    """phi(d), phi'(d), each [edges, K]"""
    d = d[:, None]
    if kind["name"] == "gaussian":
        offsets, widths = np.array(kind["offsets"]), np.array(kind["widths"])
        phi = np.exp(-0.5 * ((d - offsets) / widths) ** 2)
        return phi, -(d - offsets) / widths**2 * phi
    if kind["name"] == "bessel":
        k = np.array(kind["freqs"])
        return np.sin(k * d) / d, k * np.cos(k * d) / d - np.sin(k * d) / d**2
    raise ValueError(f"radial basis {kind['name']}")


class Network:
    """Dense layers; `forward` keeps what `backward` needs."""

    def __init__(self, tensors, prefix, activations):
        self.layers = []
        for k, name in enumerate(activations):
            weight = tensors[f"{prefix}.{k}.weight"].astype(float)
            bias = tensors[f"{prefix}.{k}.bias"].astype(float) if f"{prefix}.{k}.bias" in tensors else 0.0
            self.layers.append((weight, bias, *ACTIVATIONS[name]))

    def forward(self, x):
        kept = []
        for weight, bias, act, _ in self.layers:
            y = x @ weight.T + bias
            kept.append(y)
            x = act(y)
        return x, kept

    def backward(self, adjoint, kept):
        for (weight, _, _, derivative), y in zip(reversed(self.layers), reversed(kept)):
            adjoint = (adjoint * derivative(y)) @ weight
        return adjoint


def scatter(values, index, count):
    out = np.zeros((count,) + values.shape[1:])
    np.add.at(out, index, values)
    return out


class Model:
    def __init__(self, path):
        self.json = json.load(open(path))
        weights = os.path.join(os.path.dirname(path), self.json["safetensors"]["file"])
        if hashlib.sha256(open(weights, "rb").read()).hexdigest() != self.json["safetensors"]["sha256"]:
            raise ValueError(f"{weights} does not belong to {path}")
        self.tensors = read_safetensors(weights)
        self.representation = {k[len("representation.") :]: v for k, v in self.tensors.items() if k.startswith("representation.")}
        output = self.json["output"]
        self.head = Network(self.tensors, output["prefix"], [layer["activation"] for layer in output["layers"]])
        if output["aggregation"] != "sum":
            raise ValueError("only summed energies")

    def offsets(self, z):
        offset = self.json["energy_offset"]
        return np.array([offset["per_atom"] + offset["per_element"].get(str(k), 0.0) for k in z])

    def evaluate(self, z, positions, cell):
        """Energy, per-atom energies (offsets included in both), forces."""
        i, j, shift = neighbours(positions, cell, self.json["cutoff"])
        r = positions[j] + shift - positions[i]
        d = np.sqrt((r**2).sum(-1))
        layers = self.painn if self.json["architecture"] == "painn" else self.schnet
        energies, by_distance, by_direction = layers(z, i, j, r / d[:, None], d)
        # d is |r| and u = r / d: dE/dr = (dE/dd) u + (1 - u u^T) dE/du / d
        u = r / d[:, None]
        gradient = by_distance[:, None] * u
        if by_direction is not None:
            gradient += (by_direction - (by_direction * u).sum(-1, keepdims=True) * u) / d[:, None]
        forces = scatter(gradient, i, len(z)) - scatter(gradient, j, len(z))
        energies = energies + self.offsets(z)
        return energies.sum(), energies, forces

    def schnet(self, z, i, j, u, d):
        t, T, n = self.representation, self.json["n_interactions"], len(z)
        act = self.json["activation"]
        phi, dphi = radial_basis(d, self.json["radial_basis"])
        f, df = cutoff_function(d, self.json["cutoff_function"])
        x = t["embedding.weight"].astype(float)[z]
        tape = []
        for k in range(T):
            filters = Network(t, f"interactions.{k}.filter_network", [act, "identity"])
            f2out = Network(t, f"interactions.{k}.f2out", [act, "identity"])
            in2f = t[f"interactions.{k}.in2f.weight"].astype(float)
            h = x @ in2f.T
            g, kept = filters.forward(phi)
            y, kept_out = f2out.forward(scatter(h[j] * g * f[:, None], i, n))
            x = x + y
            tape.append((filters, kept, f2out, kept_out, in2f, h, g))
        e, kept = self.head.forward(x)
        ax = self.head.backward(np.ones_like(e), kept)
        by_distance = np.zeros_like(d)
        for filters, kept, f2out, kept_out, in2f, h, g in reversed(tape):
            am = f2out.backward(ax, kept_out)[i]
            af = am * h[j]
            by_distance += (af * g).sum(-1) * df
            by_distance += (filters.backward(af * f[:, None], kept) * dphi).sum(-1)
            ax = ax + scatter(am * g * f[:, None], j, n) @ in2f
        return e[:, 0], by_distance, None

    def painn(self, z, i, j, u, d):
        t, T, n, F = self.representation, self.json["n_interactions"], len(z), self.json["n_atom_basis"]
        act, epsilon = self.json["activation"], self.json["epsilon"]
        phi, dphi = radial_basis(d, self.json["radial_basis"])
        f, df = cutoff_function(d, self.json["cutoff_function"])
        weight, bias = t["filter_net.weight"].astype(float), t["filter_net.bias"].astype(float)
        linear = phi @ weight.T + bias
        slices = [slice(0, 3 * F) if self.json["shared_filters"] else slice(3 * F * k, 3 * F * (k + 1)) for k in range(T)]
        q = t["embedding.weight"].astype(float)[z]
        mu = np.zeros((n, 3, F))
        split = lambda a: (a[..., :F], a[..., F : 2 * F], a[..., 2 * F :])
        tape = []
        for k in range(T):
            inter = Network(t, f"interactions.{k}.interatomic_context_net", [act, "identity"])
            intra = Network(t, f"mixing.{k}.intraatomic_context_net", [act, "identity"])
            mix = t[f"mixing.{k}.mu_channel_mix.weight"].astype(float)
            c, kept_inter = inter.forward(q)
            w = linear[:, slices[k]] * f[:, None]
            dq, dr, dm = split(w * c[j])
            mu_before = mu
            q = q + scatter(dq, i, n)
            mu = mu + scatter(dr[:, None, :] * u[:, :, None] + dm[:, None, :] * mu_before[j], i, n)
            V, U = np.split(mu @ mix.T, 2, axis=-1)
            norm = np.sqrt((V**2).sum(1) + epsilon)
            y, kept_intra = intra.forward(np.concatenate([q, norm], -1))
            a, b, g = split(y)
            product = (V * U).sum(1)
            q = q + a + g * product
            mu = mu + b[:, None, :] * U
            tape.append((inter, kept_inter, intra, kept_intra, mix, c, w, dr, dm, mu_before, V, U, norm, b, g, product, slices[k]))
        e, kept = self.head.forward(q)
        aq, amu = self.head.backward(np.ones_like(e), kept), np.zeros_like(mu)
        by_distance, by_direction = np.zeros_like(d), np.zeros((len(d), 3))
        for inter, kept_inter, intra, kept_intra, mix, c, w, dr, dm, mu_before, V, U, norm, b, g, product, part in reversed(tape):
            # mixing
            ab = (amu * U).sum(1)
            context = intra.backward(np.concatenate([aq, ab, aq * product], -1), kept_intra)
            aproduct = aq * g
            aU = amu * b[:, None, :] + aproduct[:, None, :] * V
            aV = aproduct[:, None, :] * U + (context[:, F:] / norm)[:, None, :] * V
            aq = aq + context[:, :F]
            amu = amu + np.concatenate([aV, aU], -1) @ mix
            # interaction
            vector = amu[i]
            adr = (vector * u[:, :, None]).sum(1)
            adm = (vector * mu_before[j]).sum(1)
            message = np.concatenate([aq[i], adr, adm], -1)
            by_direction += (vector * dr[:, None, :]).sum(-1)
            aw = message * c[j]
            by_distance += (aw * linear[:, part]).sum(-1) * df
            by_distance += ((aw * f[:, None]) @ weight[part] * dphi).sum(-1)
            aq = aq + inter.backward(scatter(message * w, j, n), kept_inter)
            amu = amu + scatter(vector * dm[:, None, :], j, n)
        return e[:, 0], by_distance, by_direction


def finite_differences(model, z, positions, cell, step=1e-4):
    forces = np.zeros_like(positions)
    for index in np.ndindex(*positions.shape):
        shifted = positions.copy()
        shifted[index] += step
        up = model.evaluate(z, shifted, cell)[0]
        shifted[index] -= 2 * step
        forces[index] = -(up - model.evaluate(z, shifted, cell)[0]) / (2 * step)
    return forces


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("model", help="NAME.json")
    p.add_argument("--data", required=True, help="folder of DeePMD npy frames")
    p.add_argument("--frames", type=int, default=3)
    p.add_argument("--compare", help="forces (frames, atoms, 3) as npy")
    p.add_argument("--finite-differences", action="store_true", help="check the reverse pass on the first frame")
    a = p.parse_args()
    model, frames = Model(a.model), Frames(a.data)
    expected = np.load(a.compare).reshape(len(frames), -1, 3) if a.compare else None
    for k in range(min(a.frames, len(frames))):
        energy, _, forces = model.evaluate(frames.numbers, frames.positions[k], frames.cells[k])
        line = f"frame {k}: E {energy:.6f} (data {frames.energies[k]:.6f}), F rmse to data {np.sqrt(((forces - frames.forces[k])**2).mean()):.4f}, sum {np.abs(forces.sum(0)).max():.1e}"
        if expected is not None:
            line += f", max difference {np.abs(forces - expected[k]).max():.2e}"
        print(line)
    if a.finite_differences:
        reference = finite_differences(model, frames.numbers, frames.positions[0], frames.cells[0])
        forces = model.evaluate(frames.numbers, frames.positions[0], frames.cells[0])[2]
        print(f"finite differences: max difference {np.abs(forces - reference).max():.2e}")


if __name__ == "__main__":
    main()
