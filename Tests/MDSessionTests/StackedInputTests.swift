import Deck
import Foundation
import MDSession
import Potentials
import TestSupport
import Testing

/// What can be wrong with the deck lines and the file of a stacked ensemble: told at the word.
@Suite("Stacked ensembles: bad input")
struct StackedInputTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        /// Line 3 of the deck, and those after it; FOLDER is where the files are.
        let pair: [String]
        /// Line and column.
        let place: String
        let words: [String]
        var units = "metal"
        var testDescription: String { name }
        init(_ name: String, _ pair: String..., at place: String, units: String = "metal", _ words: [String]) {
            (self.name, self.pair, self.place, self.units, self.words) = (name, pair, place, units, words)
        }
    }

    private static let schnet = "pair_coeff * * schnet FOLDER/schnet.json O C H", painn = "pair_coeff * * painn FOLDER/painn.json O C H"
    private static let conservative = "pair_style ensemble/conservative FOLDER/conservative.safetensors "

    static let cases = [
        Case("no file", "pair_style ensemble/conservative", at: "3:", ["the stacked ensemble's file"]),
        Case("missing file", "pair_style ensemble/direct nothing.safetensors schnet painn", at: "3:28", ["nothing.safetensors"]),
        Case(
            "a base's weights", "pair_style ensemble/conservative FOLDER/painn.safetensors schnet painn", at: "3:34",
            ["not a stacked ensemble", "mdrun_stack", "mdfit stack train"]),
        Case("text", "pair_style ensemble/conservative FOLDER/painn.json schnet painn", at: "3:34", ["painn.json"]),
        Case("truncated", "pair_style ensemble/conservative FOLDER/half.safetensors schnet painn", at: "3:34", ["half.safetensors"]),
        Case("empty", "pair_style ensemble/conservative FOLDER/empty.safetensors schnet painn", at: "3:34", ["empty.safetensors"]),
        Case(
            "unsound", "pair_style ensemble/conservative FOLDER/unsound.safetensors schnet painn", at: "3:34",
            ["unsound.safetensors", "2 weights for 3 bases"]),
        Case(
            "the other kind", "pair_style ensemble/conservative FOLDER/direct.safetensors schnet painn", at: "3:34",
            ["holds a direct ensemble", "ensemble/direct"]),
        Case("another order", conservative + "painn schnet", at: "3:COLUMN", ["trained on schnet painn", "members here are painn schnet"]),
        Case("a member less", conservative + "schnet", at: "3:COLUMN", ["trained on schnet painn", "members here are schnet"]),
        Case("no members", "pair_style ensemble/conservative FOLDER/conservative.safetensors", at: "3:", ["members' pair styles"]),
        Case("misspelt member", conservative + "schnett painn", at: "3:COLUMN", ["did you mean 'schnet'"]),
        Case("misspelt option", conservative + "evry 2 schnet painn", at: "3:COLUMN", ["did you mean 'every'"]),
        Case("every 0", conservative + "every 0 schnet painn", at: "3:COLUMN+6", ["positive", "0"]),
        Case("every of a word", conservative + "every two schnet painn", at: "3:COLUMN+6", ["two"]),
        Case(
            "every of a gate", "pair_style ensemble/conservative FOLDER/gate.safetensors every 2 schnet painn", schnet, painn, at: "3:34",
            ["every 2", "gate"]),
        Case(
            "every of direct", "pair_style ensemble/direct FOLDER/direct.safetensors every 2 schnet painn", at: "3:COLUMN",
            ["unknown", "'every'"]),
        Case("no such member to report", conservative + "members 1 3 schnet painn", at: "3:COLUMN+10", ["no member 3", "has 2"]),
        Case("coefficients missing", conservative + "schnet painn", schnet, at: "3:COLUMN+7", ["painn has no pair_coeff line"]),
        Case(
            "an element unknown to the network", "pair_style ensemble/conservative FOLDER/water.safetensors schnet painn", schnet, painn,
            at: "3:34", ["element 'C' of type 2", "which has H O"]),
        Case(
            "a base without a pullback",
            "pair_style ensemble/conservative FOLDER/nested.safetensors ensemble/conservative FOLDER/conservative.safetensors schnet painn",
            "pair_coeff * * ensemble/conservative schnet FOLDER/schnet.json O C H",
            "pair_coeff * * ensemble/conservative painn FOLDER/painn.json O C H", at: "3:COLUMN",
            ["ensemble/conservative has no pullback"]),
        Case(
            "a base whose forces are no gradient",
            "pair_style ensemble/conservative FOLDER/nested-direct.safetensors ensemble/direct FOLDER/direct.safetensors schnet painn",
            "pair_coeff * * ensemble/direct schnet FOLDER/schnet.json O C H",
            "pair_coeff * * ensemble/direct painn FOLDER/painn.json O C H",
            at: "3:COLUMN", ["ensemble/direct has no energy of which its forces are the gradient"]),
        Case(
            "units lj", "pair_style ensemble/conservative FOLDER/lj.safetensors lj/cut 2.5", "pair_coeff * * lj/cut 1 1", at: "3:34",
            units: "lj", ["eV and Angstrom", "lj"]),
    ]

    /// The files that cases name.
    private static func folder() throws -> String {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("stack-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var files = try StackDecks.files()
        let whole = files["conservative.safetensors"]!
        (files["half.safetensors"], files["empty.safetensors"]) = (Array(whole.prefix(whole.count / 2)), [])
        func changed(_ change: (inout StackConfiguration) -> Void) throws -> [UInt8] {
            var c = StackCases.configuration(.conservative)
            change(&c)
            return try StackCases.learner(c).file()
        }
        files["water.safetensors"] = try changed { ($0.elements, $0.energyOffsets) = (["H", "O"], [0, 0]) }
        files["gate.safetensors"] = try changed { StackCases.gate(&$0) }
        files["nested.safetensors"] = try changed { ($0.bases, $0.weights) = (["ensemble/conservative"], [1]) }
        files["nested-direct.safetensors"] = try changed {
            ($0.bases, $0.weights, $0.features) = (["ensemble/direct"], [1], .geometry)
        }
        files["lj.safetensors"] = try changed { ($0.bases, $0.weights, $0.features) = (["lj/cut"], [1], .geometry) }
        // A name more, in the JSON alone: the header's length is the first eight bytes.
        let header = String(decoding: whole, as: UTF8.self)
        #expect(header.contains("[\\\"schnet\\\",\\\"painn\\\"]"))
        let three = Array("[\\\"schnet\\\",\\\"painn\\\",\\\"nep\\\"]".utf8), two = Array("[\\\"schnet\\\",\\\"painn\\\"]".utf8)
        let at = whole.indices.first { whole[$0...].starts(with: two) }!
        var bytes = Array(whole[..<at]) + three + whole[(at + two.count)...]
        let length = (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) } + three.count - two.count
        for k in 0..<8 { bytes[k] = UInt8(truncatingIfNeeded: length >> (8 * k)) }
        files["unsound.safetensors"] = bytes
        for (name, data) in files { try Data(data).write(to: URL(fileURLWithPath: folder + "/" + name)) }
        try StackDecks.data(StackCases.liquid(count: 24)).write(toFile: folder + "/data", atomically: true, encoding: .utf8)
        return folder
    }

    @Test("each is told at its word", arguments: [1, 2])
    func told(ranks: Int) throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for bad in Self.cases {
            let lines = bad.pair.map { $0.replacingOccurrences(of: "FOLDER", with: folder) }
            let text = (["units \(bad.units)", "read_data \(folder)/data"] + lines + ["fix 1 all nve", "run 0"]).joined(separator: "\n")
            let message = try #require(failure(of: text, ranks: ranks), "\(bad.name) is accepted")
            // COLUMN: of the word behind the file.
            let words = lines[0].split(separator: " ")
            let column = words.prefix(3).reduce(1) { $0 + $1.count + 1 }
            var place = bad.place
            if let mark = place.range(of: "COLUMN") {
                let more = Int(place[mark.upperBound...].drop { $0 == "+" }) ?? 0
                place = place[..<mark.lowerBound] + "\(column + more)"
            }
            #expect(message.contains("deck:\(place)"), "\(bad.name): \(message)")
            for word in bad.words { #expect(message.contains(word), "\(bad.name): expected '\(word)' in \(message)") }
        }
    }

    @Test("the same deck without a mistake runs")
    func good() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let pair = [Self.conservative + "every 2 schnet painn", Self.schnet, Self.painn].joined(separator: "\n")
            .replacingOccurrences(of: "FOLDER", with: folder)
        #expect(failure(of: "units metal\nread_data \(folder)/data\n\(pair)\nfix 1 all nve\nrun 0") == nil)
    }
}
