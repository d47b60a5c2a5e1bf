import Deck
import Domain
import Integrators

/// `set`: changes properties of chosen atoms.
struct SetCommand: DeckCommand {
    static let name = "set"
    static let usage = """
        set atom|type|group|region WHICH KEYWORD VALUES...
        WHICH: ids or types such as 3, 2*5, *; a type label; a group's or region's name.
        KEYWORD: type T, type/fraction T FRACTION SEED, type/ratio T FRACTION SEED, type/subset T N SEED, x|y|z|vx|vy|vz VALUE,
        image NX|NULL NY|NULL NZ|NULL, charge Q, mol N (where the atom style has them). A VALUE may be v_NAME.
        """

    private enum Selection {
        case ids(ClosedRange<Int>)
        case types(ClosedRange<Int>)
        case group(Group)
        case region(any Region)
    }
    private enum Style { case atom, type, group, region, molecule }

    private enum Change {
        case type(AtomValue)
        case fraction(Int, Double, seed: Int)
        case ratio(Int, Double, seed: Int)
        case subset(Int, Int, seed: Int)
        case position(Int, AtomValue)
        case velocity(Int, AtomValue)
        case property(AtomProperty, AtomValue)
        case image([Int?])

        /// Whether ghosts have copies of it that no step renews.
        var concernsGhosts: Bool {
            switch self {
            case .type, .fraction, .ratio, .subset: true
            case .position, .velocity, .property, .image: false
            }
        }
    }

    private let selection: Selection
    private var changes: [(keyword: Word, change: Change)] = []
    private let location: SourceLocation

    private static let keywords = [
        "type", "type/fraction", "type/ratio", "type/subset", "x", "y", "z", "vx", "vy", "vz", "image", "charge", "mol",
    ]

    init(_ words: inout Words, _ session: Session) throws {
        location = words.location
        _ = try session.requireSystem("set", at: location)
        let style = try words.choice(
            "set style",
            [("atom", Style.atom), ("type", .type), ("group", .group), ("region", .region), ("mol", .molecule)])
        switch style {
        case .atom: selection = .ids(try words.typeRange("the atom ids", count: Int.max))
        case .type: selection = .types(try session.requireTypes(&words, "the atom types"))
        case .group: selection = .group(try session.requireGroup(try words.word("a group")))
        case .region: selection = .region(try session.requireRegion(try words.word("a region")))
        case .molecule: throw words.error("molecules are not supported")
        }
        repeat {
            let keyword = try words.word("a keyword")
            changes.append((keyword, try Self.change(keyword, &words, session)))
        } while !words.isAtEnd
    }

    private static func change(_ keyword: Word, _ words: inout Words, _ session: Session) throws -> Change {
        func newType() throws -> Int { try session.requireType(try words.word("the new type")) }
        func fraction() throws -> Double { try words.double("the fraction", in: 0...1) }
        // RANMAR's seeds end at 900 million.
        func seed() throws -> Int { try words.int("the random seed", in: 1...900_000_000) }
        switch keyword.text {
        case "type":
            if words.peek?.text.hasPrefix("v_") == true { return .type(try AtomValue(&words, "the new type", session)) }
            return .type(.number(Double(try newType())))
        case "type/fraction": return .fraction(try newType(), try fraction(), seed: try seed())
        case "type/ratio": return .ratio(try newType(), try fraction(), seed: try seed())
        case "type/subset": return .subset(try newType(), try words.nonNegativeInt("the number of atoms"), seed: try seed())
        case "x", "y", "z": return .position(["x", "y", "z"].firstIndex(of: keyword.text)!, try AtomValue(&words, "the position", session))
        case "vx", "vy", "vz":
            return .velocity(["vx", "vy", "vz"].firstIndex(of: keyword.text)!, try AtomValue(&words, "the velocity", session))
        case "image":
            let box = session.system!.box
            return .image(
                try (0..<3).map { d in
                    if words.optional("NULL") { return nil }
                    let flag = try words.int("an image flag", in: -(1 << 30)...(1 << 30))
                    guard flag == 0 || box.isPeriodic(d) else {
                        throw words.error("the image flag of a direction that is not periodic must be 0")
                    }
                    return flag
                })
        case "charge", "mol":
            guard let property = keyword.text == "charge" ? session.system!.atoms.charge : session.system!.atoms.molecule else {
                throw words.error(
                    "atom_style \(session.atomStyle.rawValue) has no \(keyword.text == "mol" ? "molecules" : "charges")", at: keyword)
            }
            return .property(property, try AtomValue(&words, keyword.text == "mol" ? "the molecule's number" : "the charge", session))
        case "mass", "density", "temperature":
            throw words.error("'\(keyword.text)' is not an atom's own property here", at: keyword)
        default: throw DeckError.unknown("set keyword", keyword, known: keywords)
        }
    }

    func execute(_ session: Session) throws {
        let system = try session.requireSystem("set", at: location)
        let total = session.communicator.sum(system.atoms.owned)
        guard total > 0 else { throw DeckError("set: there are no atoms", at: location) }
        session.output.line("Setting atom values ...")
        // Positions reach ghosts with the next step, also of a run with `pre no`; types do not.
        if changes.contains(where: \.change.concernsGhosts) { session.atomsChanged() }
        let isSelected = (0..<system.atoms.owned).map { i in
            switch selection {
            case .ids(let range): range.contains(Int(system.atoms.id[i]))
            case .types(let range): range.contains(Int(system.atoms.type[i]))
            case .group(let group): system.atoms.mask[i] & group.bit != 0
            case .region(let region): region.contains(system.atoms.position[i])
            }
        }
        for (keyword, change) in changes {
            let count = session.communicator.sum(try apply(change, system, session, isSelected, at: keyword.location))
            session.output.line("  \(count) settings made for \(keyword.text)")
        }
    }

    /// - Returns: how many of this rank's atoms were changed.
    private func apply(
        _ change: Change, _ system: System, _ session: Session, _ isSelected: [Bool], at place: SourceLocation
    ) throws -> Int {
        let chosen = isSelected.indices.filter { isSelected[$0] }
        switch change {
        case .type(let value):
            let type = try value.evaluate(session)
            let isLegal = chosen.allSatisfy { type($0) >= 1 && type($0) < Double(system.atoms.typeCount + 1) }
            guard !session.communicator.any(!isLegal) else {
                throw DeckError("set: types must be from 1 to \(system.atoms.typeCount)", at: place)
            }
            for i in chosen { system.atoms.setType(i, Int(type(i))) }
            return chosen.count
        case .fraction(let type, let fraction, let seed):
            var count = 0
            for i in chosen {
                var stream = ParkMillerStream(seed: seed, at: system.atoms.position[i])
                if stream.uniform() > fraction { continue }
                system.atoms.setType(i, type)
                count += 1
            }
            return count
        case .ratio(let type, let fraction, let seed):
            let eligible = session.communicator.sum(chosen.count)
            return pick(Int(fraction * Double(eligible)), type, seed, system, session, isSelected)
        case .subset(let type, let number, let seed):
            let eligible = session.communicator.sum(chosen.count)
            guard number <= eligible else {
                throw DeckError("set: \(number) atoms are asked for, but only \(eligible) are chosen", at: place)
            }
            return pick(number, type, seed, system, session, isSelected)
        case .position(let d, let value):
            let x = try value.evaluate(session)
            for i in chosen { system.atoms.position[i][d] = x(i) }
        case .velocity(let d, let value):
            let v = try value.evaluate(session)
            for i in chosen { system.atoms.velocity[i][d] = v(i) }
        case .property(let property, let value):
            let x = try value.evaluate(session)
            for i in chosen { property.values[i] = x(i) }
        case .image(let flags):
            for d in 0..<3 { if let flag = flags[d] { for i in chosen { system.atoms.image[i][d] = Int32(flag) } } }
        }
        return chosen.count
    }

    private func pick(
        _ number: Int, _ type: Int, _ seed: Int, _ system: System, _ session: Session, _ isSelected: [Bool]
    ) -> Int {
        var stream = MarsagliaStream(seed: seed)
        let picked = system.atoms.randomSubset(
            of: isSelected, wanted: number, uniform: { stream.uniform() }, session.communicator)
        for i in picked.indices where picked[i] { system.atoms.setType(i, type) }
        return picked.count { $0 }
    }
}

extension Atoms {
    /// Changes the type of owned atom i, wherever it is kept.
    mutating func setType(_ i: Int, _ type: Int) {
        self.type[i] = Int32(type)
        position[i].w = Double(type)
    }
}
