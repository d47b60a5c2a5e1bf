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
public final class NEP: CentrePotential {
    public static let entry = PotentialStyle("nep", usage: "pair_style nep\npair_coeff * * FILE ELEMENT ...") { words, _ in
        try words.finish()
        return NEP()
    }

    public let style = "nep"
    public var usesPlainKernel = false
    public private(set) var speciesMap: SpeciesMap?
    private(set) var groups = SpeciesGroups()
    private var files = ModelFiles()
    private var tables: NEPTables?
    private let workspace = NEPWorkspace<CentreLanes>(), dualWorkspace = NEPWorkspace<Dual<CentreLanes>>()

    public init() {}

    public func coefficients(_ words: inout Words, _ setup: PotentialSetup) throws {
        try words.everyPair(of: style)
        let word = try words.word("a NEP model file")
        guard let electronvolt = setup.units.electronvolt, setup.units.angstrom == 1 else {
            throw words.error("pair_style nep needs units metal or real: its model files are in eV and Angstrom", at: word)
        }
        files = ModelFiles()
        let parameters = try files.read(word, words, setup) { try NEPParameters($0, $1) }
        let map = try SpeciesMap(&words, typeCount: setup.typeCount, model: word.text, elements: parameters.elements)
        speciesMap = map
        use(parameters, species: map.species, electronvolt: electronvolt)
    }

    /// - Parameter species: for each type (index 0 unused) the model's species, or -1.
    package func use(_ parameters: NEPParameters, species: [Int32], electronvolt: Double) {
        let tables = NEPTables(parameters, electronvolt: electronvolt), count = parameters.speciesCount
        self.tables = tables
        groups = SpeciesGroups(species, of: count) { i, j in
            max(tables.view.radialCutoff[i * count + j], tables.view.angularCutoff[i * count + j])
        }
    }

    public func prepare(_ setup: PotentialSetup) throws { try mappedSpecies().check(setup) }

    public var summary: String {
        guard let p = tables?.parameters else { return "nep: no model" }
        return "nep: \(files), NEP\(p.version) for \(p.elements.joined(separator: " ")), cutoff \(requirements.cutoff) A, "
            + "\(p.descriptorCount) descriptors, \(p.neurons) neurons, \(p.count) parameters"
    }

    func evaluatePlainly(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, seeds: UnsafePointer<Double>?, into forces: inout Forces
    ) {
        guard let tables else { return }
        NEPReference.compute(tables.parameters, tables, species: groups.species, atoms, list, seeds: seeds, into: &forces)
    }

    func run(_ pass: CentrePass<CentreLanes>, _ energy: inout Double, _ virial: inout Tensor) {
        guard let view = tables?.view else { return }
        NEPKernel(view: view, scratch: workspace.scratch(view, largest: pass.groups.largest), pass: pass).run(&energy, &virial)
    }

    func run(_ pass: CentrePass<Dual<CentreLanes>>, _ energy: inout Double, _ virial: inout Tensor) {
        guard let view = tables?.view else { return }
        NEPKernel(view: view, scratch: dualWorkspace.scratch(view, largest: pass.groups.largest), pass: pass).run(&energy, &virial)
    }
}
