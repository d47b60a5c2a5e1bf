extension Box {
    public func save(_ state: inout StateWriter) {
        for vector in [lo, hi, minimumLo, minimumHi, faceMargin] { state.put(vector) }
        for number in [xy, xz, yz] { state.put(number) }
        state.put(isTriclinic)
        state.put(dimension)
        state.put(rotation != nil)
        if let rotation { for row in [rotation.x, rotation.y, rotation.z] { state.put(row) } }
        state.put(String(boundary.flatMap { [$0.0.rawValue, $0.1.rawValue] }))
    }

    /// - Throws: `StateError` when this is not what `save` wrote.
    public init(_ state: inout StateReader) throws(StateError) {
        self.init(lo: try state.vector(), hi: try state.vector())
        minimumLo = try state.vector()
        minimumHi = try state.vector()
        faceMargin = try state.vector()
        (xy, xz, yz) = (try state.double(), try state.double(), try state.double())
        isTriclinic = try state.bool()
        dimension = try state.int()
        guard dimension == 2 || dimension == 3 else { throw StateError() }
        if try state.bool() { rotation = Tensor(x: try state.vector(), y: try state.vector(), z: try state.vector()) }
        let faces = Array(try state.text()).map { Boundary(rawValue: $0) }
        guard faces.count == 6, !faces.contains(nil) else { throw StateError() }
        boundary = (0..<3).map { (faces[2 * $0]!, faces[2 * $0 + 1]!) }
    }
}
