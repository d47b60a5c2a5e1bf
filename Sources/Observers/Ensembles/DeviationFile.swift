import Deck
import Domain
import Integrators
import Potentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Writes how far an ensemble's members disagree, in the format of DeePMD-kit's `model_devi.out`:
///
///     #       step         max_devi_v         min_devi_v         avg_devi_v         max_devi_f         min_devi_f         avg_devi_f
///                0       1.670048e-01       4.182279e-04       8.048649e-02       5.095047e-01       4.584241e-01       4.819783e-01
///
/// Virials in energy units an atom, forces in force units; with `atomic` the deviation of each atom follows, in the order of ids.
/// One row for each step that is a multiple of the period, exactly once: a second `run` does not repeat the first one's last row.
/// The first run of a deck that starts at step 0 empties the file; one that starts later (a restart) keeps the rows of earlier
/// steps and drops those that it will write again.
public final class DeviationFile: Observer {
    public let output: DeviationOutput
    private let potential: any MemberReporting
    private var descriptor: Int32 = -1
    private var isOpen = false
    private var lastWritten = -1

    public init(_ potential: any MemberReporting, _ output: DeviationOutput) { (self.potential, self.output) = (potential, output) }

    /// What the potential's own options ask for; nil when they ask for nothing.
    public convenience init?(for potential: any Potential) {
        guard let reporting = potential.memberReporting, let output = reporting.deviationOutput else { return nil }
        self.init(reporting, output)
    }

    /// Whether it is this very potential's.
    public func belongs(to other: any Potential) -> Bool { other.memberReporting === potential }

    deinit { if descriptor >= 0 { close(descriptor) } }

    public var wants: Wanted { [.members, .energy, .virial] }
    public func nextStep(after step: Int) -> Int? { (step / output.period + 1) * output.period }
    public func looksAtStart(of run: Run) -> Bool { run.first % output.period == 0 && run.first > lastWritten }

    /// - Throws: `DeckError` on every rank when the file cannot be written.
    public func prepare(_ simulation: Simulation, _ run: Run) throws {
        guard !isOpen else { return }
        var problem = ""
        if simulation.system.communicator.rank == 0 {
            do {
                try open(keepingBefore: run.first)
            } catch {
                problem = "\(error)"
            }
        }
        let message = simulation.system.communicator.broadcast(Array(problem.utf8))
        guard message.isEmpty else { throw DeckError(String(decoding: message, as: UTF8.self), at: nil) }
        isOpen = true
    }

    public func observe(_ simulation: Simulation, _ run: Run) throws {
        let system = simulation.system, report = potential.report
        // `run ... pre no` starts without forces of its own; the last step's row is there already.
        guard system.step > lastWritten, report.step == system.step else { return }
        lastWritten = system.step
        var row = Self.row(step: system.step, report)
        if output.isAtomic {
            for sigma in gather(system) { row += " " + Self.number(sigma) }
        }
        guard descriptor >= 0 else { return }
        let sent = Self.write(row + "\n", to: descriptor)
        guard sent else { throw DeckError(Self.systemMessage("cannot write '\(output.path)'"), at: nil) }
    }

    /// Step, then maximum, minimum and root mean square of the virial's deviation, then maximum, minimum and mean of the forces'.
    package static func row(step: Int, _ report: MemberReport) -> String {
        let virial = report.virial ?? Spread(max: .nan, min: .nan, mean: .nan)
        let text = String(step)
        let values = [virial.max, virial.min, virial.mean, report.force.max, report.force.min, report.force.mean]
        return String(repeating: " ", count: max(0, 12 - text.count)) + text + values.map { " " + number($0) }.joined()
    }

    package static func header(isAtomic: Bool) -> String {
        let names = ["max_devi_v", "min_devi_v", "avg_devi_v", "max_devi_f", "min_devi_f", "avg_devi_f"]
        return "#" + padded("step", 11) + (names + (isAtomic ? ["atm_devi_f(N)"] : [])).map { padded($0, 19) }.joined()
    }

    private static let format = try? NumberFormat("%18.6e")
    private static func number(_ value: Double) -> String { format?.string(value) ?? padded("\(value)", 18) }
    private static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    /// Every atom's deviation in the order of ids, on rank 0; empty elsewhere.
    private func gather(_ system: System) -> [Double] {
        struct Entry: BitwiseCopyable {
            var id: Int64
            var sigma: Double
        }
        let own = (0..<system.atoms.owned).map { Entry(id: system.atoms.id[$0], sigma: potential.forceDeviation(atom: $0)) }
        guard let parcels = system.communicator.gather(own.withUnsafeBytes { Array($0) }) else { return [] }
        let all = parcels.flatMap { bytes in
            bytes.withUnsafeBytes { raw in
                stride(from: 0, to: raw.count, by: MemoryLayout<Entry>.stride).map { raw.loadUnaligned(fromByteOffset: $0, as: Entry.self) }
            }
        }
        return all.sorted { $0.id < $1.id }.map(\.sigma)
    }

    // MARK: - The file

    private func open(keepingBefore first: Int) throws {
        let kept = first > 0 ? Self.rows(of: output.path, before: first) : []
        descriptor = Glibc.open(output.path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        guard descriptor >= 0 else { throw DeckError(Self.systemMessage("cannot write '\(output.path)'"), at: nil) }
        let text = ([Self.header(isAtomic: output.isAtomic)] + kept).joined(separator: "\n") + "\n"
        guard Self.write(text, to: descriptor) else { throw DeckError(Self.systemMessage("cannot write '\(output.path)'"), at: nil) }
    }

    /// Complete rows of steps before `step`; none if there is no such file.
    package static func rows(of path: String, before step: Int) -> [String] {
        let descriptor = Glibc.open(path, O_RDONLY)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var bytes: [UInt8] = [], chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let n = read(descriptor, &chunk, chunk.count)
            if n <= 0 { break }
            bytes += chunk[..<n]
        }
        var lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        // What follows the last line end is the row that a killed run was writing, or nothing.
        lines.removeLast()
        return lines.filter { line in
            guard let number = line.split(separator: " ").first.flatMap({ Int($0) }) else { return false }
            return number < step
        }.map(String.init)
    }

    private static func write(_ text: String, to descriptor: Int32) -> Bool {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let n = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + sent, bytes.count - sent) }
            if n < 0 && errno == EINTR { continue }
            if n <= 0 { return false }
            sent += n
        }
        return true
    }

    private static func systemMessage(_ what: String) -> String { "\(what): \(String(cString: strerror(errno)))" }
}
