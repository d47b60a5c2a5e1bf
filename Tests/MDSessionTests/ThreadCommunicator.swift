import Domain
import Foundation

/// Ranks as threads of the test process: the same code on several ranks without MPI.
final class ThreadCommunicator: Communicator {
    let rank: Int
    var size: Int { hub.size }
    private let hub: Hub

    /// Where the ranks meet: each leaves bytes for each, all wait, each takes.
    final class Hub: @unchecked Sendable {
        let size: Int
        private let condition = NSCondition()
        private var waiting = 0
        private var generation = 0
        var boxes: [[[UInt8]]]

        init(size: Int) {
            self.size = size
            boxes = Array(repeating: Array(repeating: [], count: size), count: size)
        }

        func wait() {
            condition.lock()
            defer { condition.unlock() }
            let mine = generation
            waiting += 1
            if waiting == size {
                waiting = 0
                generation += 1
                condition.broadcast()
                return
            }
            while generation == mine { condition.wait() }
        }

        func locked(_ body: () -> Void) {
            condition.lock()
            body()
            condition.unlock()
        }
    }

    init(rank: Int, hub: Hub) { (self.rank, self.hub) = (rank, hub) }

    func allToAll(_ parcels: [[UInt8]]) -> [[UInt8]] {
        hub.locked { hub.boxes[rank] = parcels }
        hub.wait()
        var received: [[UInt8]] = []
        hub.locked { received = (0..<size).map { hub.boxes[$0][rank] } }
        hub.wait()
        return received
    }

    private func toAll(_ bytes: [UInt8]) -> [[UInt8]] { allToAll(Array(repeating: bytes, count: size)) }

    private func combine<T: Comparable & AdditiveArithmetic & BitwiseCopyable>(
        _ values: UnsafeMutableBufferPointer<T>, _ operation: Reduction
    ) {
        let all = toAll(Array(UnsafeRawBufferPointer(values)))
        for i in values.indices {
            let numbers = all.map { bytes in
                bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: i * MemoryLayout<T>.size, as: T.self) }
            }
            values[i] = numbers.dropFirst().reduce(numbers[0]) { a, b in
                switch operation {
                case .sum: a + b
                case .min: Swift.min(a, b)
                case .max: Swift.max(a, b)
                }
            }
        }
    }

    func reduce(_ values: UnsafeMutableBufferPointer<Double>, _ operation: Reduction) { combine(values, operation) }
    func reduce(_ values: UnsafeMutableBufferPointer<Int64>, _ operation: Reduction) { combine(values, operation) }

    func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) {
        let all = toAll(rank == root ? Array(bytes) : [])
        bytes.copyBytes(from: all[root])
    }

    func exchange(
        send: UnsafeRawBufferPointer, to destination: Int, receive: UnsafeMutableRawBufferPointer, from source: Int
    ) {
        var parcels = [[UInt8]](repeating: [], count: size)
        parcels[destination] = Array(send)
        receive.copyBytes(from: allToAll(parcels)[source])
    }

    func allGather(_ value: Int) -> [Int] {
        toAll(withUnsafeBytes(of: value) { Array($0) }).map { bytes in bytes.withUnsafeBytes { $0.loadUnaligned(as: Int.self) } }
    }

    func barrier() { hub.wait() }
    func abort(_ code: Int32) -> Never { exit(code) }
}

private final class Slots<Value>: @unchecked Sendable {
    var results: [Result<Value, any Error>?]
    init(_ size: Int) { results = Array(repeating: nil, count: size) }
}

/// Runs `body` on every rank of `size` and returns the results in rank order.
func onRanks<Result: Sendable>(_ size: Int, _ body: @escaping @Sendable (any Communicator) throws -> Result) throws -> [Result] {
    if size == 1 { return [try body(SerialCommunicator())] }
    let hub = ThreadCommunicator.Hub(size: size)
    let slots = Slots<Result>(size)
    let done = DispatchGroup()
    for rank in 0..<size {
        done.enter()
        let thread = Thread {
            let result = Swift.Result { try body(ThreadCommunicator(rank: rank, hub: hub)) }
            hub.locked { slots.results[rank] = result }
            done.leave()
        }
        thread.stackSize = 8 << 20
        thread.start()
    }
    done.wait()
    return try slots.results.map { try $0!.get() }
}
