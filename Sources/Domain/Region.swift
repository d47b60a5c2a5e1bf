/// A part of space, for create_atoms, group and set.
public protocol Region: Sendable {
    /// Whether the point is inside (boundary included).
    func contains(_ x: Vector) -> Bool
    /// Extent, infinite where open.
    var bounds: (lo: Vector, hi: Vector) { get }
}
