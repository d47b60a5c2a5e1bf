/// This rank's ghosts and how to refresh them: `forward` copies owners' values to ghosts, `reverse` sums ghosts' values onto owners.
///
/// Built as in Plimpton, J. Comput. Phys. 117, 1 (1995): along each dimension in turn atoms near a face, ghosts of earlier
/// dimensions included, go to the brick beyond it. A dimension's swap is repeated until the halo is as wide as asked, so a brick or
/// a whole box narrower than the halo makes several hops, and a rank then finds its own atoms among its ghosts.
///
/// Every method is collective. Sums are in a fixed order, so a run repeats bit for bit on the same ranks.
public final class Halo {
    /// One direction, one hop. `destination` or `source` is nil beyond a face that is not periodic.
    @usableFromInline final class Swap {
        @usableFromInline let destination: Int?
        @usableFromInline let source: Int?
        /// Boxes to add to what is sent: nonzero across a periodic face.
        @usableFromInline let boxes: SIMD4<Int32>
        @usableFromInline var sent = Column<Int32>()
        /// Received atoms are first ..< first + received.
        @usableFromInline var first = 0
        @usableFromInline var received = 0

        init(destination: Int?, source: Int?, boxes: SIMD4<Int32>) {
            (self.destination, self.source, self.boxes) = (destination, source, boxes)
        }
    }

    public let communicator: any Communicator
    /// The cell whose edges separate periodic images; the barostat changes it between builds.
    public var box: Box
    /// How far from this brick every atom is present, in length units.
    public private(set) var width: Double = 0
    /// Wall seconds spent in exchanges since the run began.
    public var seconds: Double = 0
    @usableFromInline var swaps: [Swap] = []
    /// Owned atoms and ghosts at the last build.
    @usableFromInline var count = 0
    @usableFromInline var buffer = Column<SIMD4<Double>>()  // scratch bytes, aligned

    public init(communicator: any Communicator, box: Box) {
        self.communicator = communicator
        self.box = box
    }

    // MARK: - Building

    /// Finds this rank's ghosts: every image of every atom within `width` of this rank's brick. Owned atoms must be inside it.
    public func build(_ atoms: inout Atoms, decomposition: Decomposition, width: Double) {
        atoms.removeGhosts()
        self.width = width
        swaps = []
        let map = FractionalMap(box)
        // Of owned atoms zero.
        var shifts = Column<SIMD4<Int32>>(repeating: .zero, count: atoms.owned)
        for d in 0..<box.dimension {
            let row = map.row(d)
            // A hair wider than asked, so that rounding never loses the partner of a pair at exactly the cutoff.
            let depth = width / box.height(d) * (1 + 1e-10) + 1e-12
            let hops = decomposition.hops(d, depth: depth, isPeriodic: box.isPeriodic(d))
            let before = atoms.count
            var previous = [before..<before, before..<before]
            for hop in 0..<hops {
                for (side, step) in [-1, 1].enumerated() {
                    let swap = makeSwap(decomposition, dimension: d, step: step)
                    let candidates = hop == 0 ? 0..<before : previous[side]
                    if swap.destination != nil {
                        let limit = step < 0 ? decomposition.lower(d) + depth : decomposition.upper(d) - depth
                        for i in candidates {
                            let s = (row * (atoms.position[i] - box.lo)).sum()
                            if step < 0 ? s <= limit : s >= limit { swap.sent.append(Int32(i)) }
                        }
                    }
                    receive(swap, into: &atoms, &shifts)
                    previous[side] = swap.first..<swap.first + swap.received
                    swaps.append(swap)
                }
            }
        }
        count = atoms.count
        atoms.ghostShift.removeAll()
        atoms.ghostShift.reserve(atoms.ghosts)
        for i in atoms.owned..<count { atoms.ghostShift.append(shifts[i]) }
    }

    private func makeSwap(_ decomposition: Decomposition, dimension d: Int, step: Int) -> Swap {
        let place = decomposition.place[d], last = decomposition.grid[d] - 1
        let leavesBox = step < 0 ? place == 0 : place == last
        let arrivesFromBeyond = step < 0 ? place == last : place == 0
        var boxes = SIMD4<Int32>.zero
        if leavesBox { boxes[d] = step < 0 ? 1 : -1 }
        return Swap(
            destination: leavesBox && !box.isPeriodic(d) ? nil : decomposition.neighbour(d, step),
            source: arrivesFromBeyond && !box.isPeriodic(d) ? nil : decomposition.neighbour(d, -step),
            boxes: boxes)
    }

    private func receive(_ swap: Swap, into atoms: inout Atoms, _ shifts: inout Column<SIMD4<Int32>>) {
        swap.first = atoms.count
        swap.received = exchangeCount(swap)
        let count = atoms.count + swap.received
        atoms.position.resize(to: count, filling: .zero)
        atoms.type.resize(to: count, filling: 0)
        atoms.id.resize(to: count, filling: 0)
        shifts.resize(to: count, filling: .zero)
        atoms.ghosts += swap.received
        let shift = box.shift(swap.boxes), boxes = swap.boxes
        transfer(swap, &atoms.position, stride: 1) { $0 + shift }
        transfer(swap, &atoms.type, stride: 1) { $0 }
        transfer(swap, &atoms.id, stride: 1) { $0 }
        transfer(swap, &shifts, stride: 1) { $0 &+ boxes }
    }

    private func exchangeCount(_ swap: Swap) -> Int {
        var sent = Int64(swap.sent.count), received: Int64 = 0
        withUnsafeBytes(of: &sent) { out in
            withUnsafeMutableBytes(of: &received) { into in
                communicator.exchange(
                    send: swap.destination == nil ? .init(start: nil, count: 0) : out, to: swap.destination ?? communicator.rank,
                    receive: swap.source == nil ? .init(start: nil, count: 0) : into, from: swap.source ?? communicator.rank)
            }
        }
        return Int(received)
    }

    // MARK: - Exchanging

    /// Copies owners' positions to ghosts, moved by whole boxes; w (the type) is copied as it is.
    public func forwardPositions(_ atoms: inout Atoms) {
        for swap in swaps {
            let shift = box.shift(swap.boxes)
            transfer(swap, &atoms.position, stride: 1) { $0 + shift }
        }
    }

    /// Copies owners' values to ghosts. The column holds `stride` elements for each owned, then each ghost atom.
    @inlinable public func forward<T: BitwiseCopyable>(_ column: inout Column<T>, stride: Int = 1) {
        precondition(column.count >= count * stride, "the column has entries for all owned and ghost atoms")
        for swap in swaps { transfer(swap, &column, stride: stride) { $0 } }
    }

    /// Adds ghosts' values to their owners', in a fixed order. Ghosts' entries are spoilt: a ghost that was passed on collects what
    /// its own copies bring.
    @inlinable public func reverse<T: Summable>(_ column: inout Column<T>, stride: Int = 1) {
        precondition(column.count >= count * stride, "the column has entries for all owned and ghost atoms")
        for swap in swaps.reversed() {
            let outgoing = swap.received * stride, incoming = swap.sent.count * stride
            let values = column.pointer
            let received: UnsafeMutablePointer<T>
            if swap.destination == communicator.rank {
                received = values + swap.first * stride
            } else {
                received = scratch(of: T.self, incoming)
                communicator.exchange(
                    send: UnsafeRawBufferPointer(start: values + swap.first * stride, count: outgoing * MemoryLayout<T>.stride),
                    to: swap.source ?? communicator.rank,
                    receive: UnsafeMutableRawBufferPointer(start: received, count: incoming * MemoryLayout<T>.stride),
                    from: swap.destination ?? communicator.rank)
            }
            let sent = swap.sent.pointer
            for k in 0..<swap.sent.count {
                let into = values + Int(sent[k]) * stride, from = received + k * stride
                for c in 0..<stride { into[c] += from[c] }
            }
        }
    }

    @inlinable @inline(__always)
    func transfer<T: BitwiseCopyable>(
        _ swap: Swap, _ column: inout Column<T>, stride: Int, _ change: (T) -> T
    ) {
        let values = column.pointer, sent = swap.sent.pointer
        let outgoing = swap.sent.count * stride, incoming = swap.received * stride
        let toMyself = swap.destination == communicator.rank
        let packed = toMyself ? values + swap.first * stride : scratch(of: T.self, outgoing)
        for k in 0..<swap.sent.count {
            let from = values + Int(sent[k]) * stride, into = packed + k * stride
            for c in 0..<stride { into[c] = change(from[c]) }
        }
        guard !toMyself else { return }
        communicator.exchange(
            send: UnsafeRawBufferPointer(start: packed, count: outgoing * MemoryLayout<T>.stride),
            to: swap.destination ?? communicator.rank,
            receive: UnsafeMutableRawBufferPointer(start: values + swap.first * stride, count: incoming * MemoryLayout<T>.stride),
            from: swap.source ?? communicator.rank)
    }

    @inlinable func scratch<T: BitwiseCopyable>(of: T.Type, _ count: Int) -> UnsafeMutablePointer<T> {
        buffer.resize(to: (count * MemoryLayout<T>.stride + 31) / 32 + 1, filling: .zero)
        return UnsafeMutableRawPointer(buffer.pointer).assumingMemoryBound(to: T.self)
    }
}
