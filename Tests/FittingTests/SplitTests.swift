import Domain
import Fitting
import Foundation
import Testing

@Suite struct SplitTests {
    @Test("parts are disjoint, cover everything, and keep blocks together", arguments: [0, 1, 7, 250, 1001], [1, 4, 30])
    func parts(count: Int, block: Int) {
        for fractions in [[0.8, 0.2], [0.5, 0.3, 0.2], [1, 1, 1, 1, 1], [0, 1]] {
            let split = FrameSplit(count: count, fractions: fractions, seed: 3, block: block)
            #expect(split.parts.count == fractions.count)
            #expect(split.parts.joined().sorted() == Array(0..<count))
            #expect(split.parts.allSatisfy { $0 == $0.sorted() })
            let blocks = split.parts.map { Set($0.map { $0 / block }) }
            #expect(blocks.reduce(0) { $0 + $1.count } == (count + block - 1) / block)
            // Each cut is rounded to the nearest block, so a part is off by at most one.
            let total = fractions.reduce(0, +)
            for (own, fraction) in zip(blocks, fractions) {
                #expect((Double(own.count) - fraction / total * Double((count + block - 1) / block)).magnitude <= 1)
            }
        }
    }

    @Test("the parts of a seed never change")
    func stable() {
        #expect(FrameSplit(count: 12, fractions: [0.75, 0.25], seed: 1).parts[1] == [1, 6, 10])
        #expect(FrameSplit(count: 12, fractions: [0.75, 0.25], seed: 2).parts[1] == [2, 5, 8])
        #expect(FrameSplit(count: 12, fractions: [0.75, 0.25], seed: 1, block: 3).parts[1] == [3, 4, 5])
        #expect(FrameSplit.folds(3, count: 9, seed: 1) == [0, 2, 1, 1, 1, 0, 2, 0, 2])
    }

    @Test("a random part is not a stretch of the trajectory")
    func isSpread() {
        let part = FrameSplit(count: 10_000, fractions: [0.8, 0.2], seed: 5).parts[1]
        #expect(part.count == 2000)
        // Each tenth of the frames has about 200 of them: five standard deviations of the hypergeometric distribution are 60.
        for tenth in 0..<10 { #expect((part.filter { $0 / 1000 == tenth }.count - 200).magnitude < 60) }
    }

    @Test("selected frames go round the ranks, each once")
    func frameSet() throws {
        let text = (0..<23).map { "1\nenergy=\($0)\nCu \($0).5 0 0\n" }.joined()
        try withFile(Array(text.utf8), "frames.xyz") { path in
            let selection = FrameSelection(every: 2, split: ([0.7, 0.3], 0, 4, 1))
            let expected = stride(from: 0, to: 16, by: 2).map { FrameSplit(count: 23, fractions: [0.7, 0.3], seed: 4).parts[0][$0] }
            #expect(selection.numbers(of: 23) == expected)
            for size in [1, 3, 10] {
                var found = [Int?](repeating: nil, count: expected.count)
                for rank in 0..<size {
                    let set = try FrameSet(path, selection, rank: rank, size: size)
                    #expect(set.total == expected.count)
                    for (frame, place) in zip(set.frames, set.places) { found[place] = Int(frame.energy!) }
                }
                #expect(found == expected)
            }
            expectFailure("no frame that is selected") { _ = try FrameSet(path, FrameSelection(split: ([0, 1], 0, 1, 1))) }
        }
    }
}

@Suite struct DeepMDFolderWritingTests {
    private func frame(_ x: Double, periodic: Bool = true) -> Frame {
        Frame(
            elements: ["O", "Cu", "O"], positions: [.init(x, 0.1, 0, 0), .init(1, 1 / 3, 2, 0), .init(0, 0, -x, 0)],
            cell: periodic ? Tensor(x: .init(5, 0, 0, 0), y: .init(1, 6, 0, 0), z: .init(0, 0, 7 + x, 0)) : nil, energy: -x / 3,
            forces: [.init(x, 0, 0, 0), .zero, .init(0, -x / 7, 0, 0)], place: "frame \(x)")
    }

    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("fitting-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    @Test("what is written reads back to the same bits", arguments: [true, false])
    func roundTrip(periodic: Bool) throws {
        try withFolder { folder in
            let writer = DeepMDFolderWriter(folder), frames = [0.1, 0.2, 0.3].map { frame($0, periodic: periodic) }
            for frame in frames { try writer.append(frame) }
            try writer.finish()
            let read = try FrameSet(folder).frames
            #expect(read.count == 3)
            for (a, b) in zip(frames, read) {
                #expect(a.elements == b.elements && a.positions == b.positions && a.energy == b.energy && a.forces == b.forces)
                #expect(a.isPeriodic == b.isPeriodic && a.cell?.y == b.cell?.y && a.cell?.z == b.cell?.z && b.virial == nil)
            }
            expectFailure("has data already") { try writer.finish() }
        }
    }

    @Test("frames that do not fit one folder")
    func misfits() throws {
        try withFolder { folder in
            let writer = DeepMDFolderWriter(folder)
            expectFailure("no frames") { try writer.finish() }
            try writer.append(frame(1))
            var other = frame(2)
            other.elements[0] = "H"
            expectFailure("one composition") { try writer.append(other) }
            other = frame(2)
            other.isPeriodic[2] = false
            expectFailure("some directions only") { try writer.append(other) }
            other = frame(2)
            other.forces = nil
            expectFailure("whether it has force") { try writer.append(other) }
        }
    }
}
