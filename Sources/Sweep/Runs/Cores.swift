import CProcess

/// The cores of this driver: which are free. Runs get cores of their own and are pinned to them.
public struct Cores: Sendable {
    public let all: [Int]
    private(set) var free: [Int]

    /// The first `count` of those that this process may run on; nil: all.
    /// - Throws: if there are fewer.
    public init(_ count: Int? = nil) throws {
        var buffer = [Int32](repeating: 0, count: 4096)
        let most = Int32(buffer.count)
        let available = buffer.withUnsafeMutableBufferPointer { Int(mdrun_cores($0.baseAddress, most)) }
        let there = buffer.prefix(available).map { Int($0) }
        if let count, count > there.count { throw SweepError("\(count) cores asked for, and this process may use \(there.count)") }
        all = Array(there.prefix(count ?? there.count))
        free = all
    }

    /// `count` cores; nil if so many are not free.
    mutating func take(_ count: Int) -> [Int]? {
        guard free.count >= count else { return nil }
        defer { free.removeFirst(count) }
        return Array(free.prefix(count))
    }

    mutating func giveBack(_ cores: [Int]) { free = (free + cores).sorted() }
}
