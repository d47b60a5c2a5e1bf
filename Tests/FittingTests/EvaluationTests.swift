import Domain
import Fitting
import Potentials
import TestSupport
import Testing

@Suite struct EvaluationTests {
    private func evaluator(_ potential: any Potential) throws -> FrameEvaluator {
        try FrameEvaluator(potential, labels: [nil, "Cu", "O"], masses: [nil, 63.5, 16], units: .metal)
    }

    private func frame(_ system: TestSystem) -> Frame {
        let box = system.box
        return Frame(
            elements: system.types.map { ["", "Cu", "O"][Int($0)] }, positions: system.positions.map { $0 - box.lo },
            cell: Tensor(x: box.a, y: box.b, z: box.c))
    }

    @Test("a frame gives what the engine gives, also rotated, mirrored or in a cell of another shape")
    func orientation() throws {
        var random = SeededGenerator(5)
        let system = TestSystem.triclinicLiquid(count: 60, distance: 0.95, typeCount: 2)
        let engine = Evaluator(system, FullListMorse()).evaluate()
        let plain = self.frame(system), evaluator = try evaluator(FullListMorse())
        for kind in 0..<3 {
            var moved = plain
            let r = kind == 0 ? Tensor(x: Vector(1, 0, 0, 0), y: Vector(0, 1, 0, 0), z: Vector(0, 0, 1, 0)) : random.rotation()
            let cell = plain.cell!
            moved.positions = plain.positions.map(r.times)
            moved.cell = Tensor(x: r.times(cell.x), y: r.times(cell.y), z: r.times(cell.z))
            // Two edges exchanged: the same lattice, left-handed.
            if kind == 2 { moved.cell = Tensor(x: moved.cell!.y, y: moved.cell!.x, z: moved.cell!.z) }
            let prediction = try evaluator.evaluate(moved)[0]
            #expect((prediction.energy - engine.energy).magnitude <= 1e-10 * engine.energyMagnitude)
            for (f, g) in zip(prediction.forces, engine.forces) {
                let d = f - r.times(g)
                #expect(d.dot(d).squareRoot() <= 1e-9 * max(1, engine.largestForce))
            }
            #expect(prediction.virial!.distance(engine.virial.rotated(by: r)) <= 1e-9 * max(1, engine.virial.largest))
        }
    }

    @Test("copies of a frame have so many times its energy, and the same forces")
    func copies() throws {
        let one = self.frame(TestSystem.triclinicLiquid(count: 40, distance: 0.95, typeCount: 2)), all = one.copies([1, 3, 2])
        let evaluator = try evaluator(FullListMorse()), single = try evaluator.evaluate(one)[0], many = try evaluator.evaluate(all)[0]
        #expect(all.count == 240 && (many.energy - 6 * single.energy).magnitude <= 1e-11 * many.energy.magnitude)
        for i in 0..<all.count {
            let d = many.forces[i] - single.forces[i % one.count]
            #expect(d.dot(d).squareRoot() <= 1e-10 * max(1, single.forces.map { $0.dot($0).squareRoot() }.max()!))
        }
    }

    @Test("no cell, an open direction without an edge, and the units of the potential")
    func openDirections() throws {
        let system = TestSystem.cluster(count: 20, distance: 0.95, typeCount: 2)
        var molecule = self.frame(system)
        molecule.cell = nil
        molecule.isPeriodic = [false, false, false]
        let alone = try evaluator(FullListMorse()).evaluate(molecule)[0]
        molecule.cell = Tensor(x: Vector(50, 0, 0, 0), y: Vector(0, 60, 0, 0), z: .zero)
        molecule.isPeriodic = [true, true, false]
        let slab = try evaluator(FullListMorse()).evaluate(molecule)[0]
        #expect((alone.energy - slab.energy).magnitude <= 1e-11 * alone.energy.magnitude)
        molecule.isPeriodic = [true, true, true]
        expectFailure("no volume") { _ = try evaluator(FullListMorse()).evaluate(molecule) }
        let real = try FrameEvaluator(FullListMorse(), labels: [nil, "Cu", "O"], masses: [nil, 63.5, 16], units: .real)
        molecule.isPeriodic = [true, true, false]
        #expect((try real.evaluate(molecule)[0].energy * 23.060549 - alone.energy).magnitude <= 1e-10 * alone.energy.magnitude)
        expectFailure("scale") { _ = try FrameEvaluator(FullListMorse(), labels: [nil, "Cu"], masses: [nil, 1], units: .lj) }
        molecule.elements[3] = "Xx"
        expectFailure("'Xx' is not among") { _ = try evaluator(FullListMorse()).evaluate(molecule) }
    }

    @Test("members of a committee, each on its own")
    func members() throws {
        let frame = self.frame(TestSystem.liquid(count: 50, distance: 0.95, typeCount: 2))
        let one = FullListMorse(), two = FullListMorse(depth: 0.3, cutoff: 1.8)
        let both = try evaluator(Committee(MemberSet([one, two])))
        #expect(both.memberNames == ["test/morse:1", "test/morse:2"])
        for _ in 0..<2 {
            let predictions = try both.evaluate(frame)
            for (prediction, potential) in zip(predictions.dropFirst(), [one, two]) {
                let single = try evaluator(potential).evaluate(frame)[0]
                #expect((prediction.energy - single.energy).magnitude <= 1e-12 * single.energy.magnitude)
                for (f, g) in zip(prediction.forces, single.forces) { #expect((f - g).dot(f - g).squareRoot() <= 1e-12 * 100) }
            }
        }
    }

    /// x of one atom: members 1, 2, 6 (mean 3, sample variance 7, so sigma_i^2 / 3 = 7/3), reference 3 + 2 sqrt 7, so z = 12; y and z are
    /// right, so <z> = 4. The other atom's members agree.
    @Test("calibration of forces, by hand", arguments: [0, 1])
    func calibration(ddof: Int) throws {
        let members = MemberSet([FullListMorse(), FullListMorse(), FullListMorse()])
        let calibration = try #require(ForceCalibration(Committee(members, statistics: MemberStatistics(ddof: ddof, calibration: 9))))
        let zero = Vector.zero, mean = Vector(3, 0, 0, 0)
        let frame = Frame(elements: ["Cu", "Cu"], positions: [zero, zero], forces: [Vector(3 + 2 * 7.0.squareRoot(), 0, 0, 0), zero])
        calibration.add(
            frame, [mean, Vector(1, 0, 0, 0), Vector(2, 0, 0, 0), Vector(6, 0, 0, 0)].map { Prediction(energy: 0, forces: [$0, zero]) })
        let summary = calibration.summarise(SerialCommunicator())
        #expect(summary.components == 3 && summary.unspread == 3)
        #expect((summary.alphaML - (ddof == 1 ? 2 : 6.0.squareRoot())).magnitude <= 1e-14)
        // -1/3 + 4/6 4 = 7/3; for the population's deviations sqrt(3/2) times as much.
        let corrected: Double = ddof == 1 ? (7.0 / 3).squareRoot() : 3.5.squareRoot()
        #expect((summary.alphaCorrected - corrected).magnitude <= 1e-14)
        // x is sqrt 12 = 3.46 sample deviations away.
        let two = 2.0 / 3
        #expect(summary.rawCoverage == [two, two, two])
        #expect(summary.coverageML == [two, 1, 1])
        #expect(summary.coverageCorrected == [two, two, 1])
        #expect(ForceCalibration(FullListMorse()) == nil)
        #expect(ForceCalibration(Committee(MemberSet([FullListMorse()]))) == nil)
    }

    @Test("the minimum-norm solution: determined, and not")
    func leastSquares() {
        // Rows (1, 0), (0, 1), (1, 1) with right-hand sides 1, 2, 3.3: normal equations 2 1; 1 2 and (4.3, 5.3).
        let full = MinimumNorm([2, 1, 1, 2], count: 2)
        let x = full.solve([4.3, 5.3])
        #expect(full.rank == 2 && (x[0] - 1.1).magnitude <= 1e-14 && (x[1] - 2.1).magnitude <= 1e-14)
        // One row (48, 1, 1, 4) / 54 whatever the frame: the offset is along it.
        let row = [48.0, 1, 1, 4].map { $0 / 54 }
        let single = MinimumNorm(row.flatMap { a in row.map { a * $0 } }, count: 4)
        let y = single.solve(row.map { $0 * 0.25 }), square = row.reduce(0) { $0 + $1 * $1 }
        #expect(single.rank == 1)
        for k in 0..<4 { #expect((y[k] - 0.25 * row[k] / square).magnitude <= 1e-15) }
        #expect(MinimumNorm([0], count: 1).solve([1]) == [0])
    }

    @Test("errors in closed form, with offsets taken out")
    func errors() {
        let errors = PredictionErrors(types: 2, models: 1)
        // Energies off by 3 eV an atom of type 1 and -1 of type 2, and by +-0.01 eV an atom, which no offset can absorb.
        for (n, noise) in [(1, 0.01), (2, -0.01), (3, -0.01), (4, 0.01)] {
            let elements = Array(repeating: "Cu", count: n) + Array(repeating: "O", count: 6 - n)
            let energy = 3 * Double(n) - Double(6 - n) + 6 * noise - 1e5
            let frame = Frame(
                elements: elements, positions: Array(repeating: .zero, count: 6), energy: energy,
                forces: Array(repeating: Vector(0.3, 0, 0, 0), count: 6))
            errors.add(
                frame, types: elements.map { $0 == "Cu" ? 1 : 2 },
                [Prediction(energy: -1e5, forces: Array(repeating: .zero, count: 6))])
        }
        let summary = errors.summarise(SerialCommunicator())[0]
        #expect((summary.forceRMSE - 0.3 / 3.0.squareRoot()).magnitude <= 1e-15)
        #expect((summary.forceMAE - 0.1).magnitude <= 1e-15)
        #expect((summary.offsets[0] - 3).magnitude <= 1e-9 && (summary.offsets[1] + 1).magnitude <= 1e-9)
        #expect((summary.energyRMSE - 0.01).magnitude <= 1e-11)
    }
}
