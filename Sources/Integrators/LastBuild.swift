import Domain

/// When the neighbour list was built, and where the owned atoms and the box were then.
struct LastBuild: ~Copyable {
    var step = 0
    var positions = Column<Vector>()
    var box: Box

    init(box: Box) { self.box = box }

    mutating func record(_ atoms: borrowing Atoms, _ box: Box) {
        positions.resize(to: atoms.owned, filling: .zero)
        for i in 0..<atoms.owned { positions[i] = atoms.position[i] }
        self.box = box
    }

    /// Whether an owned atom has moved half the skin, less half of what the box's corners have: they move too, and LAMMPS takes it off.
    func hasMovedTooFar(_ atoms: borrowing Atoms, _ box: Box, skin: Double) -> Bool {
        var allowed = 0.5 * skin
        if box != self.box {
            let (a, b) = largestCornerMoves(to: box)
            allowed = max(0, 0.5 * (skin - (a + b)))
        }
        let limit = allowed * allowed
        let x = atoms.position.pointer, old = positions.pointer
        for i in 0..<atoms.owned {
            let d = x[i] - old[i]
            if d.x * d.x + d.y * d.y + d.z * d.z > limit { return true }
        }
        return false
    }

    /// How far the box's lower and upper corner have moved since the list was built; of a triclinic box, the two corners that moved most.
    private func largestCornerMoves(to box: Box) -> (Double, Double) {
        guard box.isTriclinic else {
            let a = box.lo - self.box.lo, b = box.hi - self.box.hi
            return (a.dot(a).squareRoot(), b.dot(b).squareRoot())
        }
        var most = (0.0, 0.0)
        for corner in 0..<8 {
            let s = Vector(Double(corner & 1), Double(corner >> 1 & 1), Double(corner >> 2 & 1), 0)
            let d = box.cartesian(s) - self.box.cartesian(s)
            let distance = d.dot(d).squareRoot()
            if distance > most.0 { most = (distance, most.0) } else if distance > most.1 { most.1 = distance }
        }
        return most
    }
}
