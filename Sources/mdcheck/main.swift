// Checks that run on ranks: started by the tests under mpirun, or by hand. `mdcheck help` lists the commands.
import Domain
import Foundation
import TestSupport

let usage = """
    mdcheck cases                                      the potentials that it knows
    mdcheck conformance [CASE ...]                     checkPotential on one rank; a table; status 1 when anything fails
    mdcheck jacobian CASE ...                          asymmetry of dF/dx on one rank, and the work along a closed loop of random directions
    mdcheck domain [-p PX PY PZ] [-u]                  migration, halo and lists on these ranks against brute force; -u: bricks of uneven width
    mdcheck bench melt [STEPS [CELLS [TYPES]]]         the LAMMPS benchmark in.melt: fcc 0.8442, NVE; times of each part
    mdcheck evaluate CASE [-p PX PY PZ] [-o FILE]      energy, forces, virial on these ranks, in full precision
    """

func fail(_ message: String) -> Never {
    writeError("mdcheck: \(message)\n")
    exit(2)
}

func theCase(_ name: String) -> PotentialCase {
    PotentialCase.named(name) ?? { fail("no case \(name); there are \(PotentialCase.all.map(\.name).joined(separator: " "))") }()
}

var words = Array(CommandLine.arguments.dropFirst())

/// The words after an option, which is removed.
@MainActor func option(_ name: String, _ count: Int) -> [String]? {
    guard let at = words.firstIndex(of: name) else { return nil }
    guard at + count < words.count else { fail("\(name) needs \(count) words") }
    let values = Array(words[(at + 1)..<(at + 1 + count)])
    words.removeSubrange(at...at + count)
    return values
}

let processors = option("-p", 3)?.map { Int($0) } ?? [nil, nil, nil]
let output = option("-o", 1)?[0]
let isUneven = option("-u", 0) != nil

switch words.first {
case "cases":
    for known in PotentialCase.all { print(known.name) }
case "conformance":
    let cases = words.count > 1 ? words.dropFirst().map(theCase) : PotentialCase.all
    var failures = 0
    for known in cases {
        let started = ContinuousClock.now
        let results = try known.conformance()
        print("\(known.name)\n\(results.table)")
        print("\(results.count) checks, \(results.failures.count) failed, \(ContinuousClock.now - started)\n")
        failures += results.failures.count
    }
    exit(failures == 0 ? 0 : 1)
case "jacobian":
    for known in words.dropFirst().map(theCase) {
        let system = known.system(), probe = ForceJacobian(system, try known.make(system.setup()))
        var random = SeededGenerator(4)
        let u = probe.direction(&random), v = probe.direction(&random), radius = 0.01
        let work = probe.work(along: u, v, radius: radius)
        print("\(known.name), \(system.count) atoms: ||J - J^T|| / (2 ||J||) = \(probe.asymmetry())")
        print("  work along a circle of radius \(radius) a coordinate = \(work)")
    }
case "evaluate":
    guard words.count == 2 else { fail(usage) }
    let communicator = try MPICommunicator()
    let known = theCase(words[1]), system = known.system()
    let potential = try known.make(system.setup(communicator))
    let evaluation = Evaluator(system, potential, communicator: communicator, processors: processors).evaluate()
    if communicator.rank == 0 {
        if let output { try writeFile(evaluation.text, to: output) } else { print(evaluation.text) }
    }
    communicator.finish()
case "domain":
    let communicator = try MPICommunicator()
    let results = DomainChecks.all(communicator, processors: processors, isUneven: isUneven)
    if communicator.rank == 0 { print(results.table) }
    communicator.finish()
    exit(results.failures.isEmpty ? 0 : 1)
case "bench":
    guard words.count > 1, words[1] == "melt" else { fail(usage) }
    let numbers = words.dropFirst(2).map { Int($0) ?? 0 }
    try Melt(
        steps: numbers.first ?? 100, cells: numbers.count > 1 ? numbers[1] : 20, typeCount: numbers.count > 2 ? numbers[2] : 1
    ).run()
default:
    print(usage)
}
