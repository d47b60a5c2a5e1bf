"""Train a SchNet or PaiNN of SchNetPack 2 on DeePMD npy frames, with a plain loop on one CPU thread.

The result, `OUT/best_model`, is an ordinary SchNetPack 2 model (`NeuralNetworkPotential`), which
`scripts/export_schnetpack.py` turns into the safetensors and JSON that the engine reads.

Some of the training frames, drawn by the seed, are held out; the averaged (EMA) weights with the lowest held-out
force error are kept. A validation folder is never looked at. `--resume` goes on from `OUT/checkpoint`;
a resumed run with the same arguments passes through the same frames in the same order as an uninterrupted one.

The loss of a frame is  w d^2 h((E - E_ref) / (N s)) + mean over atoms of d^2 h(|F - F_ref| / d)  with  h(x) = sqrt(1 + x^2) - 1,
quadratic for small and linear for large errors, so that a few violent frames do not rule the fit.
"""

import argparse
import copy
import json
import math
import os
import random
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from schnetpack_compat import torch, schnetpack, use_index_select
from dataset import Batches, Frames


def arguments():
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--data", default=os.path.join(root, "..", "shared", "data", "methanol-cu100"), help="folder that holds train/")
    p.add_argument("--out", required=True, help="folder for best_model, checkpoint and log.csv")
    p.add_argument("--architecture", choices=["painn", "schnet"], default="painn")
    p.add_argument("--features", type=int, default=32, help="n_atom_basis (and n_filters)")
    p.add_argument("--layers", type=int, default=3)
    p.add_argument("--rbf", type=int, default=20)
    p.add_argument("--cutoff", type=float, default=5.0)
    p.add_argument("--frames", type=int, default=0, help="train on so many frames drawn by the seed (0: all)")
    p.add_argument("--hold-out", type=int, default=150)
    p.add_argument("--steps", type=int, default=20000, help="optimizer steps; the learning rate reaches its end here")
    p.add_argument("--batch", type=int, default=4)
    p.add_argument("--rate", type=float, default=2e-3)
    p.add_argument("--final-rate", type=float, default=1e-5)
    p.add_argument("--warm-up", type=int, default=300)
    p.add_argument("--energy-weight", type=float, default=0.2, help="in units of force-delta squared")
    p.add_argument("--energy-scale", type=float, default=0.005, help="eV/atom")
    p.add_argument("--force-delta", type=float, default=0.2, help="eV/A, where the force loss turns linear")
    p.add_argument("--decay", type=float, default=0.998, help="EMA decay of the kept weights")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--check-every", type=int, default=500)
    p.add_argument("--resume", action="store_true")
    return p.parse_args()


def build(a, mean_energy_per_atom):
    """The model, as SchNetPack itself would build it for prediction."""
    radial_basis = schnetpack.nn.GaussianRBF(n_rbf=a.rbf, cutoff=a.cutoff)
    cutoff_fn = schnetpack.nn.MollifierCutoff(a.cutoff)
    if a.architecture == "painn":
        representation = schnetpack.representation.PaiNN(
            n_atom_basis=a.features, n_interactions=a.layers, radial_basis=radial_basis, cutoff_fn=cutoff_fn
        )
    else:
        representation = schnetpack.representation.SchNet(
            n_atom_basis=a.features, n_interactions=a.layers, radial_basis=radial_basis, cutoff_fn=cutoff_fn
        )
    activation = torch.nn.functional.silu if a.architecture == "painn" else schnetpack.nn.shifted_softplus
    return schnetpack.model.NeuralNetworkPotential(
        representation=representation,
        input_modules=[schnetpack.atomistic.PairwiseDistances()],
        output_modules=[
            schnetpack.atomistic.Atomwise(n_in=a.features, activation=activation, output_key="energy"),
            schnetpack.atomistic.Forces(energy_key="energy", force_key="forces"),
        ],
        postprocessors=[
            schnetpack.transform.CastTo64(),
            schnetpack.transform.AddOffsets("energy", add_mean=True, property_mean=torch.tensor([mean_energy_per_atom], dtype=torch.float64)),
        ],
        do_postprocessing=True,
    )


def predict(model, inputs, create_graph):
    """Energies without offsets, and forces."""
    inputs["_positions"].requires_grad_()
    for module in model.input_modules:
        inputs = module(inputs)
    inputs = model.representation(inputs)
    energies = model.output_modules[0](inputs)["energy"]
    (gradient,) = torch.autograd.grad(energies.sum(), inputs["_positions"], create_graph=create_graph)
    return energies, -gradient


def errors(model, data, indices, mean):
    """Force RMSE and MAE (eV/A), energy RMSE about its own mean (eV/atom)."""
    squares = absolute = count = 0.0
    n = len(data.numbers)
    misfit = []
    for start in range(0, len(indices), 8):
        part = indices[start : start + 8]
        energies, forces = predict(model, data.batch(part), create_graph=False)
        difference = forces.detach() - data.forces[part].reshape(-1, 3)
        squares += float((difference**2).sum())
        absolute += float(difference.abs().sum())
        count += difference.numel()
        misfit.append(energies.detach().double() / n + mean - data.energies[part] / n)
    misfit = torch.cat(misfit)
    return math.sqrt(squares / count), absolute / count, float(misfit.std()), float(misfit.mean())


def rate(a, step):
    """Linear warm-up, then a half cosine down to the final rate."""
    if step < a.warm_up:
        return a.rate * (step + 1) / a.warm_up
    progress = min(1.0, (step - a.warm_up) / max(1, a.steps - a.warm_up))
    return a.final_rate + (a.rate - a.final_rate) * 0.5 * (1 + math.cos(math.pi * progress))


def main():
    a = arguments()
    torch.set_num_threads(1)
    torch.manual_seed(a.seed)
    os.makedirs(a.out, exist_ok=True)
    use_index_select()

    frames = Frames(os.path.join(a.data, "train"))
    order = list(range(len(frames)))
    random.Random(20240321).shuffle(order)  # the same frames are held out whatever the seed of the member
    held_out, rest = sorted(order[: a.hold_out]), order[a.hold_out :]
    random.Random(a.seed).shuffle(rest)
    if a.frames:
        rest = rest[: a.frames]
    data = Batches(frames, a.cutoff)
    n = len(frames.numbers)
    mean = float(frames.energies[rest].mean()) / n
    model = build(a, mean)
    average = copy.deepcopy(model)
    optimizer = torch.optim.Adam(model.parameters(), lr=a.rate, eps=1e-9)
    step, best, spent = 0, float("inf"), 0.0
    checkpoint = os.path.join(a.out, "checkpoint")
    if a.resume and os.path.exists(checkpoint):
        state = torch.load(checkpoint, weights_only=False)
        model.load_state_dict(state["model"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        step, best, spent = state["step"], state["best"], state["spent"]
    with open(os.path.join(a.out, "arguments.json"), "a") as stream:  # one line for every start
        stream.write(json.dumps(dict(vars(a), data=None, out=None, from_step=step)) + "\n")
    log = open(os.path.join(a.out, "log.csv"), "a")
    print(f"{len(rest)} frames, {len(held_out)} held out, {sum(p.numel() for p in model.parameters()) - model.representation.embedding.weight.numel()} parameters beside the embedding", flush=True)

    per_epoch = len(rest) // a.batch
    epoch, shuffled = -1, []
    started, total = time.time(), 0.0
    parameters, averaged = list(model.parameters()), list(average.parameters())
    while step < a.steps:
        if step // per_epoch != epoch:
            epoch = step // per_epoch
            shuffled = list(rest)
            random.Random(f"{a.seed}/{epoch}").shuffle(shuffled)
        k = (step % per_epoch) * a.batch
        indices = shuffled[k : k + a.batch]
        for group in optimizer.param_groups:
            group["lr"] = rate(a, step)
        energies, forces = predict(model, data.batch(indices), create_graph=True)
        target = ((data.energies[indices] / n - mean) * n).float()
        energy_loss = (((energies - target) / n / a.energy_scale) ** 2)
        energy_loss = (torch.sqrt(1 + energy_loss) - 1).mean()
        d = a.force_delta
        squared = ((forces - data.forces[indices].reshape(-1, 3)) ** 2).sum(-1)
        force_loss = (d * d * (torch.sqrt(1 + squared / (d * d)) - 1)).mean()
        loss = a.energy_weight * d * d * energy_loss + force_loss
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        step += 1
        decay = min(a.decay, (1 + step) / (10 + step))
        with torch.no_grad():
            torch._foreach_lerp_(averaged, parameters, 1 - decay)
        total += loss.item()
        if step % a.check_every == 0 or step == a.steps:
            rmse, mae, energy, shift = errors(average, data, held_out, mean)
            seconds = spent + time.time() - started
            line = f"{step},{epoch},{seconds:.0f},{rate(a, step):.2e},{total / a.check_every:.6f},{1e3 * rmse:.1f},{1e3 * mae:.1f},{1e3 * energy:.2f},{1e3 * shift:.2f}"
            print(line, flush=True)
            log.write(line + "\n")
            log.flush()
            total = 0.0
            if rmse < best:
                best = rmse
                torch.save(average, os.path.join(a.out, "best_model.new"))
                os.replace(os.path.join(a.out, "best_model.new"), os.path.join(a.out, "best_model"))
            torch.save(
                dict(model=model.state_dict(), average=average.state_dict(), optimizer=optimizer.state_dict(), step=step, best=best, spent=seconds),
                checkpoint + ".new",
            )
            os.replace(checkpoint + ".new", checkpoint)


if __name__ == "__main__":
    main()
