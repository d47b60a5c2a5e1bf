import Foundation

/// What mdrun's log files of a try say: rows of the thermo table, and the lines around it.
struct RunLog {
    /// Columns by their heads, of the last table; rows in the order of steps.
    private(set) var columns: [String: [Double]] = [:]
    private(set) var rows = 0
    var units = ""
    var atoms: Int?
    /// ps or fs or tau: the unit's own.
    var timestep: Double?
    /// s of all time loops, times their processes.
    var processorSeconds = 0.0
    var loopSteps = 0

    /// - Parameter logs: the log files of the attempts, the first first. A row of a later one replaces those from its step on.
    init(logs: [String]) {
        var table: [[String: Double]] = []
        for log in logs {
            let rows = Self.lastTable(log + ".jsonl")
            if let first = rows.first?["Step"] { table.removeAll { $0["Step"].map { $0 >= first } ?? true } }
            table += rows
            readText(log)
        }
        rows = table.count
        let heads = Set(table.first?.keys.map { $0 } ?? []).subtracting(["run"])
        for head in heads {
            let values = table.compactMap { $0[head] }
            if values.count == table.count { columns[head] = values }
        }
    }

    /// A line that is not whole, as a killed run leaves it, is passed over.
    private static func lastTable(_ path: String) -> [[String: Double]] {
        guard let bytes = FileManager.default.contents(atPath: path) else { return [] }
        var table: [[String: Double]] = []
        var run = -Double.infinity
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            guard let row = JSONRow.read(line) else { continue }
            let number = row["run"] ?? run
            if number != run { (run, table) = (number, []) }
            table.append(row)
        }
        return table
    }

    private mutating func readText(_ path: String) {
        guard let bytes = FileManager.default.contents(atPath: path) else { return }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            func last(_ prefix: String) -> String? {
                line.hasPrefix(prefix) ? line.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } : nil
            }
            if let word = last("  Unit style") { units = word }
            if let word = last("  Time step"), let number = Double(word) { timestep = number }
            if line.hasPrefix("Loop time of ") {
                // Loop time of T on P procs for S steps with N atoms
                let words = line.split(separator: " ")
                if words.count >= 12, let time = Double(words[3]), let processes = Double(words[5]), let steps = Int(words[8]) {
                    processorSeconds += time * processes
                    loopSteps += steps
                    atoms = Int(words[11]) ?? atoms
                }
            } else if atoms == nil, line.hasSuffix(" atoms"), let number = line.split(separator: " ").dropLast().last.flatMap({ Int($0) }) {
                // "Created 108 atoms", "  54 atoms": of a run that did not come to its end.
                atoms = number
            }
        }
    }
}

/// One line of the rows that mdrun writes: a flat object of numbers. Foundation's reader takes ten times as long.
package enum JSONRow {
    package static func read(_ line: Data) -> [String: Double]? {
        var row: [String: Double] = [:]
        let isWhole = line.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) -> Bool in
            var at = 0
            func skip() { while at < bytes.count, bytes[at] == 0x20 || bytes[at] == 0x0D { at += 1 } }
            skip()
            guard at < bytes.count, bytes[at] == UInt8(ascii: "{") else { return false }
            at += 1
            while true {
                skip()
                guard at < bytes.count else { return false }
                if bytes[at] == UInt8(ascii: "}") { return true }
                if bytes[at] == UInt8(ascii: ",") {
                    at += 1
                    continue
                }
                guard bytes[at] == UInt8(ascii: "\"") else { return false }
                let begin = at + 1
                at = begin
                while at < bytes.count, bytes[at] != UInt8(ascii: "\"") { at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1 }
                guard at < bytes.count else { return false }
                let key = String(decoding: bytes[begin..<at], as: UTF8.self)
                at += 1
                skip()
                guard at < bytes.count, bytes[at] == UInt8(ascii: ":") else { return false }
                at += 1
                skip()
                let start = at
                while at < bytes.count, bytes[at] != UInt8(ascii: ","), bytes[at] != UInt8(ascii: "}") { at += 1 }
                guard at < bytes.count else { return false }
                let word = String(decoding: bytes[start..<at], as: UTF8.self).trimmingCharacters(in: .whitespaces)
                // null stands for what is not finite.
                row[key] = Double(word.trimmingCharacters(in: CharacterSet(charactersIn: "\""))) ?? .nan
            }
        }
        return isWhole ? row : nil
    }
}
