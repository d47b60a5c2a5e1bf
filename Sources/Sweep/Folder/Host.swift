import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A process, so described that another process on the same host can tell whether it lives.
struct ProcessIdentity: Codable, Sendable, Hashable {
    var host: String
    var pid: Int32
    /// Clock ticks since boot at which it began: process ids are used again.
    var start: String
    /// Changes when the host starts again.
    var boot: String
    /// Process ids mean something within their namespace only.
    var namespace: String

    static let own = ProcessIdentity(
        host: Host.name, pid: getpid(), start: Host.startTime(getpid()) ?? "", boot: Host.boot, namespace: Host.namespace)

    /// true or false where this process can know it, otherwise nil.
    var isAlive: Bool? {
        guard host == Host.name, !boot.isEmpty, !Host.boot.isEmpty else { return nil }
        if boot != Host.boot { return false }
        guard !namespace.isEmpty, namespace == Host.namespace, !start.isEmpty else { return nil }
        return Host.startTime(pid) == start
    }
}

/// What a sweep wants to know of the host it runs on.
enum Host {
    static let name: String = {
        let name = ProcessInfo.processInfo.hostName
        return String(decoding: name.utf8.map { Plan.isSafeByte($0) ? $0 : UInt8(ascii: "-") }, as: UTF8.self)
    }()

    static let boot = text("/proc/sys/kernel/random/boot_id")
    static let namespace = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")) ?? ""
    static let kernel = text("/proc/sys/kernel/osrelease")

    static let processor: String = {
        let line = text("/proc/cpuinfo").split(separator: "\n").first { $0.hasPrefix("model name") }
        return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? ""
    }()

    private static func text(_ path: String) -> String {
        ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// When a process began; nil if there is none of this number, or it has ended and is only waited for.
    static func startTime(_ pid: Int32) -> String? {
        guard let line = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8), let end = line.lastIndex(of: ")") else {
            return nil
        }
        // Behind the name, which may hold anything, come the state (field 3) and, as field 22, the start.
        let fields = line[line.index(after: end)...].split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
        return String(fields[19])
    }

    /// s on a clock that never jumps.
    static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
    }

    /// Now, as in a log: 2026-03-01T12:00:00Z.
    static func date() -> String { Date().formatted(.iso8601) }
}
