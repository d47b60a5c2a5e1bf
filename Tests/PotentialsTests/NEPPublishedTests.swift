import Domain
import Foundation
import Potentials
import TestSupport
import Testing

@Suite("NEP against published forces")
struct NEPPublishedTests {
    /// methanol on Cu(100): the model's forces on 250 frames, as its authors published them.
    static func largestDifference(plain: Bool, frames: Int) throws -> Double? {
        guard let model = try shared("methanol-cu100/models/nep.txt"), let frameFolder = try shared("methanol-cu100/validation"),
            let published = try shared("methanol-cu100/published-forces/nep.npy")
        else { return nil }
        let nep = try makeNEP([UInt8](Data(contentsOf: model)), ["Cu", "C", "O", "H"])
        nep.usesPlainKernel = plain
        let types = try String(contentsOf: frameFolder.appendingPathComponent("type.raw"), encoding: .utf8)
            .split(whereSeparator: \.isWhitespace).map { Int($0)! + 1 }
        let coordinates = try NumPyArray(frameFolder.appendingPathComponent("set.000/coord.npy"))
        let boxes = try NumPyArray(frameFolder.appendingPathComponent("set.000/box.npy"))
        let expected = try NumPyArray(published)
        #expect(expected.shape == [250, types.count, 3])
        var largest = 0.0
        for frame in 0..<frames {
            let h = boxes.values[9 * frame..<9 * frame + 9].map { $0 }
            #expect(h[1] == 0 && h[2] == 0 && h[5] == 0)
            let box = Box(lo: .zero, hi: Vector(h[0], h[4], h[8], 0), xy: h[3], xz: h[6], yz: h[7])
            let n = 3 * types.count
            let positions = types.indices.map { i in
                Vector(coordinates.values[n * frame + 3 * i], coordinates.values[n * frame + 3 * i + 1],
                    coordinates.values[n * frame + 3 * i + 2], 0)
            }
            let system = TestSystem("frame \(frame)", box: box, positions: positions, types: types.map(Int32.init), typeCount: 4)
            let result = Evaluator(system, nep).evaluate([])
            for i in types.indices {
                for d in 0..<3 { largest = max(largest, abs(result.forces[i][d] - expected.values[n * frame + 3 * i + d])) }
            }
        }
        print("NEP methanol/Cu(100), \(frames) frames, \(plain ? "plain" : "fast") kernel: largest force difference \(largest) eV/A")
        return largest
    }

    @Test("plain kernel") func plain() throws {
        if let difference = try Self.largestDifference(plain: true, frames: 20) { #expect(difference < 1e-9) }
    }

    @Test("fast kernel, all frames") func fast() throws {
        if let difference = try Self.largestDifference(plain: false, frames: 250) { #expect(difference < 1e-9) }
    }
}
