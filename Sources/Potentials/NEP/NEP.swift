import Deck
import Domain

/// The neuroevolution potential of `pair_style nep`: GPUMD's nep.txt, versions 3 and 4, with or without ZBL repulsion.
///
/// The energy of an atom is a small neural network of radial sums over its neighbours and of rotation invariants of angular ones
/// (NEP+Reference has the formulas). Model files are in eV and Angstrom; energies come out in the deck's unit.
/// The bases end in a cosine cutoff, so forces are continuous but their derivatives jump where a neighbour crosses it.
///
/// Each centre writes the forces on its neighbours, ghosts included. A per-atom virial has -r_ij (x) d e_i/d r_ij at the neighbour j,
/// which is the form that heat fluxes need (Z. Fan et al., Phys. Rev. B 92, 094301 (2015)).
///
/// Cost: atoms x neighbours x (basis + angular n x 72). No communication.
public final class NEP: Potential, SpeciesMapping {
    public static let entry = PotentialStyle("nep", usage: "pair_style nep\npair_coeff * * FILE ELEMENT ...") { words, _ in
        try words.finish()
        return NEP()
    }

    public let style = "nep"
    public let capabilities = Capabilities.all
    public private(set) var requirements = Requirements(cutoff: 0, list: .full)
    /// The one neighbour at a time kernel, for comparison.
    public var usesPlainKernel = false
    public private(set) var speciesMap: SpeciesMap?
    private var file = ""
    private var digest: UInt64 = 0
    private var tables: NEPTables?
    private let neighbours = NEPNeighbours()
    private let workspace = NEPWorkspace<Lanes>()
    private let dualWorkspace = NEPWorkspace<Dual<Lanes>>()
    private var species: [Int32] = []

    public init() {}

    public func coefficients(_ words: inout Words, _ setup: PotentialSetup) throws {
        for _ in 0..<2 {
            let word = try words.word("* *")
            guard word.text == "*" else { throw words.error("pair_style nep takes 'pair_coeff * *': one model for all types", at: word) }
        }
        let word = try words.word("a NEP model file")
        guard let electronvolt = setup.units.electronvolt, setup.units.angstrom == 1 else {
            throw words.error("pair_style nep needs units metal or real: its model files are in eV and Angstrom", at: word)
        }
        let bytes = try setup.read(word.text, word.location)
        let parameters: NEPParameters
        do {
            parameters = try NEPParameters(word.text, bytes)
        } catch let error as ParameterFileError {
            throw words.error(error.description, at: word)
        }
        let map = try SpeciesMap(&words, typeCount: setup.typeCount, model: word.text, elements: parameters.elements)
        speciesMap = map
        file = word.text
        digest = bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        use(parameters, species: map.species, electronvolt: electronvolt)
    }

    /// - Parameter species: for each type (index 0 unused) the model's species, or -1.
    package func use(_ parameters: NEPParameters, species: [Int32], electronvolt: Double) {
        self.species = species
        let tables = NEPTables(parameters, electronvolt: electronvolt)
        self.tables = tables
        let present = Set(species.filter { $0 >= 0 }).map(Int.init)
        var cutoff = 0.0
        for i in present {
            for j in present {
                let pair = i * parameters.speciesCount + j
                cutoff = max(cutoff, tables.view.radialCutoff[pair], tables.view.angularCutoff[pair])
            }
        }
        requirements = Requirements(cutoff: cutoff, list: .full)
    }

    public func prepare(_ setup: PotentialSetup) throws {
        guard let map = speciesMap else { throw DeckError("pair_style nep has no pair_coeff", at: nil) }
        try map.check(setup)
    }

    public var summary: String {
        guard let p = tables?.parameters else { return "nep: no model" }
        let hex = String(digest, radix: 16)
        return "nep: \(file) (fnv \(hex)), NEP\(p.version) for \(p.elements.joined(separator: " ")), cutoff \(requirements.cutoff) A, "
            + "\(p.descriptorCount) descriptors, \(p.neurons) neurons, \(p.count) parameters"
    }

    public func compute(_ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, into forces: inout Forces) {
        compute(atoms, list, seeds: nil, into: &forces)
    }

    private func compute(
        _ atoms: borrowing Atoms, _ list: NeighbourList, seeds: UnsafePointer<Double>?, into forces: inout Forces
    ) {
        guard let tables else { return }
        if usesPlainKernel {
            NEPReference.compute(tables.parameters, tables, species: species, atoms, list, seeds: seeds, into: &forces)
            return
        }
        neighbours.update(list, atoms, species: species, count: tables.view.species)
        let scratch = workspace.scratch(tables.view, largest: neighbours.largest)
        species.withUnsafeBufferPointer { map in
            let pass = NEPPass<Lanes>(
                view: tables.view, input: input(atoms, map.baseAddress!, seeds: seeds, field: nil), scratch: scratch,
                force: forces.force.pointer, wantsVirial: forces.wanted.contains(.virial),
                atomEnergy: forces.wanted.contains(.atomEnergy) ? forces.atomEnergy.pointer : nil,
                atomVirial: forces.wanted.contains(.atomVirial) ? forces.atomVirial.pointer : nil)
            nepForces(pass, &forces.energy, &forces.virial)
        }
    }

    private func input(
        _ atoms: borrowing Atoms, _ map: UnsafePointer<Int32>, seeds: UnsafePointer<Double>?, field: UnsafePointer<Vector>?
    ) -> NEPInput {
        NEPInput(
            position: atoms.position.pointer, type: atoms.type.pointer, owned: atoms.owned, species: map,
            starts: neighbours.starts.pointer, neighbours: neighbours.indices.pointer, seeds: seeds, field: field)
    }
}

extension NEP: DifferentiablePotential {
    public func computeSeeded(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, seeds a: borrowing Column<Double>,
        into forces: inout Forces
    ) {
        compute(atoms, list, seeds: a.pointer, into: &forces)
    }

    /// One pass of the kernel on duals.
    public func pullback(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, weights a: borrowing Column<Double>,
        field v: borrowing Column<Vector>, into forces: inout Forces
    ) {
        guard let tables else { return }
        if usesPlainKernel {
            pullbackByDifference(atoms, list, context, weights: a, field: v, into: &forces)
            return
        }
        neighbours.update(list, atoms, species: species, count: tables.view.species)
        let scratch = dualWorkspace.scratch(tables.view, largest: neighbours.largest)
        var energy = 0.0
        species.withUnsafeBufferPointer { map in
            let pass = NEPPass<Dual<Lanes>>(
                view: tables.view, input: input(atoms, map.baseAddress!, seeds: a.pointer, field: v.pointer), scratch: scratch,
                force: forces.force.pointer, wantsVirial: forces.wanted.contains(.virial),
                atomEnergy: context.wanted.contains(.atomEnergy) ? forces.atomEnergy.pointer : nil,
                atomVirial: forces.wanted.contains(.atomVirial) ? forces.atomVirial.pointer : nil)
            nepDerivatives(pass, &energy, &forces.virial)
        }
    }
}

// The concrete entry points, one for each kind of lane.

private typealias Lanes = SIMD4<Double>

@inline(never)
private func nepForces(_ pass: NEPPass<Lanes>, _ energy: inout Double, _ virial: inout Tensor) {
    pass.run(energy: &energy, virial: &virial)
}

@inline(never)
private func nepDerivatives(_ pass: NEPPass<Dual<Lanes>>, _ energy: inout Double, _ virial: inout Tensor) {
    pass.run(energy: &energy, virial: &virial)
}
