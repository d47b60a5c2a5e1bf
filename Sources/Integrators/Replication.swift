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
        var originals = ReplicaSource(atoms, oldMap, keys)
        var grown = ReplicaSource.emptyAtoms(like: atoms)
        atoms.style.addProperties(&grown)
        let charges = grown.charge, molecules = grown.molecule
        originals.molecules = communicator.max(originals.molecule.max() ?? 0)
        var newKeys: [Int] = []
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
                                charge: originals.charge[n], molecule: originals.molecule[n] + Double(place) * originals.molecules))
                    }
                    for record in batch.delivered(decomposition, box, communicator) {
                        grown.append(
                            id: record.id, type: record.type, position: record.position, velocity: record.velocity, image: record.image,
                            mask: record.mask)
                        charges?.values[grown.owned - 1] = record.charge
                        molecules?.values[grown.owned - 1] = record.molecule
                        newKeys.append(Int(record.key))
                    }
                }
            }
        }
        atoms = grown
        atoms.setCreationKeys(newKeys, communicator)
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

/// Atoms on their way to the ranks that own their places.
struct AtomBatch {
    private var records: [AtomRecord] = []
    mutating func append(_ record: AtomRecord) { records.append(record) }

    /// What all ranks send here, in rank order. Collective.
    func delivered(_ decomposition: Decomposition, _ box: Box, _ communicator: any Communicator) -> [AtomRecord] {
        guard communicator.size > 1 else { return records }
        var parcels = [[UInt8]](repeating: [], count: communicator.size)
        for record in records {
            let owner = decomposition.owner(of: box.fractional(record.position))
            withUnsafeBytes(of: record) { parcels[owner].append(contentsOf: $0) }
        }
        var arrived: [AtomRecord] = []
        let size = MemoryLayout<AtomRecord>.size
        for parcel in communicator.allToAll(parcels) {
            parcel.withUnsafeBytes { raw in
                for at in stride(from: 0, to: raw.count, by: size) {
                    arrived.append(raw.loadUnaligned(fromByteOffset: at, as: AtomRecord.self))
                }
            }
        }
        return arrived
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
    }

    static func emptyAtoms(like atoms: borrowing Atoms) -> Atoms {
        var empty = Atoms(typeCount: atoms.typeCount)
        empty.mass = atoms.mass
        empty.labels = atoms.labels
        return empty
    }
}
