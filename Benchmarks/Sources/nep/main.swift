// nep-benchmark MODEL CONFIGURATION ROUNDS [ELEMENT ...]
//
// CONFIGURATION: a text file of a line with nine cell components (row vectors, lower triangular) and one line "ELEMENT x y z" an atom.
// Prints one JSON line: microseconds an atom, the least of ROUNDS, of forces only, of forces with everything else wanted, of a dual
// pass, and of the neighbour list; and the forces' sum of squares and energy for comparison.

import Deck
import Domain
import Foundation
import Potentials

/// Processor time, which other programs on the machine disturb less than the wall clock.
func microseconds(_ rounds: Int, _ atoms: Int, _ body: () -> Void) -> Double {
    func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) * 1e-3
    }
    var least = Double.infinity
    for _ in 0..<rounds {
        let start = now()
        body()
        least = min(least, now() - start)
    }
    return least / Double(atoms)
}

func benchmark(_ arguments: [String]) throws {
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: arguments[1])))
    let text = try String(contentsOfFile: arguments[2], encoding: .utf8)
    let rounds = Int(arguments[3])!
    var lines = text.split(separator: "\n").map { $0.split(separator: " ") }
    let h = lines.removeFirst().map { Double($0)! }
    let box = Box(lo: .zero, hi: Vector(h[0], h[4], h[8], 0), xy: h[3], xz: h[6], yz: h[7])
    let elements = try NEPParameters(arguments[1], bytes).elements

    let location = SourceLocation(file: "benchmark", line: 1, column: 1, length: 1, text: "")
    var words = Words(
        (["*", "*", "model"] + elements).map { Word(text: $0, location: location, isQuoted: false) }, of: "pair_coeff", end: location)
    let nep = NEP()
    try nep.coefficients(
        &words,
        PotentialSetup(
            units: .metal, typeCount: elements.count, masses: [], labels: [], communicator: SerialCommunicator(),
            read: { _, _ in bytes }, warn: { _ in }))

    var atoms = Atoms(typeCount: elements.count)
    for (i, line) in lines.enumerated() {
        var x = Vector(Double(line[1])!, Double(line[2])!, Double(line[3])!, 0), image = SIMD4<Int32>.zero
        box.wrap(&x, &image)
        atoms.append(id: Int64(i + 1), type: Int32(elements.firstIndex(of: String(line[0]))! + 1), position: x)
    }
    let skin = 1.0
    let halo = Halo(communicator: SerialCommunicator(), box: box)
    halo.build(&atoms, decomposition: Decomposition(box: box, rank: 0, size: 1)!, width: nep.requirements.cutoff + skin)
    let list = NeighbourList(kind: .full, distance: nep.requirements.cutoff + skin)
    let grid = CellGrid()
    var forces = Forces()
    func context(_ wanted: Wanted) -> ComputeContext { ComputeContext(halo: halo, step: 0, wanted: wanted, skin: skin) }
    let listTime = microseconds(3, atoms.owned) { grid.build(list, atoms) }
    let plain = microseconds(rounds, atoms.owned) {
        forces.clear(count: atoms.count, wanted: [])
        nep.compute(atoms, list, context([]), into: &forces)
    }
    let everything = microseconds(rounds, atoms.owned) {
        forces.clear(count: atoms.count, wanted: .everything)
        nep.compute(atoms, list, context(.everything), into: &forces)
    }
    let energy = forces.energy
    halo.reverse(&forces.force)
    var squares = 0.0
    for i in 0..<atoms.owned { squares += forces.force[i].dot(forces.force[i]) }
    let weights = Column<Double>(repeating: 0.3, count: atoms.count)
    var field = Column<Vector>(repeating: .zero, count: atoms.count)
    for i in field.indices { field[i] = Vector(xyz: 0.1, 0.01 * Double(atoms.id[i] % 7), -0.2) }
    var derivative = Forces()
    let dual = microseconds(rounds, atoms.owned) {
        derivative.clear(count: atoms.count, wanted: [])
        nep.pullback(atoms, list, context([]), weights: weights, field: field, into: &derivative)
    }
    print(
        """
        {"atoms": \(atoms.owned), "ghosts": \(atoms.ghosts), "neighbours": \(Double(list.pairs) / Double(atoms.owned)), \
        "forces": \(plain), "everything": \(everything), "dual": \(dual), "list": \(listTime), "energy": \(energy), "squares": \(squares)}
        """)
}

try benchmark(CommandLine.arguments)
