import Deck
import Domain
import Potentials
import TestSupport
import Testing

@Suite struct SpeciesMapTests {
    private func words(_ text: String) -> Words {
        var words: [Word] = [], column = 1
        for part in text.split(separator: " ") {
            words.append(
                Word(
                    text: String(part),
                    location: SourceLocation(file: "in.test", line: 1, column: column, length: part.count, text: text)))
            column += part.count + 1
        }
        let end = SourceLocation(file: "in.test", line: 1, column: column, length: 1, text: text)
        return Words(words, of: "pair_coeff", end: end)
    }

    private func map(_ text: String, _ typeCount: Int) throws -> SpeciesMap {
        var words = words(text)
        return try SpeciesMap(&words, typeCount: typeCount, model: "model.txt", elements: ["H", "C", "O"])
    }

    private func setup(masses: [Double?], labels: [String?]? = nil, units: Units = .metal) -> PotentialSetup {
        var system = TestSystem.liquid(count: 3, distance: 1, typeCount: masses.count)
        system.masses = [nil] + masses
        system.labels = [nil] + (labels ?? masses.map { _ in nil })
        system.units = units
        return system.setup()
    }

    @Test func mapsNamesAndNULL() throws {
        let map = try map("O NULL H O", 4)
        #expect(map.species == [-1, 2, -1, 0, 2])
        try map.check(setup(masses: [15.999, 3, 1.008, 16]))
    }

    @Test func pointsAtAnUnknownElement() throws {
        let error = try #require(throws: DeckError.self) { _ = try map("O Xx", 2) }
        #expect(error.location?.column == 3 && error.message.contains("Xx") && error.message.contains("H C O"))
    }

    @Test func refusesMissingAndSurplusNames() throws {
        let missing = try #require(throws: DeckError.self) { _ = try map("O", 2) }
        #expect(missing.location?.column == 3 && missing.message.contains("type 2"))
        let surplus = try #require(throws: DeckError.self) { _ = try map("O H C", 2) }
        #expect(surplus.location?.column == 5)
    }

    @Test func comparesMasses() throws {
        let swapped = try map("O H", 2)
        let error = try #require(throws: DeckError.self) { try swapped.check(setup(masses: [1.008, 15.999])) }
        #expect(error.location?.column == 1 && error.message.contains("1.008 is the mass of H"))
        try swapped.check(setup(masses: [nil, nil]))  // masses may come later
        try swapped.check(setup(masses: [15.999, 2.014]))  // deuterium is hydrogen
        try swapped.check(setup(masses: [1, 1], units: .lj))  // reduced masses say nothing
    }

    @Test func comparesLabels() throws {
        let error = try #require(throws: DeckError.self) {
            try map("O H", 2).check(setup(masses: [nil, nil], labels: ["H", "O"]))
        }
        #expect(error.message.contains("labelled H"))
        try map("O H", 2).check(setup(masses: [nil, nil], labels: ["Ow", "H"]))
    }
}
