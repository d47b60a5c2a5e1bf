extension Box {
    public func save(_ state: inout StateWriter) {
        for vector in [lo, hi, minimumLo, minimumHi, faceMargin] { state.put(vector) }
        for number in [xy, xz, yz] { state.put(number) }
        state.put(isTriclinic)
        state.put(dimension)
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
        let faces = Array(try state.text()).map { Boundary(rawValue: $0) }
        guard faces.count == 6, !faces.contains(nil) else { throw StateError() }
        boundary = (0..<3).map { (faces[2 * $0]!, faces[2 * $0 + 1]!) }
    }
}
