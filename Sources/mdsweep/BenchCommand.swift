import ArgumentParser
import Foundation
import Sweep

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measures how fast a plan is taken in and its runs are claimed and given back; runs nothing.",
        shouldDisplay: false)

    @OptionGroup var arguments: SweepArguments

    func run() throws {
        try reporting {
            guard let plan = try arguments.plan() else { throw ValidationError("bench needs a plan") }
            let clock = ContinuousClock()
            var folder: SweepFolder?
            var presence: Presence?
            let taken = try clock.measure {
                folder = try SweepFolder.make(arguments.path(plan))
                presence = try Presence(in: folder!)
                try folder!.take(plan, by: presence!)
            }
            defer { presence?.leave() }
            let queue = try Queue(folder!, presence!)
            var claims: [Queue.Claim] = []
            let claimed = try clock.measure { while let claim = try queue.claim() { claims.append(claim) } }
            let released = try clock.measure { for claim in claims { _ = try queue.release(claim, failures: 0) } }
            func seconds(_ time: Swift.Duration) -> Double { time / .seconds(1) }
            print(String(format: "%d runs taken in: %.2f s", claims.count, seconds(taken)))
            print(String(format: "claimed one by one: %.3f s, %.0f claims/s", seconds(claimed), Double(claims.count) / seconds(claimed)))
            print(String(format: "given back: %.3f s", seconds(released)))
        }
    }
}
