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
public final class ACE: Potential, SpeciesMapping {
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
    public let capabilities = Capabilities.all
    public private(set) var requirements = Requirements(cutoff: 0, list: .full)
    /// The one neighbour at a time kernel, for comparison.
    public var usesPlainKernel = false
    public private(set) var speciesMap: SpeciesMap?
    private let isGraded: Bool
    private var files = ""
    private var digest: UInt64 = 0xcbf2_9ce4_8422_2325
    private var tables: ACETables?
    private var plain: ACEReference?
    private var grading: ACEGrading?
    private let workspace = ACEWorkspace<Lanes>()
    private let dualWorkspace = ACEWorkspace<Dual<Lanes>>()
    private var centres = Column<Int32>()
    private var starts = Column<Int32>()
    private var species: [Int32] = []
    private var hasWarned = false

    init(_ style: String) {
        self.style = style
        isGraded = style == "pace/extrapolation"
    }

    public func coefficients(_ words: inout Words, _ setup: PotentialSetup) throws {
        for _ in 0..<2 {
            let word = try words.word("* *")
            guard word.text == "*" else {
                throw words.error("pair_style \(style) takes 'pair_coeff * *': one model for all types", at: word)
            }
        }
        let modelWord = try words.word("an ACE potential file")
        let setWord = isGraded ? try words.word("a file of active sets (.asi)") : nil
        var word = modelWord
        do {
            let bytes = try setup.read(word.text, word.location)
            let model: ACEModel
            switch word.text.split(separator: ".").last {
            case "yaml": model = try ACEModel(basis: word.text, bytes)
            case "yace" where !isGraded: model = try ACEModel(yace: word.text, bytes)
            case "ace" where !isGraded: model = try ACEModel(text: word.text, bytes)
            default:
                throw words.error(
                    isGraded
                        ? "grades need the B basis: a .yaml file" : "expected a file .yace, .ace or .yaml, not '\(word.text)'", at: word)
            }
            digest = fnv(digest, bytes)
            files = word.text
            var sets: (sets: [ACEGrading.ActiveSet], isLinear: Bool)?
            if let setWord {
                word = setWord
                let bytes = try setup.read(word.text, word.location)
                sets = try ACEGrading.activeSets(word.text, bytes, model)
                digest = fnv(digest, bytes)
                files += " " + word.text
            }
            let map = try SpeciesMap(&words, typeCount: setup.typeCount, model: modelWord.text, elements: model.elements)
            speciesMap = map
            species = map.species
            let used = Set(species.filter { $0 >= 0 }.map(Int.init))
            if used.isEmpty { throw words.error("every type is NULL: the model would see no atom", at: modelWord) }
            if model.innerCutoff == .zbl, let name = model.elements.first(where: { Elements.number(of: $0) == nil }) {
                throw words.error(
                    "'\(name)' in \(modelWord.text) is not a chemical element, which its nuclear repulsion needs", at: modelWord)
            }
            let tables = ACETables(model, used: used)
            self.tables = tables
            plain = nil
            grading = sets.map { ACEGrading(tables, $0.sets, isLinear: $0.isLinear) }
            var cutoff = 0.0
            for i in used { for j in used { cutoff = max(cutoff, model.bond(i, j)?.cutoff ?? 0) } }
            requirements = Requirements(cutoff: cutoff, list: .full)
        } catch let error as ParameterFileError {
            throw words.error(error.description, at: word)
        }
    }

    /// Names that do not fit the masses only bring a warning: LAMMPS' own example decks have such.
    public func prepare(_ setup: PotentialSetup) throws {
        guard let map = speciesMap else { throw DeckError("pair_style \(style) has no pair_coeff", at: nil) }
        do { try map.check(setup) } catch let error as DeckError {
            if !hasWarned { setup.warn(error.message) }
            hasWarned = true
        }
    }

    public var summary: String {
        guard let tables else { return "\(style): no model" }
        let model = tables.model, hex = String(digest, radix: 16)
        let rank = model.functions.joined().map(\.rank).max() ?? 0
        let terms = tables.plans.reduce(0) { $0 + $1.termCount }, products = tables.plans.reduce(0) { $0 + $1.products.count }
        return "\(style): \(files) (fnv \(hex)), ACE for \(model.elements.joined(separator: " ")), cutoff \(requirements.cutoff), "
            + "\(model.functionCount) functions of up to \(rank) neighbours, \(terms) terms of \(products) products"
    }

    public func compute(_ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, into forces: inout Forces) {
        compute(atoms, list, seeds: nil, wantsGrades: context.wanted.contains(.atomQuantities), into: &forces)
    }

    private func compute(
        _ atoms: borrowing Atoms, _ list: NeighbourList, seeds: UnsafePointer<Double>?, wantsGrades: Bool, into forces: inout Forces
    ) {
        guard let tables else { return }
        if usesPlainKernel {
            let reference = plain ?? ACEReference(tables.model)
            plain = reference
            reference.compute(species: species, atoms, list, seeds: seeds, into: &forces)
            return
        }
        let largest = sort(atoms, list, tables.view.elements)
        let scratch = workspace.scratch(tables.view, largest: largest)
        if wantsGrades { grading?.begin(atoms.owned) }
        species.withUnsafeBufferPointer { map in
            let pass = ACEPass<Lanes>(
                view: tables.view, input: input(atoms, list, map.baseAddress!, seeds: seeds, field: nil), scratch: scratch,
                force: forces.force.pointer, wantsVirial: forces.wanted.contains(.virial),
                atomEnergy: forces.wanted.contains(.atomEnergy) ? forces.atomEnergy.pointer : nil,
                atomVirial: forces.wanted.contains(.atomVirial) ? forces.atomVirial.pointer : nil, grading: wantsGrades ? grading : nil)
            aceForces(pass, &forces.energy, &forces.virial)
        }
        if wantsGrades { grading?.finish() }
    }

    /// Sorts owned atoms by species. Returns the largest number of neighbours.
    private func sort(_ atoms: borrowing Atoms, _ list: NeighbourList, _ count: Int) -> Int {
        centres.removeAll()
        starts.removeAll()
        for a in 0..<count {
            starts.append(Int32(centres.count))
            for i in 0..<atoms.owned where species[Int(atoms.type[i])] == Int32(a) { centres.append(Int32(i)) }
        }
        starts.append(Int32(centres.count))
        var largest = 0
        let offsets = list.offsets.pointer
        for i in 0..<atoms.owned { largest = max(largest, Int(offsets[i + 1] - offsets[i])) }
        return largest
    }

    private func input(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ map: UnsafePointer<Int32>, seeds: UnsafePointer<Double>?,
        field: UnsafePointer<Vector>?
    ) -> ACEInput {
        ACEInput(
            position: atoms.position.pointer, type: atoms.type.pointer, species: map, offsets: list.offsets.pointer,
            neighbours: list.neighbours.pointer, centres: centres.pointer, starts: starts.pointer, seeds: seeds, field: field)
    }
}

extension ACE: HasPlainKernel {}

extension ACE: DifferentiablePotential {
    public func computeSeeded(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, seeds a: borrowing Column<Double>,
        into forces: inout Forces
    ) {
        compute(atoms, list, seeds: a.pointer, wantsGrades: false, into: &forces)
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
        let largest = sort(atoms, list, tables.view.elements)
        let scratch = dualWorkspace.scratch(tables.view, largest: largest)
        var energy = 0.0
        species.withUnsafeBufferPointer { map in
            let pass = ACEPass<Dual<Lanes>>(
                view: tables.view, input: input(atoms, list, map.baseAddress!, seeds: a.pointer, field: v.pointer), scratch: scratch,
                force: forces.force.pointer, wantsVirial: forces.wanted.contains(.virial),
                atomEnergy: context.wanted.contains(.atomEnergy) ? forces.atomEnergy.pointer : nil,
                atomVirial: forces.wanted.contains(.atomVirial) ? forces.atomVirial.pointer : nil, grading: nil)
            aceDerivatives(pass, &energy, &forces.virial)
        }
    }
}

extension ACE: AtomReporting {
    public var atomQuantities: [PotentialAtomQuantity] {
        isGraded ? [PotentialAtomQuantity("gamma", help: "extrapolation grade: above 1 outside the active set")] : []
    }

    public func atomQuantity(_ name: String, _ atoms: borrowing Atoms) -> [Double] { grading?.grades.array() ?? [] }
}

// The concrete entry points, one for each kind of lane.

private typealias Lanes = SIMD4<Double>

@inline(never)
private func aceForces(_ pass: ACEPass<Lanes>, _ energy: inout Double, _ virial: inout Tensor) {
    pass.run(energy: &energy, virial: &virial)
}

@inline(never)
private func aceDerivatives(_ pass: ACEPass<Dual<Lanes>>, _ energy: inout Double, _ virial: inout Tensor) {
    pass.run(energy: &energy, virial: &virial)
}
