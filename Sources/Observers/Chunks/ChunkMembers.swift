import Domain
import Integrators

/// Atoms of a group by chunk, with sums over them.
struct ChunkMembers {
    let system: System
    let compute: ChunkCompute
    /// From 1; 0 for atoms that are in none, or not in the group.
    let numbers: [Int]
    var count: Int { compute.count }

    init(_ snapshot: Snapshot, _ group: Group, _ compute: ChunkCompute) throws {
        (system, self.compute) = (snapshot.system, compute)
        let all = try compute.numbers(snapshot)
        let mask = system.atoms.mask.pointer
        numbers = all.indices.map { mask[$0] & group.bit != 0 ? all[$0] : 0 }
    }

    /// Sums of `width` numbers over the atoms of each chunk. Collective.
    func sums(_ width: Int, _ add: (_ i: Int, _ chunk: Int, _ row: UnsafeMutablePointer<Double>) -> Void) -> [[Double]] {
        var flat = [Double](repeating: 0, count: Swift.max(1, count * width))
        flat.withUnsafeMutableBufferPointer { buffer in
            for (i, number) in numbers.enumerated() where number > 0 && number <= count {
                add(i, number - 1, buffer.baseAddress! + (number - 1) * width)
            }
        }
        system.communicator.all(.sum, &flat)
        return (0..<count).map { Array(flat[$0 * width..<($0 + 1) * width]) }
    }

    func mass(_ i: Int) -> Double { system.atoms.mass[Int(system.atoms.type[i])] ?? 0 }

    /// Mass, and mean of a vector weighted by mass, of each chunk; 0 where it has no mass. Collective.
    func means(_ value: (Int) -> Vector) -> [(mass: Double, mean: Vector)] {
        sums(4) { i, _, row in
            let m = mass(i), v = value(i)
            row[0] += m
            for d in 0..<3 { row[1 + d] += v[d] * m }
        }.map { $0[0] > 0 ? ($0[0], Vector($0[1] / $0[0], $0[2] / $0[0], $0[3] / $0[0], 0)) : (0, .zero) }
    }

    /// Centres of mass. Collective.
    func centres() -> [(mass: Double, mean: Vector)] {
        let map = FractionalMap(system.box)
        return means { map.unwrapped(system.atoms.position[$0], system.atoms.image[$0]) }
    }
}
