import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The processes of a run, found by a mark in their environment: launchers put ranks into groups and sessions of their own.
enum Processes {
    static let mark = "MDSWEEP_CLAIM"

    /// Processes of a claim, or of all claims of a driver.
    static func of(claim: String) -> [Int32] { marked { $0 == claim } }
    static func of(driver: String) -> [Int32] { marked { $0.hasPrefix(driver + "-") } }

    private static func marked(_ isWanted: (String) -> Bool) -> [Int32] {
        let key = Data("\(mark)=".utf8)
        return Files.names(in: "/proc").compactMap { name in
            guard let pid = Int32(name), pid != getpid(), let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ"),
                let place = environment.range(of: key)
            else { return nil }
            let value = environment[place.upperBound...].prefix { $0 != 0 }
            return isWanted(String(decoding: value, as: UTF8.self)) ? pid : nil
        }
    }

    /// Those among them that run a program.
    static func running(_ program: String, among pids: [Int32]) -> [Int32] {
        let name = Files.name(of: program)
        return pids.filter { pid in
            guard let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/exe") else { return false }
            return Files.name(of: path) == name
        }
    }

    /// Kills all processes of a driver that has died and waits until they are gone. False if some stay.
    static func end(driver: String) -> Bool { end { of(driver: driver) } }
    static func end(claim: String) -> Bool { end { of(claim: claim) } }

    private static func end(_ find: () -> [Int32]) -> Bool {
        for _ in 0..<200 {
            let rest = find()
            if rest.isEmpty { return true }
            for pid in rest { kill(pid, SIGKILL) }
            usleep(20_000)
        }
        return false
    }
}
