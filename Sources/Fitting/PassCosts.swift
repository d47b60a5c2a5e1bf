import Domain
import Potentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The passes over a frame that a run or an ensemble asks a potential for.
public enum Pass: String, CaseIterable, Sendable {
    /// Forces alone: an ordinary time step.
    case forces
    /// Forces, energy and virial: a step with thermo output.
    case energies
    /// The same for each atom.
    case atoms
    /// Forces of a sum of weighted site energies: a gated ensemble.
    case seeded
    /// H v and the weighted forces (`DifferentiablePotential.pullback`): a conservative ensemble.
    case pullback
}

/// Runs a potential's passes over one frame, on this rank alone, and times them.
public final class PassCosts {
    public let potential: any Potential
    private let system: FrameSystem
    private let skin: Double
    private let workspace = Workspace()
    private var forces = Forces()
    private var weights = Column<Double>()
    private var field = Column<Vector>()

    /// - Parameter skin: as in a run, so that the list is longer than what is within the cutoff.
    /// - Throws: `DataError` for an element that no label names, or a cell without volume.
    public init(_ potential: any Potential, _ frame: Frame, labels: [String?], masses: [Double?], skin: Double) throws {
        (self.potential, self.skin) = (potential, skin)
        var needs = potential.requirements
        if needs.cutoff > 0 {
            needs.cutoff += skin
            needs.haloDepth += skin
        }
        let types = try TypeLabels(labels).types(of: frame)
        system = try FrameSystem(frame, types: types[...], labels: labels, masses: masses, needs: needs)
        for i in 0..<system.atoms.count {
            let id = Double(system.atoms.id[i])
            weights.append(1 + 0.5 * sin(id))
            field.append(Vector(xyz: sin(2 * id), sin(3 * id), sin(5 * id)))
        }
    }

    public var atoms: Int { system.atoms.owned }
    /// Entries of the neighbour list for an atom.
    public var neighbours: Double { Double(system.list.pairs) / Double(max(1, atoms)) }

    /// Those that the potential has.
    public var passes: [Pass] {
        Pass.allCases.filter { pass in
            switch pass {
            case .forces: true
            case .energies: potential.computable.isSuperset(of: [.energy, .virial])
            case .atoms: potential.computable.isSuperset(of: [.atomEnergy, .atomVirial])
            case .seeded: potential is any SiteEnergies
            case .pullback: potential is any DifferentiablePotential
            }
        }
    }

    public func run(_ pass: Pass) {
        let wanted: Wanted =
            switch pass {
            case .forces, .seeded, .pullback: []
            case .energies: [.energy, .virial]
            case .atoms: [.energy, .virial, .atomEnergy, .atomVirial]
            }
        forces.clear(count: system.atoms.count, wanted: wanted)
        let context = ComputeContext(halo: system.halo, step: 0, wanted: wanted, skin: skin, workspace: workspace)
        switch pass {
        case .forces, .energies, .atoms:
            potential.compute(system.atoms, system.list, context, into: &forces)
        case .seeded:
            (potential as? any SiteEnergies)?.computeSeeded(system.atoms, system.list, context, seeds: weights, into: &forces)
        case .pullback:
            (potential as? any DifferentiablePotential)?
                .pullback(system.atoms, system.list, context, weights: weights, field: field, into: &forces)
        }
    }

    /// Processor seconds of each pass: medians over rounds, in each of which the passes take turns, each repeated for about 20 ms.
    public func measure(rounds: Int) -> [(pass: Pass, seconds: Double)] {
        let passes = passes
        var repeats: [Int] = [], times = [[Double]](repeating: [], count: passes.count)
        for pass in passes {
            run(pass)
            let once = timed(pass, 1)
            repeats.append(max(1, Int(0.02 / max(once, 1e-7))))
        }
        for _ in 0..<rounds { for (k, pass) in passes.enumerated() { times[k].append(timed(pass, repeats[k])) } }
        return zip(passes, times).map { ($0, $1.sorted()[$1.count / 2]) }
    }

    private func timed(_ pass: Pass, _ count: Int) -> Double {
        let start = processorTime()
        for _ in 0..<count { run(pass) }
        return (processorTime() - start) / Double(count)
    }
}

/// Seconds of processor time of this process: on a busy machine wall time says little.
private func processorTime() -> Double {
    var t = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t)
    return Double(t.tv_sec) + 1e-9 * Double(t.tv_nsec)
}

extension Frame {
    /// The frame repeated along its edges, without what belongs to the whole (energy, forces, virial).
    public func copies(_ n: [Int]) -> Frame {
        guard let cell, n != [1, 1, 1] else { return self }
        var all = Frame(elements: [], positions: [], cell: cell, isPeriodic: isPeriodic, place: place)
        for i in 0..<n[0] {
            for j in 0..<n[1] {
                for k in 0..<n[2] {
                    let shift = cell.x * Double(i) + cell.y * Double(j) + cell.z * Double(k)
                    all.elements += elements
                    all.positions += positions.map { $0 + shift }
                }
            }
        }
        all.cell = Tensor(x: cell.x * Double(n[0]), y: cell.y * Double(n[1]), z: cell.z * Double(n[2]))
        return all
    }
}
