import Deck
import Domain

/// `pair_style table`: E(r) and F(r) of pairs of types from sections of files.
///
/// Energy and force are interpolated each by itself, as in LAMMPS, so forces are the gradient to the tables' resolution: linear tables of N
/// samples to 1/N, splines to about 1/N^3. A distance below the first of a table stops the run.
final class TabulatedPair: DualKernelPotential, PairwisePotential {
    static let entry = PotentialStyle(
        "table",
        usage: """
            pair_style table lookup|linear|spline N
            pair_coeff I J FILE KEYWORD [CUTOFF]
            """
    ) { words, setup in
        let word = try words.word("lookup, linear or spline")
        guard let kind = SampledPair.Kind(rawValue: word.text) else {
            if word.text == "bitmap" {
                throw words.error("table bitmap is not there (it rounds distances to single precision): use linear or spline", at: word)
            }
            throw DeckError.unknown("kind of table", word, known: SampledPair.Kind.allCases.map(\.rawValue))
        }
        let samples = try words.int("the number of samples", in: 2...10_000_000)
        if let word = words.peek {
            throw words.error("there are no long-range sums here that a table could go with: '\(word.text)'", at: word)
        }
        return TabulatedPair(kind, samples: samples, typeCount: setup.typeCount)
    }

    let style = "table"
    private(set) var requirements = Requirements(cutoff: 0, list: .half)
    private let kind: SampledPair.Kind
    private let samples: Int
    private let typeCount: Int
    private var tables: [SampledPair] = []
    /// Which table a pair of types (i <= j) has, -1: none.
    private var given: [Int]
    private var names: [String] = []
    /// Rows, then the tables' intervals.
    private var rows = Column<Double>()
    private let scratch = NeighbourScratch()
    var usesPlainKernel = false
    var ownPairs: Set<TypePair>?

    init(_ kind: SampledPair.Kind, samples: Int, typeCount: Int) {
        (self.kind, self.samples, self.typeCount) = (kind, samples, typeCount)
        given = Array(repeating: -1, count: (typeCount + 1) * (typeCount + 1))
    }

    var summary: String {
        "\(style): \(kind.rawValue), \(samples) samples, \(names.joined(separator: " ")), cutoff \(requirements.cutoff)"
    }

    func culprit(atom i: Int) -> String { "table (a distance below the first one of a table gives no force)" }

    func coefficients(_ words: inout Words, _ setup: PotentialSetup) throws {
        let rows = try words.typeRange("a type", count: typeCount), columns = try words.typeRange("a type", count: typeCount)
        let word = try words.word("a file of tables"), keyword = try words.word("the keyword of a section of the file")
        let cutoff = words.isAtEnd ? nil : words.peek
        let own = words.isAtEnd ? nil : try words.positiveDouble("the cutoff")
        try words.finish()
        let bytes = try setup.read(word.text, word.location)
        let factor = try FileUnits.energyFactor(bytes, word, setup.units)
        let file: SampledPairFile
        do {
            file = try SampledPairFile(word.text, bytes, section: keyword.text, energyFactor: factor)
        } catch let error as ParameterFileError {
            throw words.error(error.description, at: word)
        }
        for remark in file.remarks { setup.warn("\(word.text), \(keyword.text): \(remark)") }
        let first = file.distance[0], last = file.distance[file.distance.count - 1]
        guard first > 0 else { throw words.error("the first distance of table \(keyword.text) must be positive", at: keyword) }
        if let own, let cutoff, own <= first || own > last {
            throw words.error("the cutoff must lie within the table, from \(first) to \(last)", at: cutoff)
        }
        tables.append(SampledPair(file, kind, samples: samples, cutoff: own))
        names.append(keyword.text)
        for i in rows { for j in columns where j >= i { given[i * (typeCount + 1) + j] = tables.count - 1 } }
    }

    func prepare(_ setup: PotentialSetup) throws {
        let size = LinearTable.size + PairPass.head, n = typeCount + 1
        rows = Column(repeating: 0, count: n * n * size + size)
        var starts: [Int: Int] = [:], largest = 0.0
        guard typeCount > 0 else { return }
        for i in 1...typeCount {
            for j in i...typeCount where ownPairs?.contains(TypePair(i, j)) ?? true {
                let k = given[i * n + j]
                guard k >= 0 else { throw DeckError("pair_style \(style) has no pair_coeff for types \(i) and \(j)", at: nil) }
                let table = tables[k]
                let start = starts[k] ?? rows.count
                if starts[k] == nil {
                    starts[k] = start
                    for number in table.numbers { rows.append(number) }
                }
                for place in Set([i * n + j, j * n + i]) {
                    let row = place * size
                    rows[row] = table.cutoff * table.cutoff
                    let own = [
                        table.innerSquared, table.inverseStep, Double(table.intervals - 1), Double(start - row - PairPass.head),
                        table.sixth,
                    ]
                    for (m, number) in own.enumerated() { rows[row + PairPass.head + m] = number }
                }
                largest = max(largest, table.cutoff)
            }
        }
        requirements = Requirements(cutoff: largest, list: .half)
    }

    func evaluate(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, seeds: UnsafePointer<Double>?,
        field: UnsafePointer<Vector>?, into forces: inout Forces
    ) {
        run(atoms, list, context, PairPass.Variant(seeds, field, forces.wanted), seeds: seeds, field: field, into: &forces)
    }

    func evaluatePlainly(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, seeds: UnsafePointer<Double>?, into forces: inout Forces
    ) {
        run(atoms, list, context, .plain, seeds: seeds, field: nil, into: &forces)
    }

    private func run(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, _ variant: PairPass.Variant,
        seeds: UnsafePointer<Double>?, field: UnsafePointer<Vector>?, into forces: inout Forces
    ) {
        let near = scratch.reserve(list)
        let isDerivative = field != nil
        let wanted = isDerivative ? context.wanted : forces.wanted
        let pass = PairPass(
            owned: atoms.owned, position: atoms.position.pointer, type: atoms.type.pointer, charge: nil, coulomb: 0,
            starts: list.offsets.pointer, neighbours: list.neighbours.pointer, table: rows.pointer, types: typeCount,
            near: near, seeds: seeds, field: field, force: forces.force.pointer,
            wantsVirial: forces.wanted.contains(.virial), atomEnergy: wanted.contains(.atomEnergy) ? forces.atomEnergy.pointer : nil,
            atomVirial: forces.wanted.contains(.atomVirial) ? forces.atomVirial.pointer : nil)
        var sums = PairPass.Sums()
        if kind == .spline { SplineTable.run(pass, variant, &sums) } else { LinearTable.run(pass, variant, &sums) }
        if !list.special.isEmpty {
            switch (kind == .spline, isDerivative) {
            case (true, true): specialPass(SplineTable.self, Dual<Double>.self, pass, list.special, &sums)
            case (true, false): specialPass(SplineTable.self, Double.self, pass, list.special, &sums)
            case (false, true): specialPass(LinearTable.self, Dual<Double>.self, pass, list.special, &sums)
            case (false, false): specialPass(LinearTable.self, Double.self, pass, list.special, &sums)
            }
        }
        if !isDerivative { forces.energy += sums.energy }
        if forces.wanted.contains(.virial) { forces.virial += sums.virial }
    }
}

extension TabulatedPair: PairInteraction {
    func interaction(_ i: Int, _ j: Int, distanceSquared r2: Double) -> (energy: Double, forceOverDistance: Double)? {
        let row = rows.pointer + (i * (typeCount + 1) + j) * (LinearTable.size + PairPass.head)
        guard r2 < row[0] else { return nil }
        let p = UniformRow<Double>(row + PairPass.head)
        let (e, g) = kind == .spline ? SplineTable.evaluate(r2, 0, p) : LinearTable.evaluate(r2, 0, p)
        return (e, g)
    }
}
