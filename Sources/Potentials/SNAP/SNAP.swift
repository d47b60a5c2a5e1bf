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
public final class SNAP: CentrePotential {
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
    public var usesPlainKernel = false
    public private(set) var speciesMap: SpeciesMap?
    private(set) var groups = SpeciesGroups()
    /// What the pair_style line of ML-IAP has read.
    private let given: (parameters: SNAPParameters, files: ModelFiles)?
    private var files = ModelFiles()
    private var tables: SNAPTables?
    private var plain: SNAPReference?
    private let workspace = SNAPWorkspace<CentreLanes>(), dualWorkspace = SNAPWorkspace<Dual<CentreLanes>>()
    private var bispectrum = Column<Double>()

    init(_ style: String, _ given: (SNAPParameters, ModelFiles)?) {
        self.style = style
        self.given = given.map { ($0.0, $0.1) }
    }

    public func coefficients(_ words: inout Words, _ setup: PotentialSetup) throws {
        try words.everyPair(of: style)
        if let given {
            files = given.files
            let names = given.files.names.joined(separator: " ")
            let map = try SpeciesMap(&words, typeCount: setup.typeCount, model: names, elements: given.parameters.elements)
            speciesMap = map
            use(given.parameters, species: map.species)
            return
        }
        let coefficientWord = try words.word("a SNAP coefficient file"), keywordWord = try words.word("a SNAP parameter file")
        files = ModelFiles()
        let file = try files.read(coefficientWord, words, setup) { name, bytes in
            try FileUnits.checkEqual(bytes, coefficientWord, setup.units)
            return try SNAPCoefficientFile(name, bytes)
        }
        let keywords = try files.read(keywordWord, words, setup) { name, bytes in
            try FileUnits.checkEqual(bytes, keywordWord, setup.units)
            return try SNAPKeywordFile(name, bytes, known: SNAPKeywordFile.pairKeywords)
        }
        let map = try SpeciesMap(&words, typeCount: setup.typeCount, model: coefficientWord.text, elements: file.elements)
        // Species in the order in which the deck first names them: so are the channels of a multi-element model.
        var order: [Int32] = []
        for s in map.species where s >= 0 && !order.contains(s) { order.append(s) }
        if order.isEmpty { throw words.error("every type is NULL: the model would see no atom", at: coefficientWord) }
        let indices = order.map(Int.init)
        let (descriptor, isQuadratic) = try words.parsing(keywordWord) {
            let descriptor = try keywords.descriptor(radii: indices.map { file.radii[$0] }, weights: indices.map { file.weights[$0] })
            if descriptor.isMultiElement && indices.count != file.elements.count {
                let all = file.elements.joined(separator: " ")
                throw keywords.error("chemflag 1 needs all species of \(coefficientWord.text): \(all)", at: "chemflag")
            }
            for keyword in ["chunksize", "parallelthresh"] { _ = try keywords.integer(keyword) }
            return (descriptor, try keywords.flag("quadraticflag", false))
        }
        try words.parsing(coefficientWord) { try file.check(descriptor, isQuadratic: isQuadratic) }
        speciesMap = map
        use(
            SNAPParameters(
                elements: indices.map { file.elements[$0] }, descriptor: descriptor, isQuadratic: isQuadratic,
                coefficients: indices.map { file.coefficients[$0] }),
            species: map.species.map { s in s < 0 ? -1 : Int32(order.firstIndex(of: s)!) })
    }

    /// - Parameter species: for each type (index 0 unused) the model's species, or -1.
    package func use(_ parameters: SNAPParameters, species: [Int32]) {
        let tables = SNAPTables(parameters)
        self.tables = tables
        plain = nil
        groups = SpeciesGroups(species, of: tables.view.species) { parameters.descriptor.cutoff($0, $1) }
    }

    /// Names that do not fit the masses only bring a warning: LAMMPS' own example decks have such.
    public func prepare(_ setup: PotentialSetup) throws {
        try mappedSpecies()
        speciesMap?.warnOfMasses(setup)
    }

    public var summary: String {
        guard let p = tables?.parameters else { return "\(style): no model" }
        let kind = (p.isQuadratic ? "quadratic" : "linear") + (p.descriptor.isMultiElement ? " multi-element" : "")
        return "\(style): \(files), \(kind) SNAP for \(p.elements.joined(separator: " ")), cutoff \(requirements.cutoff), "
            + "twojmax \(p.descriptor.twoJMax), \(p.descriptor.count) components, \(p.coefficients[0].count) coefficients each"
    }

    func evaluatePlainly(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, seeds: UnsafePointer<Double>?, into forces: inout Forces
    ) {
        guard let tables else { return }
        let reference = plain ?? SNAPReference(tables.parameters.descriptor)
        plain = reference
        reference.compute(
            tables.parameters, species: groups.species, atoms, list, seeds: seeds,
            components: components(atoms.owned, isWanted: seeds == nil && context.wanted.contains(.atomQuantities)), into: &forces)
    }

    func run(_ pass: CentrePass<CentreLanes>, _ energy: inout Double, _ virial: inout Tensor) {
        guard let view = tables?.view else { return }
        let scratch = workspace.scratch(view, largest: pass.groups.largest)
        SNAPKernel(view: view, scratch: scratch, bispectrum: components(pass.owned, isWanted: pass.wantsQuantities), pass: pass)
            .run(&energy, &virial)
    }

    func run(_ pass: CentrePass<Dual<CentreLanes>>, _ energy: inout Double, _ virial: inout Tensor) {
        guard let view = tables?.view else { return }
        let scratch = dualWorkspace.scratch(view, largest: pass.groups.largest)
        SNAPKernel(view: view, scratch: scratch, bispectrum: nil, pass: pass).run(&energy, &virial)
    }
}

extension SNAP: AtomReporting {
    public var atomQuantities: [PotentialAtomQuantity] {
        guard let view = tables?.view else { return [] }
        return [PotentialAtomQuantity("bispectrum", columns: view.count, help: "bispectrum components of each atom")]
    }

    public func atomQuantity(_ name: String, _ atoms: borrowing Atoms) -> [Double] { bispectrum.array() }

    /// Where the components go, [owned atom][component]; null unless wanted.
    private func components(_ owned: Int, isWanted: Bool) -> UnsafeMutablePointer<Double>? {
        guard isWanted, let view = tables?.view else { return nil }
        bispectrum.removeAll()
        bispectrum.resize(to: owned * view.count, filling: 0)
        return bispectrum.pointer
    }
}
