/// What is wrong with a deck, and where.
public struct DeckError: Error, Sendable, CustomStringConvertible {
    /// The place that the message is about; nil if it is about no place in a deck.
    public var location: SourceLocation?
    public var message: String

    public init(_ message: String, at location: SourceLocation?) {
        self.message = message
        self.location = location
    }

    /// The message, then the source line, then carets under the words that are meant.
    public var description: String {
        guard let location else { return message }
        let head = "\(location.file):\(location.line):\(location.column): \(message)"
        let (line, start) = Self.clipped(Array(location.text), around: location.column - 1)
        // Tabs are kept, so that the carets stand under the word whatever the width of a tab.
        let padding = line.prefix(start).map { $0 == "\t" ? "\t" : " " }.joined()
        let missing = String(repeating: " ", count: max(0, start - line.count))
        let carets = String(repeating: "^", count: max(1, min(location.length, line.count - start)))
        return "\(head)\n\(String(line))\n\(padding)\(missing)\(carets)"
    }

    /// The part of a long line around a place, and where that place is in it.
    private static func clipped(_ line: [Character], around place: Int) -> ([Character], Int) {
        let longest = 160
        guard line.count > longest else { return (line, place) }
        let first = max(0, min(place - 80, line.count - longest))
        let last = min(line.count, first + longest)
        let part = (first > 0 ? ["…"] : []) + line[first..<last] + (last < line.count ? ["…"] : [])
        return (part, place - first + (first > 0 ? 1 : 0))
    }

    /// The same error with a location, if it had none.
    func located(at place: SourceLocation?) -> DeckError {
        location == nil ? DeckError(message, at: place) : self
    }

    /// An unknown name: the message gives the nearest known one, and all of them if they are few.
    public static func unknown(_ kind: String, _ word: Word, known: [String]) -> DeckError {
        unknown(kind, word.text, at: word.location, known: known)
    }

    static func unknown(_ kind: String, _ name: String, at location: SourceLocation?, known: [String]) -> DeckError {
        // What is expected is often said with its article: "a keyword of run".
        let bare = ["a ", "an ", "the "].first { kind.hasPrefix($0) }.map { kind.dropFirst($0.count) } ?? kind[...]
        var message = "unknown \(bare) '\(name)'"
        if let near = nearestName(to: name, in: known) { message += "; did you mean '\(near)'?" }
        let names = Set(known).sorted()
        if !names.isEmpty && names.count <= 8 { message += " (known: \(names.joined(separator: ", ")))" }
        return DeckError(message, at: location)
    }
}

/// The known name that differs least from `name`, or nil if none is near enough to be what was meant.
///
/// The distance is the number of characters inserted, deleted, replaced or swapped with their neighbour, not counting
/// case. Up to a third of the characters (at least one, unless the name is a single letter) may differ. A name that only adds an affix,
/// such as `lj` for `lj/cut`, is the last resort.
public func nearestName(to name: String, in names: some Sequence<String>) -> String? {
    let wanted = Array(name.lowercased())
    guard !wanted.isEmpty && wanted.count <= 64 else { return nil }
    let limit = wanted.count == 1 ? 0 : max(1, wanted.count / 3)
    var best: (name: String, distance: Int)?
    var prefixed: String?
    for candidate in names {
        let letters = Array(candidate.lowercased())
        if abs(letters.count - wanted.count) <= limit {
            let distance = editDistance(wanted, letters)
            // Ties go to the first in the alphabet, so that the message never depends on the order of the list.
            if distance <= limit, best.map({ (distance, candidate) < ($0.distance, $0.name) }) ?? true {
                best = (candidate, distance)
            }
        }
        if wanted.count >= 2 && letters.starts(with: wanted), prefixed.map({ candidate < $0 }) ?? true {
            prefixed = candidate
        }
    }
    return best?.name ?? prefixed
}

/// The Damerau-Levenshtein distance in which no part is edited twice (optimal string alignment).
private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
    if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
    var before = [Int](repeating: 0, count: b.count + 1)
    var previous = Array(0...b.count)
    var current = before
    for i in 1...a.count {
        current[0] = i
        for j in 1...b.count {
            let change = a[i - 1] == b[j - 1] ? 0 : 1
            current[j] = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + change)
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                current[j] = min(current[j], before[j - 2] + 1)
            }
        }
        (before, previous, current) = (previous, current, before)
    }
    return previous[b.count]
}
