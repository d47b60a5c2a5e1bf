import Domain
import Fitting
import Foundation
import Potentials
import TestSupport
import Testing

@Suite struct StackReportTests {
    private let serial = SerialCommunicator()

    /// Frames, and predictions of K bases: the reference plus noise of a size of each base's own, partly shared.
    private func example(
        _ frames: [Frame], noise: [Double], energyNoise: Double = 0.1, seed: UInt64 = 5
    ) throws -> BasePredictions {
        var random = SeededGenerator(seed)
        func number() -> Double { 2 * random.uniform() - 1 }
        func vector() -> Vector { Vector(number(), number(), number(), 0) }
        return try Bases.madeUp(
            frames, bases: noise.count, energy: { frame, k in frame.energy! + 3 * Double(frame.count) + energyNoise * noise[k] * number() }
        ) { frame, i, k in frame.forces![i] * (1 - 0.02 * Double(k)) + vector() * noise[k] }
    }

    private func report(_ train: BasePredictions, _ test: BasePredictions, folds: Int = 5) throws -> StackReport {
        try StackReport(fittedOn: train, measuredOn: test, paths: ("train", "test"), folds: folds, serial)
    }

    /// Errors of a combination, frame by frame and component by component.
    private func errors(_ p: BasePredictions, _ weights: [[Double]]) -> (rmse: Double, mae: Double, element: [Double]) {
        let K = p.baseCount
        var squares = [0.0, 0], counts = [0.0, 0], sum = 0.0
        for i in 0..<p.atomCount {
            let type = Int(p.types[i]) - 1, w = weights.count == 1 ? weights[0] : weights[type]
            for x in 0..<3 {
                let error = (0..<K).reduce(0.0) { $0 + w[$1] * p.forces[3 * (i * K + $1) + x] } - p.referenceForces[3 * i + x]
                squares[type] += error * error
                counts[type] += 1
                sum += error.magnitude
            }
        }
        let n = counts[0] + counts[1]
        return (((squares[0] + squares[1]) / n).squareRoot(), sum / n, zip(squares, counts).map { ($0 / $1).squareRoot() })
    }

    @Test("errors from moments are those of a pass over the data, for all subsets and methods")
    func bruteForce() throws {
        let frames = Bases.frames(24)
        let train = try example(Array(frames[..<14]), noise: [0.05, 0.1, 0.3])
        let test = try example(Array(frames[14...]), noise: [0.05, 0.1, 0.3], seed: 9)
        let report = try report(train, test)
        #expect(report.rows.count == 4 * 7 && report.heldOut.count == 7)
        for row in report.rows {
            let direct = errors(test, row.weights)
            #expect((row.forceRMSE - direct.rmse).magnitude <= 1e-13 && (row.forceMAE - direct.mae).magnitude <= 1e-13)
            for (a, b) in zip(row.elementRMSE, direct.element) { #expect((a - b).magnitude <= 1e-13) }
            #expect(row.weights.allSatisfy { w in w.indices.allSatisfy { row.subset.contains($0) || w[$0] == 0 } })
            // Least squares: no step in any direction of the subset makes the error on TRAIN smaller.
            guard row.method == .leastSquares || row.method == .leastSquaresPerElement else { continue }
            let least = errors(train, row.weights).rmse
            for k in row.subset {
                for t in row.weights.indices {
                    for step in [1e-3, -1e-3] {
                        var other = row.weights
                        other[t][k] += step
                        #expect(errors(train, other).rmse > least)
                    }
                }
            }
        }
        for row in report.rows where row.method == .minimumVariance {
            #expect((row.weights[0].reduce(0, +) - 1).magnitude <= 1e-12)
            #expect(errors(train, row.weights).rmse >= errors(train, report.row(row.subset, .leastSquares).weights).rmse)
        }
        for subset in [[1], [0, 2], [0, 1, 2]] {
            #expect(report.weights(subset, perElement: true, sumsToOne: false) == report.row(subset, .leastSquaresPerElement).weights)
            let perElement = report.weights(subset, perElement: true, sumsToOne: true)
            #expect(perElement.allSatisfy { ($0.reduce(0, +) - 1).magnitude <= 1e-12 })
            #expect(errors(train, perElement).rmse <= errors(train, report.row(subset, .minimumVariance).weights).rmse + 1e-15)
        }
        // No exchange of weight between two bases makes it smaller.
        let w = report.minimumVariance, least = errors(train, [w]).rmse
        #expect(w == report.row([0, 1, 2], .minimumVariance).weights[0])
        for (k, l) in [(0, 1), (1, 2), (2, 0)] {
            var other = w
            (other[k], other[l]) = (other[k] + 1e-3, other[l] - 1e-3)
            #expect(errors(train, [other]).rmse > least)
        }
    }

    @Test("weights that are known are found; energies follow them, offsets taken out")
    func exact() throws {
        var frames = Bases.frames(20)
        let evaluator = try Bases.evaluator(Bases.morse(3)), plain = try BasePredictions(Bases.set(frames), evaluator)
        for f in frames.indices {
            let atoms = plain.atoms(of: f)
            func mix(_ x: (Int) -> Double) -> Double { 0.3 * x(0) + 0.8 * x(2) }
            frames[f].forces = atoms.map { i in
                Vector(
                    mix { plain.forces[3 * (3 * i + $0)] }, mix { plain.forces[3 * (3 * i + $0) + 1] },
                    mix { plain.forces[3 * (3 * i + $0) + 2] }, 0)
            }
            let oxygen = frames[f].elements.filter { $0 == "O" }.count
            frames[f].energy = mix { plain.energies[3 * f + $0] } - 400 * Double(oxygen) - 1300 * Double(frames[f].count - oxygen)
        }
        func predictions(_ range: Range<Int>) throws -> BasePredictions {
            let own = Array(frames[range])
            return try Bases.madeUp(own, bases: 2, energy: { frame, k in
                plain.energies[3 * Int(frame.place.split(separator: " ").last!)! + 2 * k]
            }) { frame, i, k in
                let f = Int(frame.place.split(separator: " ").last!)!, at = 3 * (3 * (plain.firstAtom[f] + i) + 2 * k)
                return Vector(plain.forces[at], plain.forces[at + 1], plain.forces[at + 2], 0)
            }
        }
        let report = try report(predictions(0..<12), predictions(12..<20))
        let row = report.row([0, 1], .leastSquares)
        #expect((row.weights[0][0] - 0.3).magnitude <= 1e-9 && (row.weights[0][1] - 0.8).magnitude <= 1e-9, "\(row.weights)")
        // Squares that cancel leave the root of the rounding, 1e-8 of what the bases are off.
        #expect(row.forceRMSE <= 1e-7 * report.row([0], .uniform).forceRMSE, "\(row)")
        #expect(row.energyRMSE <= 1e-7 * report.row([0], .uniform).energyRMSE, "\(row)")
    }

    @Test("energy errors are those of PredictionErrors")
    func energies() throws {
        let frames = Bases.frames(15), p = try example(frames, noise: [0.05, 0.2])
        let errors = PredictionErrors(types: 2, models: 2)
        for (f, frame) in frames.enumerated() {
            errors.add(
                frame, types: Array(p.types[p.atoms(of: f)]),
                (0..<2).map { Prediction(energy: p.energies[2 * f + $0], forces: frame.forces!) })
        }
        let report = try report(p, p)
        for (k, summary) in errors.summarise(serial).enumerated() {
            #expect((report.row([k], .uniform).energyRMSE - summary.energyRMSE).magnitude <= 1e-12)
        }
    }

    @Test("a bad base and a copy are found out and change nothing")
    func diversity() throws {
        let frames = Bases.frames(40)
        var random = SeededGenerator(3)
        func vector() -> Vector { Vector(2 * random.uniform() - 1, 2 * random.uniform() - 1, 2 * random.uniform() - 1, 0) }
        // Two good ones, a copy of the first with little noise, and one with 50 times the noise.
        let noise = frames.map { frame in (0..<frame.count).map { _ in [vector() * 0.1, vector() * 0.1, vector() * 0.005, vector() * 5] } }
        func predictions(_ range: Range<Int>) throws -> BasePredictions {
            try Bases.madeUp(Array(frames[range]), bases: 4) { frame, i, k in
                let own = noise[Int(frame.place.split(separator: " ").last!)!][i]
                return frame.forces![i] + (k == 2 ? own[0] + own[2] : own[k])
            }
        }
        let report = try report(predictions(0..<25), predictions(25..<40))
        #expect(report.recommended == [0, 1] || report.recommended == [1, 2])
        #expect(report.nearDuplicates.map { [$0.0, $0.1] } == [[0, 2]])
        #expect(report.withoutWeight.contains(3) && !report.withoutWeight.contains(1))
        let two = report.row([0, 1], .leastSquares).forceRMSE, all = report.row([0, 1, 2, 3], .leastSquares).forceRMSE
        #expect((two - all).magnitude <= 0.02 * two)
        // Two independent errors of one size: their mean's is smaller by sqrt 2.
        #expect((two / report.row([0], .uniform).forceRMSE - 0.5.squareRoot()).magnitude < 0.05)
        // A copy that is exact has no unique weights: the smallest ones are taken.
        let exact = try Bases.madeUp(frames, bases: 2) { frame, i, _ in frame.forces![i] + noise[0][0][0] }
        let copies = try self.report(exact, exact)
        let w = copies.row([0, 1], .leastSquares).weights[0]
        #expect((w[0] - w[1]).magnitude <= 1e-9 && copies.minimumVariance.allSatisfy(\.isFinite) && copies.recommended.count == 1)
    }

    @Test("data that lack something")
    func lacking() throws {
        var frames = Bases.frames(8)
        let p = try example(frames, noise: [0.1, 0.2])
        for f in frames.indices where f % 2 == 1 { (frames[f].energy, frames[f].forces) = (nil, f == 1 ? nil : frames[f].forces) }
        let part = try Bases.madeUp(frames, bases: 2, energy: { _, k in k == 0 ? .nan : -1 }) { frame, i, _ in frame.forces?[i] ?? .zero }
        let report = try report(part, part)
        #expect(report.row([0], .uniform).energyRMSE.isNaN && report.row([1], .uniform).energyRMSE.isFinite)
        #expect(report.row([0, 1], .uniform).energyRMSE.isNaN && report.row([0, 1], .uniform).forceRMSE.isFinite)
        for f in frames.indices { frames[f].forces = nil }
        let none = try Bases.madeUp(frames, bases: 2) { _, _, _ in .zero }
        expectFailure("train: has no forces") { _ = try self.report(none, p) }
        expectFailure("test: has no forces") { _ = try self.report(p, none) }
        let copper = Bases.frames(4).map { frame in
            var frame = frame
            frame.elements = frame.elements.map { _ in "Cu" }
            return frame
        }
        expectFailure("forces on O, of which train has none") { _ = try self.report(try self.example(copper, noise: [1, 1]), p) }
        expectFailure("at most 12") {
            let many = try self.example(Bases.frames(1), noise: Array(repeating: 1, count: 13))
            _ = try self.report(many, many)
        }
    }

    @Test("weights files")
    func weightsFile() throws {
        struct Content: Decodable { var format: String, version: Int, bases: [String], weights: [Double] }
        let file = WeightsFile(bases: ["lj/cut:1", "a \"b\" \\"], weights: [[0.1, 1 / 3]])
        let content = try JSONDecoder().decode(Content.self, from: Data(file.text.utf8))
        #expect(content.format == "mdrun-weights" && content.version == 1 && content.bases == file.bases && content.weights == [0.1, 1 / 3])
        struct Elements: Decodable { var elements: [String], weights: [[Double]] }
        let rows = WeightsFile(bases: ["a", "b"], elements: ["Cu", "O"], weights: [[1, 2], [3, -4e-9]])
        let read = try JSONDecoder().decode(Elements.self, from: Data(rows.text.utf8))
        #expect(read.elements == ["Cu", "O"] && read.weights == [[1, 2], [3, -4e-9]])
    }

    /// Forces that the models' authors published on 250 frames of methanol on Cu(100): weights fitted on even frames, measured on odd
    /// ones, as numpy 2 does it in double precision (numpy.linalg.lstsq, numpy.linalg.solve on the same arrays; meV/Angstrom).
    @Test("published base models of methanol on Cu(100), against numpy")
    func published() throws {
        let names = ["nep", "schnet", "schnet1", "schnet2", "painn"]
        let root = ProcessInfo.processInfo.environment["MDRUN_SHARED_DATA"] ?? DeckRunner.sharedData
        guard let root = root.map({ $0 + "/methanol-cu100" }), FileManager.default.fileExists(atPath: root) else {
            struct Absent: Error {}
            if ProcessInfo.processInfo.environment["CI"] != nil { throw Absent() }
            print("skipped: shared/data/methanol-cu100 is not here (set MDRUN_SHARED_DATA)")
            return
        }
        let files = try names.map { try NpyFile("\(root)/published-forces/\($0).npy") }
        let evaluator = try BaseEvaluator(
            Committee(MemberSet(Bases.morse(5))), labels: [nil, "Cu", "C", "O", "H"], masses: [nil, 64, 12, 16, 1], units: .metal)
        func half(_ first: Int) throws -> BasePredictions {
            var stream: [Double] = []
            for f in stride(from: first, to: 250, by: 2) {
                let rows = try files.map { try $0.row(f) }
                stream += [54] + [Double](repeating: 0, count: 5)
                for i in 0..<54 { for k in 0..<5 { stream += rows[k][3 * i..<3 * i + 3] } }
            }
            let set = try FrameSet(root + "/validation", numbers: Array(stride(from: first, to: 250, by: 2)))
            return try BasePredictions(set, evaluator, stream: stream)
        }
        let even = try half(0), odd = try half(1), all = try report(even, odd), own = try report(even, even), other = try report(odd, odd)
        func rmse(_ k: Int) -> Double {
            // Both halves have 125 frames.
            let (a, b) = (own.row([k], .uniform).forceRMSE, other.row([k], .uniform).forceRMSE)
            return 1000 * ((a * a + b * b) / 2).squareRoot()
        }
        for (k, expected) in [73.26160072151426, 164.4284785870761, 232.05127726300486, 170.9308197539617, 44.3291926132087].enumerated() {
            #expect((rmse(k) - expected).magnitude <= 1e-8)
        }
        let row = all.row([0, 1, 2, 3, 4], .leastSquares)
        let weights = [0.2057282308969949, -0.020106177458982966, -0.033014077137308535, 0.007902537306752508, 0.8438647386709267]
        for (w, expected) in zip(row.weights[0], weights) { #expect((w - expected).magnitude <= 1e-9) }
        #expect((1000 * row.forceRMSE - 45.91300013670487).magnitude <= 1e-8 && (1000 * row.forceMAE - 20.13727602989701).magnitude <= 1e-8)
        let variance = [0.20753553903287864, -0.022331400633815994, -0.03665174666932619, 0.008219368974842841, 0.8432282392954207]
        for (w, expected) in zip(all.minimumVariance, variance) { #expect((w - expected).magnitude <= 1e-9) }
        let elements = all.row([0, 1, 2, 3, 4], .leastSquaresPerElement)
        #expect((1000 * elements.forceRMSE - 46.51548873350451).magnitude <= 1e-8)
        #expect((1000 * elements.forceMAE - 20.34633515308841).magnitude <= 1e-8)
        #expect((1000 * all.row([4], .uniform).forceRMSE - 46.87697515672381).magnitude <= 1e-8)
    }
}
