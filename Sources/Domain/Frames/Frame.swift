/// One configuration with what a reference method found for it: positions in Angstrom, energies in eV, forces in eV/Angstrom.
public struct Frame: Sendable {
    /// Element (or type label) of each atom.
    public var elements: [String]
    public var positions: [Vector]
    /// Edge vectors as rows a, b, c; nil for a molecule without a cell.
    public var cell: Tensor?
    public var isPeriodic: [Bool]
    public var energy: Double?
    /// One for each atom, or nil.
    public var forces: [Vector]?
    /// Velocities in Angstrom/ps, one for each atom, or nil.
    public var velocities: [Vector]?
    /// Of the frame, where it says so.
    public var step: Int?
    /// W_ab = sum r_a f_b = -dE/d(strain_ab): the virial's sign of LAMMPS and DeePMD-kit, minus volume times ASE's stress.
    public var virial: Tensor?
    /// Where it was read, for messages: `file:12` or `folder/set.000, frame 3`.
    public var place: String

    public init(
        elements: [String], positions: [Vector], cell: Tensor? = nil, isPeriodic: [Bool]? = nil, energy: Double? = nil,
        forces: [Vector]? = nil, virial: Tensor? = nil, place: String = ""
    ) {
        (self.elements, self.positions, self.cell, self.energy) = (elements, positions, cell, energy)
        (self.forces, self.virial, self.place) = (forces, virial, place)
        self.isPeriodic = isPeriodic ?? Array(repeating: cell != nil, count: 3)
    }

    public var count: Int { positions.count }
}

/// A data file that is not what it should be.
public struct DataError: Error, Sendable, CustomStringConvertible {
    public let path: String
    public let message: String
    public var description: String { "\(path): \(message)" }
    public init(_ path: String, _ message: String) { (self.path, self.message) = (path, message) }
}
