import Deck
import Domain

/// A potential of triples of elements, read from LAMMPS' parameter files: what one more of them has to say.
protocol ThreeBodyFunction: Sendable {
    static var style: String { get }
    /// Numbers of an entry behind its three elements.
    static var numbers: Int { get }
    /// Numbers of a row of the table.
    static var size: Int { get }
    /// Which of an entry's numbers are energies.
    static var energies: [Int] { get }
    /// Keywords of the pair_style line: `shift DELTA`, `threebody on|off`.
    static var options: [String] { get }
    /// A row for `threebody off`.
    static func withoutTriples(_ row: [Double]) -> [Double]

    /// The cutoff of neighbours and the row, from an entry.
    /// - Throws: `DeckError` for numbers that mean nothing.
    static func row(_ entry: [Double], units: Units) throws -> (cutoff: Double, row: [Double])
    /// Checks entries against each other, and makes equal what must be equal. `entries` are elements^3.
    static func check(_ entries: inout [[Double]], elements: [String]) throws

    /// The energy of four centres.
    static func energy<L: EdgeLane, R: TripleRows>(
        _ pass: ThreeBodyPass<L>, _ chunk: inout ThreeBodyPass<L>.Chunk, _: R.Type, isWeighted: Bool
    ) -> L where L.Plain == Vector

    /// The plain loops, one centre at a time.
    static func reference(_ pass: ThreeBodyReference, into forces: inout Forces)

    // Compiled for this function by the extension below.
    static func run(_ pass: ThreeBodyPass<Vector>, isSingle: Bool, isWeighted: Bool, _ sums: inout PairPass.Sums)
    static func run(_ pass: ThreeBodyPass<Dual<Vector>>, _ sums: inout PairPass.Sums)
}

extension ThreeBodyFunction {
    static var options: [String] { [] }
    static func withoutTriples(_ row: [Double]) -> [Double] { row }
    static func check(_ entries: inout [[Double]], elements: [String]) throws {}

    static func run(_ pass: ThreeBodyPass<Vector>, isSingle: Bool, isWeighted: Bool, _ sums: inout PairPass.Sums) {
        switch (isSingle, isWeighted) {
        case (true, false): pass.run(isWeighted: false, &sums) { energy(pass, &$0, UniformRow<Vector>.self, isWeighted: false) }
        case (false, false): pass.run(isWeighted: false, &sums) { energy(pass, &$0, FourRows.self, isWeighted: false) }
        case (_, true): pass.run(isWeighted: true, &sums) { energy(pass, &$0, FourRows.self, isWeighted: true) }
        }
    }

    static func run(_ pass: ThreeBodyPass<Dual<Vector>>, _ sums: inout PairPass.Sums) {
        pass.run(isWeighted: true, &sums) { energy(pass, &$0, FourRows.self, isWeighted: true) }
    }
}

/// `pair_coeff * * FILE ELEMENT ...` with a file of entries, several lines each, of which those of the named elements are used.
///
/// With `threebody off` it is a potential of pairs: lines may name pairs of types, and in a hybrid it acts between those.
final class ThreeBodyPotential<Function: ThreeBodyFunction>: DualKernelPotential, SpeciesMapping, PairwisePotential {
    static var entry: PotentialStyle {
        let meanings = ["shift": " [shift DISTANCE]", "threebody": " [threebody on|off]"]
        let words = Function.options.compactMap { meanings[$0] }.joined()
        return PotentialStyle(Function.style, usage: "pair_style \(Function.style)\(words)\npair_coeff * * FILE ELEMENT ..."
            + (Function.options.contains("threebody") ? "      (with threebody off also I J in the place of * *: pairs of types that it is for)" : "")) { words, _ in
            let potential = ThreeBodyPotential()
            while !words.isAtEnd {
                switch try words.choice("a keyword of pair_style \(Function.style)", Function.options.map { ($0, $0) }) {
                case "shift": potential.shift = try words.double("what is added to distances")
                default: potential.hasTriples = try words.flag("on or off")
                }
            }
            return potential
        }
    }

    let style = Function.style
    private(set) var requirements = Requirements(cutoff: 0, list: .full)
    var usesPlainKernel = false
    private(set) var speciesMap: SpeciesMap?
    private var shift = 0.0
    private var hasTriples = true
    private var species: [Int32] = []
    private var elements: [String] = []
    private var table = Column<Double>()
    /// Largest cutoff squared of a neighbour, by pair of elements: as the file has it, and 0 for pairs that belong to others.
    private var fileLimits: [UInt64] = []
    private var limits: [UInt64] = []
    private var file = ""
    var ownPairs: Set<TypePair>?
    var isPairwise: Bool { !hasTriples }
    /// Pairs of types that lines were for; with `threebody off` only.
    private var given: Set<TypePair> = []
    /// Of the last line, for the next one to agree with.
    private var words: [String] = []
    private let neighbours = ThreeBodyNeighbours()
    private let plain = ThreeBodyWorkspace<Vector>(), dual = ThreeBodyWorkspace<Dual<Vector>>()

    var summary: String {
        "\(style): \(file) for \(elements.joined(separator: " ")), cutoff \(requirements.cutoff)"
    }

    func coefficients(_ words: inout Words, _ setup: PotentialSetup) throws {
        if hasTriples {
            try words.everyPair(of: style)
        } else {
            let rows = try words.typeRange("a type", count: setup.typeCount), columns = try words.typeRange("a type", count: setup.typeCount)
            for i in rows { for j in columns where j >= i { given.insert(TypePair(i, j)) } }
            var copy = words
            let line = copy.remaining().map(\.text)
            guard self.words.isEmpty || self.words == line else {
                throw words.error("all lines of one pair_style \(style) threebody off must name the same file and elements")
            }
            self.words = line
        }
        let word = try words.word("a \(style) parameter file")
        let bytes = try setup.read(word.text, word.location)
        let factor = try FileUnits.energyFactor(bytes, word, setup.units)
        do {
            let parameters = try TripleFile(word.text, bytes, numbers: Function.numbers)
            let map = try SpeciesMap(&words, typeCount: setup.typeCount, model: word.text, elements: parameters.elements)
            // Only the elements that are named, in the order of types.
            if hasTriples {
                let used = Array(Set(map.species.filter { $0 >= 0 })).sorted()
                elements = used.map { parameters.elements[Int($0)] }
                species = map.species.map { old in Int32(used.firstIndex(of: old) ?? -1) }
            } else {
                // Types of one element may differ in which pairs are this potential's.
                let used = map.species.indices.filter { map.species[$0] >= 0 }
                elements = used.map { parameters.elements[Int(map.species[$0])] }
                species = map.species.indices.map { type in Int32(used.firstIndex(of: type) ?? -1) }
            }
            speciesMap = map
            file = word.text
            try use(parameters, factor: factor, units: setup.units)
        } catch let error as ParameterFileError {
            throw words.error(error.description, at: word)
        } catch let error as DeckError where error.location == nil {
            throw words.error(error.message, at: word)
        }
    }

    private func use(_ parameters: TripleFile, factor: Double, units: Units) throws {
        let n = elements.count
        table = Column()
        fileLimits = Array(repeating: 0, count: n * n)
        var entries: [[Double]] = [], cutoff = 0.0
        for a in elements {
            for b in elements {
                for c in elements {
                    var entry = try parameters.entry(a, b, c)
                    for k in Function.energies { entry[k] *= factor }
                    entries.append(entry)
                }
            }
        }
        try Function.check(&entries, elements: elements)
        for (place, entry) in entries.enumerated() {
            let row = try Function.row(entry, units: units)
            precondition(row.row.count == Function.size)
            for number in hasTriples ? row.row : Function.withoutTriples(row.row) { table.append(number) }
            let pair = place / (n * n) * n + place % n
            let reach = max(0, row.cutoff - shift)
            fileLimits[pair] = max(fileLimits[pair], (reach * reach).bitPattern)
            cutoff = max(cutoff, reach)
        }
        limits = fileLimits
        requirements = Requirements(cutoff: cutoff, list: .full)
    }

    func prepare(_ setup: PotentialSetup) throws {
        try mappedSpecies()
        speciesMap?.warnOfMasses(setup)
        guard !hasTriples else { return }
        let own = ownPairs ?? given
        for i in species.indices.dropFirst() where species[i] >= 0 {
            for j in i..<species.count where species[j] >= 0 {
                let isOwn = own.contains(TypePair(i, j))
                guard isOwn || ownPairs != nil else {
                    throw DeckError("pair_style \(style) threebody off has no pair_coeff for types \(i) and \(j)", at: nil)
                }
                let (a, b) = (Int(species[i]), Int(species[j])), n = elements.count
                for pair in [a * n + b, b * n + a] { limits[pair] = isOwn ? fileLimits[pair] : 0 }
            }
        }
    }

    func evaluatePlainly(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, seeds: UnsafePointer<Double>?, into forces: inout Forces
    ) {
        species.withUnsafeBufferPointer { map in
            Function.reference(
                ThreeBodyReference(
                    owned: atoms.owned, position: atoms.position.pointer, type: atoms.type.pointer, species: map.baseAddress!,
                    elements: elements.count, table: table.pointer, size: Function.size, starts: list.offsets.pointer,
                    neighbours: list.neighbours.pointer, shift: shift, seeds: seeds), into: &forces)
        }
    }

    func evaluate(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, seeds: UnsafePointer<Double>?,
        field: UnsafePointer<Vector>?, into forces: inout Forces
    ) {
        let wanted = forces.wanted
        var sums = PairPass.Sums()
        if field == nil {
            pass(plain, atoms, list, wanted, seeds: seeds, field: nil, atomEnergy: wanted.contains(.atomEnergy), into: &forces) {
                Function.run($0, isSingle: elements.count == 1, isWeighted: !wanted.isEmpty || seeds != nil, &sums)
            }
            forces.energy += sums.energy
        } else {
            pass(
                dual, atoms, list, wanted, seeds: seeds, field: field, atomEnergy: context.wanted.contains(.atomEnergy), into: &forces
            ) { Function.run($0, &sums) }
        }
        forces.virial += sums.virial
    }

    private func pass<L: EdgeLane>(
        _ workspace: ThreeBodyWorkspace<L>, _ atoms: borrowing Atoms, _ list: NeighbourList, _ wanted: Wanted,
        seeds: UnsafePointer<Double>?, field: UnsafePointer<Vector>?, atomEnergy: Bool, into forces: inout Forces,
        _ body: (ThreeBodyPass<L>) -> Void
    ) where L.Plain == Vector {
        neighbours.select(atoms, list, species: species, elements: elements.count, limits: limits)
        workspace.reserve(neighbours.largest)
        species.withUnsafeBufferPointer { map in
            body(
                ThreeBodyPass<L>(
                    position: atoms.position.pointer, type: atoms.type.pointer, species: map.baseAddress!, elements: elements.count,
                    table: table.pointer, size: Function.size, centres: neighbours.centres.pointer, centreCount: neighbours.centres.count,
                    firsts: neighbours.firsts.pointer, counts: neighbours.counts.pointer, near: neighbours.near.pointer,
                    shift: shift, far: 1.5 * requirements.cutoff + shift.magnitude, edges: workspace.edges.pointer,
                    terms: workspace.terms.pointer, seeds: seeds, field: field, force: forces.force.pointer, wantsVirial: wanted.contains(.virial),
                    atomEnergy: atomEnergy ? forces.atomEnergy.pointer : nil,
                    atomVirial: wanted.contains(.atomVirial) ? forces.atomVirial.pointer : nil))
        }
    }
}

/// What the plain loops read.
struct ThreeBodyReference {
    let owned: Int
    let position: UnsafePointer<Vector>
    let type: UnsafePointer<Int32>
    let species: UnsafePointer<Int32>
    let elements: Int
    let table: UnsafePointer<Double>
    let size: Int
    let starts: UnsafePointer<Int32>
    let neighbours: UnsafePointer<Int32>
    let shift: Double
    let seeds: UnsafePointer<Double>?

    func seed(_ i: Int) -> Double { seeds?[i] ?? 1 }
    func species(of i: Int) -> Int { Int(species[Int(type[i])]) }
    func row(_ a: Int, _ b: Int, _ c: Int) -> UniformRow<Double> { UniformRow(table + ((a * elements + b) * elements + c) * size) }
    /// The neighbours of atom i that the model sees: atom, species, x_j - x_i, r.
    func neighbours(of i: Int) -> [(atom: Int, species: Int, d: Vector, r: Double)] {
        (Int(starts[i])..<Int(starts[i + 1])).compactMap { k in
            let j = Int(neighbours[k]), d = (position[j] - position[i]).xyz
            return species(of: j) < 0 ? nil : (j, species(of: j), d, d.dot(d).squareRoot())
        }
    }

    /// Adds an energy of atoms with equal shares, and its gradients by all of them but the first, which moves against them.
    func add(_ e: Double, _ centre: Int, _ ends: [(atom: Int, d: Vector, gradient: Vector)], into forces: inout Forces) {
        let number = Double(ends.count + 1), mean = ends.reduce(seed(centre)) { $0 + seed($1.atom) } / number
        forces.energy += mean * e
        if forces.wanted.contains(.atomEnergy) {
            for i in [centre] + ends.map(\.atom) { forces.atomEnergy[i] += seed(i) * e / number }
        }
        var w = Tensor.zero
        for end in ends {
            let f = end.gradient * -mean
            forces.force[end.atom] += f
            forces.force[centre] -= f
            w.add(end.d, f)
        }
        forces.virial += w
        if forces.wanted.contains(.atomVirial) { for i in [centre] + ends.map(\.atom) { forces.atomVirial[i] += w * (1 / number) } }
    }
}
