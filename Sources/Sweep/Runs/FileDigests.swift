import Digest
import Foundation
import Synchronization

/// SHA-256 of files, each read once as long as it does not change.
public final class FileDigests: Sendable {
    private struct Key: Hashable {
        var path: String
        var seconds: Int
        var nanoseconds: Int
        var size: Int
    }
    private let known = Mutex<[Key: String]>([:])
    private let scanned = Mutex<[Key: [String]]>([:])

    public init() {}

    private func key(_ path: String) -> Key? {
        Files.modified(path).map { Key(path: path, seconds: $0.seconds, nanoseconds: $0.nanoseconds, size: $0.size) }
    }

    /// - Throws: if the file cannot be read.
    public func digest(_ path: String) throws -> FileDigest {
        guard let key = key(path), let file = FileHandle(forReadingAtPath: path) else { throw SweepError("cannot read \(path)") }
        if let digest = known.withLock({ $0[key] }) { return FileDigest(path: path, bytes: key.size, sha256: digest) }
        defer { try? file.close() }
        var hash = SHA256()
        while let block = try file.read(upToCount: 1 << 20), !block.isEmpty { hash.update([UInt8](block)) }
        let digest = SHA256.hexadecimal(hash.digest())
        known.withLock { $0[key] = digest }
        return FileDigest(path: path, bytes: key.size, sha256: digest)
    }

    /// The files that a deck names: every word of it, the run's variables put in, that is a file seen from the deck's folder; in turn what
    /// decks that it includes and models in JSON name. A deck that makes a name from variables of its own is not seen through: `files:` in
    /// the plan is for that.
    public func files(namedBy deck: String, _ variables: [String: String]) -> [String] {
        var found: [String] = []
        var waiting = [deck]
        while let next = waiting.popLast() {
            let folder = Files.folder(of: next)
            for word in words(in: next) {
                var text = word
                for (name, value) in variables where text.contains("$") {
                    text = text.replacingOccurrences(of: "${\(name)}", with: value)
                    if name.count == 1 { text = text.replacingOccurrences(of: "$\(name)", with: value) }
                }
                if text.contains("$") || text.count > 1000 { continue }
                // As mdrun does: seen from where it runs only if absolute, otherwise from the deck.
                let candidates = [Files.absolute(text, in: folder), Files.absolute(text, in: Files.folder(of: deck))]
                guard let path = candidates.first(where: { Files.exists($0) && !Files.isFolder($0) }), path != deck, !found.contains(path)
                else {
                    continue
                }
                found.append(path)
                waiting.append(path)
            }
        }
        return found.sorted()
    }

    /// The words of a small text file; none of a binary or large one.
    private func words(in path: String) -> [String] {
        guard let key = key(path), key.size < 1 << 18 else { return [] }
        if let words = scanned.withLock({ $0[key] }) { return words }
        var words: [String] = []
        if let bytes = FileManager.default.contents(atPath: path), !bytes.prefix(512).contains(0),
            let text = String(data: bytes, encoding: .utf8)
        {
            let isJSON = path.hasSuffix(".json")
            let separators = CharacterSet(charactersIn: isJSON ? "\"\n" : " \t\n\r\"'=")
            var seen: Set<String> = []
            for line in text.split(separator: "\n") where isJSON || !line.drop(while: { $0 == " " }).hasPrefix("#") {
                for word in line.components(separatedBy: separators) {
                    // Numbers, and words without a dot, a slash or a variable, name no file worth a look.
                    guard word.contains(where: { $0 == "." || $0 == "/" || $0 == "$" }), Double(word) == nil, seen.insert(word).inserted
                    else {
                        continue
                    }
                    words.append(word)
                }
            }
            if words.count > 2000 { words = [] }
        }
        scanned.withLock { $0[key] = words }
        return words
    }
}
