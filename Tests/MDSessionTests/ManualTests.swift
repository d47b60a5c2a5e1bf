import Foundation
import MDSession
import TestSupport
import Testing

@Suite struct ManualTests {
    @Test("docs/Manual.md is what `mdrun manual` prints") func isCurrent() throws {
        let file = try String(contentsOfFile: DeckRunner.root + "/docs/Manual.md", encoding: .utf8)
        #expect(file == manual(), "make it anew: mdrun manual > docs/Manual.md")
    }
}
