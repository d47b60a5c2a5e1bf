import Foundation
import TestSupport
import Testing

/// `pair_style pace/extrapolation` in a deck: grades through fix pair into dumps, reductions, thermo and fix halt.
@Suite struct ACEDeckTests {
    private struct Golden: Decodable {
        struct Frame: Decodable {
            var cell: [Double]
            var positions: [[Double]]
            var types: [Int]
            var energy: Double
            var forces: [[Double]]
            var gamma: [Double]
        }
        var frames: [Frame]
    }

    private static let folder = DeckRunner.root + "/Tests/Reference/ace"
    /// The orthogonal cell of 24 atoms.
    private static let frame = try! JSONDecoder().decode(
        Golden.self, from: Data(contentsOf: URL(fileURLWithPath: folder + "/distance.json"))).frames[1]

    private func run(_ steps: String, ranks: Int) throws -> DeckRunner.Result {
        let frame = Self.frame
        var data = "cell\n\n\(frame.types.count) atoms\n2 atom types\n\n"
        for (k, edge) in ["x", "y", "z"].enumerated() { data += "0 \(frame.cell[k]) \(edge)lo \(edge)hi\n" }
        data += "\nMasses\n\n1 26.982\n2 58.693\n\nAtoms # atomic\n\n"
        for (i, (type, x)) in zip(frame.types, frame.positions).enumerated() { data += "\(i + 1) \(type) \(x[0]) \(x[1]) \(x[2])\n" }
        let deck = """
            units metal
            read_data cell.data
            pair_style pace/extrapolation
            pair_coeff * * distance.yaml distance.asi Al Ni
            fix grade all pair 1 pace/extrapolation gamma 1
            compute worst all reduce max f_grade
            variable worst equal c_worst
            thermo 1
            thermo_style custom step pe etotal c_worst
            thermo_modify format float %.16g
            dump 1 all custom 1 grades.dump id fx fy fz f_grade
            dump_modify 1 sort id format float %.16g
            velocity all create 300 12345 loop geom
            timestep 0.0002
            fix 1 all nve
            \(steps)
            """
        let text = try String(contentsOfFile: Self.folder + "/distance.yaml", encoding: .utf8)
        let sets = [UInt8](try Data(contentsOf: URL(fileURLWithPath: Self.folder + "/distance.asi")))
        return try DeckRunner.run(deck, files: ["cell.data": data, "distance.yaml": text], bytes: ["distance.asi": sets], ranks: ranks)
    }

    @Test(arguments: [1, 2, 4]) func grades(ranks: Int) throws {
        let result = try run("run 10", ranks: ranks)
        defer { DeckRunner.cleanUp(result) }
        try #require(result.status == 0, "\(result.errors)")
        let frame = Self.frame
        let dump = try result.file("grades.dump").components(separatedBy: "ITEM: TIMESTEP")[1]
        let rows = dump.components(separatedBy: "ITEM: ATOMS")[1].split(separator: "\n").dropFirst().map { line in
            line.split(separator: " ").map { Double($0)! }
        }
        try #require(rows.count == frame.types.count)
        let scale = frame.forces.joined().map(abs).max()!
        for (i, row) in rows.enumerated() {
            for d in 0..<3 { #expect(abs(row[1 + d] - frame.forces[i][d]) < 1e-10 * scale) }
            #expect(abs(row[4] - frame.gamma[i]) < 1e-10 * frame.gamma[i])
        }
        let table = result.table()
        try #require(table.count == 11)
        #expect(abs(table[0]["c_worst"]! - frame.gamma.max()!) < 1e-10 * frame.gamma.max()!)
        #expect(abs(table[0]["PotEng"]! - frame.energy) < 1e-10 * abs(frame.energy))
        // Energy is conserved.
        let energies = table.map { $0["TotEng"]! }
        #expect(energies.max()! - energies.min()! < 1e-3)
    }

    @Test func halt() throws {
        let result = try run("fix stop all halt 1 v_worst > 1 error soft\nrun 10", ranks: 2)
        defer { DeckRunner.cleanUp(result) }
        try #require(result.status == 0, "\(result.errors)")
        #expect(result.log.contains("for 1 steps with 24 atoms"))
    }
}
