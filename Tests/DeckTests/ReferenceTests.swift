import Deck
import Foundation
import Testing

/// Decks whose output LAMMPS has printed; see `scripts/reference/make_deck_reference.sh`.
@Suite struct ReferenceTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Reference/deck").path

    static func lines(_ name: String) throws -> [String] {
        let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast(text.hasSuffix("\n") ? 1 : 0).map(
            String.init)
    }

    /// The lines a deck prints, and ERROR if it fails.
    static func printed(_ text: String) throws -> [String] {
        let host = RecordingHost()
        host.folder = folder
        host.files["in.case"] = text
        host.known += ["region", "create_box", "mass", "pair_coeff"]
        let deck = try runDeck(text, host: host)
        let lines = deck.printed.flatMap {
            $0.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        }
        return lines + (deck.error == nil ? [] : ["ERROR"])
    }

    @Test func cases() throws {
        var wanted: [String: [String]] = [:]
        var order: [String] = []
        for line in try Self.lines("cases.golden").dropFirst() {
            if line.hasPrefix("--- ") {
                order.append(String(line.dropFirst(4)))
                wanted[order[order.count - 1]] = []
            } else {
                wanted[order[order.count - 1]]?.append(line)
            }
        }
        #expect(try order == Self.lines("cases.txt"))
        #expect(order.count > 150)
        for deck in order {
            let printed = try Self.printed(deck.replacingOccurrences(of: "\\n", with: "\n"))
            #expect(printed == wanted[deck], "\(deck)")
        }
    }

    @Test func echo() throws {
        let host = RecordingHost()
        host.folder = Self.folder
        _ = try runDeck(Self.lines("in.language").joined(separator: "\n"), host: host)
        // LAMMPS keeps blanks at the end of some lines that it echoes, and we of others.
        func trimmed(_ line: some StringProtocol) -> String { line.trimmingCharacters(in: .whitespaces) }
        let echoed = host.transcript.flatMap {
            $0.split(separator: "\n", omittingEmptySubsequences: false).map(trimmed)
        }
        let wanted = try Self.lines("in.language.echo").map(trimmed)
        #expect(echoed.count == wanted.count)
        for (line, expected) in zip(echoed, wanted) { #expect(line == expected) }
    }

    @Test(arguments: ["in.language", "in.schedule"])
    func decks(_ name: String) throws {
        let printed = try Self.printed(Self.lines(name).joined(separator: "\n"))
        let wanted = try Self.lines(name + ".golden")
        #expect(printed.count == wanted.count)
        for (line, expected) in zip(printed, wanted) { #expect(line == expected) }
    }
}
