import Deck
import Domain

/// The styles of one kind: one, or with `hybrid` several, of which each type has one.
public final class BondedSet {
    public let kind: TopologyKind
    /// As the deck names it.
    public let style: String
    public let members: [any BondedStyle]
    /// Which member a type belongs to, index 0 unused; nil: `none`, or not yet said.
    private var member: [Int?]
    private var isNone: [Bool]
    /// The words of each type's coefficient line behind the type, index 0 unused.
    public private(set) var lines: [String?]
    /// What each member computes, as `BondedStyle.compute` takes it.
    private var lists: [Connections] = []
    public let location: SourceLocation

    /// Columns are noncopyable, so in a box.
    private final class Connections { var column = Column<Int32>() }

    /// Reads a style line: `bond_style STYLE ARGS`, `bond_style hybrid STYLE STYLE ...`.
    /// - Returns: nil for `none`.
    public static func read(_ kind: TopologyKind, _ words: inout Words, typeCount: Int, _ setup: PotentialSetup) throws -> BondedSet? {
        let word = try words.word("a \(kind.name) style")
        guard word.text != "none" else {
            try words.finish()
            return nil
        }
        guard word.text == "hybrid" else {
            return BondedSet(kind, word.text, [try BondedRegistry.make(kind, word, &words, typeCount, setup)], typeCount, word.location)
        }
        var members: [any BondedStyle] = []
        while !words.isAtEnd {
            let style = try words.word("a \(kind.name) style")
            guard !members.contains(where: { $0.style == style.text }) else { throw words.error("'\(style.text)' is named twice", at: style) }
            var own: [Word] = []
            while let next = words.peek, !BondedRegistry.names(kind).contains(next.text) { own.append(try words.word("an argument")) }
            var rest = Words(own, of: "\(kind.name)_style \(style.text)", end: style.location)
            members.append(try BondedRegistry.make(kind, style, &rest, typeCount, setup))
        }
        guard !members.isEmpty else { throw words.error("hybrid needs styles") }
        return BondedSet(kind, word.text, members, typeCount, word.location)
    }

    private init(_ kind: TopologyKind, _ style: String, _ members: [any BondedStyle], _ typeCount: Int, _ location: SourceLocation) {
        (self.kind, self.style, self.members, self.location) = (kind, style, members, location)
        let isSingle = style != "hybrid"
        member = Array(repeating: isSingle ? 0 : nil, count: typeCount + 1)
        isNone = Array(repeating: false, count: typeCount + 1)
        lines = Array(repeating: nil, count: typeCount + 1)
        lists = members.map { _ in Connections() }
    }

    /// Reads the words of a coefficient line behind the types.
    public func coefficients(_ types: ClosedRange<Int>, _ words: inout Words) throws {
        var copy = words
        let text = copy.remaining().map(\.text).joined(separator: " ")
        try read(types, &words)
        for type in types { lines[type] = text }
    }

    private func read(_ types: ClosedRange<Int>, _ words: inout Words) throws {
        guard style == "hybrid" else { return try members[0].coefficients(types, &words) }
        let word = try words.word("the style that the line is for")
        if word.text == "none" {
            try words.finish()
            for type in types { (member[type], isNone[type]) = (nil, true) }
            return
        }
        guard let k = members.firstIndex(where: { $0.style == word.text }) else {
            throw DeckError.unknown("\(kind.name) style of this deck", word, known: members.map(\.style) + ["none"])
        }
        try members[k].coefficients(types, &words)
        for type in types { (member[type], isNone[type]) = (k, false) }
    }

    /// - Throws: `DeckError` naming a type without coefficients.
    func check() throws {
        for type in member.indices.dropFirst() where !isNone[type] && !(member[type].map { members[$0].has(type) } ?? false) {
            throw DeckError("\(kind.name)_style \(style) has no \(kind.name)_coeff for type \(type)", at: location)
        }
    }

    /// The longest bond at rest, about.
    var length: Double { member.indices.dropFirst().compactMap { type in member[type].map { members[$0].length(type) } }.max() ?? 0 }

    /// Whether there is any energy.
    var isActive: Bool { members.contains { $0.style != "zero" } }

    fileprivate func clear() { for list in lists { list.column.removeAll() } }

    fileprivate func append(_ type: Int, _ atoms: [Int32]) {
        guard let k = member[type] else { return }
        lists[k].column.append(Int32(type))
        for i in atoms { lists[k].column.append(i) }
    }

    fileprivate func compute(_ atoms: borrowing Atoms, into forces: inout Forces, _ share: BondedShare) {
        for (k, style) in members.enumerated() where style.style != "zero" { style.compute(atoms, lists[k].column, into: &forces, share) }
    }
}

/// Energies and forces of bonds, angles, dihedrals and impropers: lists of them made anew with the neighbour list, and their styles.
public final class BondedForces {
    /// By kind; nil: none.
    public private(set) var sets: [BondedSet?] = [nil, nil, nil, nil]
    public init() {}

    public func set(_ kind: TopologyKind, _ styles: BondedSet?) { sets[kind.rawValue] = styles }
    public subscript(kind: TopologyKind) -> BondedSet? { sets[kind.rawValue] }

    /// Whether any style has an energy.
    public var isActive: Bool { sets.contains { $0?.isActive ?? false } }
    public var remarks: [String] { sets.flatMap { $0?.members.compactMap(\.remark) ?? [] } }

    /// - Throws: `DeckError` where a type has no coefficients.
    public func check() throws { for set in sets { try set?.check() } }

    /// How far away an atom's partners may be: one bond, or two, one and a half times as long as at rest; 0 without a bond style.
    public var reach: Double {
        let length = self[.bond]?.length ?? 0
        return length * (self[.dihedral] != nil || self[.improper] != nil ? 3 : 1.5)
    }

    /// Finds the atoms of the connections that this rank's atoms keep, each as the image nearest to the keeper.
    /// - Parameter halo: how far around its brick this rank sees all images of atoms.
    /// - Throws: `MissingPartner` when one is neither owned nor a ghost here, or none of its images that are is near enough to be the nearest.
    public func rebuild(_ atoms: borrowing Atoms, box: Box, halo: Double) throws(MissingPartner) {
        for set in sets { set?.clear() }
        guard isActive else { return }
        let map = AtomMap(atoms), x = atoms.position.pointer
        let isOpen = (0..<3).allSatisfy { !box.isPeriodic($0) }
        for kind in TopologyKind.allCases {
            guard let set = self[kind], set.isActive, let kept = atoms.connections(kind) else { continue }
            var found = [Int32](repeating: 0, count: kind.size)
            let values = kept.values.pointer
            for i in 0..<atoms.owned {
                for slot in stride(from: i * kept.width, to: (i + 1) * kept.width, by: kind.stride) {
                    let type = Int(values[slot])
                    guard type > 0 else { break }
                    for k in 0..<kind.size {
                        guard let j = map.nearest(Int64(values[slot + 1 + k]), to: i, atoms) else {
                            throw MissingPartner(kind: kind, ids: (0..<kind.size).map { Int(values[slot + 1 + $0]) })
                        }
                        let d = (x[i] - x[j]).xyz
                        guard isOpen || d.dot(d) <= halo * halo else {
                            throw MissingPartner(kind: kind, ids: (0..<kind.size).map { Int(values[slot + 1 + $0]) })
                        }
                        found[k] = Int32(j)
                    }
                    set.append(type, found)
                }
            }
        }
    }

    /// Adds forces, and what is wanted beside them, to what a potential has computed.
    /// - Parameter kinds: which take part.
    public func compute(_ atoms: borrowing Atoms, kinds: [TopologyKind] = TopologyKind.allCases, into forces: inout Forces) {
        forces.addBondedShares()
        forces.energyOfPairs = forces.energy
        let shares = forces.bonded
        for kind in kinds { self[kind]?.compute(atoms, into: &forces, shares[kind.rawValue]) }
    }
}

/// An atom of a connection is too far away for its keeper's rank to know it.
public struct MissingPartner: Error {
    public let kind: TopologyKind
    public let ids: [Int]
}
