import Deck
import Domain
import Integrators
import Potentials

enum NumberFormatCache {
    static let short = NumberFormat.table("%.4g")
    static let fixed3 = NumberFormat.table("%.3f")
}

/// The words around a run's table: what LAMMPS prints before and after it, in LAMMPS' format, so that readers of its logs work.
public enum RunReport {
    /// Before a run: neighbour list (when it differs from the run before) and settings.
    public static func setup(_ simulation: Simulation, _ observation: Observation, style: String = "Verlet") -> String {
        let system = simulation.system
        let head =
            neighbourChanges(simulation, observation)
            + "Setting up \(simulation.respa == nil ? style : "r-RESPA") run ...\n  Unit style    : \(system.units.name.rawValue)\n"
            + "  Current step  : \(system.step)\n"
        guard let levels = simulation.respa else {
            return head + "  Time step     : \(NumberFormat.table("%.6g").string(system.timestep))\n"
        }
        let steps = levels.timesteps(system.timestep).enumerated().map { " \($0 + 1):\($1)" }.joined()
        return head + "  Time steps    :\(steps)\n"
    }

    /// Neighbour lists, when they differ from the run before.
    public static func neighbourChanges(_ simulation: Simulation, _ observation: Observation) -> String {
        let list = neighbours(simulation)
        defer { observation.reportedNeighbours = list }
        return list == observation.reportedNeighbours ? "" : list
    }

    private static func neighbours(_ simulation: Simulation) -> String {
        let s = simulation.neighbours
        let need = simulation.potential.requirements
        let number = NumberFormat.table("%.8g")
        var text = "Neighbor list info ...\n"
        text += "  update: every = \(s.every) steps, delay = \(s.delay) steps, check = \(s.checksDistance ? "yes" : "no")"
        text += s.once ? ", once\n" : "\n"
        text += "  master list distance cutoff = \(number.string(simulation.listDistance))\n"
        text += "  ghost atom cutoff = \(number.string(simulation.haloWidth))\n"
        text += "  \(need.cutoff > 0 ? 1 : 0) neighbor lists: pair \(simulation.potential.style), \(need.list == .half ? "half" : "full")\n"
        return text
    }

    /// Resident memory of the ranks. Collective.
    static func memoryLine(_ communicator: any Communicator) -> String {
        let mine = residentMegabytes()
        let mean = communicator.sum(mine) / Double(communicator.size)
        let format = NumberFormatCache.short
        return "Per MPI rank memory allocation (min/avg/max) = \(format.string(communicator.min(mine))) | \(format.string(mean)) | "
            + "\(format.string(communicator.max(mine))) Mbytes\n"
    }

    /// After a run. Collective. `post no` gives the loop time only.
    /// - Parameters:
    ///   - extra: lines that go between the loop's performance and the timing table (what a minimizer has to say).
    public static func summary(
        _ simulation: Simulation, _ run: Run, _ observation: Observation, steps: Int? = nil, isMinimization: Bool = false,
        extra: String = ""
    ) -> String {
        let system = simulation.system, communicator = system.communicator
        let ranks = communicator.size
        let steps = steps ?? (system.step - run.first)
        var loop = communicator.sum(simulation.timings.loop) / Double(ranks)
        let processor = communicator.sum(observation.thermo.clock.processorElapsed) / Double(ranks)
        let atoms = system.atoms.total
        var text = "Loop time of \(NumberFormat.table("%.6g").string(loop)) on \(ranks) procs for \(steps) steps with \(atoms) atoms\n\n"
        guard run.isSummarised else { return text }
        if !isMinimization && steps > 0 && system.timestep != 0 { text += performance(loop / Double(steps), atoms, system) }
        let use = loop > 0 ? min(processor / loop * 100, 100) : 0
        text += "\(NumberFormat.table("%.1f").string(use))% CPU use with \(ranks) MPI tasks x no OpenMP threads\n"
        if loop == 0 { loop = 1 }
        text += extra
        text += timingTable(simulation, loop)
        text += memberTable(simulation.potential.timingRows, loop, communicator)
        text += (simulation.potential.remarks + (simulation.bonded?.remarks ?? [])).map { "\n\($0)\n" }.joined()
        text += counts(simulation)
        if let drift = observation.thermo.drift.report(atoms: atoms, system.units), !isMinimization { text += drift }
        return text
    }

    private static func performance(_ secondsPerStep: Double, _ atoms: Int, _ system: System) -> String {
        let f = NumberFormatCache.fixed3
        let rate = 1 / secondsPerStep
        var atomSteps = Double(atoms) * rate
        var unit = "atom-step/s"
        for (limit, name) in [(1e9, "Gatom-step/s"), (1e6, "Matom-step/s"), (1e3, "katom-step/s")] where atomSteps > limit {
            atomSteps /= limit
            unit = name
            break
        }
        let tail = "\(f.string(rate)) timesteps/s, \(f.string(atomSteps)) \(unit)\n"
        guard let picosecond = system.units.picosecond else {
            return "Performance: \(f.string(86_400 * rate * system.timestep)) tau/day, " + tail
        }
        // LAMMPS counts femtoseconds for units electron.
        if system.units.name == .electron {
            return "Performance: \(f.string(86_400 * rate * system.timestep)) fs/day, "
                + "\(f.string(secondsPerStep / system.timestep / 3600)) hours/fs, " + tail
        }
        let nanoseconds = system.timestep / picosecond / 1000
        return "Performance: \(f.string(86_400 * rate * nanoseconds)) ns/day, "
            + "\(f.string(secondsPerStep / nanoseconds / 3600)) hours/ns, " + tail
    }

    private static func timingTable(_ simulation: Simulation, _ loop: Double) -> String {
        let communicator = simulation.system.communicator
        var text = "\nMPI task timing breakdown:\nSection |  min time  |  avg time  |  max time  |%varavg| %total\n"
        text += String(repeating: "-", count: 63) + "\n"
        var accounted = 0.0
        for phase in Timings.Phase.allCases where phase != .bond || simulation.bonded != nil {
            let seconds = simulation.timings.seconds[phase] ?? 0
            accounted += seconds
            text += timingRow(phase.rawValue, seconds, loop, communicator)
        }
        let other = communicator.sum(simulation.timings.loop - accounted) / Double(communicator.size)
        text += "Other   |            | \(left(NumberFormatCache.short.string(other), 10)) |            |       |"
        return text + NumberFormat.table("%6.2f").string(other / loop * 100) + "\n"
    }

    private static func timingRow(_ name: String, _ seconds: Double, _ loop: Double, _ communicator: any Communicator) -> String {
        let ranks = Double(communicator.size)
        let most = communicator.max(seconds), least = communicator.min(seconds)
        let mean = communicator.sum(seconds) / ranks
        let square = communicator.sum(seconds * seconds) / ranks
        // Spread among ranks, a measure of imbalance.
        let spread = mean > 0.001 && square / mean - mean > 1e-10 ? (square / mean - mean).squareRoot() * 100 : 0
        let g = NumberFormat.table("%.5g")
        return left(name, 8) + "| " + [least, mean, most].map { left(g.string($0), 10) }.joined(separator: " | ") + " |"
            + NumberFormat.table("%6.1f").string(spread) + " |" + NumberFormat.table("%6.2f").string(mean / loop * 100) + "\n"
    }

    /// Where an ensemble's pair time went.
    private static func memberTable(_ members: [(name: String, seconds: Double)], _ loop: Double, _ communicator: any Communicator)
        -> String
    {
        guard !members.isEmpty else { return "" }
        let width = members.map(\.name.count).max()! + 1
        var text = "\nPair time by member:\n" + left("Member", max(width, 8)) + "|  min time  |  avg time  |  max time  |%varavg| %total\n"
        text += String(repeating: "-", count: max(width, 8) + 55) + "\n"
        for member in members { text += timingRow(left(member.name, width), member.seconds, loop, communicator) }
        return text
    }

    private static func counts(_ simulation: Simulation) -> String {
        let system = simulation.system, communicator = system.communicator
        let isHalf = simulation.list.kind == .half
        var text = "\n" + histogram("Nlocal:    ", system.atoms.owned, communicator)
        text += histogram("Nghost:    ", system.atoms.ghosts, communicator)
        text += histogram("Neighs:    ", isHalf ? simulation.list.pairs : 0, communicator)
        if !isHalf { text += histogram("FullNghs:  ", simulation.list.pairs, communicator) }
        let pairs = Double(communicator.sum(simulation.list.pairs))
        let g = NumberFormat.table("%.8g")
        text += "\nTotal # of neighbors = \(g.string(pairs))\n"
        if system.atoms.total > 0 { text += "Ave neighs/atom = \(g.string(pairs / Double(system.atoms.total)))\n" }
        text += "Neighbor list builds = \(simulation.counters.builds)\n"
        text +=
            simulation.neighbours.checksDistance
            ? "Dangerous builds = \(simulation.counters.dangerousBuilds)\n" : "Dangerous builds not checked\n"
        return text
    }

    private static func histogram(_ name: String, _ count: Int, _ communicator: any Communicator) -> String {
        let value = Double(count)
        let mean = communicator.sum(value) / Double(communicator.size)
        let most = communicator.max(value), least = communicator.min(value)
        var bins = [Int](repeating: 0, count: 10)
        bins[most > least ? min(9, Int((value - least) / (most - least) * 10)) : 0] = 1
        communicator.all(.sum, &bins)
        let g = NumberFormat.table("%11.6g")
        return "\(name)\(g.string(mean)) ave \(g.string(most)) max \(g.string(least)) min\nHistogram: "
            + bins.map(String.init).joined(separator: " ") + "\n"
    }

    static func left(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }
    static func right(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(0, width - text.count)) + text }
}
