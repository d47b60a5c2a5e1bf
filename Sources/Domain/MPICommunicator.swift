import CMPI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Writes to standard error at once, whatever state stdio is in.
public func writeError(_ text: String) {
    let bytes = Array(text.utf8)
    var sent = 0
    while sent < bytes.count {
        let n = bytes.withUnsafeBytes { write(2, $0.baseAddress! + sent, bytes.count - sent) }
        if n <= 0 { return }
        sent += n
    }
}

func exitProcess(_ code: Int32) -> Never { exit(code) }

/// An MPI call failed; MPI's own words.
public struct MPIError: Error, CustomStringConvertible {
    public let description: String

    init(code: Int32, during what: String) {
        var text = [CChar](repeating: 0, count: 512)
        cmpi_error_text(code, &text, 512)
        let words = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        description = "MPI failed during \(what): \(words)"
    }

    init(_ description: String) { self.description = description }
}

/// The ranks of MPI_COMM_WORLD. A failing MPI call cannot be mended by one rank, so it ends all of them with MPI's message.
public final class MPICommunicator: Communicator {
    public let rank: Int
    public let size: Int
    /// Ranks that share this one's node.
    public let ranksOnNode: Int

    /// Starts MPI.
    /// - Throws: `MPIError` when MPI fails, or when the launcher belongs to another MPI than the one linked, which would run
    ///   as many separate copies of the job as ranks were asked for.
    public init() throws(MPIError) {
        var rank: Int32 = 0, size: Int32 = 1, onNode: Int32 = 1
        let code = cmpi_start(&rank, &size, &onNode)
        guard code == 0 else { throw MPIError(code: code, during: "start-up") }
        (self.rank, self.size, ranksOnNode) = (Int(rank), Int(size), Int(onNode))
        // SLURM_NTASKS is also set for a plain command in a batch script; the step's own number is not.
        for name in ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"] {
            if self.size == 1, let text = getenv(name), let launched = Int(String(cString: text)), launched > 1 {
                throw MPIError(
                    "\(name) says that \(launched) processes were launched, but MPI sees one: mdrun is built with "
                        + "\(String(cString: cmpi_library_version())); start it with that library's mpirun (on Debian: mpirun.mpich)")
            }
        }
    }

    public func finish() { cmpi_finish() }

    /// Whether every rank has failed, asked by each that has: true when all ask within `seconds`. A deck's error shows on all ranks
    /// alike, and they can then end in order; an error of some ranks only must end the others too.
    public func hasFailedEverywhere(within seconds: Double) -> Bool { size == 1 || cmpi_all_failed(seconds) != 0 }

    private func check(_ code: Int32, _ what: String) {
        guard code != 0 else { return }
        writeError("mdrun: rank \(rank): \(MPIError(code: code, during: what))\n")
        abort(3)
    }

    public func reduce(_ values: UnsafeMutableBufferPointer<Double>, _ operation: Reduction) {
        guard size > 1, values.count > 0 else { return }
        check(cmpi_allreduce_f64(values.baseAddress, Int32(values.count), operation.code), "a reduction")
    }

    public func reduce(_ values: UnsafeMutableBufferPointer<Int64>, _ operation: Reduction) {
        guard size > 1, values.count > 0 else { return }
        check(cmpi_allreduce_i64(values.baseAddress, Int32(values.count), operation.code), "a reduction")
    }

    public func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) {
        guard size > 1, bytes.count > 0 else { return }
        check(cmpi_broadcast(bytes.baseAddress, bytes.count, Int32(root)), "a broadcast")
    }

    public func exchange(
        send: UnsafeRawBufferPointer, to destination: Int, receive: UnsafeMutableRawBufferPointer, from source: Int
    ) {
        if destination == rank && source == rank {
            precondition(send.count == receive.count, "an exchange with oneself sends what it receives")
            receive.copyMemory(from: send)
            return
        }
        check(
            cmpi_exchange(
                send.baseAddress, send.count, Int32(destination), receive.baseAddress, receive.count, Int32(source)),
            "an exchange")
    }

    public func allGather(_ value: Int) -> [Int] {
        let mine = Int64(value)
        var gathered = [Int64](repeating: 0, count: size)
        check(withUnsafePointer(to: mine) { cmpi_allgather_i64($0, 1, &gathered) }, "a gather")
        return gathered.map(Int.init)
    }

    public func allToAll(_ parcels: [[UInt8]]) -> [[UInt8]] {
        precondition(parcels.count == size)
        if size == 1 { return parcels }
        let outgoing = parcels.map { Int64($0.count) }
        var incoming = [Int64](repeating: 0, count: size)
        check(cmpi_alltoall_i64(outgoing, &incoming), "an all-to-all")
        func offsets(_ counts: [Int64]) -> [Int64] { counts.reduce(into: [0]) { $0.append($0.last! + $1) } }
        let outgoingOffsets = offsets(outgoing), incomingOffsets = offsets(incoming)
        let packed = Array(parcels.joined())
        var received = [UInt8](repeating: 0, count: Int(incomingOffsets.last!))
        check(cmpi_alltoallv(packed, outgoingOffsets, &received, incomingOffsets), "an all-to-all")
        return (0..<size).map { Array(received[Int(incomingOffsets[$0])..<Int(incomingOffsets[$0 + 1])]) }
    }

    public func barrier() { check(cmpi_barrier(), "a barrier") }

    public func abort(_ code: Int32) -> Never {
        fflush(nil)
        cmpi_abort(code)
        exit(code)
    }
}

extension Reduction {
    fileprivate var code: cmpi_operation {
        switch self {
        case .sum: CMPI_SUM
        case .min: CMPI_MIN
        case .max: CMPI_MAX
        }
    }
}
