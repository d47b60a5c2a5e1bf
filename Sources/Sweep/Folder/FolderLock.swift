import Foundation

/// What one process at a time may do: its token moves from NAME@free to NAME@PROCESS and back. The token of a process that has died is
/// taken over.
public final class FolderLock {
    private let folder: SweepFolder
    private let name: String
    private let presence: Presence
    private let watch: Watch
    private var path: String { "\(folder.path)/locks/\(name)" }

    public init(_ folder: SweepFolder, _ name: String, _ presence: Presence) {
        (self.folder, self.name, self.presence, watch) = (folder, name, presence, Watch(folder))
    }

    /// Tries once.
    public func take() throws -> Bool {
        let own = "\(path)@\(presence.id)"
        if try Files.move("\(path)@free", to: own) { return true }
        for entry in Files.names(in: folder.path + "/locks") where entry.hasPrefix(name + "@") {
            let holder = String(entry.dropFirst(name.count + 1))
            if holder == presence.id { return true }
            if holder != "free", watch.verdict(on: holder, defaultLease: presence.lease) != .alive {
                if try Files.move("\(path)@\(holder)", to: own) { return true }
            }
        }
        return false
    }

    public func release() { _ = try? Files.move("\(path)@\(presence.id)", to: "\(path)@free") }

    /// Waits for the lock, and holds it while `body` runs.
    /// - Throws: what `body` throws, or if the lock is not to be had in so many seconds.
    public func holding<T>(within seconds: Double = 180, _ body: () throws -> T) throws -> T {
        let end = Host.now() + seconds
        while !(try take()) {
            guard Host.now() < end else {
                throw SweepError(
                    "\(path) has been held for \(Int(seconds)) s by another process; if there is none, move it to \(name)@free")
            }
            Thread.sleep(forTimeInterval: 0.1)
        }
        defer { release() }
        return try body()
    }
}
