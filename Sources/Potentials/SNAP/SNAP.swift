import Deck
import Domain

/// Spectral neighbour analysis potentials: `pair_style snap`, linear, quadratic and multi-element, from LAMMPS' files; and the same through
/// `pair_style mliap model linear|quadratic FILE descriptor sna FILE`.
///
/// The energy of an atom is linear or quadratic in the bispectrum components of its neighbours' density on the 3-sphere (SNAPReference has
/// formulas and sources). Numbers are in the deck's units, as in LAMMPS: files say theirs in a comment, which is compared.
///
/// The switching function is a cosine: forces are continuous, their derivatives jump where a neighbour crosses the cutoff. In a
/// multi-element model whose coefficients differ between components that are equal by symmetry, forces are the energy's gradient all the
/// same. Half of a pair's virial goes to each of its atoms.
///
/// Cost: atoms x (neighbours x matrix elements, 72 for twojmax 6 and 145 for 8, + products of elements, 3,500 and 14,800). No
/// communication.
public final class SNAP: Potential, SpeciesMapping {
    public static let entry = PotentialStyle(
        "snap", usage: "pair_style snap\npair_coeff * * COEFFICIENTS.snapcoeff PARAMETERS.snapparam ELEMENT ..."
    ) { words, _ in
        try words.finish()
        return SNAP("snap", nil)
    }

    public static let mliap = PotentialStyle(
        "mliap", usage: "pair_style mliap model linear|quadratic FILE descriptor sna FILE\npair_coeff * * ELEMENT ..."
    ) { words, setup in
        SNAP("mliap", try SNAPParameters.reading(mliap: &words, setup))
    }

    public let style: String
    public let capabilities = Capabilities.all
    public private(set) var requirements = Requirements(cutoff: 0, list: .full)
    /// The one neighbour at a time kernel, for comparison.
    public var usesPlainKernel = false
    public private(set) var speciesMap: SpeciesMap?
    /// What the pair_style line of ML-IAP has read.
    private let given: (parameters: SNAPParameters, files: String)?
    private var files = ""
    private var digest: UInt64 = 0xcbf2_9ce4_8422_2325
    private var tables: SNAPTables?
    private var plain: SNAPReference?
    private let workspace = SNAPWorkspace<Lanes>()
    private let dualWorkspace = SNAPWorkspace<Dual<Lanes>>()
    private var centres = Column<Int32>()
    private var starts = Column<Int32>()
    private var bispectrum = Column<Double>()
    private var species: [Int32] = []
    private var hasWarned = false

    init(_ style: String, _ given: (SNAPParameters, String, UInt64)?) {
        self.style = style
        self.given = given.map { ($0.0, $0.1) }
        if let given { digest = given.2 }
    }

    public func coefficients(_ words: inout Words, _ setup: PotentialSetup) throws {
        for _ in 0..<2 {
            let word = try words.word("* *")
            guard word.text == "*" else {
                throw words.error("pair_style \(style) takes 'pair_coeff * *': one model for all types", at: word)
            }
        }
        if let given {
            let map = try SpeciesMap(&words, typeCount: setup.typeCount, model: given.files, elements: given.parameters.elements)
            speciesMap = map
            files = given.files
            use(given.parameters, species: map.species)
            return
        }
        let coefficientWord = try words.word("a SNAP coefficient file"), keywordWord = try words.word("a SNAP parameter file")
        var word = coefficientWord
        do {
            let bytes = try setup.readModel(word, words)
            let file = try SNAPCoefficientFile(word.text, bytes)
            word = keywordWord
            let keywordBytes = try setup.readModel(word, words)
            let keywords = try SNAPKeywordFile(word.text, keywordBytes, known: SNAPKeywordFile.pairKeywords)
            let map = try SpeciesMap(&words, typeCount: setup.typeCount, model: coefficientWord.text, elements: file.elements)
            // Species in the order in which the deck first names them: so are the channels of a multi-element model.
            var order: [Int32] = []
            for s in map.species where s >= 0 && !order.contains(s) { order.append(s) }
            if order.isEmpty { throw words.error("every type is NULL: the model would see no atom", at: coefficientWord) }
            let indices = order.map(Int.init)
            let descriptor = try keywords.descriptor(radii: indices.map { file.radii[$0] }, weights: indices.map { file.weights[$0] })
            if descriptor.isMultiElement && indices.count != file.elements.count {
                let all = file.elements.joined(separator: " ")
                throw keywords.error("chemflag 1 needs all species of \(coefficientWord.text): \(all)", at: "chemflag")
            }
            let isQuadratic = try keywords.flag("quadraticflag", false)
            for keyword in ["chunksize", "parallelthresh"] { _ = try keywords.integer(keyword) }
            word = coefficientWord
            try file.check(descriptor, isQuadratic: isQuadratic)
            speciesMap = map
            files = "\(coefficientWord.text) \(keywordWord.text)"
            digest = fnv(fnv(digest, bytes), keywordBytes)
            use(
                SNAPParameters(
                    elements: indices.map { file.elements[$0] }, descriptor: descriptor, isQuadratic: isQuadratic,
                    coefficients: indices.map { file.coefficients[$0] }),
                species: map.species.map { s in s < 0 ? -1 : Int32(order.firstIndex(of: s)!) })
        } catch let error as ParameterFileError {
            throw words.error(error.description, at: word)
        }
    }

    /// - Parameter species: for each type (index 0 unused) the model's species, or -1.
    package func use(_ parameters: SNAPParameters, species: [Int32]) {
        self.species = species
        tables = SNAPTables(parameters)
        plain = nil
        let d = parameters.descriptor
        let present = Set(species.filter { $0 >= 0 }).map(Int.init)
        var cutoff = 0.0
        for i in present { for j in present { cutoff = max(cutoff, d.cutoff(i, j)) } }
        requirements = Requirements(cutoff: cutoff, list: .full)
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
        guard let p = tables?.parameters else { return "\(style): no model" }
        let hex = String(digest, radix: 16)
        let kind = (p.isQuadratic ? "quadratic" : "linear") + (p.descriptor.isMultiElement ? " multi-element" : "")
        return "\(style): \(files) (fnv \(hex)), \(kind) SNAP for \(p.elements.joined(separator: " ")), cutoff \(requirements.cutoff), "
            + "twojmax \(p.descriptor.twoJMax), \(p.descriptor.count) components, \(p.coefficients[0].count) coefficients each"
    }

    public func compute(_ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, into forces: inout Forces) {
        compute(atoms, list, seeds: nil, wantsComponents: context.wanted.contains(.atomQuantities), into: &forces)
    }

    private func compute(
        _ atoms: borrowing Atoms, _ list: NeighbourList, seeds: UnsafePointer<Double>?, wantsComponents: Bool, into forces: inout Forces
    ) {
        guard let tables else { return }
        if wantsComponents {
            bispectrum.removeAll()
            bispectrum.resize(to: atoms.owned * tables.view.count, filling: 0)
        }
        if usesPlainKernel {
            let reference = plain ?? SNAPReference(tables.parameters.descriptor)
            plain = reference
            reference.compute(
                tables.parameters, species: species, atoms, list, seeds: seeds,
                components: wantsComponents ? bispectrum.pointer : nil, into: &forces)
            return
        }
        let largest = sort(atoms, list, tables.view.species)
        let scratch = workspace.scratch(tables.view, largest: largest)
        species.withUnsafeBufferPointer { map in
            let pass = SNAPPass<Lanes>(
                view: tables.view, input: input(atoms, list, map.baseAddress!, seeds: seeds, field: nil), scratch: scratch,
                force: forces.force.pointer, wantsVirial: forces.wanted.contains(.virial),
                atomEnergy: forces.wanted.contains(.atomEnergy) ? forces.atomEnergy.pointer : nil,
                atomVirial: forces.wanted.contains(.atomVirial) ? forces.atomVirial.pointer : nil,
                bispectrum: wantsComponents ? bispectrum.pointer : nil)
            snapForces(pass, &forces.energy, &forces.virial)
        }
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
    ) -> SNAPInput {
        SNAPInput(
            position: atoms.position.pointer, type: atoms.type.pointer, species: map, offsets: list.offsets.pointer,
            neighbours: list.neighbours.pointer, centres: centres.pointer, starts: starts.pointer, seeds: seeds, field: field)
    }
}

extension SNAP: DifferentiablePotential {
    public func computeSeeded(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, seeds a: borrowing Column<Double>,
        into forces: inout Forces
    ) {
        compute(atoms, list, seeds: a.pointer, wantsComponents: false, into: &forces)
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
        let largest = sort(atoms, list, tables.view.species)
        let scratch = dualWorkspace.scratch(tables.view, largest: largest)
        var energy = 0.0
        species.withUnsafeBufferPointer { map in
            let pass = SNAPPass<Dual<Lanes>>(
                view: tables.view, input: input(atoms, list, map.baseAddress!, seeds: a.pointer, field: v.pointer), scratch: scratch,
                force: forces.force.pointer, wantsVirial: forces.wanted.contains(.virial),
                atomEnergy: context.wanted.contains(.atomEnergy) ? forces.atomEnergy.pointer : nil,
                atomVirial: forces.wanted.contains(.atomVirial) ? forces.atomVirial.pointer : nil, bispectrum: nil)
            snapDerivatives(pass, &energy, &forces.virial)
        }
    }
}

extension SNAP: AtomReporting {
    public var atomQuantities: [PotentialAtomQuantity] {
        guard let view = tables?.view else { return [] }
        return [PotentialAtomQuantity("bispectrum", columns: view.count, help: "bispectrum components of each atom")]
    }

    public func atomQuantity(_ name: String, _ atoms: borrowing Atoms) -> [Double] { bispectrum.array() }
}

extension PotentialSetup {
    /// A model file's bytes; refuses a file whose first line says that it is for other units than the deck's.
    func readModel(_ word: Word, _ words: Words) throws -> [UInt8] {
        let bytes = try read(word.text, word.location)
        let first = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self).split(separator: " ")
        if let at = first.firstIndex(of: "UNITS:"), at + 1 < first.count, first[at + 1] != units.name.rawValue {
            throw words.error("\(word.text) is for units \(first[at + 1]), the deck has units \(units.name.rawValue)", at: word)
        }
        return bytes
    }
}

/// Fowler-Noll-Vo hash of more bytes.
func fnv(_ hash: UInt64, _ bytes: [UInt8]) -> UInt64 { bytes.reduce(hash) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 } }

// The concrete entry points, one for each kind of lane.

private typealias Lanes = SIMD4<Double>

@inline(never)
private func snapForces(_ pass: SNAPPass<Lanes>, _ energy: inout Double, _ virial: inout Tensor) {
    pass.run(energy: &energy, virial: &virial)
}

@inline(never)
private func snapDerivatives(_ pass: SNAPPass<Dual<Lanes>>, _ energy: inout Double, _ virial: inout Tensor) {
    pass.run(energy: &energy, virial: &virial)
}
