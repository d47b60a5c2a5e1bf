import Deck
import Domain
import Potentials
import TestSupport
import Testing

@Suite struct CommitteeTests {
    private let system = TestSystem.liquid(count: 120, distance: 0.95, typeCount: 2).inReducedUnits()

    private func lj(cutoff: Double = 2.5, epsilon: Double = 1) throws -> LennardJones {
        let lj = LennardJones(globalCutoff: cutoff, typeCount: 2)
        for i in 1...2 { for j in i...2 { lj.set(i, j, .init(epsilon: epsilon, sigma: 1, cutoff: cutoff)) } }
        try lj.prepare(system.setup())
        return lj
    }

    private func evaluate(_ potential: any Potential, members: Bool = false) -> Evaluation {
        Evaluator(system, potential).evaluate(members ? [.everything, .members] : .everything)
    }

    @Test("K copies are the single model, and do not disagree")
    func copies() throws {
        let single = evaluate(try lj())
        for K in [1, 2, 3, 7] {
            let committee = Committee(MemberSet(try (0..<K).map { _ in try lj() }))
            let mean = evaluate(committee, members: true)
            let scale = max(1, single.largestForce)
            #expect(mean.forceDistance(single) <= 1e-14 * scale)
            #expect((mean.energy - single.energy).magnitude <= 1e-13 * single.energyMagnitude)
            #expect(mean.virial.distance(single.virial) <= 1e-13 * single.virial.largest)
            #expect(evaluate(committee).forceDistance(mean) <= 2e-14 * scale)
            // A mean of equal numbers is off by rounding, and so is the deviation from it.
            #expect(committee.report.force.max <= 1e-14 * scale)
            #expect(committee.report.energyDeviation <= 1e-13 * single.energyMagnitude)
            #expect(committee.report.virial!.max <= 1e-13 * single.virial.largest)
        }
    }

    /// Lennard-Jones forces are linear in epsilon, so with epsilon_k = 1 + d_k everything is known from one evaluation.
    @Test("statistics have their closed-form values", arguments: [0, 1])
    func statistics(ddof: Int) throws {
        let d = [-0.2, 0.05, 0.3, 0.11], K = Double(d.count)
        let committee = Committee(
            MemberSet(try d.map { try lj(epsilon: 1 + $0) }), statistics: MemberStatistics(ddof: ddof))
        let single = evaluate(try lj())
        let evaluator = Evaluator(system, committee)
        let mean = evaluator.evaluate([.everything, .members])
        let average = d.reduce(0, +) / K
        let sigma = (d.reduce(0) { $0 + ($1 - average) * ($1 - average) } / (K - Double(ddof))).squareRoot()
        let report = committee.report
        #expect(report.atoms == system.count)
        #expect(mean.forceDistance(Evaluation(scaling: single, by: 1 + average)) <= 1e-12 * single.largestForce)

        let norms = single.forces.map { $0.dot($0).squareRoot() }
        func close(_ a: Double, _ b: Double) -> Bool { (a - b).magnitude <= 1e-12 * max(1, b.magnitude) }
        #expect(close(report.force.max, sigma * norms.max()!))
        #expect(close(report.force.min, sigma * norms.min()!))
        #expect(close(report.force.mean, sigma * norms.reduce(0, +) / K * K / Double(norms.count)))
        #expect(close(report.energyDeviation / single.energyMagnitude, sigma * single.energy.magnitude / single.energyMagnitude))
        for k in d.indices { #expect(close(report.energies[k] / single.energyMagnitude, (1 + d[k]) * single.energy / single.energyMagnitude)) }
        let components = (0..<9).map { sigma * (single.virial[$0 / 3, $0 % 3] / Double(system.count)).magnitude }
        #expect(close(report.virial!.max, components.max()!))
        #expect(close(report.virial!.min, components.min()!))
        #expect(close(report.virial!.mean, (components.reduce(0) { $0 + $1 * $1 } / 9).squareRoot()))
        for i in 0..<evaluator.atoms.owned {
            let id = Int(evaluator.atoms.id[i]) - 1
            #expect(close(committee.forceDeviation(atom: i), sigma * norms[id]))
            let member = committee.memberForce(2, atom: i) - single.forces[id] * 1.3
            #expect(member.dot(member).squareRoot() <= 1e-11 * max(1, norms[id]))
        }
    }

    @Test("relative deviations divide by the mean's size plus the level")
    func relative() throws {
        let d = [-0.2, 0.3]
        let committee = Committee(
            MemberSet(try d.map { try lj(epsilon: 1 + $0) }),
            statistics: MemberStatistics(relativeLevel: 0.4, relativeVirialLevel: 0.7))
        let single = evaluate(try lj())
        _ = evaluate(committee, members: true)
        let relative = single.forces.map { f in 0.25 * f.dot(f).squareRoot() / (1.05 * f.dot(f).squareRoot() + 0.4) }
        #expect((committee.report.force.max - relative.max()!).magnitude <= 1e-12)
        #expect((committee.report.force.mean - relative.reduce(0, +) / Double(relative.count)).magnitude <= 1e-12)
        let virial = (0..<9).map { c in
            let w = (single.virial[c / 3, c % 3] / Double(system.count)).magnitude
            return 0.25 * w / (1.05 * w + 0.7)
        }
        #expect((committee.report.virial!.max - virial.max()!).magnitude <= 1e-12)
    }

    @Test("weights, and a driver that leaves the others to observe")
    func weights() throws {
        let one = evaluate(try lj()), two = evaluate(FullListMorse())
        let mixed = evaluate(Committee(MemberSet([try lj(), FullListMorse()]), weights: [0.25, 0.75]))
        for (f, (a, b)) in zip(mixed.forces, zip(one.forces, two.forces)) {
            let d = f - (a * 0.25 + b * 0.75)
            #expect(d.dot(d).squareRoot() <= 1e-12 * max(1, one.largestForce))
        }
        let watched = Committee(MemberSet([try lj(), FullListMorse()]), weights: [0, 1])
        // Not the same bits: the longer list of the committee is filled in another order.
        #expect(evaluate(watched).forceDistance(two) <= 1e-14 * max(1, two.largestForce))
        #expect(watched.report.step == -1)
        #expect(evaluate(watched, members: true).forceDistance(two) <= 1e-14 * max(1, two.largestForce))
        #expect((watched.report.energies[0] - one.energy).magnitude <= 1e-12 * one.energyMagnitude)
        #expect(watched.report.force.max > 0.1)
    }

    @Test("requirements are the largest of the members'")
    func requirements() throws {
        let both = Committee(MemberSet([try lj(cutoff: 2.5), FullListMorse(cutoff: 2.1)])).requirements
        #expect(both == Requirements(cutoff: 2.5, list: .full))
        #expect(Committee(MemberSet([try lj(cutoff: 2.5), try lj(cutoff: 1.2)])).requirements == Requirements(cutoff: 2.5, list: .half))
    }

    @Test("a member without virial takes the virial from what it drives, not from what it watches")
    func capabilities() throws {
        let direct = FullListMorse(capabilities: [.energy])
        #expect(Committee(MemberSet([try lj(), direct])).capabilities == [.energy])
        let watched = Committee(MemberSet([try lj(), direct]), weights: [1, 0])
        #expect(watched.capabilities == .all)
        _ = evaluate(watched, members: true)
        #expect(watched.report.virial == nil)
        #expect(watched.report.force.max > 0)
    }

    @Test("a force that is not a number is traced to its member")
    func culprit() throws {
        let bad = FullListMorse()
        bad.poisoned = 7
        let committee = Committee(MemberSet([try lj(), FullListMorse(), bad]))
        #expect(!evaluate(committee).largestForce.isFinite)
        #expect(committee.culprit(atom: 0).hasPrefix("member 3 of 3, test/morse:2"))
    }

    @Test("capabilities are asked of every model below")
    func lacking() throws {
        #expect(Committee(MemberSet([try lj(), ZeroPotential(cutoff: 1)])).lackingPullback == nil)
        let inner = Committee(MemberSet([try lj(), ForcesOnly()]))
        #expect(Hybrid([ZeroPotential(cutoff: 1), inner]).lackingSiteEnergies?.style == "test/forces")
    }

    @Test("time is kept by member")
    func seconds() throws {
        let committee = Committee(MemberSet([try lj(), FullListMorse()]), weights: [1, 0])
        _ = evaluate(committee)
        #expect(committee.memberSet.seconds[0] > 0 && committee.memberSet.seconds[1] == 0)
    }
}

private final class ForcesOnly: Potential {
    let style = "test/forces", requirements = Requirements(cutoff: 1, list: .half), capabilities: Capabilities = [], summary = ""
    func coefficients(_ words: inout Words, _ setup: PotentialSetup) throws {}
    func compute(_ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, into forces: inout Forces) {}
}

extension Evaluation {
    init(scaling other: Evaluation, by factor: Double) {
        self = other
        forces = other.forces.map { $0 * factor }
        energy *= factor
    }
}
