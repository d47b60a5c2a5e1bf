import Deck
import Domain

/// The embedded-atom method of Daw and Baskes, Phys. Rev. B 29, 6443 (1984), and of Finnis and Sinclair, Phil. Mag. A 50, 45 (1984):
///
///     E = sum_i F_a(i)(rho_i) + sum_{i<j} phi_ab(r_ij),    rho_i = sum_j rho_ab(r_ij)
///
/// Functions are tables in a file, between samples LAMMPS' cubic splines: forces are continuous, their derivatives jump a little at the
/// samples. Energies in the file's units (eV in practice), lengths in Angstrom. Beyond the table F goes on as a straight line.
/// Types that are mapped to NULL, or that no line of `pair_style eam` names, are invisible.
///
/// Three passes: densities over a half list, summed from ghosts to owners; F' of owned atoms, copied to ghosts; forces.
public final class EAM: DualKernelPotential, SpeciesMapping, MassGiving {
    enum Format: String { case funcfl = "eam", setfl = "eam/alloy", finnisSinclair = "eam/fs" }

    static let funcflEntry = entry(.funcfl, "pair_style eam\npair_coeff I I FILE")
    static let setflEntry = entry(.setfl, "pair_style eam/alloy\npair_coeff * * FILE ELEMENT ...")
    static let finnisSinclairEntry = entry(.finnisSinclair, "pair_style eam/fs\npair_coeff * * FILE ELEMENT ...")

    private static func entry(_ format: Format, _ usage: String) -> PotentialStyle {
        PotentialStyle(format.rawValue, usage: usage) { words, setup in
            try words.finish()
            return EAM(format, typeCount: setup.typeCount)
        }
    }

    let format: Format
    public var style: String { format.rawValue }
    public private(set) var requirements = Requirements(cutoff: 0, list: .half)
    public var usesPlainKernel = false
    public private(set) var speciesMap: SpeciesMap?
    /// Element of each type, index 0 unused, or -1.
    private(set) var species: [Int32]
    private(set) var functions: EAMFunctions?
    private var tables: Tables?
    private var files: [(name: String, contents: Funcfl, factor: Double)] = []
    private var pendingMasses: [Int: Double] = [:]
    private let scratch = NeighbourScratch()
    private let plainFields = EAMFields<Double>(), dualFields = EAMFields<Dual<Double>>()

    /// Noncopyable, so in a box.
    private final class Tables {
        let contents: EAMTables
        init(_ functions: EAMFunctions, isSingle: Bool) { contents = EAMTables(functions, isSingle: isSingle) }
    }

    init(_ format: Format, typeCount: Int) {
        self.format = format
        species = Array(repeating: -1, count: typeCount + 1)
    }

    public var summary: String {
        guard let functions else { return "\(style): no model" }
        let names = format == .funcfl ? files.map(\.name) : functions.elements
        return "\(style): \(names.joined(separator: " ")), cutoff \(functions.cutoff), \(functions.count) samples in distance, "
            + "\(functions.densityCount) in density"
    }

    public func takeMasses() -> [Int: Double] {
        defer { pendingMasses = [:] }
        return pendingMasses
    }

    public func coefficients(_ words: inout Words, _ setup: PotentialSetup) throws {
        if format == .funcfl { try readFuncfl(&words, setup) } else { try readSetfl(&words, setup) }
    }

    /// `I I FILE`: a file for a type; lines for unlike pairs of types say nothing new.
    private func readFuncfl(_ words: inout Words, _ setup: PotentialSetup) throws {
        let rows = try words.typeRange("a type", count: setup.typeCount)
        let columns = try words.typeRange("a type", count: setup.typeCount)
        let word = try words.word("a file of one element's functions (funcfl)")
        try words.finish()
        let types = rows.filter { columns.contains($0) }
        guard !types.isEmpty else {
            throw words.error("pair_style eam takes files by type, I I: functions of unlike pairs follow from them", at: word)
        }
        let index: Int
        if let known = files.firstIndex(where: { $0.name == word.text }) {
            index = known
        } else {
            let bytes = try setup.read(word.text, word.location)
            let factor = try FileUnits.energyFactor(bytes, word, setup.units)
            files.append((word.text, try words.parsing(word) { try Funcfl(word.text, bytes) }, factor))
            index = files.count - 1
        }
        for type in types {
            species[type] = Int32(index)
            pendingMasses[type] = files[index].contents.mass
        }
    }

    private func readSetfl(_ words: inout Words, _ setup: PotentialSetup) throws {
        try words.everyPair(of: style)
        let word = try words.word("a file of the elements' functions")
        let bytes = try setup.read(word.text, word.location)
        var functions = try words.parsing(word) { try EAMFunctions(setfl: word.text, bytes, byPair: format == .finnisSinclair) }
        functions.scaleEnergies(by: try FileUnits.energyFactor(bytes, word, setup.units))
        let map = try SpeciesMap(&words, typeCount: setup.typeCount, model: word.text, elements: functions.elements)
        (speciesMap, species, self.functions) = (map, map.species, functions)
        for type in 1...setup.typeCount where species[type] >= 0 { pendingMasses[type] = functions.masses[Int(species[type])] }
    }

    public func prepare(_ setup: PotentialSetup) throws {
        if format == .funcfl {
            guard !files.isEmpty else { throw DeckError("pair_style eam has no pair_coeff", at: nil) }
            let used = files.indices.filter { species.contains(Int32($0)) }
            guard Set(files.map(\.factor)).count == 1 else { throw DeckError("pair_style eam: the files are in different units", at: nil) }
            var combined = EAMFunctions(used.map { (files[$0].name, files[$0].contents) })
            combined.scaleEnergies(by: files[0].factor)
            functions = combined
            species = species.map { old in Int32(used.firstIndex(of: Int(old)) ?? -1) }
            files = used.map { files[$0] }
        } else {
            try mappedSpecies()
            speciesMap?.warnOfMasses(setup)
        }
        guard let functions else { return }
        let isSingle = functions.embedding.count == 1 && species.dropFirst().allSatisfy { $0 == 0 }
        tables = Tables(functions, isSingle: isSingle)
        requirements = Requirements(cutoff: functions.cutoff, list: .half)
    }

    func evaluatePlainly(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, seeds: UnsafePointer<Double>?, into forces: inout Forces
    ) {
        guard let functions else { return }
        EAMReference.compute(functions, species, atoms, list, context, seeds: seeds, into: &forces)
    }

    /// On duals s F'(rho) is forwarded with its tangent.
    func evaluate(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, seeds: UnsafePointer<Double>?,
        field: UnsafePointer<Vector>?, into forces: inout Forces
    ) {
        let wanted = forces.wanted
        var sums = PairPass.Sums()
        if field == nil {
            pass(plainFields, atoms, list, wanted, seeds: seeds, field: nil, atomEnergy: wanted.contains(.atomEnergy), into: &forces) {
                (pass: EAMPass<Vector>, tables: borrowing EAMTables) in
                eamDensities(pass)
                sums.energy += embed(pass, tables, plainFields, atoms, context)
                eamForces(pass, tally: !wanted.isEmpty || seeds != nil, &sums)
            }
            forces.energy += sums.energy
        } else {
            pass(
                dualFields, atoms, list, wanted, seeds: seeds, field: field, atomEnergy: context.wanted.contains(.atomEnergy), into: &forces
            ) { (pass: EAMPass<Dual<Vector>>, tables: borrowing EAMTables) in
                eamDensities(pass)
                _ = embed(pass, tables, dualFields, atoms, context)
                eamForces(pass, tally: true, &sums)
            }
        }
        forces.virial += sums.virial
    }

    private func pass<L: EdgeLane>(
        _ fields: EAMFields<L.Single>, _ atoms: borrowing Atoms, _ list: NeighbourList, _ wanted: Wanted, seeds: UnsafePointer<Double>?,
        field: UnsafePointer<Vector>?, atomEnergy: Bool, into forces: inout Forces,
        _ body: (EAMPass<L>, borrowing EAMTables) -> Void
    ) where L.Plain == Vector {
        guard let tables else { return }
        let edges = scratch.reserve(list)
        fields.clear(atoms, list)
        species.withUnsafeBufferPointer { map in
            body(
                EAMPass<L>(
                    owned: atoms.owned, position: atoms.position.pointer, type: atoms.type.pointer, species: map.baseAddress!,
                    elements: tables.contents.elements, isSingle: tables.contents.isSingle,
                    cutoffSquared: tables.contents.cutoffSquared, inverseStep: tables.contents.inverseStep,
                    lastRow: Double(tables.contents.rowCount - 2), rowCount: tables.contents.rowCount,
                    densityTable: tables.contents.density.pointer, pairTable: tables.contents.pair.pointer,
                    starts: list.offsets.pointer, neighbours: list.neighbours.pointer, firsts: fields.firsts.pointer,
                    counts: fields.counts.pointer, near: fields.near.pointer, edges: edges,
                    density: fields.density.pointer, slope: fields.slope.pointer, seeds: seeds, field: field,
                    force: forces.force.pointer, wantsVirial: wanted.contains(.virial),
                    atomEnergy: atomEnergy ? forces.atomEnergy.pointer : nil,
                    atomVirial: wanted.contains(.atomVirial) ? forces.atomVirial.pointer : nil),
                tables.contents)
        }
    }

    /// Second pass: s F'(rho) of owned atoms from the complete densities, then on ghosts.
    /// - Returns: sum_i s_i F(rho_i).
    private func embed<L: EdgeLane>(
        _ pass: EAMPass<L>, _ tables: borrowing EAMTables, _ fields: EAMFields<L.Single>, _ atoms: borrowing Atoms,
        _ context: ComputeContext
    ) -> Double where L.Single: Summable {
        typealias S = L.Single
        context.halo.reverse(&fields.density)
        var energy = 0.0
        let last = Double(tables.densityRowCount - 2)
        for i in 0..<atoms.owned {
            let a = Int(species[Int(atoms.type[i])])
            guard a >= 0 else { continue }
            let rho = fields.density[i], at = rho.scaled(by: tables.inverseDensityStep) + S(1)
            let m = max(1, min(last, at.value)).rounded(.down), p = S.minimum(at - S(m), S(1))
            let c = tables.embedding[a * tables.densityRowCount + Int(m)]
            let slope = (S(c.y).addingProduct(p, S(2 * c.z).addingProduct(p, plain: 3 * c.w))).scaled(by: tables.inverseDensityStep)
            var e = S(c.x).addingProduct(p, S(c.y).addingProduct(p, S(c.z).addingProduct(p, plain: c.w)))
            if rho.value > tables.largestDensity { e = e + slope * (rho - S(tables.largestDensity)) }
            let seed = S.seed(pass.seeds, i)
            fields.slope[i] = seed * slope
            e = seed * e
            energy += e.value
            if let atomEnergy = pass.atomEnergy { atomEnergy[i] += e.outcome }
        }
        context.halo.forward(&fields.slope)
        return energy
    }
}

/// Values of owned and ghost atoms, and the neighbours within the cutoff, kept from call to call.
final class EAMFields<S: Lane> {
    var density = Column<S>()
    var slope = Column<S>()
    var firsts = Column<Int32>()
    var counts = Column<Int32>()
    var near = Column<Int32>()

    func clear(_ atoms: borrowing Atoms, _ list: NeighbourList) {
        density.removeAll()
        density.resize(to: atoms.count, filling: .zero)
        slope.removeAll()
        slope.resize(to: atoms.count, filling: .zero)
        firsts.resize(to: atoms.owned, filling: 0)
        counts.resize(to: atoms.owned, filling: 0)
        // Each atom's neighbours filled up to four, and the one that is written beyond the end.
        near.reserve(list.pairs + 4 * atoms.owned + 8)
    }
}
