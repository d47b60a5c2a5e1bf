import Deck

/// An unordered pair of atom types, i <= j.
public struct TypePair: Hashable, Sendable {
    public let i: Int
    public let j: Int
    public init(_ i: Int, _ j: Int) { (self.i, self.j) = (min(i, j), max(i, j)) }
}

/// A potential whose parameters belong to pairs of types. Alone, it needs or mixes parameters of every pair; in a hybrid it acts
/// only between the pairs that are its own there.
public protocol PairwisePotential: Potential {
    /// nil: all pairs. Set before `prepare`.
    var ownPairs: Set<TypePair>? { get set }
    /// False where its words have made it one of more than pairs.
    var isPairwise: Bool { get }
}

extension PairwisePotential {
    public var isPairwise: Bool { true }
}

/// Which members of a hybrid act between which types: the maps that LAMMPS' pair_hybrid.cpp and pair_hybrid_overlay.cpp keep.
struct PairAssignment {
    private let members: Int
    private let typeCount: Int
    /// Whether a pair belongs to the member named last only.
    private let isExclusive: Bool
    /// Members of each pair that a pair_coeff line has named; none for `none`. A pair that is not here has been left open.
    private var named: [TypePair: Set<Int>] = [:]

    init(members: Int, typeCount: Int, isExclusive: Bool = false) {
        (self.members, self.typeCount, self.isExclusive) = (members, typeCount, isExclusive)
    }

    private func pairs(_ rows: ClosedRange<Int>, _ columns: ClosedRange<Int>) -> [TypePair] {
        rows.flatMap { i in columns.filter { $0 >= i }.map { TypePair(i, $0) } }
    }

    /// - Parameter mappedTypes: the line's words; where they end in one word a type, `NULL` ones are not covered.
    mutating func assign(_ rows: ClosedRange<Int>, _ columns: ClosedRange<Int>, to k: Int, mappedTypes line: [String]) {
        let mapping = line.suffix(typeCount)
        let hidden = Set(mapping.count == typeCount ? zip(1..., mapping).filter { $0.1 == "NULL" }.map { $0.0 } : [])
        for pair in pairs(rows, columns) where !hidden.contains(pair.i) && !hidden.contains(pair.j) {
            if isExclusive { named[pair] = [k] } else { named[pair, default: []].insert(k) }
        }
    }

    mutating func clear(_ rows: ClosedRange<Int>, _ columns: ClosedRange<Int>) {
        for pair in pairs(rows, columns) { named[pair] = [] }
    }

    /// The first pair of types that `own` holds with themselves, yet not with each other, since another member has it.
    func taken(from k: Int, _ own: Set<TypePair>) -> TypePair? {
        guard isExclusive else { return nil }
        let types = (1...max(typeCount, 1)).filter { own.contains(TypePair($0, $0)) }
        for i in types { for j in types where !own.contains(TypePair(i, j)) { return TypePair(i, j) } }
        return nil
    }

    /// For each member, its pairs, mixed ones included.
    /// - Throws: `DeckError` for a pair that is neither named nor mixed.
    func settled(_ style: String) throws -> [Set<TypePair>] {
        var result = [Set<TypePair>](repeating: [], count: members)
        guard typeCount > 0 else { return result }
        for i in 1...typeCount {
            for j in i...typeCount {
                let pair = TypePair(i, j)
                var own = named[pair]
                if own == nil, i != j, let a = named[TypePair(i, i)], let b = named[TypePair(j, j)], a.count == 1, a == b { own = a }
                guard let own else {
                    throw DeckError(
                        "\(style): no pair_coeff line covers types \(i) and \(j), and they cannot be mixed since \(i) \(i) and "
                            + "\(j) \(j) do not belong to one and the same member", at: nil)
                }
                for k in own { result[k].insert(pair) }
            }
        }
        return result
    }
}
