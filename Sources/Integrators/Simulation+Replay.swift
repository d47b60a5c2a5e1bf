import Deck
import Domain
import Potentials

extension Simulation {
    /// Configurations that `frames` puts into the system, one after the other (`rerun`): each is evaluated as a run's set-up would, fixes
    /// act on its forces and at the end of its step, and observers look when they are due; nothing is integrated. Collective.
    /// - Returns: the number of frames.
    @discardableResult
    public func replay(_ run: Run, _ frames: some FrameSource) throws -> Int {
        begin(run)
        defer { isRunning = false }
        checkpoint = nil
        counters = Counters()
        let start = Timings.now()
        var number = 0, isLast = false
        while !isLast, system.stop == nil {
            try frames.load()
            // The last frame is known before its forces are computed, since observers of a run's end want more of them.
            isLast = try !frames.advance()
            if number == 0 {
                current.first = system.step
                for fix in fixes { try fix.prepare(system) }
                for observer in observers { try observer.prepare(self, current) }
                timings = Timings()
            }
            current.last = isLast ? system.step : Int.max
            try settleRanks()
            for fix in fixes { try fix.setupPreExchange(system) }
            rebuild(isSetup: true)
            let due = observers.filter { number == 0 ? $0.looksAtStart(of: current) : isDue($0) }
            var wanted: Wanted = []
            for observer in due { wanted.formUnion(observer.wants) }
            for fix in fixes { wanted.formUnion(fix.wants(at: system.step)) }
            try computeForces(wanted.intersection(potential.computable.union(.members)))
            try checkFinite()
            try measureModify {
                for fix in fixes { try fix.setup(system) }
                for fix in fixes { try fix.endOfStep(system) }
            }
            isPrepared = true
            try timings.measure(.output) { for observer in due { try observer.observe(self, current) } }
            number += 1
        }
        timings.loop = Timings.now() - start
        for observer in observers { try observer.finish(self, current) }
        return number
    }
}

/// Where `Simulation.replay` gets its configurations from. Both methods are collective.
public protocol FrameSource {
    /// Puts the present frame into the system: its step, box and atoms.
    func load() throws
    /// Moves to the next frame without changing the system; false when there is none.
    func advance() throws -> Bool
}
