import Deck
import Domain

/// Atomic cluster expansions: `pair_style pace` from `.yace`, `.ace` and `.yaml` files, and `pace/extrapolation` with grades of active
/// sets.
///
/// The energy of an atom is a function of densities that are polynomials in the coefficients of its neighbours' density in radial
/// functions and spherical harmonics (ACEReference has formulas and sources). Files are in eV and Angstrom: `units metal`.
///
/// Radial functions are the reference program's: cubic Hermite polynomials between nodes DeltaSplineBins apart. Forces are the exact
/// derivatives of those; their own derivatives jump from node to node by as much as the spacing makes them. Half of a pair's virial goes
/// to each of its atoms.
///
/// Cost: atoms x (neighbours x (radial functions + harmonics x n) + terms of the expansion). No communication.
public final class ACE: CentrePotential {
    public static let entry = PotentialStyle(
        "pace",
        usage: "pair_style pace [product|recursive] [chunksize N]\npair_coeff * * FILE.yace|FILE.ace|FILE.yaml ELEMENT ..."
    ) { words, setup in
        try options(&words, ["product", "recursive"], setup)
        return ACE("pace")
    }

    public static let extrapolation = PotentialStyle(
        "pace/extrapolation", usage: "pair_style pace/extrapolation [chunksize N]\npair_coeff * * FILE.yaml FILE.asi ELEMENT ..."
    ) { words, setup in
        try options(&words, [], setup)
        return ACE("pace/extrapolation")
    }

    /// LAMMPS' choice of evaluator and of its batches, which make no difference to the numbers: there is one evaluator here.
    private static func options(_ words: inout Words, _ evaluators: [String], _ setup: PotentialSetup) throws {
        while !words.isAtEnd {
            let word = try words.word("an option")
            if word.text == "chunksize" {
                _ = try words.int("atoms in a chunk", in: 1...Int(Int32.max))
            } else if !evaluators.contains(word.text) {
                throw DeckError.unknown("option of the pair style", word, known: evaluators + ["chunksize"])
            }
        }
        guard setup.units.name == .metal else { throw words.error("atomic cluster expansions need units metal") }
    }

    public let style: String
    public var usesPlainKernel = false
    public private(set) var speciesMap: SpeciesMap?
    private(set) var groups = SpeciesGroups()
    private let isGraded: Bool
    private var files = ModelFiles()
    private var tables: ACETables?
    private var plain: ACEReference?
    private var grading: ACEGrading?
    private let workspace = ACEWorkspace<CentreLanes>(), dualWorkspace = ACEWorkspace<Dual<CentreLanes>>()

    init(_ style: String) {
        self.style = style
        isGraded = style == "pace/extrapolation"
    }

    public func coefficients(_ words: inout Words, _ setup: PotentialSetup) throws {
        try words.everyPair(of: style)
        let word = try words.word("an ACE potential file"), setWord = isGraded ? try words.word("a file of active sets (.asi)") : nil
        files = ModelFiles()
        let model = try files.read(word, words, setup) { name, bytes in
            switch name.split(separator: ".").last {
            case "yaml": return try ACEModel(basis: name, bytes)
            case "yace" where !isGraded: return try ACEModel(yace: name, bytes)
            case "ace" where !isGraded: return try ACEModel(text: name, bytes)
            default:
                let expected = isGraded ? "grades need the B basis: a .yaml file" : "expected a file .yace, .ace or .yaml, not '\(name)'"
                throw words.error(expected, at: word)
            }
        }
        let sets = try setWord.map { word in try files.read(word, words, setup) { try ACEGrading.activeSets($0, $1, model) } }
        let map = try SpeciesMap(&words, typeCount: setup.typeCount, model: word.text, elements: model.elements)
        let used = Set(map.species.filter { $0 >= 0 }.map(Int.init))
        if used.isEmpty { throw words.error("every type is NULL: the model would see no atom", at: word) }
        if model.innerCutoff == .zbl, let name = model.elements.first(where: { Elements.number(of: $0) == nil }) {
            throw words.error("'\(name)' in \(word.text) is not a chemical element, which its nuclear repulsion needs", at: word)
        }
        speciesMap = map
        let tables = ACETables(model, used: used)
        self.tables = tables
        plain = nil
        grading = sets.map { ACEGrading(tables, $0.sets, isLinear: $0.isLinear) }
        groups = SpeciesGroups(map.species, of: tables.view.elements) { model.bond($0, $1)?.cutoff ?? 0 }
    }

    /// Names that do not fit the masses only bring a warning: LAMMPS' own example decks have such.
    public func prepare(_ setup: PotentialSetup) throws {
        try mappedSpecies()
        speciesMap?.warnOfMasses(setup)
    }

    public var summary: String {
        guard let tables else { return "\(style): no model" }
        let model = tables.model, rank = model.functions.joined().map(\.rank).max() ?? 0
        let terms = tables.plans.reduce(0) { $0 + $1.termCount }, products = tables.plans.reduce(0) { $0 + $1.products.count }
        return "\(style): \(files), ACE for \(model.elements.joined(separator: " ")), cutoff \(requirements.cutoff), "
            + "\(model.functionCount) functions of up to \(rank) neighbours, \(terms) terms of \(products) products"
    }

    func evaluatePlainly(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, seeds: UnsafePointer<Double>?, into forces: inout Forces
    ) {
        guard let tables else { return }
        let reference = plain ?? ACEReference(tables.model)
        plain = reference
        reference.compute(species: groups.species, atoms, list, seeds: seeds, into: &forces)
    }

    func run(_ pass: CentrePass<CentreLanes>, _ energy: inout Double, _ virial: inout Tensor) {
        guard let view = tables?.view else { return }
        let scratch = workspace.scratch(view, largest: pass.groups.largest), grading = pass.wantsQuantities ? grading : nil
        grading?.begin(pass.owned)
        ACEKernel(view: view, scratch: scratch, grading: grading, pass: pass).run(&energy, &virial)
        grading?.finish()
    }

    func run(_ pass: CentrePass<Dual<CentreLanes>>, _ energy: inout Double, _ virial: inout Tensor) {
        guard let view = tables?.view else { return }
        let scratch = dualWorkspace.scratch(view, largest: pass.groups.largest)
        ACEKernel(view: view, scratch: scratch, grading: nil, pass: pass).run(&energy, &virial)
    }
}

extension ACE: AtomReporting {
    public var atomQuantities: [PotentialAtomQuantity] {
        isGraded ? [PotentialAtomQuantity("gamma", help: "extrapolation grade: above 1 outside the active set")] : []
    }

    public func atomQuantity(_ name: String, _ atoms: borrowing Atoms) -> [Double] { grading?.grades.array() ?? [] }
}
