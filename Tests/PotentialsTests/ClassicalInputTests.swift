import Deck
import Domain
import Foundation
import Potentials
import TestSupport
import Testing

/// What classical potentials say of input that is wrong.
@Suite struct ClassicalInputTests {
    private static let folder = DeckRunner.root + "/Tests/Reference/lammps/potentials"
    private let system = TestSystem.liquid(count: 4, distance: 2.5, typeCount: 2).with(elements: ["Si", "Ni"])

    private func message(_ style: String, _ lines: String, file text: String? = nil) -> String {
        var setup = system.setup()
        if let text { setup.read = { _, _ in Array(text.utf8) } }
        return deckError { _ = try potential(style, lines, setup) }.map { "\($0)" } ?? "no error"
    }

    private func contents(_ name: String) throws -> String { try String(contentsOfFile: "\(Self.folder)/\(name)", encoding: .utf8) }

    @Test func numbersAreChecked() {
        #expect(message("morse", "* * 1 1 1").contains("the global cutoff"))
        #expect(message("morse 5.0", "* * 1 1").contains("r0"))
        #expect(message("buck 5.0", "* * 1 -0.3 1").contains("rho must be positive"))
        #expect(message("mie/cut 5.0", "* * 1 1 6 12").contains("repulsive exponent must be larger"))
        #expect(message("zbl 4 3", "* * 14 14").contains("inner cutoff must be smaller"))
        #expect(message("lj/smooth 4 5", "* * 1 1 5 4").contains("inner cutoff must not be larger"))
        #expect(message("morse 5.0", "1 1 1 1 1\n2 2 1 1 1").contains("no pair_coeff for types 1 and 2"))
        #expect(message("coul/cut 5.0", "* *").contains("needs atoms with charges"))
        #expect(message("nm/cut 5.0", "* * 1 1 6 6").contains("must differ"))
        #expect(message("lj/mdf 5 4", "* * 1 1").contains("inner cutoff must be smaller"))
        #expect(message("lj/cut/soft 2 0.5 5.0", "1 1 1 1 0.5\n2 2 1 1 0.6").contains("no pair_coeff for types 1 and 2"))
    }

    @Test func tailsThatAreNotKnownAreRefused() throws {
        let morse = try potential("morse 5.0", "* * 1 1 1", system.setup())
        (morse as! any PairModifiable).hasTail = true
        #expect(deckError { try morse.prepare(self.system.setup()) }.map { "\($0)" }?.contains("no tail corrections") == true)
    }

    @Test func embeddedAtomFiles() throws {
        let whole = try contents("first.eam")
        #expect(message("eam", "1 2 first.eam", file: whole).contains("takes files by type"))
        #expect(message("eam", "1 1 first.eam", file: String(whole.prefix(3000))).contains("the file ends where sample"))
        #expect(message("eam", "1 1 first.eam", file: whole.replacingOccurrences(of: " 5.2\n", with: "\n")).contains("first.eam:3"))
        let both = try contents("both.eam.alloy")
        #expect(message("eam/alloy", "* * both.eam.alloy Si Cu", file: both).contains("element 'Cu' is not in"))
        #expect(message("eam/alloy", "1 1 both.eam.alloy Si Ni", file: both).contains("one model for all types"))
        let real = message("eam/alloy", "* * both.eam.alloy Si Ni", file: "UNITS: electron\n" + both)
        #expect(real.contains("units electron"))
    }

    @Test func tables() throws {
        let file = try contents("both.table")
        #expect(message("table linear 100", "* * both.table FREE", file: file) == "no error")
        #expect(message("table linear 100", "* * both.table FRE", file: file).contains("no section 'FRE' (sections: FREE, EVEN, SQUARE)"))
        #expect(message("table linear 100", "* * both.table FREE 6.5", file: file).contains("must lie within the table"))
        #expect(message("table linear 1", "* * both.table FREE", file: file).contains("the number of samples"))
        #expect(message("table bitmap 12", "* * both.table FREE", file: file).contains("bitmap is not there"))
        #expect(message("table linear 100 pppm", "* * both.table FREE", file: file).contains("no long-range sums"))
        #expect(message("table linear 100", "1 1 both.table FREE", file: file).contains("no pair_coeff for types 1 and 2"))
        #expect(message("table linear 100", "* * both.table A", file: "A\nN 3\n\n1 1 0 0\n2 2 0 0\n").contains("the file ends"))
        #expect(message("table linear 100", "* * both.table A", file: "A\nN 3 BITMAP 1 2\n\n1 1 0 0\n2 2 0 0\n").contains("bitmapped tables"))
        #expect(message("table linear 100", "* * both.table A", file: "A\nN 2\n\n1 2 0 0\n2 1 0 0\n").contains("distances must increase"))
    }

    @Test func masses() throws {
        let eam = try potential("eam/alloy", "* * \(Self.folder)/both.eam.alloy NULL Ni", system.setup())
        #expect(eam.takeAllMasses() == [2: 58.71])
        #expect(eam.takeAllMasses().isEmpty)
    }

    @Test func triples() throws {
        let sw = try contents("both.sw")
        #expect(message("sw", "* * both.sw Si Ge", file: sw).contains("element 'Ge' is not in"))
        let missing = sw.components(separatedBy: "Si Ni Si").joined(separator: "Si Ni Ge")
        #expect(message("sw", "* * both.sw Si Ni", file: missing).contains("no entry of Si Ni Si"))
        #expect(message("sw", "* * both.sw Si Ni", file: sw + "Si Si Si 1 1 1 1 1 1 1 1 1 1 1\n").contains("a second entry"))
        #expect(message("sw", "* * both.sw Si Ni", file: sw + "Si Si\n").contains("the file ends"))
        let odd = sw.replacingOccurrences(of: "Si Ni Si 1.9 0 0 18.0", with: "Si Ni Si 1.9 0 0 19.0")
        #expect(message("sw", "* * both.sw Si Ni", file: odd).contains("order of its ends"))
        let tersoff = try contents("both.tersoff")
        let power = tersoff.replacingOccurrences(of: "Si Si Si 3.0", with: "Si Si Si 2.0")
        #expect(message("tersoff", "* * both.tersoff Si Ni", file: power).contains("must be 1 or 3"))
        #expect(message("tersoff/zbl", "* * both.tersoff Si Ni", file: tersoff).contains("number 15 of 18"))
        #expect(message("tersoff shift", "* * both.tersoff Si Ni", file: tersoff).contains("what is added to distances"))
        #expect(message("sw threebody maybe", "* * both.sw Si Ni", file: sw).contains("on or off"))
    }
}
