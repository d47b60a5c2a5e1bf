import Deck
import Domain

/// A pair potential: the function's numbers by pair of types, as LAMMPS reads, mixes and shifts them, and the loops over a half list.
///
///     E = sum_{i<j} (E(r_ij) - shift_ij),   r_ij < rc_ij
///
/// Each atom of a pair has half its energy and half its virial.
final class PairPotential<Function: PairFunction>: DualKernelPotential, PairModifiable, PairwisePotential {
    static var entry: PotentialStyle {
        PotentialStyle(Function.style, usage: Function.usage) { words, setup in
            var globals: [Double] = []
            for quantity in Function.globals {
                if let fallback = quantity.fallback, words.isAtEnd {
                    globals.append(globals[fallback])
                } else {
                    globals.append(try quantity.read(&words))
                }
            }
            try words.finish()
            return PairPotential(globals: globals, typeCount: setup.typeCount, units: setup.units)
        }
    }

    let style = Function.style
    private(set) var requirements = Requirements(cutoff: 0, list: .half)
    let globals: [Double]
    let typeCount: Int
    let units: Units
    private var given: [[Double]?]
    private var table = Column<Double>()
    private var tail: TailCorrection
    private let scratch = NeighbourScratch()
    private var charges = Column<Double>()
    var isShifted = false
    var hasTail = false
    var mixing = MixingRule.geometric
    var usesPlainKernel = false
    var ownPairs: Set<TypePair>?

    init(globals: [Double], typeCount: Int, units: Units) {
        (self.globals, self.typeCount, self.units) = (globals, typeCount, units)
        given = Array(repeating: nil, count: (typeCount + 1) * (typeCount + 1))
        tail = TailCorrection(typeCount: typeCount)
    }

    var summary: String { "\(style): cutoff \(requirements.cutoff)" }

    func coefficients(_ words: inout Words, _ setup: PotentialSetup) throws {
        let rows = try words.typeRange("a type", count: typeCount)
        let columns = try words.typeRange("a type", count: typeCount)
        var numbers: [Double] = []
        var isGiven = false
        for quantity in Function.coefficients {
            if let fallback = quantity.fallback, words.isAtEnd {
                numbers.append(quantity.followsLast && isGiven ? numbers[numbers.count - 1] : globals[fallback])
            } else {
                numbers.append(try quantity.read(&words))
                isGiven = quantity.fallback != nil
            }
        }
        try words.finish()
        do {
            _ = try Function.row(numbers, globals: globals, units: units)
        } catch let error as DeckError where error.location == nil {
            throw words.error(error.message)
        }
        for i in rows { for j in columns where j >= i { given[i * (typeCount + 1) + j] = numbers } }
    }

    func prepare(_ setup: PotentialSetup) throws {
        if Function.usesCharges, !setup.hasCharges {
            throw DeckError("pair_style \(style) needs atoms with charges: atom_style charge or full", at: nil)
        }
        try settle()
    }

    /// The table, from the coefficients.
    private func settle() throws {
        let size = Function.size + PairPass.head
        var largest = 0.0
        table = Column(repeating: 0, count: (typeCount + 1) * (typeCount + 1) * size + size)
        tail.coefficients = hasTail ? Array(repeating: (0, 0), count: (typeCount + 1) * (typeCount + 1)) : []
        guard typeCount > 0 else { return }
        for i in 1...typeCount {
            for j in i...typeCount where ownPairs?.contains(TypePair(i, j)) ?? true {
                let mixed = given[i * (typeCount + 1) + j] ?? {
                    guard let a = given[i * (typeCount + 1) + i], let b = given[j * (typeCount + 1) + j] else { return nil }
                    return Function.mixed(a, b, globals: globals, rule: mixing)
                }()
                guard let c = mixed else {
                    throw DeckError("pair_style \(style) has no pair_coeff for types \(i) and \(j)", at: nil)
                }
                var (cutoff, numbers) = try Function.row(c, globals: globals, units: units)
                precondition(numbers.count == Function.size)
                let shift = isShifted ? Function.shift(&numbers, cutoff: cutoff) : 0
                for place in [i * (typeCount + 1) + j, j * (typeCount + 1) + i] {
                    table[place * size] = cutoff * cutoff
                    table[place * size + 1] = shift
                    for (k, number) in numbers.enumerated() { table[place * size + PairPass.head + k] = number }
                    if hasTail {
                        guard let terms = Function.tail(c) else {
                            throw DeckError("pair_style \(style) has no tail corrections: pair_modify tail no", at: nil)
                        }
                        tail.coefficients[place] = terms
                    }
                }
                largest = max(largest, cutoff)
            }
        }
        requirements = Requirements(cutoff: largest, list: .half)
    }

    /// Tail corrections belong to no atom, so weights do not see them.
    func compute(_ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, into forces: inout Forces) {
        evaluate(atoms, list, context, seeds: nil, into: &forces)
        tail.add(atoms, context, into: &forces)
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
        if Function.usesCharges {
            charges.resize(to: atoms.count, filling: 0)
            guard let own = atoms.charge else { preconditionFailure("prepare has asked for charges") }
            for i in 0..<atoms.owned { charges[i] = own.values[i] }
            context.halo.forward(&charges)
        }
        let isDerivative = field != nil
        let wanted = isDerivative ? context.wanted.union(forces.wanted.intersection(.virial)) : forces.wanted
        let pass = PairPass(
            owned: atoms.owned, position: atoms.position.pointer, type: atoms.type.pointer, charge: charges.pointer, coulomb: units.qqr2e,
            starts: list.offsets.pointer, neighbours: list.neighbours.pointer, table: table.pointer, types: typeCount,
            near: near, seeds: seeds, field: field, force: forces.force.pointer,
            wantsVirial: forces.wanted.contains(.virial), atomEnergy: wanted.contains(.atomEnergy) ? forces.atomEnergy.pointer : nil,
            atomVirial: forces.wanted.contains(.atomVirial) ? forces.atomVirial.pointer : nil)
        var sums = PairPass.Sums()
        Function.run(pass, variant, &sums)
        if !list.special.isEmpty {
            if isDerivative {
                specialPass(Function.self, Dual<Double>.self, pass, list.special, &sums)
            } else {
                specialPass(Function.self, Double.self, pass, list.special, &sums)
            }
        }
        if wanted.contains(.energy) || wanted.contains(.atomEnergy) || isDerivative {
            addSelfEnergy(atoms, seeds, isDerivative, wanted, &sums, &forces)
        }
        if !isDerivative {
            forces.energy += sums.energy
            forces.parts.coulomb += sums.coulomb
        }
        if forces.wanted.contains(.virial) { forces.virial += sums.virial }
    }

    /// s C q_i^2 of owned atoms. It depends on no distance: no force, and on duals the weight alone.
    private func addSelfEnergy(
        _ atoms: borrowing Atoms, _ seeds: UnsafePointer<Double>?, _ isDerivative: Bool, _ wanted: Wanted, _ sums: inout PairPass.Sums,
        _ forces: inout Forces
    ) {
        let s = Function.selfEnergy(globals: globals) * units.qqr2e
        guard s != 0 else { return }
        for i in 0..<atoms.owned {
            let e = (seeds?[i] ?? 1) * s * charges[i] * charges[i]
            if !isDerivative {
                sums.energy += e
                sums.coulomb += e
            }
            if wanted.contains(.atomEnergy) { forces.atomEnergy[i] += e }
        }
    }
}

/// A coefficient is called as in LAMMPS: its name in small letters.
extension PairPotential: Adaptable {
    private var names: [String] { Function.coefficients.map { $0.name.lowercased() } }
    var adaptableNames: [String] { names.filter { !$0.contains(" ") } }

    func parameter(_ name: String, _ i: Int, _ j: Int) -> Double? {
        guard let k = names.firstIndex(of: name) else { return nil }
        return given[i * (typeCount + 1) + j]?[k]
    }

    func setParameter(_ name: String, _ i: Int, _ j: Int, to value: Double) {
        guard let k = names.firstIndex(of: name) else { return }
        given[i * (typeCount + 1) + j]?[k] = value
    }

    func refresh() throws { try settle() }
}

extension PairPotential: PairInteraction, DistanceSplitting where Function: NeutralPairFunction {
    func addTail(_ atoms: borrowing Atoms, _ context: ComputeContext, into forces: inout Forces) { tail.add(atoms, context, into: &forces) }

    func interaction(_ i: Int, _ j: Int, distanceSquared r2: Double) -> (energy: Double, forceOverDistance: Double)? {
        let row = table.pointer + (i * (typeCount + 1) + j) * (Function.size + PairPass.head)
        guard r2 < row[0] else { return nil }
        let (e, g) = Function.evaluate(r2, 0, UniformRow<Double>(row + PairPass.head))
        return (e - row[1], g)
    }
}
