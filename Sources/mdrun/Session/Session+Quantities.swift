import Deck
import Domain
import Integrators
import Observers

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The numbers that formulas can ask for: thermo keywords, computes and fixes, atoms' properties, functions of groups.
extension Session {
    public func thermoKeyword(_ name: String) throws -> Double? {
        guard ThermoKeyword.byName[name] != nil else { return nil }
        if system == nil {
            // These have a value without a box.
            if name == "step" { return 0 }
            if name == "dt" { return timestep ?? units.defaultTimestep }
        }
        return try observation.thermo.value(of: name, observation.snapshot())
    }

    public func reference(_ reference: Reference) throws -> Double {
        let snapshot = try observation.snapshot()
        guard let first = reference.indices.first, reference.kind == .compute else { return try snapshot.value(reference) }
        // C_ID[i], and c_ID[i] of a compute with nothing but per-atom values: of the atom with id i.
        let shape = observation.compute(reference.id)?.shape
        guard reference.isPerAtom || shape?.vectorLength == nil && shape?.arrayColumns == nil && shape?.atomColumns != nil else {
            return try snapshot.value(reference)
        }
        let column = try snapshot.atomColumn(Reference(.compute, reference.id, Array(reference.indices.dropFirst())))
        return try ofAtom(first, column)
    }

    public func globalVector(_ reference: Reference) throws -> [Double] { try observation.snapshot().globalVector(reference) }

    public func atomVector(_ reference: Reference) throws -> [Double] { try observation.snapshot().atomColumn(reference) }

    public func atomVector(_ name: String) throws -> [Double]? {
        guard let input = AtomInput(named: name) else { return nil }
        return try input.values(observation.snapshot())
    }

    public func atomPlaces() -> (places: [Int], count: Int) {
        guard let system else { return ([], 0) }
        let keys = system.atoms.creationKeys()
        let count = communicator.all(.max, keys.max() ?? -1) + 1
        guard drawingGroup != .all, count > 0 else { return (keys, count) }
        // Only the group's atoms draw: their places among themselves.
        var places = [Int](repeating: 0, count: count)
        for (i, key) in keys.enumerated() where system.atoms.mask[i] & drawingGroup.bit != 0 { places[key] = 1 }
        communicator.all(.sum, &places)
        var members = 0
        for key in places.indices where places[key] > 0 {
            places[key] = members + 1
            members += 1
        }
        return (keys.map { places[$0] - 1 }, members)
    }

    /// Values of an atom-style variable (or another, the same for all); random numbers are drawn for the atoms of a group only. Collective.
    func atomValues(_ name: String, of group: Group, at location: SourceLocation?) throws -> [Double] {
        drawingGroup = group
        defer { drawingGroup = .all }
        return try interpreter.variables.atomValues(of: name, count: system?.atoms.owned ?? 0, at: location)
    }

    public func atomValue(_ name: String, id: Int) throws -> Double? {
        guard let column = try atomVector(name) else { return nil }
        return try ofAtom(id, column)
    }

    /// The value that the owner of atom `id` has. Collective.
    private func ofAtom(_ id: Int, _ column: [Double]) throws -> Double {
        var found = 0.0, owners = 0
        if let system {
            for i in 0..<system.atoms.owned where system.atoms.id[i] == Int64(id) {
                found = column[i]
                owners += 1
            }
        }
        guard communicator.sum(owners) == 1 else { throw DeckError("there is no atom \(id)", at: nil) }
        return communicator.sum(found)
    }

    // MARK: - Functions

    public func function(_ name: String, _ arguments: [String]) throws -> Double? {
        if GroupFunctions.names.contains(name) { return try groupFunction(name, arguments) }
        switch name {
        case "is_defined": return try isDefined(arguments) ? 1 : 0
        case "is_available": return try isAvailable(arguments) ? 1 : 0
        case "is_active": return try isActive(arguments) ? 1 : 0
        case "is_file": return try isFile(arguments) ? 1 : 0
        case "extract_setting": return try setting(arguments)
        default: return nil
        }
    }

    public func atomFunction(_ name: String, _ arguments: [String]) throws -> [Double]? {
        guard ["gmask", "rmask", "grmask"].contains(name) else { return nil }
        guard arguments.count == (name == "grmask" ? 2 : 1) else {
            throw DeckError("\(name)() takes \(name == "grmask" ? "a group and a region" : "one argument")", at: nil)
        }
        let system = try requireSystem("\(name)()", at: nil)
        let group = try name == "rmask" ? .all : namedGroup(arguments[0])
        let region = try name == "gmask" ? nil : namedRegion(arguments.last!)
        return (0..<system.atoms.owned).map { i in
            let isIn = system.atoms.mask[i] & group.bit != 0 && region?.contains(system.atoms.position[i].xyz) ?? true
            return isIn ? 1 : 0
        }
    }

    private func groupFunction(_ name: String, _ arguments: [String]) throws -> Double {
        let middle = GroupFunctions.middleArguments(name)
        guard (1 + middle...2 + middle).contains(arguments.count) else {
            throw DeckError("\(name)() takes a group\(middle > 0 ? ", a direction" : "") and optionally a region", at: nil)
        }
        let system = try requireSystem("\(name)()", at: nil)
        let region = try arguments.count > 1 + middle ? namedRegion(arguments[1 + middle]) : nil
        return try GroupFunctions(system, namedGroup(arguments[0]), region).value(name, middle > 0 ? arguments[1] : nil)
    }

    private func namedGroup(_ name: String) throws -> Group {
        let system = try requireSystem("a group", at: nil)
        guard let group = system.groups[name] else { throw unknown("group", name, system.groups.names) }
        return group
    }

    private func namedRegion(_ name: String) throws -> any Region {
        guard let region = regions[name] else { throw unknown("region", name, regions.keys.sorted()) }
        return region
    }

    private func unknown(_ kind: String, _ name: String, _ known: [String]) -> DeckError {
        let near = nearestName(to: name, in: known).map { "; did you mean '\($0)'?" } ?? ""
        return DeckError("there is no \(kind) '\(name)'\(near)", at: nil)
    }

    private func isDefined(_ arguments: [String]) throws -> Bool {
        guard arguments.count == 2 else { throw DeckError("is_defined() takes a category and an id", at: nil) }
        let id = arguments[1]
        switch arguments[0] {
        case "compute": return observation.compute(id) != nil
        case "dump": return observation.dumps.contains { $0.id == id }
        case "fix": return fixes.contains { $0.id == id }
        case "group": return system?.groups[id] != nil
        case "region": return regions[id] != nil
        default: throw DeckError("is_defined() knows compute, dump, fix, group, region, variable, not '\(arguments[0])'", at: nil)
        }
    }

    private func isAvailable(_ arguments: [String]) throws -> Bool {
        guard arguments.count == 2 else { throw DeckError("is_available() takes a category and a name", at: nil) }
        let name = arguments[1]
        switch arguments[0] {
        case "command": return CommandRegistry.byName[name] != nil || Interpreter.languageCommands.contains(name)
        case "compute": return ComputeStyle.builtin.contains { $0.name == name }
        case "dump": return DumpStyle.builtin.contains { $0.name == name }
        case "fix": return FixRegistry.builtin.contains { $0.name == name } || ObservingFixStyle.builtin.contains { $0.name == name }
        case "pair": return registry.styles.contains { $0.name == name }
        // Compressed files are read and written by library, so without a program gzip too.
        case "feature": return name == "gzip" || name == "exceptions"
        default: throw DeckError("is_available() knows command, compute, dump, feature, fix, pair, not '\(arguments[0])'", at: nil)
        }
    }

    /// What LAMMPS' decks ask in order to adapt to accelerator packages, none of which is here, and what styles are in use.
    private func isActive(_ arguments: [String]) throws -> Bool {
        guard arguments.count == 2 else { throw DeckError("is_active() takes a category and a name", at: nil) }
        let name = arguments[1]
        switch arguments[0] {
        case "package":
            guard ["gpu", "intel", "kokkos", "omp"].contains(name) else {
                throw DeckError("is_active(package,...) knows gpu, intel, kokkos, omp, not '\(name)'", at: nil)
            }
            return false
        case "newton":
            guard ["pair", "bond", "any"].contains(name) else {
                throw DeckError("is_active(newton,...) knows pair, bond, any, not '\(name)'", at: nil)
            }
            return true
        case "atom_style": return atomStyle.rawValue == name
        case "pair_style": return potential?.style == name
        case "run_style": return name == (respa == nil ? "verlet" : "respa")
        default: throw DeckError("is_active() knows package, newton, atom_style, pair_style, run_style, not '\(arguments[0])'", at: nil)
        }
    }

    /// Whether rank 0 can open a file. Collective.
    private func isFile(_ arguments: [String]) throws -> Bool {
        guard arguments.count == 1 else { throw DeckError("is_file() takes a file name", at: nil) }
        return communicator.any(communicator.rank == 0 && access(arguments[0], R_OK) == 0)
    }

    private func setting(_ arguments: [String]) throws -> Double {
        guard arguments.count == 1 else { throw DeckError("extract_setting() takes one name", at: nil) }
        switch arguments[0] {
        case "dimension": return Double(dimension)
        case "box_exist": return system == nil ? 0 : 1
        case "triclinic": return system?.box.isTriclinic == true ? 1 : 0
        case "world_size", "universe_size": return Double(communicator.size)
        case "nthreads": return 1
        case "natoms": return Double(system?.atoms.total ?? 0)
        case "ntypes": return Double(system?.atoms.typeCount ?? 0)
        default:
            throw DeckError(
                "extract_setting() knows dimension, box_exist, triclinic, world_size, universe_size, nthreads, natoms, ntypes, not '\(arguments[0])'",
                at: nil)
        }
    }
}
