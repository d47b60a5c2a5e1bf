"""DeePMD npy frames and their neighbour lists, for the training and evaluation scripts."""

import os

import numpy as np

ATOMIC_NUMBERS = {"H": 1, "C": 6, "N": 7, "O": 8, "Si": 14, "Ni": 28, "Cu": 29}


class Frames:
    """All frames of one DeePMD folder (`type.raw`, `type_map.raw`, `set.*/*.npy`), in eV and Angstrom."""

    def __init__(self, folder):
        types = np.loadtxt(os.path.join(folder, "type.raw"), dtype=int).ravel()
        names = open(os.path.join(folder, "type_map.raw")).read().split()
        sets = sorted(name for name in os.listdir(folder) if name.startswith("set."))
        read = lambda key: np.concatenate([np.load(os.path.join(folder, s, key + ".npy")) for s in sets])
        n = len(types)
        self.symbols = [names[t] for t in types]
        self.numbers = np.array([ATOMIC_NUMBERS[s] for s in self.symbols])
        self.positions = read("coord").reshape(-1, n, 3).astype(np.float64)
        self.cells = read("box").reshape(-1, 3, 3).astype(np.float64)
        self.energies = read("energy").reshape(-1).astype(np.float64)
        self.forces = read("force").reshape(-1, n, 3).astype(np.float64)

    def __len__(self):
        return len(self.energies)


def neighbours(positions, cell, cutoff):
    """Every ordered pair (i, j) with |r_j + offset - r_i| < cutoff, sorted by i, as (i, j, offset)."""
    # Integer wraps bring the atoms into the cell; offsets refer to the positions as they were given.
    inverse = np.linalg.inv(cell)
    wraps = np.floor(positions @ inverse)
    inside = positions - wraps @ cell
    heights = 1.0 / np.linalg.norm(inverse, axis=0)
    repeats = np.ceil(cutoff / heights).astype(int)
    axes = [np.arange(-r, r + 1) for r in repeats]
    images = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
    first, second, offsets = [], [], []
    for image in images:
        vectors = inside[None, :, :] + image @ cell - inside[:, None, :]
        near = (vectors**2).sum(-1) < cutoff**2
        if not image.any():
            np.fill_diagonal(near, False)
        i, j = np.nonzero(near)
        first.append(i)
        second.append(j)
        offsets.append((image - wraps[j] + wraps[i]) @ cell)
    first, second, offsets = map(np.concatenate, (first, second, offsets))
    order = np.argsort(first, kind="stable")
    return first[order], second[order], offsets[order]


class Batches:
    """Frames with neighbour lists made once; `batch(indices)` concatenates some of them into SchNetPack inputs."""

    def __init__(self, frames, cutoff, dtype=None):
        import torch

        self.dtype = dtype or torch.float32
        self.numbers = torch.tensor(frames.numbers)
        self.positions = torch.tensor(frames.positions, dtype=self.dtype)
        self.cells = torch.tensor(frames.cells, dtype=self.dtype)
        self.energies = torch.tensor(frames.energies, dtype=torch.float64)
        self.forces = torch.tensor(frames.forces, dtype=self.dtype)
        self.lists = []
        for positions, cell in zip(frames.positions, frames.cells):
            i, j, offset = neighbours(positions, cell, cutoff)
            self.lists.append((torch.tensor(i), torch.tensor(j), torch.tensor(offset, dtype=self.dtype)))

    def __len__(self):
        return len(self.lists)

    def batch(self, indices):
        import torch

        n = len(self.numbers)
        lists = [self.lists[k] for k in indices]
        return {
            "_atomic_numbers": self.numbers.repeat(len(indices)),
            "_positions": self.positions[indices].reshape(-1, 3),
            "_cell": self.cells[indices],
            "_n_atoms": torch.full((len(indices),), n),
            "_idx_m": torch.arange(len(indices)).repeat_interleave(n),
            "_idx_i": torch.cat([l[0] + n * b for b, l in enumerate(lists)]),
            "_idx_j": torch.cat([l[1] + n * b for b, l in enumerate(lists)]),
            "_offsets": torch.cat([l[2] for l in lists]),
        }
