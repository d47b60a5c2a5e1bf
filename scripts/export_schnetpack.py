#!/usr/bin/env python3
"""Convert a SchNetPack 2 model file (`best_model`, `best_inference_model`) to NAME.safetensors and NAME.json.

    python3 scripts/export_schnetpack.py best_model --output inputs/methanol/painn-a --species Cu C O H

Needs numpy only. The file is a pickle inside a zip archive; it is read by a restricted unpickler that runs none of the
file's code: storages become numpy arrays, known containers are rebuilt, every other class or function becomes an inert
stub that remembers its name and state. A global that no model needs (os.system, builtins.eval, ...) is an error.


What is written
---------------
NAME.safetensors: the state dict, tensors in their own precision, names as in SchNetPack's state dict. A prefix that
all of them share because the model was wrapped (a task, a scripted module) is removed.
NAME.json: everything else that prediction needs; `describe` below lists it. With shared interactions the tensors of the one
block are written under the name of every layer, so a reader need not know.


What SchNetPack computes
------------------------
Edges are all ordered pairs (i, j) with d = |r_ij| < cutoff, i receiving, j sending, periodic images counted separately,
r_ij = R_j + image - R_i (from i to j). Dense is y = act(x W^T + b) with W of shape [out, in].
silu(x) = x / (1 + exp(-x)); shifted_softplus(x) = ln(1 + exp(x)) - ln 2.

Radial basis  gaussian: phi_k(d) = exp(-(d - offsets_k)^2 / (2 widths_k^2)); bessel: phi_k(d) = sin(freqs_k d) / d.
Cutoff        cosine:    f(d) = (1 + cos(pi d / c)) / 2 for d < c, else 0  (only once continuously differentiable);
              mollifier: f(d) = exp(1 - 1 / (1 - (d/c)^2)) for d + eps < c, else 0  (smooth).
Embedding     x_i = embedding.weight[Z_i], row = atomic number.

SchNet, for each layer t (`representation.interactions.t.`):
    h    = in2f(x)                                                     no bias
    W_ij = filter_network.1(act(filter_network.0(phi(d)))) f(d)        f multiplies last, bias included
    m_i  = sum_j h_j * W_ij
    x_i += f2out.1(act(f2out.0(m_i)))

PaiNN, with q_i = x_i [F], mu_i = 0 [3, F], u_ij = r_ij / d, and filters for all layers at once
    W_ij = filter_net(phi(d)) f(d)     [T 3F], layer t takes entries t 3F ..< (t+1) 3F;  [3F] for every layer if shared
then for each layer t, first the interaction (`representation.interactions.t.interatomic_context_net.`), whose right
sides use the values before it,
    c    = net.1(act(net.0(q)))                                        [3F]
    (dq, dR, dm) = split(W_ij * c_j)
    q_i  += sum_j dq
    mu_i += sum_j (dR u_ij + dm mu_j)
and then the mixing (`representation.mixing.t.`) of each atom,
    (V, U) = split(mu_channel_mix(mu))                                 no bias, [3, F] each
    n    = sqrt(sum_xyz V^2 + epsilon)                                 epsilon inside the root
    (a, b, g) = split(net.1(act(net.0([q, n]))))                       net = intraatomic_context_net
    q  += a + g sum_xyz(V U)
    mu += b U

Energy: e_i = outnet(x_i or q_i), the layers and activations under "output"; E = sum_i e_i (or its mean for "avg"), plus what
the postprocessing adds: N mean (when extensive) and the single-atom references. Forces are -dE/dR.
"""

import argparse
import collections
import hashlib
import io
import json
import os
import pickle
import re
import struct
import sys
import zipfile

import numpy as np

FORMAT = "mdrun-schnetpack"
VERSION = 1

SYMBOLS = (
    "X H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr "
    "Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu "
    "Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm"
).split()


class ExportError(Exception):
    """The file cannot be exported; the message says why."""


# --- reading the pickle ------------------------------------------------------------------------------------------

STORAGES = {
    "DoubleStorage": "<f8", "FloatStorage": "<f4", "HalfStorage": "<f2", "LongStorage": "<i8", "IntStorage": "<i4",
    "ShortStorage": "<i2", "CharStorage": "i1", "ByteStorage": "u1", "BoolStorage": "?",
}  # fmt: skip

# No model refers to these modules; a file that does is hostile or not a model.
FORBIDDEN = {
    "os", "posix", "nt", "subprocess", "sys", "shutil", "socket", "importlib", "runpy", "pickle", "_pickle", "ctypes", "pty",
    "code", "codeop", "webbrowser", "multiprocessing", "threading", "signal", "io", "_io", "pathlib", "tempfile", "urllib",
    "http", "marshal", "types", "timeit", "pdb", "bdb", "commands", "platform", "inspect", "gc", "imp", "pip", "asyncio",
}  # fmt: skip
SAFE_BUILTINS = {"set": set, "frozenset": frozenset, "list": list, "dict": dict, "tuple": tuple, "slice": slice, "complex": complex,
                 "int": int, "float": float, "bool": bool, "str": str, "bytes": bytes, "bytearray": bytearray}  # fmt: skip


class Stub:
    """Stands for an object of an unknown class: remembers what the pickle says of it and does nothing."""

    path = "?"

    def __new__(cls, *args, **kwargs):
        self = object.__new__(cls)
        self.args, self.state, self.items = args, {}, []
        return self

    def __init__(self, *args, **kwargs):
        pass

    def __setstate__(self, state):
        if isinstance(state, tuple) and len(state) == 2 and isinstance(state[1], dict):
            state = {**(state[0] or {}), **state[1]}
        self.state = state if isinstance(state, dict) else {"state": state}

    def append(self, item):
        self.items.append(item)

    def extend(self, items):
        self.items.extend(items)

    def __setitem__(self, key, value):
        self.items.append((key, value))

    def get(self, key, default=None):
        return self.state.get(key, default)

    @property
    def name(self):
        return type(self).path.rsplit(".", 1)[-1]


def rebuild_tensor(storage, offset, size, stride, *rest):
    """A numpy array for `torch._utils._rebuild_tensor_v2`, checked to lie inside its storage."""
    if not isinstance(storage, np.ndarray):
        raise ExportError("a tensor without storage")
    last = offset + sum((n - 1) * s for n, s in zip(size, stride))
    if offset < 0 or any(n < 0 for n in size) or any(s < 0 for s in stride) or (all(size) and last >= storage.size):
        raise ExportError("a tensor reaches beyond its storage")
    view = np.lib.stride_tricks.as_strided(storage[offset:], size, [s * storage.itemsize for s in stride])
    return np.array(view)  # a copy: a 0-d tensor stays an array


def rebuild_parameter(data, *rest):
    return data


class Storage:
    def __init__(self, dtype):
        self.dtype = dtype


class RestrictedUnpickler(pickle.Unpickler):
    """Unpickles `data.pkl` of a torch archive without running anything that the file names."""

    def __init__(self, stream, read_storage):
        super().__init__(stream, encoding="utf-8")
        self.read_storage = read_storage
        self.stubs = {}

    def find_class(self, module, name):
        path = f"{module}.{name}"
        root = module.split(".")[0]
        if root in ("builtins", "__builtin__"):
            if name in SAFE_BUILTINS:
                return SAFE_BUILTINS[name]
            raise ExportError(f"forbidden global {path} in the pickle: this is not a plain model file")
        if root in FORBIDDEN or "__" in name:
            raise ExportError(f"forbidden global {path} in the pickle: this is not a plain model file")
        if path == "collections.OrderedDict":
            return collections.OrderedDict
        if path in ("torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor"):
            return rebuild_tensor
        if path in ("torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state"):
            return rebuild_parameter
        if module in ("torch", "torch.storage") and name in STORAGES:
            return Storage(np.dtype(STORAGES[name]))
        if path not in self.stubs:
            self.stubs[path] = type(name, (Stub,), {"path": path})
        return self.stubs[path]

    def persistent_load(self, identity):
        if not (isinstance(identity, tuple) and len(identity) >= 5 and identity[0] == "storage" and isinstance(identity[1], Storage)):
            raise ExportError(f"unknown persistent id {identity!r}")
        return self.read_storage(identity[1].dtype, str(identity[2]), int(identity[4]))


def unpickle(path):
    """The root object of a torch zip archive, made of stubs, containers and numpy arrays."""
    if not zipfile.is_zipfile(path):
        raise ExportError(f"{path} is no torch zip archive (files of PyTorch before 1.6 must be saved again)")
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        roots = [n[: -len("data.pkl")] for n in names if n.endswith("/data.pkl") or n == "data.pkl"]
        if len(roots) != 1:
            raise ExportError(f"{path} has no data.pkl: is it a TorchScript file?")
        root = roots[0]
        if root + "constants.pkl" in names:
            raise ExportError(f"{path} is a TorchScript archive; export the best_model it was made from")
        order = archive.read(root + "byteorder").decode().strip() if root + "byteorder" in names else "little"
        known = {}

        def read_storage(dtype, key, count):
            if key not in known:
                raw = archive.read(f"{root}data/{key}")
                if len(raw) < count * dtype.itemsize:
                    raise ExportError(f"storage {key} is cut short")
                source = dtype.newbyteorder(">" if order == "big" else "<")
                known[key] = np.frombuffer(raw, source, count).astype(dtype)
            return known[key]

        return RestrictedUnpickler(io.BytesIO(archive.read(root + "data.pkl")), read_storage).load()


def state_dict(module, prefix=""):
    """Parameters and persistent buffers of a module tree, in PyTorch's order and under PyTorch's names."""
    tensors = collections.OrderedDict()
    transient = module.get("_non_persistent_buffers_set") or ()
    for table in ("_parameters", "_buffers"):
        for key, value in (module.get(table) or {}).items():
            if value is not None and key not in transient:
                tensors[prefix + key] = value
    for key, child in (module.get("_modules") or {}).items():
        if child is not None:
            tensors.update(state_dict(child, f"{prefix}{key}."))
    return tensors


def children(module, name):
    """The entries of a ModuleList or Sequential, or the named child."""
    child = (module.get("_modules") or {}).get(name)
    if child is None:
        raise ExportError(f"{type(module).path} has no {name}")
    return child


def entries(module):
    return list((module.get("_modules") or {}).values())


def attribute(module, name, default=None):
    """A plain attribute, parameter, buffer or submodule."""
    for table in ("_parameters", "_buffers", "_modules"):
        if name in (module.get(table) or {}):
            return module.get(table)[name]
    return module.get(name, default)


# --- describing the model ----------------------------------------------------------------------------------------

ACTIVATIONS = {
    "torch.nn.functional.silu": "silu", "torch.nn.modules.activation.SiLU": "silu",
    "schnetpack.nn.activations.shifted_softplus": "shifted_softplus",
    "torch.nn.functional.softplus": "softplus", "torch._C._nn.softplus": "softplus",
    "torch.nn.modules.activation.Softplus": "softplus",
    "torch.tanh": "tanh", "torch._VariableFunctionsClass.tanh": "tanh", "torch.nn.functional.tanh": "tanh",
    "torch.nn.modules.activation.Tanh": "tanh",
    "torch.nn.modules.linear.Identity": "identity",
}  # fmt: skip


def activation(dense):
    value = attribute(dense, "activation")
    if value is None:
        return "identity"
    path = value.path if isinstance(value, type) and issubclass(value, Stub) else type(value).path
    if path not in ACTIVATIONS:
        raise ExportError(f"activation {path} is not supported")
    return ACTIVATIONS[path]


def numbers(values):
    return [float(v) for v in np.asarray(values).ravel()]


def describe_cutoff(module):
    kinds = {"CosineCutoff": ("cosine", ["cutoff"]), "MollifierCutoff": ("mollifier", ["cutoff", "eps"]),
             "SwitchFunction": ("switch", ["switch_on", "switch_off"])}  # fmt: skip
    if module.name not in kinds:
        raise ExportError(f"cutoff function {module.name} is not supported")
    name, keys = kinds[module.name]
    return {"name": name, **{key: numbers(attribute(module, key))[0] for key in keys}}


def describe_basis(module):
    if module.name in ("GaussianRBF", "GaussianRBFCentered"):
        return {"name": "gaussian", "offsets": numbers(attribute(module, "offsets")), "widths": numbers(attribute(module, "widths"))}
    if module.name == "BesselRBF":
        return {"name": "bessel", "freqs": numbers(attribute(module, "freqs"))}
    raise ExportError(f"radial basis {module.name} is not supported")


def describe_postprocessing(model, elements):
    """Each step, and what they add to an atom's energy in all."""
    steps, per_atom, per_element = [], 0.0, {}
    if not model.get("do_postprocessing", True):
        return steps, per_atom, per_element
    for module in entries(children(model, "postprocessors")):
        if module.name in ("CastTo64", "CastTo32"):
            steps.append({"name": {"CastTo64": "cast_to_64", "CastTo32": "cast_to_32"}[module.name]})
        elif module.name == "AddOffsets":
            mean = numbers(attribute(module, "mean"))[0]
            atomref = np.asarray(attribute(module, "atomref"), dtype=float).ravel()
            step = {"name": "add_offsets", "property": module.get("_property"), "add_mean": bool(module.get("add_mean")), "mean": mean,
                    "is_extensive": bool(module.get("is_extensive")), "add_atomrefs": bool(module.get("add_atomrefs")),
                    "atomref": {str(z): float(e) for z, e in enumerate(atomref) if e} or None}  # fmt: skip
            if (step["add_mean"] or step["add_atomrefs"]) and not step["is_extensive"]:
                raise ExportError("offsets of an intensive property are not supported")
            steps.append(step)
            per_atom += mean if step["add_mean"] else 0.0
            if step["add_atomrefs"]:
                for z, e in enumerate(atomref):
                    if e or z in elements:
                        per_element[str(z)] = per_element.get(str(z), 0.0) + float(e)
        else:
            raise ExportError(f"postprocessor {module.name} is not supported")
    return steps, per_atom, per_element


def describe(model, species, energy_unit, length_unit):
    """The JSON description of a NeuralNetworkPotential stub."""
    if model.name != "NeuralNetworkPotential":
        raise ExportError(f"expected a NeuralNetworkPotential, found {type(model).path}")
    inputs = [m.name for m in entries(children(model, "input_modules"))]
    for name in inputs:
        if name not in ("PairwiseDistances", "Strain"):
            raise ExportError(f"input module {name} is not supported")
    representation = children(model, "representation")
    architecture = {"PaiNN": "painn", "SchNet": "schnet"}.get(representation.name)
    if architecture is None:
        raise ExportError(f"representation {representation.name} is not supported")
    if entries(attribute(representation, "electronic_embeddings") or Stub()):
        raise ExportError("electronic embeddings are not supported")
    embedding = children(representation, "embedding")
    if embedding.name != "Embedding":
        raise ExportError(f"embedding {embedding.name} is not supported")
    max_z, features = attribute(embedding, "weight").shape
    cutoff = describe_cutoff(children(representation, "cutoff_fn"))
    basis = describe_basis(children(representation, "radial_basis"))
    blocks = entries(children(representation, "interactions"))
    if not blocks:
        raise ExportError("a model without interaction layers is not supported")

    if architecture == "painn":
        networks = [children(b, "interatomic_context_net") for b in blocks]
        mixing = entries(children(representation, "mixing"))
        networks += [children(m, "intraatomic_context_net") for m in mixing]
        epsilons = {float(m.get("epsilon", 1e-8)) for m in mixing}
        if len(epsilons) != 1:
            raise ExportError("mixing layers with different epsilon are not supported")
        epsilon, n_filters = epsilons.pop(), None
        filters = attribute(children(representation, "filter_net"), "weight").shape[0]
        shared_filters = bool(representation.get("share_filters", False)) and len(blocks) > 1
        if filters != 3 * features * (1 if shared_filters else len(blocks)):
            raise ExportError("the filter network has an unexpected number of outputs")
        shared = len(blocks) > 1 and blocks[0] is blocks[1] and mixing[0] is mixing[1]
    else:
        networks = [net for b in blocks for net in (children(b, "filter_network"), children(b, "f2out"))]
        epsilon = None
        n_filters = int(attribute(children(blocks[0], "in2f"), "weight").shape[0])
        shared = shared_filters = len(blocks) > 1 and blocks[0] is blocks[1]
    used = {activation(entries(net)[0]) for net in networks}
    last = {activation(entries(net)[1]) for net in networks}
    if len(used) != 1 or last != {"identity"}:
        raise ExportError(f"mixed activations {sorted(used | last)} are not supported")

    heads = [(k, m) for k, m in enumerate(entries(children(model, "output_modules"))) if m.name == "Atomwise"]
    if len(heads) != 1:
        raise ExportError("exactly one Atomwise output module is needed")
    index, head = heads[0]
    layers = []
    for dense in entries(children(head, "outnet")):
        n_out, n_in = attribute(dense, "weight").shape
        layers.append({"in": int(n_in), "out": int(n_out), "activation": activation(dense)})
    if layers[-1]["out"] != 1:
        raise ExportError("the output module has more than one output")
    forces = [m for m in entries(children(model, "output_modules")) if m.name not in ("Atomwise", "Forces")]
    if forces:
        raise ExportError(f"output module {forces[0].name} is not supported")
    steps, per_atom, per_element = describe_postprocessing(model, species or [])
    return {
        "format": FORMAT,
        "version": VERSION,
        "architecture": architecture,
        "n_atom_basis": int(features),
        "n_interactions": len(blocks),
        "n_rbf": len(basis.get("offsets", basis.get("freqs"))),
        "n_filters": n_filters,
        "cutoff": cutoff.get("cutoff", cutoff.get("switch_off")),
        "cutoff_function": cutoff,
        "radial_basis": basis,
        "activation": used.pop(),
        "epsilon": epsilon,
        "shared_interactions": shared,
        "shared_filters": shared_filters,
        "max_z": int(max_z),
        "species": species,
        "output": {"prefix": f"output_modules.{index}.outnet", "property": head.get("output_key"), "layers": layers, "aggregation": head.get("aggregation_mode")},
        "units": {"energy": energy_unit, "length": length_unit},
        "postprocessing": steps,
        "energy_offset": {"per_atom": per_atom, "per_element": per_element},
    }


# --- writing -----------------------------------------------------------------------------------------------------

SAFETENSORS_TYPES = {"f8": "F64", "f4": "F32", "f2": "F16", "i8": "I64", "i4": "I32", "i2": "I16", "i1": "I8", "u1": "U8", "b1": "BOOL"}


def safetensors(tensors, metadata):
    """The bytes of a safetensors file: header length, JSON header, data."""
    header, position, data = {"__metadata__": metadata}, 0, []
    for name, array in tensors.items():
        raw = np.array(array, order="C").astype(array.dtype.newbyteorder("<")).tobytes()
        header[name] = {"dtype": SAFETENSORS_TYPES[array.dtype.str[1:]], "shape": list(array.shape), "data_offsets": [position, position + len(raw)]}
        position += len(raw)
        data.append(raw)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(data)


def find_potential(root):
    """The NeuralNetworkPotential itself, inside whatever wraps it."""
    module = root
    while isinstance(module, Stub) and module.name != "NeuralNetworkPotential":
        inner = module.get("_modules") or {}
        if "model" not in inner:
            break
        module = inner["model"]
    if not isinstance(module, Stub):
        raise ExportError(f"the file holds a {type(root).__name__}, not a whole model (a bare state dict or a checkpoint cannot be exported)")
    return module


def atomic_number(word):
    if word.isdigit():
        return int(word)
    if word in SYMBOLS:
        return SYMBOLS.index(word)
    raise ExportError(f"unknown element {word}")


def export(path, output, species=None, energy_unit="eV", length_unit="Ang"):
    """Write OUTPUT.safetensors and OUTPUT.json; returns the description."""
    model = find_potential(unpickle(path))
    tensors = state_dict(model)
    description = describe(model, species, energy_unit, length_unit)
    description["dtype"] = {"f4": "float32", "f8": "float64", "f2": "float16"}[tensors["representation.embedding.weight"].dtype.str[1:]]
    blob = safetensors(tensors, {"format": FORMAT, "version": str(VERSION), "architecture": description["architecture"]})
    name = os.path.basename(output)
    with open(output + ".safetensors", "wb") as stream:
        stream.write(blob)
    description["tensors"] = {name: list(array.shape) for name, array in tensors.items()}
    description["source"] = {
        "file": os.path.basename(path),
        "sha256": hashlib.sha256(open(path, "rb").read()).hexdigest(),
        "schnetpack": model.get("spk_version"),
        "exporter": "scripts/export_schnetpack.py",
    }
    description["safetensors"] = {"file": name + ".safetensors", "sha256": hashlib.sha256(blob).hexdigest()}
    with open(output + ".json", "w") as stream:
        text = json.dumps(description, indent=1)
        stream.write(re.sub(r"\[[^][{}]*\]", lambda found: re.sub(r"\s+", " ", found[0]), text) + "\n")  # a list on one line
    return description


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("model", help="best_model or best_inference_model of SchNetPack 2")
    p.add_argument("--output", required=True, help="path without suffix: .safetensors and .json are added")
    p.add_argument("--species", nargs="+", help="elements that the model was trained on (symbols or atomic numbers); default: unknown")
    p.add_argument("--energy-unit", default="eV", help="eV, kcal/mol, Ha ... (a model file does not say it)")
    p.add_argument("--length-unit", default="Ang", help="Ang or Bohr")
    a = p.parse_args()
    try:
        species = sorted(atomic_number(w) for w in a.species) if a.species else None
        d = export(a.model, a.output, species, a.energy_unit, a.length_unit)
    except (ExportError, pickle.UnpicklingError, KeyError, EOFError, zipfile.BadZipFile) as error:
        sys.exit(f"export_schnetpack: {a.model}: {error}")
    print(f"{a.output}: {d['architecture']}, {d['n_atom_basis']} features, {d['n_interactions']} layers, {d['n_rbf']} {d['radial_basis']['name']} functions, {d['cutoff_function']['name']} cutoff {d['cutoff']}")


if __name__ == "__main__":
    main()
