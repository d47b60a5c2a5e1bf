import Domain

/// Numbers of the pairs (or triples) of types that a chunk of neighbours has: number k of each lane.
///
/// A system of one type has one row for all lanes; otherwise each lane has its own. The choice is made by type, so that the compiler
/// makes a kernel for either.
protocol ParameterRow {
    associatedtype Value: EdgeVector
    subscript(k: Int) -> Value { get }
    /// Number place + k of each lane: lanes look up at places of their own.
    func gather(_ place: Value, _ k: Int) -> Value
}

/// The same row in all lanes.
struct UniformRow<Value: EdgeVector>: ParameterRow {
    let base: UnsafePointer<Double>

    @inline(__always) init(_ base: UnsafePointer<Double>) { self.base = base }
    @inline(__always) subscript(k: Int) -> Value { Value(base[k]) }
    @inline(__always) func gather(_ place: Value, _ k: Int) -> Value {
        var result = Value.zero
        for lane in 0..<Value.laneCount { result[lane: lane] = base[Int(place[lane: lane]) &+ k] }
        return result
    }
}

/// A row for each of four lanes.
struct FourRows: ParameterRow {
    let a: UnsafePointer<Double>
    let b: UnsafePointer<Double>
    let c: UnsafePointer<Double>
    let d: UnsafePointer<Double>

    @inline(__always) init(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ c: UnsafePointer<Double>, _ d: UnsafePointer<Double>) {
        (self.a, self.b, self.c, self.d) = (a, b, c, d)
    }
    @inline(__always) subscript(k: Int) -> Vector { Vector(a[k], b[k], c[k], d[k]) }
    @inline(__always) func gather(_ place: Vector, _ k: Int) -> Vector {
        Vector(a[Int(place.x) &+ k], b[Int(place.y) &+ k], c[Int(place.z) &+ k], d[Int(place.w) &+ k])
    }
}

/// The rows of four pairs (i, j) in a table of `size` numbers a pair of types.
protocol PairRows: ParameterRow where Value == Vector {
    static var isSingle: Bool { get }
    /// - Parameters:
    ///   - row: the rows of atom i's type with every other type. - types: of all atoms. - indices: the four neighbours.
    init(_ row: UnsafePointer<Double>, size: Int, types: UnsafePointer<Int32>, _ indices: UnsafePointer<Int32>, skipping first: Int)
}

extension UniformRow: PairRows where Value == Vector {
    static var isSingle: Bool { true }
    @inline(__always)
    init(_ row: UnsafePointer<Double>, size: Int, types: UnsafePointer<Int32>, _ indices: UnsafePointer<Int32>, skipping first: Int) {
        self.init(row + size + first)
    }
}

extension FourRows: PairRows {
    static var isSingle: Bool { false }
    @inline(__always)
    init(_ row: UnsafePointer<Double>, size: Int, types: UnsafePointer<Int32>, _ indices: UnsafePointer<Int32>, skipping first: Int) {
        let base = row + first
        self.init(
            base + Int(types[Int(indices[0])]) * size, base + Int(types[Int(indices[1])]) * size,
            base + Int(types[Int(indices[2])]) * size, base + Int(types[Int(indices[3])]) * size)
    }
}
