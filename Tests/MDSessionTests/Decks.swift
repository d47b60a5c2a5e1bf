import Deck
import Domain
import Foundation
import MDSession

/// An atom as golden files have it.
struct AtomLine: Equatable, Sendable {
    var id: Int
    var type: Int
    var x: [Double]
    var image: [Int]
    var v: [Double]

    init(id: Int, type: Int, x: [Double], image: [Int], v: [Double]) {
        (self.id, self.type, self.x, self.image, self.v) = (id, type, x, image, v)
    }

    init(_ line: Substring) {
        let words = line.split(separator: " ").map(String.init)
        (id, type) = (Int(words[0])!, Int(words[1])!)
        x = words[2..<5].map { Double($0)! }
        image = words[5..<8].map { Int($0)! }
        v = words[8..<11].map { Double($0)! }
    }
}

/// Box (xlo xhi ylo yhi zlo zhi xy xz yz) and atoms in the order of their ids.
struct Snapshot: Equatable, Sendable {
    var box: [Double] = []
    var atoms: [AtomLine] = []
}

let testsFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path

/// Runs a deck's text on one rank of `communicator`.
func runSession(_ text: String, folder: String = "", name: String = "deck", _ communicator: any Communicator = SerialCommunicator())
    throws -> Session
{
    let output = Output(isWriter: communicator.rank == 0)
    output.writesScreen = false
    let session = try Session(communicator: communicator, output: output)
    session.deckFolder = folder
    try session.interpreter.run(text: text, name: name)
    return session
}

func snapshot(_ session: Session) -> Snapshot {
    guard let system = session.system else { return Snapshot() }
    let b = system.box
    var result = Snapshot(box: [b.lo.x, b.hi.x, b.lo.y, b.hi.y, b.lo.z, b.hi.z, b.xy, b.xz, b.yz])
    for i in 0..<system.atoms.owned {
        let x = system.atoms.position[i], v = system.atoms.velocity[i], n = system.atoms.image[i]
        result.atoms.append(
            AtomLine(
                id: Int(system.atoms.id[i]), type: Int(system.atoms.type[i]), x: [x.x, x.y, x.z],
                image: [Int(n.x), Int(n.y), Int(n.z)], v: [v.x, v.y, v.z]))
    }
    return result
}

/// Runs a deck on `ranks` ranks and puts their atoms together.
func run(_ text: String, folder: String = "", ranks: Int = 1) throws -> Snapshot {
    let parts = try onRanks(ranks) { communicator in snapshot(try runSession(text, folder: folder, communicator)) }
    var whole = parts[0]
    whole.atoms = parts.flatMap(\.atoms).sorted { $0.id < $1.id }
    return whole
}

/// The message of the error that a deck stops with; nil when it does not.
func failure(of text: String, folder: String = "", ranks: Int = 1) -> String? {
    do {
        _ = try run(text, folder: folder, ranks: ranks)
        return nil
    } catch { return "\(error)" }
}
