/// A periodic arrangement of basis points that create_atoms fills a box with, and the unit of length of `region` and others.
/// (Filled in by the `lattice` command; LAMMPS' conventions and order of operations.)
public struct Lattice: Sendable {
    /// Lattice spacings: extent of the rotated, scaled unit cell along x, y, z.
    public var spacing: Vector
    public init(spacing: Vector) { self.spacing = spacing }
}
