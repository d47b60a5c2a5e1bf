import Deck

/// Sections of bonds, angles, dihedrals and impropers, their coefficients and labels.
extension DataFile {
    /// Each line is `number type id id ...`; the atom that keeps a connection is on the rank that stores it.
    func readConnections(_ kind: TopologyKind, _ atoms: inout Atoms, _ communicator: any Communicator) throws(DeckError) {
        guard atoms.topology.has(kind) else {
            throw lines.error("section \(kind.section) needs an atom style with \(kind.plural), not \(atoms.style.rawValue)")
        }
        let total = header.connections[kind.rawValue], index = owned(atoms)
        var rows = [[Double]](repeating: [], count: atoms.owned)
        var ids = [Int](repeating: 0, count: kind.size)
        var found = 0
        for number in 0..<total {
            try nextLine(kind.section, number, of: total)
            try expect(kind.size + 2, "number type and \(kind.size) atom ids")
            _ = try lines.int(0, "the number of the \(kind.name)")
            let type = try connectionType(kind, 1, atoms)
            for k in 0..<kind.size {
                ids[k] = try lines.int(2 + k, "an atom id")
                guard ids[k] >= 1, ids[k] < 1 << 53 else { throw lines.error("an atom id must be positive", 2 + k) }
                if ids[..<k].contains(ids[k]) { throw lines.error("atom \(ids[k]) occurs twice in the \(kind.name)", 2 + k) }
            }
            guard let i = index[Int64(ids[kind.keeper])] else { continue }
            rows[i].append(Double(type))
            for id in ids { rows[i].append(Double(id)) }
            found += 1
        }
        let missing = total - communicator.sum(found)
        guard missing == 0 else {
            throw DeckError("\(missing) lines of \(kind.section) in '\(lines.path)' have ids that no atom has", at: location)
        }
        atoms.setConnections(kind, rows, communicator)
    }

    private func connectionType(_ kind: TopologyKind, _ word: Int, _ atoms: borrowing Atoms) throws(DeckError) -> Int {
        let types = atoms.topology.types[kind.rawValue]
        if let number = lines.wholeNumber(word) {
            guard number >= 1 && number <= types else { throw lines.error("\(kind.name) type \(number) is not from 1 to \(types)", word) }
            return number
        }
        let labels = atoms.topology.labels[kind.rawValue]
        guard let type = labels.firstIndex(of: lines.text(word)) else {
            throw DeckError.unknown(
                "\(kind.name) type label", Word(text: lines.text(word), location: lines.location(word)), known: labels.compactMap { $0 })
        }
        return type
    }

    /// Each line is a bond_coeff, angle_coeff ...
    func readConnectionCoefficients(_ kind: TopologyKind, _ atoms: borrowing Atoms, _ options: Options) throws(DeckError) {
        let section = Word(text: "\(kind.title) Coeffs", location: lines.location()), style = lines.comment
        guard let take = options.connectionCoefficients else { throw lines.error("section \(section.text) is not supported here") }
        let total = header.connectionTypes[kind.rawValue]
        guard total > 0 else { throw lines.error("section \(section.text), but no line 'N \(kind.name) types'") }
        for number in 0..<total {
            try nextLine(section.text, number, of: total)
            var words = lines.words.indices.map { Word(text: lines.text($0), location: lines.location($0)) }
            words[0].text = "\(try connectionType(kind, 0, atoms))"
            try take(kind, words, section, style)
        }
    }

    func readLabels(_ kind: TopologyKind, _ atoms: inout Atoms) throws(DeckError) {
        let total = header.connectionTypes[kind.rawValue], section = "\(kind.title) Type Labels"
        for number in 0..<total {
            try nextLine(section, number, of: total)
            try expect(2, "type label")
            guard let type = lines.wholeNumber(0), type >= 1, type <= total else {
                throw lines.error("expected a type from 1 to \(total), not '\(lines.text(0))'", 0)
            }
            let label = lines.text(1)
            if lines.wholeNumber(1) != nil || atoms.topology.labels[kind.rawValue].contains(label) {
                throw lines.error("'\(label)' cannot be a label: it is a number or taken", 1)
            }
            atoms.topology.labels[kind.rawValue][type] = label
        }
    }
}
