import Domain

extension System {
    /// Makes the box (nx, ny, nz) times as large and fills it with copies of the atoms, velocities and groups included.
    ///
    /// Each rank makes the copies of the atoms it owned and sends them to their new owners, one layer at a time, so that memory grows
    /// with local atoms only. Ids and the order of creation are LAMMPS': ids run with x fastest, the order with x slowest. Collective.
    public func replicate(_ copies: (x: Int, y: Int, z: Int), wanted: [Int?]) throws {
        atoms.removeGhosts()
        let old = box
        let oldMap = FractionalMap(old)
        let (firstID, count) = atoms.nextIdentity(communicator)
        let largest = firstID - 1
        let l = old.hi - old.lo
        var box = old
        box.hi = Vector(
            old.lo.x + Double(copies.x) * l.x, old.lo.y + Double(copies.y) * l.y, old.lo.z + Double(copies.z) * l.z, 0)
        box.xy *= Double(copies.y)
        box.xz *= Double(copies.z)
        box.yz *= Double(copies.z)
        (box.minimumLo, box.minimumHi) = (box.lo, box.hi)
        self.box = box
        cuts = nil
        guard
            let decomposition = Decomposition(box: box, rank: communicator.rank, size: communicator.size, wanted: wanted)
        else { throw SimulationError("the ranks do not fit the processors command") }
        let map = FractionalMap(box)
        let keys = atoms.creationKeys()
        let topology = atoms.topology
        var originals = ReplicaSource(atoms, oldMap, keys)
        var grown = ReplicaSource.emptyAtoms(like: atoms)
        atoms.style.addProperties(&grown)
        let charges = grown.charge, molecules = grown.molecule
        originals.molecules = communicator.max(originals.molecule.max() ?? 0)
        var newKeys: [Int] = []
        /// What the copies keep, by kind and atom.
        var kept = TopologyKind.allCases.map { _ in [[Double]]() }
        for i in 0..<copies.x {
            for j in 0..<copies.y {
                for k in 0..<copies.z {
                    let (ix, iy, iz) = (Double(i), Double(j), Double(k))
                    let place = (i * copies.y + j) * copies.z + k
                    let offset = (k * copies.y + j) * copies.x + i
                    var batch = AtomBatch()
                    for n in 0..<originals.count {
                        var x = originals.position[n]
                        if old.isTriclinic {
                            x.x = x.x + ix * l.x + iy * old.xy + iz * old.xz
                            x.y = x.y + iy * l.y + iz * old.yz
                        } else {
                            x.x = x.x + ix * l.x
                            x.y = x.y + iy * l.y
                        }
                        x.z = x.z + iz * l.z
                        var image = SIMD4<Int32>.zero
                        map.wrap(&x, &image)
                        batch.append(
                            AtomRecord(
                                id: originals.id[n] + Int64(offset * largest), key: Int64(place * count + originals.key[n]), position: x,
                                velocity: originals.velocity[n], image: image, type: originals.type[n], mask: originals.mask[n],
                                charge: originals.charge[n], molecule: originals.molecule[n] + Double(place) * originals.molecules),
                            originals.connections(n, shiftingIDsBy: offset * largest))
                    }
                    let (records, connections) = batch.delivered(decomposition, box, communicator)
                    for (n, record) in records.enumerated() {
                        grown.append(
                            id: record.id, type: record.type, position: record.position, velocity: record.velocity, image: record.image,
                            mask: record.mask)
                        charges?.values[grown.owned - 1] = record.charge
                        molecules?.values[grown.owned - 1] = record.molecule
                        newKeys.append(Int(record.key))
                        for kind in TopologyKind.allCases where !originals.widths.isEmpty {
                            kept[kind.rawValue].append(originals.connections(kind, of: n, connections))
                        }
                    }
                }
            }
        }
        atoms = grown
        atoms.topology = topology
        atoms.setCreationKeys(newKeys, communicator)
        if !originals.widths.isEmpty {
            for kind in TopologyKind.allCases { atoms.setConnections(kind, kept[kind.rawValue], communicator) }
        }
    }
}

/// What is copied of an atom.
struct AtomRecord: BitwiseCopyable {
    var id: Int64
    var key: Int64
    var position: Vector
    var velocity: Vector
    var image: SIMD4<Int32>
    var type: Int32
    var mask: UInt32
    var charge: Double
    var molecule: Double
}

/// Atoms on their way to the ranks that own their places, each with equally many numbers more.
struct AtomBatch {
    private var records: [AtomRecord] = []
    private var numbers: [Double] = []
    private var width = 0

    mutating func append(_ record: AtomRecord, _ more: [Double] = []) {
        records.append(record)
        numbers += more
        width = more.count
    }

    /// What all ranks send here, in rank order. Collective.
    func delivered(_ decomposition: Decomposition, _ box: Box, _ communicator: any Communicator) -> ([AtomRecord], numbers: [Double]) {
        guard communicator.size > 1 else { return (records, numbers) }
        var parcels = [[UInt8]](repeating: [], count: communicator.size)
        for (n, record) in records.enumerated() {
            let owner = decomposition.owner(of: box.fractional(record.position))
            withUnsafeBytes(of: record) { parcels[owner].append(contentsOf: $0) }
            numbers[n * width..<(n + 1) * width].withUnsafeBytes { parcels[owner].append(contentsOf: $0) }
        }
        let width = communicator.all(.max, self.width)
        var arrived: [AtomRecord] = [], more: [Double] = []
        let size = MemoryLayout<AtomRecord>.size + 8 * width
        for parcel in communicator.allToAll(parcels) {
            parcel.withUnsafeBytes { raw in
                for at in stride(from: 0, to: raw.count, by: size) {
                    arrived.append(raw.loadUnaligned(fromByteOffset: at, as: AtomRecord.self))
                    for k in 0..<width {
                        more.append(raw.loadUnaligned(fromByteOffset: at + MemoryLayout<AtomRecord>.size + 8 * k, as: Double.self))
                    }
                }
            }
        }
        return (arrived, more)
    }
}

/// The atoms that copies are made of, unwrapped.
private struct ReplicaSource {
    var count = 0
    var id: [Int64] = []
    var key: [Int] = []
    var position: [Vector] = []
    var velocity: [Vector] = []
    var type: [Int32] = []
    var mask: [UInt32] = []
    var charge: [Double] = []
    var molecule: [Double] = []
    /// The largest molecule number of all ranks: each copy's begin above the one before.
    var molecules = 0.0
    /// Numbers that an atom keeps of each kind of connection; none without any.
    var widths: [Int] = []
    private var kept: [Double] = []

    init(_ atoms: borrowing Atoms, _ map: FractionalMap, _ keys: [Int]) {
        count = atoms.owned
        key = keys
        for i in 0..<atoms.owned {
            id.append(atoms.id[i])
            // As LAMMPS does here: the shift is summed first.
            position.append(atoms.position[i].xyz + map.shift(atoms.image[i]))
            velocity.append(atoms.velocity[i])
            type.append(atoms.type[i])
            mask.append(atoms.mask[i])
            charge.append(atoms.charge?.values[i] ?? 0)
            molecule.append(atoms.molecule?.values[i] ?? 0)
        }
        let properties = TopologyKind.allCases.map { atoms.connections($0) }
        guard properties.contains(where: { $0 != nil }) else { return }
        widths = properties.map { $0?.width ?? 0 }
        for i in 0..<atoms.owned {
            for property in properties {
                if let property { for k in 0..<property.width { kept.append(property.values[i * property.width + k]) } }
            }
        }
    }

    /// The connections of atom n in a copy whose ids are larger.
    func connections(_ n: Int, shiftingIDsBy shift: Int) -> [Double] {
        let width = widths.reduce(0, +)
        var numbers = Array(kept[n * width..<(n + 1) * width])
        var first = 0
        for kind in TopologyKind.allCases where !widths.isEmpty {
            for slot in stride(from: first, to: first + widths[kind.rawValue], by: kind.stride) where numbers[slot] > 0 {
                for k in 1..<kind.stride { numbers[slot + k] += Double(shift) }
            }
            first += widths[kind.rawValue]
        }
        return numbers
    }

    /// Those of a kind among what has arrived for the n-th atom.
    func connections(_ kind: TopologyKind, of n: Int, _ arrived: [Double]) -> [Double] {
        let width = widths.reduce(0, +), first = n * width + widths[..<kind.rawValue].reduce(0, +)
        var row: [Double] = []
        for slot in stride(from: first, to: first + widths[kind.rawValue], by: kind.stride) where arrived[slot] > 0 {
            row += arrived[slot..<slot + kind.stride]
        }
        return row
    }

    static func emptyAtoms(like atoms: borrowing Atoms) -> Atoms {
        var empty = Atoms(typeCount: atoms.typeCount)
        empty.mass = atoms.mass
        empty.labels = atoms.labels
        empty.topology = atoms.topology
        return empty
    }
}
