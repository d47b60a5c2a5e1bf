/// How ranks talk. `MPICommunicator` is the real one; `SerialCommunicator` is its in-memory twin of one rank, on which the same
/// decomposition, halo and migration code runs in tests and tools.
///
/// Every method but `exchange` is collective: all ranks call it, in the same order.
public protocol Communicator: AnyObject {
    var rank: Int { get }
    var size: Int { get }
    func reduce(_ values: UnsafeMutableBufferPointer<Double>, _ operation: Reduction)
    func reduce(_ values: UnsafeMutableBufferPointer<Int64>, _ operation: Reduction)
    func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int)
    /// Sends to one rank while receiving from another; the counts are known to both sides.
    func exchange(
        send: UnsafeRawBufferPointer, to destination: Int, receive: UnsafeMutableRawBufferPointer, from source: Int)
    /// Rank r's number, for every r.
    func allGather(_ value: Int) -> [Int]
    /// Parcel r goes to rank r; returns what every rank sent here.
    func allToAll(_ parcels: [[UInt8]]) -> [[UInt8]]
    func barrier()
    /// Ends all ranks.
    func abort(_ code: Int32) -> Never
}

public enum Reduction: Sendable { case sum, min, max }

extension Communicator {
    public func all(_ operation: Reduction, _ value: Double) -> Double {
        var value = value
        withUnsafeMutablePointer(to: &value) { reduce(UnsafeMutableBufferPointer(start: $0, count: 1), operation) }
        return value
    }

    public func all(_ operation: Reduction, _ value: Int) -> Int {
        var value = Int64(value)
        withUnsafeMutablePointer(to: &value) { reduce(UnsafeMutableBufferPointer(start: $0, count: 1), operation) }
        return Int(value)
    }

    public func all(_ operation: Reduction, _ values: inout [Double]) {
        values.withUnsafeMutableBufferPointer { reduce($0, operation) }
    }

    public func all(_ operation: Reduction, _ values: inout [Int]) {
        values.withUnsafeMutableBufferPointer { buffer in
            buffer.withMemoryRebound(to: Int64.self) { reduce($0, operation) }
        }
    }

    public func sum(_ value: Double) -> Double { all(.sum, value) }
    public func sum(_ value: Int) -> Int { all(.sum, value) }
    public func max(_ value: Double) -> Double { all(.max, value) }
    public func min(_ value: Double) -> Double { all(.min, value) }

    /// True on every rank when it is true on any.
    public func any(_ condition: Bool) -> Bool { all(.max, condition ? 1 : 0) == 1 }

    /// `bytes` of `root`, on every rank.
    public func broadcast(_ bytes: [UInt8]?, from root: Int = 0) -> [UInt8] {
        var count = Int64(bytes?.count ?? 0)
        withUnsafeMutableBytes(of: &count) { broadcast($0, from: root) }
        var result = rank == root ? bytes ?? [] : [UInt8](repeating: 0, count: Int(count))
        result.withUnsafeMutableBytes { broadcast($0, from: root) }
        return result
    }

    /// Every rank's bytes on rank 0, in rank order; nil elsewhere.
    public func gather(_ bytes: [UInt8]) -> [[UInt8]]? {
        var parcels = [[UInt8]](repeating: [], count: size)
        parcels[0] = bytes
        let received = allToAll(parcels)
        return rank == 0 ? received : nil
    }
}

/// One rank, no MPI.
public final class SerialCommunicator: Communicator {
    public init() {}
    public var rank: Int { 0 }
    public var size: Int { 1 }
    public func reduce(_ values: UnsafeMutableBufferPointer<Double>, _ operation: Reduction) {}
    public func reduce(_ values: UnsafeMutableBufferPointer<Int64>, _ operation: Reduction) {}
    public func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) {}
    public func exchange(
        send: UnsafeRawBufferPointer, to destination: Int, receive: UnsafeMutableRawBufferPointer, from source: Int
    ) {
        precondition(send.count == receive.count, "an exchange with oneself sends what it receives")
        receive.copyMemory(from: send)
    }
    public func allGather(_ value: Int) -> [Int] { [value] }
    public func allToAll(_ parcels: [[UInt8]]) -> [[UInt8]] { parcels }
    public func barrier() {}
    public func abort(_ code: Int32) -> Never { exitProcess(code) }
}
