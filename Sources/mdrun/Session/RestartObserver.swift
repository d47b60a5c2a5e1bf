import Deck
import Domain
import Integrators
import Observers

/// Restart files at intervals (`restart N ...`). It looks last, so that the file holds what the other observers have done at that step.
final class RestartObserver: Observer {
    enum Target {
        /// `restart N ROOT`: the step in the place of `*`, or behind a dot.
        case numbered(String)
        /// `restart N A B`: A, B, A ...
        case alternating(String, String)
    }

    private unowned let session: Session
    private let schedule: Schedule
    private let target: Target
    private let location: SourceLocation
    private var isSecond = false

    init(_ session: Session, _ schedule: Schedule, _ target: Target, at location: SourceLocation) {
        (self.session, self.schedule, self.target, self.location) = (session, schedule, target, location)
    }

    func nextStep(after step: Int) -> Int? { schedule.next(after: step) }
    func looksAtStart(of run: Run) -> Bool { false }

    /// The file for this step; of two, the one whose turn it is.
    func nextPath(_ step: Int) -> String {
        switch target {
        case .numbered(let root): return root.contains("*") ? root.replacing("*", with: "\(step)") : "\(root).\(step)"
        case .alternating(let a, let b):
            defer { isSecond.toggle() }
            return isSecond ? b : a
        }
    }

    static let stateStyle = "restart"
    func save(_ state: inout StateWriter) { state.put(isSecond) }
    /// The file that was read is not the next to be replaced.
    func restore(_ state: inout StateReader) throws { isSecond = try state.bool() }

    func observe(_ simulation: Simulation, _ run: Run) throws {
        let path = nextPath(simulation.system.step)
        try session.writeRestart(path, at: location)
    }
}
