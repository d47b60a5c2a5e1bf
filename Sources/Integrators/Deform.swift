import Deck
import Domain
import Potentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// `fix deform`: every N steps, at the end of the step, the box gets a new size or shape that depends on time alone.
///
/// With s the fraction of the run that has gone, t the time since its start, L_0 and T_0 the edge and tilt at its start:
///
///     final, delta, scale, vel, erate:  linear in s between start and stop values;  erate: L = L_0 (1 + rate t), T = T_0 + rate t L_0'
///     trate:   L = L_0 exp(rate t);   wiggle: L = L_0 + A sin(2 pi t / period);   volume: L keeps the volume;   variable: L = L_0 + v
///
/// `remap x` moves the group's atoms with the box, `remap v` changes the velocity of atoms that cross a periodic face, `none` does neither.
public final class Deform: Fix {
    enum Motion {
        case final(lo: Double, hi: Double), delta(lo: Double, hi: Double), scale(Double)
        case velocity(Double), rate(Double), trueRate(Double), volume, wiggle(amplitude: Double, period: Double)
        case variable(change: () throws -> Double, rate: () throws -> Double)
    }
    enum Remap { case positions, velocities, none }

    struct Settings {
        var every = 1
        /// In the order x y z yz xz xy.
        var motions = [Motion?](repeating: nil, count: 6)
        var remap = Remap.positions
        var flips = true
    }

    public let id: String
    public let style = "deform"
    public var group: Group
    public var changesBox: Bool { true }
    public var boxComponents: Set<Int> { Set((0..<6).filter { settings.motions[$0] != nil }) }
    private let settings: Settings
    private let formulaWants: () -> Wanted
    /// The box when the fix was made, and when the present run began.
    private var initial: Box
    private var start: Box
    private var stop: Box
    private var rate = [Double](repeating: 0, count: 6)
    /// Of the lower corner.
    private var cornerRate = Vector.zero
    /// A flip that the next step will make: tilts yz xz xy, and how many cell vectors are added.
    private var flip: (tilts: [Double], m: Int32, n: Int32, p: Int32)?
    private var rebuildStep = -1

    init(_ setup: FixSetup, settings: Settings) {
        (id, group, self.settings, formulaWants) = (setup.id, setup.group, settings, setup.formulaWants)
        (initial, start, stop) = (setup.system.box, setup.system.box, setup.system.box)
    }

    public func wants(at step: Int) -> Wanted {
        let hasVariable = settings.motions.contains { if case .variable = $0 { true } else { false } }
        return hasVariable && step % settings.every == 0 ? formulaWants() : []
    }

    public func forcesRebuild(at step: Int) -> Bool { step == rebuildStep }

    // MARK: - Before a run

    public func prepare(_ system: System) throws {
        let run = system.run
        start = run.first == run.rampFirst ? system.box : initial
        stop = start
        let time = Double(run.rampLast - run.rampFirst) * system.timestep
        for d in 0..<6 {
            guard let motion = settings.motions[d] else { continue }
            if d < 3 { setStop(edge: d, motion, time) } else { setStop(tilt: d, motion, time) }
            guard d >= 3 || stop.hi[d] > stop.lo[d] else {
                throw SimulationError("fix \(id) deform: the box would have no length along \(StressControl.names[d]) at the run's end")
            }
        }
        try checkTilts()
        (rate, cornerRate) = ([Double](repeating: 0, count: 6), .zero)
        let before = start.entries, after = stop.entries
        for d in 0..<6 where time != 0 {
            switch settings.motions[d] {
            case .final, .delta, .scale, .velocity, .rate:
                rate[d] = (after[d] - before[d]) / time
                if d < 3 { cornerRate[d] = (stop.lo[d] - start.lo[d]) / time }
            default: break
            }
        }
        tellRate(system)
    }

    private func tellRate(_ system: System) {
        for d in 0..<3 {
            switch settings.motions[d] {
            case .trueRate, .wiggle, .variable: cornerRate[d] = -0.5 * rate[d]
            default: break
            }
        }
        system.boxRate = BoxRate(rate: rate, corner: cornerRate, group: group, remapsVelocities: settings.remap == .velocities)
    }

    private func setStop(edge d: Int, _ motion: Motion, _ time: Double) {
        let (lo, hi) = (start.lo[d], start.hi[d])
        func grown(_ by: Double) { (stop.lo[d], stop.hi[d]) = (lo - 0.5 * by, hi + 0.5 * by) }
        func centred(_ length: Double) { (stop.lo[d], stop.hi[d]) = (0.5 * (lo + hi) - 0.5 * length, 0.5 * (lo + hi) + 0.5 * length) }
        switch motion {
        case .final(let low, let high): (stop.lo[d], stop.hi[d]) = (low, high)
        case .delta(let low, let high): (stop.lo[d], stop.hi[d]) = (lo + low, hi + high)
        case .scale(let factor): centred(factor * (hi - lo))
        case .velocity(let v): grown(time * v)
        case .rate(let r): grown(time * r * (hi - lo))
        case .trueRate(let r): centred((hi - lo) * exp(r * time))
        case .wiggle(let amplitude, let period): grown(amplitude * sin(2 * .pi * time / period))
        case .volume, .variable: break
        }
    }

    private func setStop(tilt d: Int, _ motion: Motion, _ time: Double) {
        var h = stop.entries
        let tilt = start.entries[d], along = start.entries[d == 5 ? 1 : 2]
        switch motion {
        case .final(let value, _): h[d] = value
        case .delta(let change, _): h[d] = tilt + change
        case .velocity(let v): h[d] = tilt + time * v
        case .rate(let r): h[d] = tilt + time * r * along
        case .trueRate(let r): h[d] = tilt * exp(r * time)
        case .wiggle(let amplitude, let period): h[d] = tilt + amplitude * sin(2 * .pi * time / period)
        case .scale, .volume, .variable: break
        }
        stop.setTilts(h)
    }

    private func checkTilts() throws {
        let before = start.entries
        for d in 3..<6 {
            if case .trueRate = settings.motions[d], before[d] == 0 {
                throw SimulationError("fix \(id) deform: \(StressControl.names[d]) trate needs a tilt that is not zero at the start")
            }
        }
        // A flip of yz would make xz jump by xy, which changes meanwhile.
        guard settings.flips, let yz = settings.motions[3], settings.motions[5] != nil else { return }
        var most = max(stop.yz.magnitude, before[3].magnitude)
        if case .wiggle(let amplitude, _) = yz { most = before[3].magnitude + amplitude.magnitude }
        if case .variable = yz { most = .infinity }
        guard most <= 0.5 * min(before[1], stop.entries[1]) else {
            throw SimulationError("fix \(id) deform: yz changes so much that the box would flip while xy changes too; use flip no")
        }
    }

    // MARK: - The step

    public func preExchange(_ system: System) {
        guard let flip else { return }
        system.box.setTilts([0, 0, 0] + flip.tilts)
        system.flipImages(flip.m, flip.n, flip.p)
        self.flip = nil
    }

    public func endOfStep(_ system: System) throws {
        guard system.step % settings.every == 0 else { return }
        let time = Double(system.step - system.run.rampFirst) * system.timestep
        var box = system.box
        for d in 0..<3 { if let motion = settings.motions[d] { try setEdge(d, motion, &box, system, time) } }
        for d in 0..<3 { if case .volume = settings.motions[d] { keepVolume(d, &box) } }
        if box.isTriclinic { try setTilts(&box, system, time) }
        guard (0..<3).allSatisfy({ box.hi[$0] > box.lo[$0] }) else {
            throw SimulationError("step \(system.step): fix \(id) deform has made the box vanish")
        }
        if system.boxRate != nil { tellRate(system) }
        if box.isTriclinic && settings.flips { planFlip(box, system.step) }
        if settings.remap == .positions { system.dilate(group) { $0 = box } } else { system.box = box }
    }

    private func setEdge(_ d: Int, _ motion: Motion, _ box: inout Box, _ system: System, _ time: Double) throws {
        let fraction = system.run.fraction(system.step)
        let (lo, hi) = (start.lo[d], start.hi[d])
        switch motion {
        case .trueRate(let r):
            let length = (hi - lo) * exp(r * time)
            (box.lo[d], box.hi[d]) = (0.5 * (lo + hi) - 0.5 * length, 0.5 * (lo + hi) + 0.5 * length)
            rate[d] = r * (system.box.hi[d] - system.box.lo[d])
        case .wiggle(let amplitude, let period):
            let change = amplitude * sin(2 * .pi * time / period)
            (box.lo[d], box.hi[d]) = (lo - 0.5 * change, hi + 0.5 * change)
            rate[d] = 2 * .pi / period * amplitude * cos(2 * .pi * time / period)
        case .variable(let change, let speed):
            let value = try change()
            (box.lo[d], box.hi[d]) = (lo - 0.5 * value, hi + 0.5 * value)
            rate[d] = try speed()
        case .volume: break
        default:
            box.lo[d] = lo + fraction * (stop.lo[d] - lo)
            box.hi[d] = hi + fraction * (stop.hi[d] - hi)
        }
    }

    /// The edge d that keeps the volume; with another one that does the same, both change by the same factor.
    private func keepVolume(_ d: Int, _ box: inout Box) {
        let others = [(d + 1) % 3, (d + 2) % 3]
        func isVolume(_ k: Int) -> Bool { if case .volume = settings.motions[k] { true } else { false } }
        let edges = start.lengths
        let volume = edges.x * edges.y * edges.z
        var length = volume
        if let partner = others.first(where: isVolume) {
            let moving = others[0] == partner ? others[1] : others[0]
            length = (volume / (box.hi[moving] - box.lo[moving]) / edges[partner] * edges[d]).squareRoot()
        } else {
            for k in others { length /= settings.motions[k] == nil ? edges[k] : box.hi[k] - box.lo[k] }
        }
        let centre = 0.5 * (start.lo[d] + start.hi[d])
        (box.lo[d], box.hi[d]) = (centre - 0.5 * length, centre + 0.5 * length)
    }

    private func setTilts(_ box: inout Box, _ system: System, _ time: Double) throws {
        let fraction = system.run.fraction(system.step)
        let first = start.entries, last = stop.entries, now = system.box.entries
        var h = box.entries
        for d in 3..<6 {
            guard let motion = settings.motions[d] else { continue }
            switch motion {
            case .trueRate(let r):
                h[d] = first[d] * exp(r * time)
                rate[d] = r * now[d]
            case .wiggle(let amplitude, let period):
                h[d] = first[d] + amplitude * sin(2 * .pi * time / period)
                rate[d] = 2 * .pi / period * amplitude * cos(2 * .pi * time / period)
            case .variable(let change, let speed):
                h[d] = first[d] + (try change())
                rate[d] = try speed()
            default: h[d] = first[d] + fraction * (last[d] - first[d])
            }
            // Of the tilts that differ by whole edges, the one nearest to the present.
            let edge = d == 3 ? 1 : 0
            h[d] -= ((h[d] / h[edge] - now[d] / now[edge]).rounded()) * h[edge]
        }
        box.setTilts(h)
    }

    private func planFlip(_ box: Box, _ step: Int) {
        var h = box.entries
        var (m, n, p): (Int32, Int32, Int32) = (0, 0, 0)
        guard h[3].magnitude > 0.5 * h[1] || h[4].magnitude > 0.5 * h[0] || h[5].magnitude > 0.5 * h[0] else { return }
        if box.isPeriodic(1), h[3].magnitude > 0.5 * h[1] {
            p = h[3] < 0 ? 1 : -1
            h[3] += Double(p) * h[1]
            h[4] += Double(p) * h[5]
        }
        if box.isPeriodic(0) {
            if h[4].magnitude > 0.5 * h[0] { n = h[4] < 0 ? 1 : -1 }
            if h[5].magnitude > 0.5 * h[0] { m = h[5] < 0 ? 1 : -1 }
            h[4] += Double(n) * h[0]
            h[5] += Double(m) * h[0]
        }
        guard m != 0 || n != 0 || p != 0 else { return }
        flip = ([h[3], h[4], h[5]], m, n, p)
        rebuildStep = step + 1
    }

    // MARK: - Restarts

    public func save(_ state: inout StateWriter) {
        state.put([initial.lo.x, initial.lo.y, initial.lo.z, initial.hi.x, initial.hi.y, initial.hi.z, initial.yz, initial.xz, initial.xy])
        state.put(rebuildStep)
        state.put(flip.map { $0.tilts + [Double($0.m), Double($0.n), Double($0.p)] } ?? [])
    }

    public func restore(_ state: inout StateReader) throws {
        let box = try state.doubles()
        guard box.count == 9 else { throw StateError() }
        initial.lo = Vector(box[0], box[1], box[2], 0)
        initial.hi = Vector(box[3], box[4], box[5], 0)
        initial.setTilts([0, 0, 0] + box[6...])
        rebuildStep = try state.int()
        let planned = try state.doubles()
        guard planned.isEmpty || planned.count == 6 else { throw StateError() }
        flip = planned.isEmpty ? nil : (Array(planned[..<3]), Int32(planned[3]), Int32(planned[4]), Int32(planned[5]))
    }
}
