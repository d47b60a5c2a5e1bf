import Digest
import Domain
import Fitting
import Foundation
import Potentials
import TestSupport
import Testing

/// Potentials and frames on which bases are tried out.
enum Bases {
    static let labels: [String?] = [nil, "Cu", "O"]

    static func evaluator(_ bases: [any Potential], siteEnergies: Bool = false) throws -> BaseEvaluator {
        try BaseEvaluator(
            Committee(MemberSet(bases)), labels: labels, masses: [nil, 63.5, 16], units: .metal, siteEnergies: siteEnergies)
    }

    static func morse(_ count: Int) -> [any Potential] {
        (0..<count).map { FullListMorse(depth: 0.3 + 0.1 * Double($0), steepness: 1.7 + 0.2 * Double($0)) }
    }

    /// Frames of different sizes and compositions, with made-up references.
    static func frames(_ count: Int) -> [Frame] {
        var random = SeededGenerator(17)
        func number() -> Double { 2 * random.uniform() - 1 }
        return (0..<count).map { n in
            let system = TestSystem.liquid(count: 20 + 3 * (n % 5), distance: 0.95, typeCount: 2), box = system.box
            return Frame(
                elements: system.types.enumerated().map { i, _ in (i + n) % (3 + n % 2) == 0 ? "O" : "Cu" },
                positions: system.positions.map { $0 - box.lo }, cell: Tensor(x: box.a, y: box.b, z: box.c), energy: -100 + 5 * number(),
                forces: system.positions.map { _ in Vector(number(), number(), number(), 0) }, place: "frame \(n)")
        }
    }

    /// The frames as a data set that `FrameSet` reads.
    static func set(_ frames: [Frame], rank: Int = 0, size: Int = 1) throws -> FrameSet {
        try withFile(Array(frames.map(\.extendedXYZ).joined().utf8), "bases.xyz") { try FrameSet($0, rank: rank, size: size) }
    }

    /// Predictions that are what `force` and `energy` make of the frames, whatever the bases would say.
    static func madeUp(
        _ frames: [Frame], bases: Int, energy: (_ frame: Frame, _ base: Int) -> Double = { _, _ in 0 },
        force: (_ frame: Frame, _ atom: Int, _ base: Int) -> Vector
    ) throws -> BasePredictions {
        var stream: [Double] = []
        for frame in frames {
            stream.append(Double(frame.count))
            stream += (0..<bases).map { energy(frame, $0) }
            for i in 0..<frame.count { for k in 0..<bases { let f = force(frame, i, k); stream += [f.x, f.y, f.z] } }
        }
        return try BasePredictions(set(frames), evaluator(morse(bases)), stream: stream)
    }
}

@Suite struct BasePredictionsTests {
    @Test("each base says of each frame what it says alone, atoms' energies add up")
    func alone() throws {
        let frames = Bases.frames(6), bases = Bases.morse(3), set = try Bases.set(frames)
        let predictions = try BasePredictions(set, Bases.evaluator(bases, siteEnergies: true))
        #expect(predictions.names == ["test/morse:1", "test/morse:2", "test/morse:3"] && predictions.elements == ["Cu", "O"])
        #expect(predictions.places == Array(0..<6) && predictions.total == 6)
        for (k, base) in bases.enumerated() {
            let single = try FrameEvaluator(base, labels: Bases.labels, masses: [nil, 63.5, 16], units: .metal)
            for f in 0..<6 {
                let expected = try single.evaluate(frames[f])[0], atoms = predictions.atoms(of: f)
                #expect(predictions.energies[3 * f + k] == expected.energy && predictions.referenceEnergies[f] == frames[f].energy)
                for (n, i) in atoms.enumerated() {
                    let found = (0..<3).map { predictions.forces[3 * (3 * i + k) + $0] }
                    #expect(found == [expected.forces[n].x, expected.forces[n].y, expected.forces[n].z])
                    #expect(predictions.referenceForces[3 * i + 1] == frames[f].forces![n].y)
                }
                let sum = atoms.reduce(0) { $0 + predictions.siteEnergies[3 * $1 + k] }
                #expect((sum - expected.energy).magnitude <= 1e-12 * expected.energy.magnitude)
            }
        }
        #expect(try BasePredictions(set, Bases.evaluator(bases)).siteEnergies.isEmpty)
        let lone = try BaseEvaluator(bases[0], labels: Bases.labels, masses: [nil, 63.5, 16], units: .metal)
        #expect(try BasePredictions(set, lone).names == ["test/morse"])
    }

    @Test("bases without energies, and forces that are not finite")
    func lacking() throws {
        let frames = Bases.frames(2), set = try Bases.set(frames)
        let forceOnly = FullListMorse(capabilities: [])
        let predictions = try BasePredictions(set, Bases.evaluator([forceOnly, FullListMorse()]))
        #expect(predictions.energies[0].isNaN && predictions.energies[1].isFinite && predictions.energies[2].isNaN)
        expectFailure("test/morse:1: has no energies of single atoms") {
            _ = try Bases.evaluator([forceOnly, FullListMorse()], siteEnergies: true)
        }
        let poisoned = FullListMorse()
        poisoned.poisoned = 3
        expectFailure("the force on atom 3 is not finite") { _ = try BasePredictions(set, Bases.evaluator([FullListMorse(), poisoned])) }
    }

    @Test("a cache gives the same bits, and none when anything is not as it was", arguments: [false, true])
    func cache(siteEnergies: Bool) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("fitting-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let serial = SerialCommunicator(), frames = Bases.frames(5), set = try Bases.set(frames)
        let bases: [any Potential] = [FullListMorse(), FullListMorse(capabilities: siteEnergies ? .all : [])]
        let evaluator = try Bases.evaluator(bases, siteEnergies: siteEnergies)
        let predictions = try BasePredictions(set, evaluator)
        func cache(_ inputs: [UInt8], _ set: FrameSet, _ evaluator: BaseEvaluator) -> PredictionCache {
            PredictionCache(folder: folder, inputs: inputs, geometry: set.geometryDigest(serial), evaluator)
        }
        let file = cache([1], set, evaluator)
        #expect(try file.read(set, evaluator, serial).predictions == nil)
        try file.write(predictions, serial)
        let read = try #require(try file.read(set, evaluator, serial).predictions)
        func bits(_ values: [Double]) -> [UInt64] { values.map(\.bitPattern) }
        #expect(bits(read.forces) == bits(predictions.forces) && bits(read.siteEnergies) == bits(predictions.siteEnergies))
        #expect(zip(read.energies, predictions.energies).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) })

        // Labels may change, geometry may not; nor may the inputs, the order of frames, or whether there are site energies.
        var relabelled = frames
        relabelled[2].energy = 7
        #expect(cache([1], try Bases.set(relabelled), evaluator).path == file.path)
        var moved = frames
        moved[4].positions[3].x += 1e-9
        for other in [
            cache([2], set, evaluator), cache([1], try Bases.set(moved), evaluator),
            cache([1], try Bases.set(frames.reversed()), evaluator), cache([1], try Bases.set(Array(frames.dropLast())), evaluator),
            cache([1], set, try Bases.evaluator([FullListMorse(), FullListMorse()], siteEnergies: !siteEnergies)),
        ] {
            #expect(other.path != file.path)
            // Even under that name the file is not taken.
            try FileManager.default.copyItem(atPath: file.path, toPath: other.path)
            let (found, reason) = try other.read(set, evaluator, serial)
            #expect(found == nil && reason.contains("another potential"), "\(reason)")
        }

        let good = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file.path)))
        var random = SeededGenerator(2)
        for round in 0..<40 {
            var bytes = good
            if round % 4 == 0 {
                bytes.removeLast(1 + Int(random.next() % UInt64(good.count)))
            } else {
                bytes[8 + Int(random.next() % UInt64(good.count - 8))] ^= 1 << UInt8(random.next() % 8)
            }
            try Data(bytes).write(to: URL(fileURLWithPath: file.path))
            let (found, reason) = try file.read(set, evaluator, serial)
            // A changed letter in the header may be one that says nothing, such as the list of bases.
            if let found { #expect(bits(found.forces) == bits(predictions.forces)) } else { #expect(!reason.isEmpty) }
        }
    }

    @Test("SHA-256 of FIPS 180-4's examples, however they are fed")
    func sha256() {
        func digest(_ parts: [[UInt8]]) -> String {
            var hash = SHA256()
            for part in parts { hash.update(part) }
            return hash.digest().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        #expect(digest([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(digest([Array("abc".utf8)]) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        let long = Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8)
        #expect(digest([long]) == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        let million = [UInt8](repeating: 97, count: 1_000_000)
        #expect(digest([million]) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
        let pieces = [million[..<63], million[63..<64], million[64..<321], million[321...]].map { Array($0) }
        #expect(digest(pieces) == digest([million]))
    }
}
