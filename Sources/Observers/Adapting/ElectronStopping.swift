import Deck
import Domain
import Integrators
import Potentials

/// `fix electron/stopping`: electrons slow fast atoms down, F_i -= Se(E_i) v_i / |v_i|, Se by linear interpolation in a file of kinetic energies and stopping
/// powers of each type (energy / length), for atoms of kinetic energy above ECUT that have at least so many neighbours (an atom in vacuum is not stopped)
/// and are in the region, if one is given. f_ID is the energy lost since the run began. K. Nordlund et al., Phys. Rev. B 57, 7556 (1998).
public final class ElectronStopping: Fix {
    static let entry = ObservingFixStyle(
        name: "electron/stopping", usage: "fix ID GROUP electron/stopping ECUT FILE [region ID] [minneigh N]   (FILE: lines of an energy and a power for each type)"
    ) { words, setup, observation in
        let cut = try words.positiveDouble("the least kinetic energy"), file = try words.word("a file of stopping powers")
        var region: (any Region)?, least = 1
        while !words.isAtEnd {
            switch try words.choice("a keyword of fix electron/stopping", [("region", 0), ("minneigh", 1)]) {
            case 0: region = try setup.region(words.word("a region"))
            default: least = try words.nonNegativeInt("the least number of neighbours")
            }
        }
        let bytes = try observation.requireHost().readInput(file.text, at: file.location)
        do {
            let table = try ElectronStopping.read(file.text, bytes, types: setup.system.atoms.typeCount)
            return ElectronStopping(setup, cut: cut, table, region: region, least: least, observation)
        } catch let error as ParameterFileError {
            throw words.error(error.description, at: file)
        }
    }

    public let id: String
    public let style = "electron/stopping"
    public var group: Group
    private let cut: Double
    /// Energies, then the powers of each type.
    private let table: [[Double]]
    private let region: (any Region)?
    private let least: Int
    private unowned let observation: Observation
    private var lost = 0.0
    private var isRestored = false

    init(_ setup: FixSetup, cut: Double, _ table: [[Double]], region: (any Region)?, least: Int, _ observation: Observation) {
        (id, group, self.cut, self.table, self.region, self.least) = (setup.id, setup.group, cut, table, region, least)
        (self.observation, communicator) = (observation, setup.system.communicator)
    }

    private let communicator: any Communicator

    private static func read(_ name: String, _ bytes: [UInt8], types: Int) throws -> [[Double]] {
        var file = ParameterFile(name, bytes, comment: "#"), table = [[Double]](repeating: [], count: types + 1)
        while let line = file.nextLine() {
            guard line.count > types else { throw file.error("expected an energy and a stopping power for each of \(types) types", at: line[0]) }
            for column in 0...types { table[column].append(try file.double(line[column], column == 0 ? "an energy" : "a stopping power")) }
            let energies = table[0]
            guard energies[energies.count - 1] > (energies.count > 1 ? energies[energies.count - 2] : 0) else {
                throw file.error("energies must be positive and increase", at: line[0])
            }
        }
        guard !table[0].isEmpty else { throw ParameterFileError(file: name, line: 0, column: 0, message: "there are no lines of energies") }
        return table
    }

    public func prepare(_ system: System) {
        if !isRestored { lost = 0 }
        isRestored = false
    }

    /// What has been lost before goes with rank 0.
    public func save(_ state: inout StateWriter) { state.put(communicator.sum(lost)) }
    public func restore(_ state: inout StateReader) throws {
        let all = try state.double()
        lost = communicator.rank == 0 ? all : 0
        isRestored = true
    }

    public func postForce(_ system: System) throws {
        let energies = table[0]
        var failure: String?
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            let type = Int(system.atoms.type[i]), v = system.atoms.velocity[i].xyz, v2 = v.dot(v)
            let energy = 0.5 * system.units.mvv2e * (system.atoms.mass[type] ?? 0) * v2
            guard energy >= cut, energy >= energies[0], hasNeighbours(i, system) else { continue }
            guard energy <= energies[energies.count - 1] else {
                failure = "fix \(id) (\(style)): the kinetic energy \(energy) of atom \(system.atoms.id[i]) is above the file's last one"
                continue
            }
            if let region, !region.contains(system.atoms.position[i].xyz) { continue }
            var below = 0, above = energies.count - 1
            while above - below > 1 {
                let middle = below + (above - below) / 2
                if energies[middle] < energy { below = middle } else { above = middle }
            }
            let powers = table[type]
            let slope = above > below ? (powers[above] - powers[below]) / (energies[above] - energies[below]) : 0
            let power = slope * (energy - energies[below]) + powers[below], speed = v2.squareRoot()
            system.forces.force[i] = system.forces.force[i].xyz + v * (-power / speed)
            lost += power * speed * system.timestep
        }
        let isBad = system.communicator.any(failure != nil)
        guard isBad else { return }
        throw SimulationError(failure ?? "fix \(id) (\(style)): an atom of another rank is faster than the file knows")
    }

    /// Few atoms are that fast, so their neighbours are counted one by one, within the neighbour list's distance.
    private func hasNeighbours(_ i: Int, _ system: System) -> Bool {
        guard least > 0 else { return true }
        guard let simulation = observation.host?.watchedSimulation else { return false }
        let reach = simulation.listDistance, limit = reach * reach, x = system.atoms.position[i]
        var found = 0
        for j in 0..<system.atoms.count where j != i {
            let d = (system.atoms.position[j] - x).xyz
            if d.dot(d) <= limit {
                found += 1
                if found >= least { return true }
            }
        }
        return false
    }

    public var scalar: Double? { communicator.sum(lost) }
}

/// `fix electron/stopping/fit`: the same by a formula, for every type three numbers E, B1, B2: along each axis
///
///     F_a -= g (B1 + B2 v_a) v_a,   g = 0 below the kinetic energy E, rising linearly in v^2 to 1 at 2 E
///
/// f_ID is the energy lost since the run began, by the trapezoid rule. J. Stewart et al., J. Appl. Phys. 123, 165902 (2018).
public final class ElectronStoppingFit: Fix {
    public let id: String
    public let style = "electron/stopping/fit"
    /// LAMMPS' fix acts on all atoms, whatever its group.
    public var group: Group
    private let numbers: [(energy: Double, first: Double, second: Double)]
    private let communicator: any Communicator
    private var lost = 0.0
    private var before = 0.0
    private var lastStep = 0
    private var isRestored = false

    static let entry = ObservingFixStyle(
        name: "electron/stopping/fit", usage: "fix ID all electron/stopping/fit E1 B11 B21 E2 B12 B22 ...   (three numbers for each type)"
    ) { words, setup, _ in
        guard setup.group == .all else { throw words.error("fix electron/stopping/fit acts on all atoms: the group must be all") }
        var numbers: [(energy: Double, first: Double, second: Double)] = []
        for type in 1...setup.system.atoms.typeCount {
            numbers.append(
                (try words.positiveDouble("the energy of type \(type)"), try words.double("the linear coefficient of type \(type)"),
                 try words.double("the quadratic coefficient of type \(type)")))
        }
        return ElectronStoppingFit(setup, numbers)
    }

    init(_ setup: FixSetup, _ numbers: [(energy: Double, first: Double, second: Double)]) {
        (id, group, self.numbers, communicator) = (setup.id, setup.group, numbers, setup.system.communicator)
    }

    public func save(_ state: inout StateWriter) {
        state.put(communicator.sum(lost))
        state.put(communicator.sum(before))
        state.put(lastStep)
    }

    public func restore(_ state: inout StateReader) throws {
        let sums = (try state.double(), try state.double())
        lastStep = try state.int()
        (lost, before) = communicator.rank == 0 ? sums : (0, 0)
        isRestored = true
    }

    public func prepare(_ system: System) {
        if !isRestored { (lost, before, lastStep) = (0, 0, system.step) }
        isRestored = false
    }

    public func setup(_ system: System) { postForce(system) }

    public func postForce(_ system: System) {
        var now = 0.0
        for i in 0..<system.atoms.owned {
            let type = Int(system.atoms.type[i]), own = numbers[type - 1], v = system.atoms.velocity[i].xyz, v2 = v.dot(v)
            let least = 2 * own.energy / system.units.mvv2e / (system.atoms.mass[type] ?? 1)
            guard v2 > least else { continue }
            let share = v2 < 2 * least ? (v2 - least) / least : 1
            var drag = Vector.zero
            for d in 0..<3 { drag[d] = share * (own.second * v[d] + own.first) * v[d] }
            system.forces.force[i] = system.forces.force[i].xyz - drag
            now += (v2 * drag.dot(drag)).squareRoot()
        }
        lost += Double(system.step - lastStep) * system.timestep * 0.5 * (before + now)
        (before, lastStep) = (now, system.step)
    }

    public var scalar: Double? { communicator.sum(lost) }
}
