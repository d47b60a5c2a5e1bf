import Domain

/// Frames of a data set divided into parts, by number alone: the same on any rank and any machine.
///
/// Blocks of `block` consecutive frames stay together (neighbours along a trajectory are nearly copies of each other, so a random split
/// of single frames judges a model on what it was trained on). The blocks are put in the order of a random number keyed by seed and
/// block (`KeyedRandom`, Philox4x32-10) and cut at the fractions, each cut rounded to the nearest block.
public struct FrameSplit: Sendable {
    /// Numbers of each part's frames, from 0, ascending.
    public let parts: [[Int]]

    /// - Parameters:
    ///   - count: frames in the data set.
    ///   - fractions: of each part; they are divided by their sum.
    public init(count: Int, fractions: [Double], seed: Int, block: Int = 1) {
        precondition(block > 0 && !fractions.isEmpty && fractions.allSatisfy { $0 >= 0 } && fractions.reduce(0, +) > 0)
        let blocks = (count + block - 1) / block
        let random = KeyedRandom(seed: seed, stream: 0x53504C49)
        let keys = (0..<blocks).map { b in
            let w = random.words(id: Int64(b), step: 0)
            return UInt64(w.x) << 32 | UInt64(w.y)
        }
        let order = (0..<blocks).sorted { (keys[$0], $0) < (keys[$1], $1) }
        let total = fractions.reduce(0, +)
        var sum = 0.0, begin = 0
        var parts: [[Int]] = []
        for (n, fraction) in fractions.enumerated() {
            sum += fraction
            let end = n == fractions.count - 1 ? blocks : max(begin, Int((sum / total * Double(blocks)).rounded()))
            parts.append(order[begin..<end].flatMap { $0 * block..<min(count, ($0 + 1) * block) }.sorted())
            begin = end
        }
        self.parts = parts
    }

    /// Frames divided evenly, for cross-validation: the part that each frame belongs to.
    public static func folds(_ folds: Int, count: Int, seed: Int, block: Int = 1) -> [Int] {
        let split = FrameSplit(count: count, fractions: Array(repeating: 1, count: folds), seed: seed, block: block)
        var fold = [Int](repeating: 0, count: count)
        for (k, part) in split.parts.enumerated() { for i in part { fold[i] = k } }
        return fold
    }
}

/// Which frames of a data set are used: all, one part of a split, every n-th of those.
public struct FrameSelection: Sendable {
    public var every = 1
    /// Fractions, seed, block and the part of them that is used; nil: all frames.
    public var split: (fractions: [Double], part: Int, seed: Int, block: Int)?
    public init(every: Int = 1, split: (fractions: [Double], part: Int, seed: Int, block: Int)? = nil) {
        (self.every, self.split) = (every, split)
    }

    /// Numbers of the frames, ascending, of a data set of `count`.
    public func numbers(of count: Int) -> [Int] {
        let frames = split.map { FrameSplit(count: count, fractions: $0.fractions, seed: $0.seed, block: $0.block).parts[$0.part] }
        return stride(from: 0, to: frames?.count ?? count, by: every).map { frames?[$0] ?? $0 }
    }
}
