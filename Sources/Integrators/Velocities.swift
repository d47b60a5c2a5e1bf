import Domain

/// What the command `velocity` does, in LAMMPS' formulas and order: equal digits on any number of ranks.
public struct Velocities {
    private let system: System
    private let group: Group

    public enum Distribution: Sendable { case uniform, gaussian }
    /// Which atom gets which numbers. `all`: by id, three draws for every id from 1 to N whether in the group or not. `local`: for the
    /// group's atoms in the order of their creation. `geometry`: from a hash of the seed and the atom's position.
    public enum Loop: Sendable { case all, local, geometry }

    public struct Problem: Error { public let message: String }

    public init(_ system: System, _ group: Group) { (self.system, self.group) = (system, group) }

    private func isMember(_ i: Int) -> Bool { system.atoms.mask[i] & group.bit != 0 }

    // MARK: - Creating

    /// New velocities u / sqrt(m), u uniform in (-0.5, 0.5) or normal.
    /// - Throws: `Problem` for `all` when ids are not 1 to N.
    public func draw(_ loop: Loop, _ distribution: Distribution, seed: Int) throws(Problem) {
        switch loop {
        case .all: try drawForAll(distribution, seed)
        case .local: drawInOrder(distribution, seed)
        case .geometry:
            for i in 0..<system.atoms.owned where isMember(i) {
                var stream = ParkMillerStream(seed: seed, at: system.atoms.position[i])
                assign(Self.next(&stream, distribution), to: i)
            }
        }
    }

    private func drawForAll(_ distribution: Distribution, _ seed: Int) throws(Problem) {
        var byID = (0..<system.atoms.owned).map { (id: Int(system.atoms.id[$0]), index: $0) }
        byID.sort { $0.id < $1.id }
        let communicator = system.communicator
        let total = communicator.sum(system.atoms.owned)
        let smallest = communicator.all(.min, byID.first?.id ?? Int(Int64.max)), largest = communicator.all(.max, byID.last?.id ?? 0)
        guard smallest == 1, largest == total else {
            throw Problem(message: "loop all needs atom ids from 1 to \(total) without gaps, but they run from \(smallest) to \(largest)")
        }
        var stream = ParkMillerStream(seed: seed)
        var next = 0
        for id in 1...total {
            let u = Self.next(&stream, distribution)
            guard next < byID.count, byID[next].id == id else { continue }
            if isMember(byID[next].index) { assign(u, to: byID[next].index) }
            next += 1
        }
    }

    private func drawInOrder(_ distribution: Distribution, _ seed: Int) {
        var stream = ParkMillerStream(seed: seed)
        for _ in 0..<100 { _ = stream.uniform() }
        let mine = system.atoms.indicesInCreationOrder()
        var next = 0
        var drawn: [(index: Int, Vector)] = []
        system.atoms.inCreationOrder(width: 0, system.communicator, values: { i, _ in isMember(i) }) { key, _ in
            let u = Self.next(&stream, distribution)
            while next < mine.count && mine[next].key < key { next += 1 }
            if next < mine.count && mine[next].key == key { drawn.append((mine[next].index, u)) }
        }
        for (i, u) in drawn { assign(u, to: i) }
    }

    private static func next(_ stream: inout ParkMillerStream, _ distribution: Distribution) -> Vector {
        switch distribution {
        case .uniform:
            let x = stream.uniform() - 0.5
            let y = stream.uniform() - 0.5
            return Vector(x, y, stream.uniform() - 0.5, 0)
        case .gaussian:
            let x = stream.gaussian()
            let y = stream.gaussian()
            return Vector(x, y, stream.gaussian(), 0)
        }
    }

    private func assign(_ u: Vector, to i: Int) {
        let factor = 1.0 / system.atoms.mass(of: i).squareRoot()
        system.atoms.velocity[i] = u * factor
        if system.box.dimension == 2 { system.atoms.velocity[i].z = 0 }
    }

    // MARK: - Momentum

    /// Takes away the velocity of the centre of mass. Collective.
    /// - Throws: `Problem` for a group without atoms.
    public func zeroMomentum() throws(Problem) {
        let sums = system.atoms.orderedSums(4, system.communicator) { i, numbers in
            guard isMember(i) else { return false }
            let m = system.atoms.mass(of: i), v = system.atoms.velocity[i]
            numbers = [m, v.x * m, v.y * m, v.z * m]
            return true
        }
        guard sums[0] > 0 else { throw Problem(message: "group \(group.name) has no atoms whose momentum could be zeroed") }
        let v = Vector(sums[1] / sums[0], sums[2] / sums[0], sums[3] / sums[0], 0)
        for i in 0..<system.atoms.owned where isMember(i) { system.atoms.velocity[i] -= v }
    }

    /// Takes away the rotation omega = I^-1 L about the centre of mass, in unwrapped positions: v -= omega x r. Collective.
    /// - Throws: `Problem` for a group without atoms.
    public func zeroRotation() throws(Problem) {
        let map = FractionalMap(system.box)
        func unwrapped(_ i: Int) -> Vector { map.unwrapped(system.atoms.position[i], system.atoms.image[i]) }
        let first = system.atoms.orderedSums(4, system.communicator) { i, numbers in
            guard isMember(i) else { return false }
            let m = system.atoms.mass(of: i), x = unwrapped(i)
            numbers = [m, x.x * m, x.y * m, x.z * m]
            return true
        }
        guard first[0] > 0 else { throw Problem(message: "group \(group.name) has no atoms whose rotation could be zeroed") }
        let centre = Vector(first[1] / first[0], first[2] / first[0], first[3] / first[0], 0)
        let s = system.atoms.orderedSums(9, system.communicator) { i, numbers in
            guard isMember(i) else { return false }
            let m = system.atoms.mass(of: i), v = system.atoms.velocity[i]
            let d = unwrapped(i) - centre
            numbers = [
                m * (d.y * v.z - d.z * v.y), m * (d.z * v.x - d.x * v.z), m * (d.x * v.y - d.y * v.x),
                m * (d.y * d.y + d.z * d.z), m * (d.x * d.x + d.z * d.z), m * (d.x * d.x + d.y * d.y),
                -(m * d.x * d.y), -(m * d.y * d.z), -(m * d.x * d.z),
            ]
            return true
        }
        let inertia = Tensor(
            x: Vector(s[3], s[6], s[8], 0), y: Vector(s[6], s[4], s[7], 0), z: Vector(s[8], s[7], s[5], 0))
        let w = angularVelocity(Vector(s[0], s[1], s[2], 0), inertia)
        for i in 0..<system.atoms.owned where isMember(i) {
            let d = unwrapped(i) - centre
            system.atoms.velocity[i].x -= w.y * d.z - w.z * d.y
            system.atoms.velocity[i].y -= w.z * d.x - w.x * d.z
            system.atoms.velocity[i].z -= w.x * d.y - w.y * d.x
        }
    }

    // MARK: - Temperature

    /// Multiplies velocities so that the group's temperature, with d N - d - `removed` degrees of freedom, is `target`; or so that another
    /// temperature, `measured`, is; `keepsBias`: only what it takes for thermal motion is multiplied. Collective.
    /// - Throws: `Problem` when the temperature is zero, or no degrees of freedom are left.
    public func scale(to target: Double, removed: Double, measured: Temperature? = nil, keepsBias: Bool = false) throws(Problem) {
        let counted = measured?.group ?? group
        let dimension = Double(system.box.dimension)
        let temperature: Double
        if let measured, measured.isBiased {
            measured.prepare(system, removed: removed)
            temperature = measured.evaluate(system)
            guard measured.degreesOfFreedom > 0 else { throw Problem(message: "the temperature has no degrees of freedom") }
        } else {
            var freedom = dimension * Double(system.count(counted))
            freedom -= (measured?.extra ?? dimension) + removed
            guard freedom > 0 else { throw Problem(message: "group \(counted.name) has no degrees of freedom, so no temperature") }
            let twice = system.atoms.orderedSums(1, system.communicator) { i, numbers in
                guard system.atoms.mask[i] & counted.bit != 0 else { return false }
                let v = system.atoms.velocity[i]
                numbers[0] = (v.x * v.x + v.y * v.y + v.z * v.z) * system.atoms.mass(of: i)
                return true
            }
            temperature = twice[0] * (system.units.mvv2e / (freedom * system.units.boltzmann))
        }
        guard temperature != 0 else { throw Problem(message: "a temperature of 0 cannot be scaled to another one") }
        let factor = (target / temperature).squareRoot()
        if keepsBias, let measured {
            let thermal = measured.thermal(system), v = system.atoms.velocity.pointer
            for i in 0..<system.atoms.owned where isMember(i) {
                let u = system.atoms.mask[i] & measured.group.bit != 0 ? thermal(i) : v[i]
                v[i] = v[i] - u + u * factor
            }
            return
        }
        for i in 0..<system.atoms.owned where isMember(i) { system.atoms.velocity[i] *= factor }
    }
}

/// omega with L = I omega; where I is singular (atoms in a line or a point), the part of omega that L determines.
public func angularVelocity(_ l: Vector, _ t: Tensor) -> Vector {
    let positive = t[0, 0] * t[1, 1] * t[2, 2] + t[0, 1] * t[1, 2] * t[2, 0] + t[0, 2] * t[1, 0] * t[2, 1]
    let determinant = positive - t[0, 0] * t[1, 2] * t[2, 1] - t[0, 1] * t[1, 0] * t[2, 2] - t[2, 0] * t[1, 1] * t[0, 2]
    if determinant > 1e-6 {
        var n = Tensor()
        n[0, 0] = t[1, 1] * t[2, 2] - t[1, 2] * t[2, 1]
        n[0, 1] = -(t[0, 1] * t[2, 2] - t[0, 2] * t[2, 1])
        n[0, 2] = t[0, 1] * t[1, 2] - t[0, 2] * t[1, 1]
        n[1, 0] = -(t[1, 0] * t[2, 2] - t[1, 2] * t[2, 0])
        n[1, 1] = t[0, 0] * t[2, 2] - t[0, 2] * t[2, 0]
        n[1, 2] = -(t[0, 0] * t[1, 2] - t[0, 2] * t[1, 0])
        n[2, 0] = t[1, 0] * t[2, 1] - t[1, 1] * t[2, 0]
        n[2, 1] = -(t[0, 0] * t[2, 1] - t[0, 1] * t[2, 0])
        n[2, 2] = t[0, 0] * t[1, 1] - t[0, 1] * t[1, 0]
        for i in 0..<3 { for j in 0..<3 { n[i, j] /= determinant } }
        func row(_ i: Int) -> Double { n[i, 0] * l.x + n[i, 1] * l.y + n[i, 2] * l.z }
        return Vector(row(0), row(1), row(2), 0)
    }
    let (values, axes) = symmetricEigen(t)
    let largest = values.max() ?? 0
    var w = Vector.zero
    for k in 0..<3 where values[k] > 1e-6 * largest { w += axes[k] * (axes[k].dot(l) / values[k]) }
    return w
}

/// Eigenvalues and unit eigenvectors of a symmetric 3 x 3 tensor by cyclic Jacobi rotations.
func symmetricEigen(_ t: Tensor) -> (values: [Double], axes: [Vector]) {
    var a = t
    var v = Tensor(x: Vector(1, 0, 0, 0), y: Vector(0, 1, 0, 0), z: Vector(0, 0, 1, 0))
    for _ in 0..<64 {
        let off = a[0, 1] * a[0, 1] + a[0, 2] * a[0, 2] + a[1, 2] * a[1, 2]
        if off <= 1e-300 { break }
        for (p, q) in [(0, 1), (0, 2), (1, 2)] where a[p, q] != 0 {
            let theta = (a[q, q] - a[p, p]) / (2 * a[p, q])
            let tangent = (theta >= 0 ? 1.0 : -1.0) / (theta.magnitude + (theta * theta + 1).squareRoot())
            let c = 1 / (tangent * tangent + 1).squareRoot(), s = tangent * c
            for k in 0..<3 { (a[k, p], a[k, q]) = (c * a[k, p] - s * a[k, q], s * a[k, p] + c * a[k, q]) }
            for k in 0..<3 { (a[p, k], a[q, k]) = (c * a[p, k] - s * a[q, k], s * a[p, k] + c * a[q, k]) }
            for k in 0..<3 { (v[k, p], v[k, q]) = (c * v[k, p] - s * v[k, q], s * v[k, p] + c * v[k, q]) }
        }
    }
    return ((0..<3).map { a[$0, $0] }, (0..<3).map { k in Vector(v[0, k], v[1, k], v[2, k], 0) })
}
