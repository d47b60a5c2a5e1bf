import Domain
import Potentials

/// What a potential gives for one configuration, on rank 0, atoms in the order of their ids.
public struct Evaluation: Sendable, Equatable {
    public var ids: [Int64] = []
    public var energy = 0.0
    public var virial = Tensor.zero
    public var forces: [Vector] = []
    /// Empty unless wanted.
    public var atomEnergies: [Double] = []
    public var atomVirials: [Tensor] = []
    /// Over all ranks; not compared.
    public var ghosts = 0
    public var pairs = 0

    public var largestForce: Double { forces.reduce(0) { worse($0, $1.dot($1).squareRoot()) } }
    /// sum |e_i|, or |E| where there are no per-atom energies.
    public var energyMagnitude: Double { atomEnergies.isEmpty ? energy.magnitude : atomEnergies.reduce(0) { $0 + $1.magnitude } }

    /// The largest difference of a force component; NaN when the atoms are not the same.
    public func forceDistance(_ other: Evaluation) -> Double {
        guard ids == other.ids else { return .nan }
        return zip(forces, other.forces).reduce(0) { largest, pair in
            let d = pair.0 - pair.1
            return worse(largest, worse(d.x.magnitude, worse(d.y.magnitude, d.z.magnitude)))
        }
    }
}

/// Does for one configuration what a time step does: migrate, make ghosts, build the list, clear, compute, sum ghosts' parts onto
/// owners. Then it collects the results by id. Collective over the communicator's ranks.
public final class Evaluator {
    public let potential: any Potential
    public let communicator: any Communicator
    public let decomposition: Decomposition
    public let box: Box
    public let halo: Halo
    public let list: NeighbourList
    public var atoms: Atoms
    public let skin: Double
    private let workspace: Workspace

    /// - Parameters:
    ///   - processors: the deck's `processors`; nil is free.
    ///   - skin: added to the cutoff in list and halo, as in a run.
    ///   - workspace: one for all evaluations, as in a run; evaluators may share it.
    public init(
        _ system: TestSystem, _ potential: any Potential, communicator: any Communicator = SerialCommunicator(),
        processors: [Int?] = [nil, nil, nil], skin: Double = 0.3, workspace: Workspace = Workspace()
    ) {
        self.potential = potential
        self.workspace = workspace
        self.communicator = communicator
        self.skin = skin
        box = system.box
        guard let decomposition = Decomposition(box: box, rank: communicator.rank, size: communicator.size, wanted: processors) else {
            fatalError("no grid of \(communicator.size) ranks fits processors \(processors)")
        }
        self.decomposition = decomposition
        atoms = system.atoms(on: decomposition)
        if system.molecules != nil {
            atoms.setConnections(.bond, system.bonds(of: atoms), communicator)
            _ = atoms.findSpecialNeighbours(system.specialBonds, communicator)
        }
        atoms.migrate(box: box, decomposition: decomposition, communicator: communicator)
        let needs = potential.requirements
        halo = Halo(communicator: communicator, box: box)
        halo.build(&atoms, decomposition: decomposition, width: needs.haloDepth + skin)
        list = NeighbourList(kind: needs.list, distance: needs.cutoff + skin)
        let special = SpecialFilter(
            system.specialBonds, box: box, keepsExcluded: potential.keepsExcludedPairs, scales: potential.specialTreatment == .scaled)
        CellGrid().build(list, atoms, special: special)
    }

    private func context(_ wanted: Wanted, step: Int = 0) -> ComputeContext {
        ComputeContext(halo: halo, step: step, wanted: wanted, skin: skin, workspace: workspace)
    }

    /// Everything that the potential is capable of.
    public var able: Wanted {
        var wanted: Wanted = []
        if potential.capabilities.contains(.energy) { wanted.insert(.energy) }
        if potential.capabilities.contains(.virial) { wanted.insert(.virial) }
        if potential.capabilities.contains(.atomEnergy) { wanted.insert(.atomEnergy) }
        if potential.capabilities.contains(.atomVirial) { wanted.insert(.atomVirial) }
        return wanted
    }

    public func evaluate(_ wanted: Wanted? = nil, step: Int = 0) -> Evaluation {
        run(wanted ?? able) { potential.compute(atoms, list, context($0, step: step), into: &$1) }
    }

    /// A potential's own value of each atom, in the order of their ids. On one rank.
    public func atomQuantity(_ name: String) -> [Double] {
        guard let potential = potential as? any AtomReporting else { fatalError("\(potential.style) has no values per atom") }
        _ = run(.atomQuantities) { potential.compute(atoms, list, context($0), into: &$1) }
        let values = potential.atomQuantity(name, atoms)
        return (0..<atoms.owned).sorted { atoms.id[$0] < atoms.id[$1] }.map { values[$0] }
    }

    /// Computed twice into the same forces, which must then hold the sum.
    public func evaluateTwice() -> Evaluation {
        run(able) { wanted, forces in
            for _ in 0..<2 { potential.compute(atoms, list, context(wanted), into: &forces) }
        }
    }

    /// Forces of sum a_i e_i.
    /// - Parameter seeds: a_i by id.
    public func seeded(_ seeds: (Int64) -> Double, _ wanted: Wanted? = nil) -> Evaluation {
        guard let potential = potential as? any SiteEnergies else { fatalError("\(potential.style) has no site energies") }
        let a = column(seeds)
        return run(wanted ?? able) { potential.computeSeeded(atoms, list, context($0), seeds: a, into: &$1) }
    }

    /// -sum_i a_i d(e_i)/dx + H v; `byDifference` is the reference that every potential has.
    public func pullback(
        _ weights: (Int64) -> Double, _ field: (Int64) -> Vector, byDifference: Bool = false, _ wanted: Wanted = [.virial]
    ) -> Evaluation {
        guard let potential = potential as? any DifferentiablePotential else { fatalError("\(potential.style) has no pullback") }
        let a = column(weights), v = column { field($0).xyz }
        return run(wanted) { wanted, forces in
            if byDifference {
                potential.pullbackByDifference(atoms, list, context(wanted), weights: a, field: v, into: &forces)
            } else {
                potential.pullback(atoms, list, context(wanted), weights: a, field: v, into: &forces)
            }
        }
    }

    /// A value by id on owned atoms and, copied from their owners, on ghosts.
    private func column<T: BitwiseCopyable>(_ value: (Int64) -> T) -> Column<T> {
        var result = Column<T>(capacity: atoms.count)
        for i in 0..<atoms.count { result.append(value(atoms.id[i])) }
        return result
    }

    private func run(_ wanted: Wanted, _ compute: (Wanted, inout Forces) -> Void) -> Evaluation {
        var forces = Forces()
        forces.clear(count: atoms.count, wanted: wanted)
        compute(wanted, &forces)
        halo.reverse(&forces.force)
        if wanted.contains(.atomEnergy) { halo.reverse(&forces.atomEnergy) }
        if wanted.contains(.atomVirial) { halo.reverse(&forces.atomVirial) }
        return gather(forces)
    }

    /// Sums and per-atom values of all ranks on rank 0; only the sums elsewhere.
    private func gather(_ forces: borrowing Forces) -> Evaluation {
        var result = Evaluation()
        var sums = [forces.energy] + (0..<9).map { forces.virial[$0 / 3, $0 % 3] }
        communicator.all(.sum, &sums)
        result.energy = sums[0]
        for k in 0..<9 { result.virial[k / 3, k % 3] = sums[k + 1] }
        result.ghosts = communicator.sum(atoms.ghosts)
        result.pairs = communicator.sum(list.pairs)
        var rows: [Row] = []
        for i in 0..<atoms.owned {
            rows.append(
                Row(
                    id: atoms.id[i], force: forces.force[i].xyz, energy: forces.atomEnergy.isEmpty ? 0 : forces.atomEnergy[i],
                    virial: forces.atomVirial.isEmpty ? .zero : forces.atomVirial[i]))
        }
        guard let parcels = communicator.gather(rows.withUnsafeBytes { Array($0) }) else { return result }
        rows = parcels.flatMap { bytes in
            bytes.withUnsafeBytes { raw in
                stride(from: 0, to: raw.count, by: MemoryLayout<Row>.stride).map { raw.loadUnaligned(fromByteOffset: $0, as: Row.self) }
            }
        }
        rows.sort { $0.id < $1.id }
        result.ids = rows.map(\.id)
        result.forces = rows.map(\.force)
        if forces.wanted.contains(.atomEnergy) { result.atomEnergies = rows.map(\.energy) }
        if forces.wanted.contains(.atomVirial) { result.atomVirials = rows.map { $0.virial } }
        return result
    }

    private struct Row: BitwiseCopyable {
        var id: Int64
        var force: Vector
        var energy: Double
        var virial: Tensor
    }
}

extension TestSystem {
    /// Of each owned atom: type 1, its id and a partner's, of all atoms of its molecule that come after it.
    fileprivate func bonds(of atoms: borrowing Atoms) -> [[Double]] {
        guard let molecules else { return [] }
        let members = Dictionary(grouping: positions.indices) { molecules[$0] }
        let places = Dictionary(uniqueKeysWithValues: zip(ids, ids.indices))
        return (0..<atoms.owned).map { i in
            let place = places[atoms.id[i]]!
            return members[molecules[place]]!.filter { $0 > place }.flatMap { [1, Double(ids[place]), Double(ids[$0])] }
        }
    }

    /// The atoms that this rank owns, positions as they are in the system (not wrapped).
    public func atoms(on decomposition: Decomposition) -> Atoms {
        var atoms = Atoms(typeCount: typeCount)
        atoms.mass = masses
        atoms.labels = labels
        atoms.total = count
        if charge != nil { AtomStyle.charge.addProperties(&atoms) }
        for i in positions.indices {
            var x = positions[i], image = SIMD4<Int32>.zero
            box.wrap(&x, &image)
            if decomposition.owner(of: box.fractional(x)) == decomposition.rank {
                atoms.append(id: ids[i], type: types[i], position: positions[i])
                if let charge { atoms.charge!.values[atoms.owned - 1] = charge[Int(types[i])] }
            }
        }
        return atoms
    }
}
