import Deck
import Domain
import Integrators

/// Spatial bins of `compute chunk/atom`: slabs, pencils, bricks (`bin/1d`, `2d`, `3d`), shells of a sphere, rings of a cylinder.
struct ChunkBins {
    enum Origin { case lower, centre, upper, at(Double) }
    enum Unit { case lattice, box, reduced }
    enum Discard { case yes, no, mixed }

    struct Direction {
        let axis: Int
        var origin: Origin
        var width: Double
    }
    enum Shape {
        case grid
        case sphere(centre: Vector, Radii)
        /// Around an axis: the other two, the place there, radii.
        case cylinder(across: (Int, Int), centre: Vector, Radii)
    }
    struct Radii {
        var least: Double
        var most: Double
        let number: Int

        func edge(_ k: Int) -> Double { k == number ? most : least + Double(k) * (most - least) / Double(number) }
        func middle(_ k: Int) -> Double { 0.5 * (edge(k) + edge(k + 1)) }
    }

    var directions: [Direction]
    var shape: Shape
    var unit: Unit
    /// Whether distances from the middle of a sphere or cylinder are to the nearest image.
    var isPeriodic = false
    /// `bound`: nil is the box's face.
    var bounds: [(low: Double?, high: Double?)] = [(nil, nil), (nil, nil), (nil, nil)]
    var discard = Discard.mixed

    // Of the last set-up.
    private(set) var offsets = [0.0, 0, 0]
    private(set) var layers = [1, 1, 1]
    private var radii = Radii(least: 0, most: 1, number: 1)
    private var centre = Vector.zero

    var coordinateCount: Int {
        switch shape {
        case .grid: directions.count
        case .sphere: 1
        case .cylinder: 2
        }
    }

    init(_ directions: [Direction], _ shape: Shape, _ unit: Unit) { (self.directions, self.shape, self.unit) = (directions, shape, unit) }

    // MARK: - Set-up

    /// Places the bins in the present box. - Returns: their number.
    mutating func place(in box: Box) throws -> Int {
        for (m, direction) in directions.enumerated() { try stack(m, direction, box) }
        let stacked = layers[..<directions.count].reduce(1, *)
        switch shape {
        case .grid: return stacked
        case .sphere(let place, let given):
            (centre, radii) = (place, given)
            if unit == .reduced {
                centre = box.cartesian(place)
                radii.least *= box.lengths.x
                radii.most *= box.lengths.x
            }
            try checkReach(box, [0, 1, 2])
            return radii.number
        case .cylinder(let across, let place, let given):
            (centre, radii) = (place, given)
            if unit == .reduced {
                centre = box.cartesian(place)
                radii.least *= box.lengths[across.0]
                radii.most *= box.lengths[across.0]
            }
            try checkReach(box, [across.0, across.1])
            return radii.number * stacked
        }
    }

    private func checkReach(_ box: Box, _ axes: [Int]) throws {
        guard isPeriodic else { return }
        for d in axes where box.isPeriodic(d) && !(box.dimension == 2 && d == 2) && radii.most > 0.5 * box.lengths[d] {
            throw DeckError("with pbc yes the radius \(radii.most) must not be more than half of the box", at: nil)
        }
    }

    private mutating func stack(_ m: Int, _ direction: Direction, _ box: Box) throws {
        let d = direction.axis, width = direction.width, inverse = 1.0 / direction.width
        let least = bounds[d].low ?? (unit == .reduced ? 0 : box.lo[d]), most = bounds[d].high ?? (unit == .reduced ? 1 : box.hi[d])
        let origin =
            switch direction.origin {
            case .lower: least
            case .upper: most
            case .centre: 0.5 * (least + most)
            case .at(let place): place
            }
        var lo: Double, hi: Double
        if origin < least {
            lo = origin + ((least - origin) * inverse).rounded(.towardZero) * width
        } else {
            lo = origin - ((origin - least) * inverse).rounded(.towardZero) * width
            if lo > least { lo -= width }
        }
        if origin < most {
            hi = origin + ((most - origin) * inverse).rounded(.towardZero) * width
            if hi < most { hi += width }
        } else {
            hi = origin - ((origin - most) * inverse).rounded(.towardZero) * width
        }
        guard lo <= hi, (hi - lo) * inverse < 1e9 else {
            throw DeckError("the bins along \(["x", "y", "z"][d]) make no sense in this box", at: nil)
        }
        offsets[m] = lo
        layers[m] = Int((hi - lo) * inverse + 0.5)
    }

    /// Coordinates of the middles of bin `k`, from 0: as many as `coordinateCount`.
    func coordinates(_ k: Int) -> [Double] {
        func middle(_ m: Int, _ k: Int) -> Double { offsets[m] + (Double(k) + 0.5) * directions[m].width }
        switch shape {
        case .grid:
            var rest = k
            var indices: [Int] = []
            for m in directions.indices.reversed() {
                indices.insert(rest % max(layers[m], 1), at: 0)
                rest /= max(layers[m], 1)
            }
            return directions.indices.map { middle($0, indices[$0]) }
        case .sphere: return [radii.middle(k)]
        case .cylinder: return [radii.middle(k / max(layers[0], 1)), middle(0, k % max(layers[0], 1))]
        }
    }

    /// Volume (area in two dimensions) of bin `k`.
    func volume(_ k: Int, in box: Box) -> Double {
        switch shape {
        case .grid:
            return directions.reduce(box.volume) { $0 * ($1.width / (unit == .reduced ? 1 : box.lengths[$1.axis])) }
        case .sphere:
            func ball(_ r: Double) -> Double { 4.0 / 3.0 * .pi * r * r * r }
            return ball(radii.edge(k + 1)) - ball(radii.edge(k))
        case .cylinder:
            let d = directions[0].axis, ring = k / max(layers[0], 1)
            let thickness = box.lengths[d] * directions[0].width / (unit == .reduced ? 1 : box.lengths[d])
            func disc(_ r: Double) -> Double { .pi * r * r }
            return (disc(radii.edge(ring + 1)) - disc(radii.edge(ring))) * thickness
        }
    }

    // MARK: - Atoms

    /// The bin, from 0, of each owned atom in `chosen`; -1 for those that are left out.
    func assign(_ system: System, where isChosen: (Int) -> Bool) -> [Int] {
        let box = system.box, map = FractionalMap(box)
        return (0..<system.atoms.owned).map { i in
            guard isChosen(i) else { return -1 }
            let x = system.atoms.position[i].xyz
            switch shape {
            case .grid: return stackIndex(unit == .reduced ? map.fractional(x) : x, box)
            case .sphere: return ring(x, box, [0, 1, 2])
            case .cylinder(let across, _, _):
                let slab = stackIndex(unit == .reduced ? map.fractional(x) : x, box)
                guard slab >= 0 else { return -1 }
                let ring = ring(x, box, [across.0, across.1])
                return ring < 0 ? -1 : ring * layers[0] + slab
            }
        }
    }

    private func stackIndex(_ x: Vector, _ box: Box) -> Int {
        var index = 0
        for (m, direction) in directions.enumerated() {
            let d = direction.axis
            var c = x[d]
            if box.isPeriodic(d) {
                let lo = unit == .reduced ? 0 : box.lo[d], hi = unit == .reduced ? 1 : box.hi[d]
                let length = unit == .reduced ? 1 : box.lengths[d]
                if c < lo { c += length }
                if c >= hi { c -= length }
            }
            var bin = Int((c - offsets[m]) * (1.0 / direction.width))
            if c < offsets[m] { bin -= 1 }
            let last = layers[m] - 1
            switch discard {
            case .no: bin = min(max(bin, 0), last)
            case .yes: if bin < 0 || bin > last { return -1 }
            case .mixed:
                if bounds[d].low == nil { bin = max(bin, 0) } else if bin < 0 { return -1 }
                if bounds[d].high == nil { bin = min(bin, last) } else if bin > last { return -1 }
            }
            index = index * layers[m] + bin
        }
        return index
    }

    private func ring(_ x: Vector, _ box: Box, _ axes: [Int]) -> Int {
        var square = 0.0
        for d in axes {
            let length = box.lengths[d]
            var c = x[d]
            if box.isPeriodic(d) {
                while c < box.lo[d] { c += length }
                while c >= box.hi[d] { c -= length }
            }
            c -= centre[d]
            if isPeriodic, box.isPeriodic(d) { while c.magnitude > 0.5 * length { c += c < 0 ? length : -length } }
            square += c * c
        }
        let r = square.squareRoot()
        var bin = Int((r - radii.least) * (Double(radii.number) / (radii.most - radii.least)))
        if r < radii.least { bin -= 1 }
        if discard == .yes { return bin < 0 || bin >= radii.number ? -1 : bin }
        return min(max(bin, 0), radii.number - 1)
    }

    // MARK: - Restarts

    func save(_ state: inout StateWriter) {
        state.put(offsets + layers.map(Double.init) + [radii.least, radii.most])
        state.put(centre)
    }

    mutating func restore(_ state: inout StateReader) throws {
        let numbers = try state.doubles()
        guard numbers.count == 8 else { throw StateError() }
        (offsets, layers) = (Array(numbers[..<3]), numbers[3..<6].map { Int($0) })
        let number =
            switch shape {
            case .grid: 1
            case .sphere(_, let given), .cylinder(_, _, let given): given.number
            }
        radii = Radii(least: numbers[6], most: numbers[7], number: number)
        centre = try state.vector()
    }
}
