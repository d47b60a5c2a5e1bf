import Domain

/// How often the neighbour list is rebuilt (`neighbor`, `neigh_modify`).
public struct NeighbourSettings: Sendable {
    public var skin: Double
    public var every = 1
    public var delay = 0
    public var checksDistance = true
    /// `neigh_modify once yes`
    public var once = false
    /// At least this wide a halo (`comm_modify cutoff`).
    public var minimumHalo: Double = 0
    /// Pairs that are no neighbours (`neigh_modify exclude`).
    public var exclusions: [Exclusion] = []

    public enum Exclusion: Sendable, Equatable {
        /// One atom of each type.
        case types(Int32, Int32)
        /// One atom in each group; as in LAMMPS.
        case groups(Group, Group)
    }

    public init(skin: Double) { self.skin = skin }
}

extension NeighbourSettings {
    /// Whether a pair of `atoms` is excluded, nil where none is. Ghosts' groups come from their owners.
    func exclusion(_ atoms: borrowing Atoms, _ halo: Halo) -> ((Int, Int) -> Bool)? {
        guard !exclusions.isEmpty else { return nil }
        let exclusions = exclusions, type = atoms.type.pointer
        var mask = Column<UInt32>(repeating: 0, count: atoms.count)
        for i in 0..<atoms.owned { mask[i] = atoms.mask[i] }
        if exclusions.contains(where: { if case .groups = $0 { true } else { false } }) { halo.forward(&mask) }
        let masks = (0..<atoms.count).map { mask[$0] }
        return { i, j in
            exclusions.contains { one in
                switch one {
                case .types(let a, let b): type[i] == a && type[j] == b || type[i] == b && type[j] == a
                case .groups(let a, let b):
                    masks[i] & a.bit != 0 && masks[j] & b.bit != 0 || masks[i] & b.bit != 0 && masks[j] & a.bit != 0
                }
            }
        }
    }
}
