import Domain
import Potentials
import TestSupport

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// LAMMPS' benchmark in.melt (fcc at density 0.8442, T = 1.44, cutoff 2.5, skin 0.3, lists rebuilt every 20 steps, dt = 0.005, NVE) with a
/// plain velocity Verlet loop of its own: what Domain and the Lennard-Jones kernel cost, without the rest of mdrun.
struct Melt {
    let steps: Int
    let cells: Int
    let typeCount: Int

    func run() throws {
        let communicator = try MPICommunicator()
        let a = (4 / 0.8442 as Double).cubeRootByNewton
        var system = TestSystem.crystal(.fcc, a: a, cells: (cells, cells, cells), typeCount: typeCount, perturbation: 0)
        system.units = .lj
        let lj = LennardJones(globalCutoff: 2.5, typeCount: typeCount)
        for i in 1...typeCount { for j in i...typeCount { lj.set(i, j, .init(epsilon: 1, sigma: 1, cutoff: 2.5)) } }
        try lj.prepare(system.setup(communicator))

        let decomposition = Decomposition(box: system.box, rank: communicator.rank, size: communicator.size)!
        var atoms = system.atoms(on: decomposition)
        for i in 0..<atoms.owned {
            var random = SeededGenerator(UInt64(atoms.id[i]))
            atoms.velocity[i] = random.vector((3 * 1.44).squareRoot())  // of variance 1.44 a component
        }
        let skin = 0.3
        let halo = Halo(communicator: communicator, box: system.box)
        let list = NeighbourList(kind: .half, distance: 2.5 + skin)
        let grid = CellGrid()
        var forces = Forces()
        let dt = 0.005
        var times = [Double](repeating: 0, count: 7)
        func rebuild() {
            atoms.migrate(box: system.box, decomposition: decomposition, communicator: communicator)
            halo.build(&atoms, decomposition: decomposition, width: 2.5 + skin)
        }
        func compute(_ step: Int, _ wanted: Wanted) {
            forces.clear(count: atoms.count, wanted: wanted)
            lj.compute(atoms, list, ComputeContext(halo: halo, step: step, wanted: wanted, skin: skin), into: &forces)
        }
        func energies() -> (potential: Double, kinetic: Double) {
            var kinetic = 0.0
            for i in 0..<atoms.owned { kinetic += 0.5 * atoms.velocity[i].dot(atoms.velocity[i]) }
            let n = Double(system.count)
            return (communicator.sum(forces.energy) / n, communicator.sum(kinetic) / n)
        }
        rebuild()
        grid.build(list, atoms)
        compute(0, [.energy, .virial])
        halo.reverse(&forces.force)
        let before = energies()
        let pairs = communicator.sum(list.pairs)

        communicator.barrier()
        let started = cpuTime()
        var mark = started
        func lap(_ part: Int) {
            let now = cpuTime()
            times[part] += now - mark
            mark = now
        }
        for step in 1...steps {
            kick(&atoms, forces, dt / 2, drift: dt)
            lap(0)
            if step % 20 == 0 {
                rebuild()
                lap(1)
                grid.build(list, atoms)
                lap(2)
            } else {
                halo.forwardPositions(&atoms)
                lap(1)
            }
            compute(step, step == steps ? [.energy, .virial] : [])
            lap(3)
            halo.reverse(&forces.force)
            lap(4)
            kick(&atoms, forces, dt / 2, drift: 0)
            lap(0)
        }
        communicator.barrier()
        let total = cpuTime() - started
        // What a conservative ensemble adds, on the last configuration.
        var weights = Column<Double>(), field = Column<Vector>()
        for i in 0..<atoms.count {
            weights.append(Double(atoms.id[i] % 7))
            field.append(Vector(xyz: Double(atoms.id[i] % 5), 1, 2))
        }
        mark = cpuTime()
        for _ in 0..<10 {
            let context = ComputeContext(halo: halo, step: 0, wanted: [], skin: skin)
            lj.pullback(atoms, list, context, weights: weights, field: field, into: &forces)
        }
        lap(5)
        let after = energies()
        // The plain kernel on the same pairs, for the ratio.
        lj.usesPlainKernel = true
        mark = cpuTime()
        for _ in 0..<10 { compute(0, []) }
        lap(6)
        if communicator.rank == 0 {
            print(
                "\(system.count) atoms, \(communicator.size) ranks, \(steps) steps, \(Double(pairs) / Double(system.count)) pairs an atom")
            print("E/N before: potential \(before.potential), kinetic \(before.kinetic), total \(before.potential + before.kinetic)")
            print("E/N after:  potential \(after.potential), kinetic \(after.kinetic), total \(after.potential + after.kinetic)")
            func ms(_ seconds: Double) -> Double { (seconds * 1e5).rounded() / 100 }
            print(
                "processor time in ms: total \(ms(total)); integrate \(ms(times[0])), halo and migration \(ms(times[1])), list \(ms(times[2])),"
            )
            print(
                "  pair \(ms(times[3])), reverse \(ms(times[4])); a pair step \(ms(times[3] / Double(steps))), a pullback \(ms(times[5] / 10)), the plain kernel \(ms(times[6] / 10))"
            )
        }
        communicator.finish()
    }

    /// v += f / m dt with m = 1, then x += v drift.
    private func kick(_ atoms: inout Atoms, _ forces: borrowing Forces, _ dt: Double, drift: Double) {
        let x = atoms.position.pointer, v = atoms.velocity.pointer, f = forces.force.pointer
        for i in 0..<atoms.owned {
            v[i] += f[i].xyz * dt
            x[i] += v[i].xyz * drift
        }
    }
}

/// Seconds of processor time of this process: on a busy machine wall time says little.
private func cpuTime() -> Double {
    var t = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t)
    return Double(t.tv_sec) + 1e-9 * Double(t.tv_nsec)
}

extension Double {
    fileprivate var cubeRootByNewton: Double { (0..<100).reduce(1.0) { y, _ in (2 * y + self / (y * y)) / 3 } }
}
