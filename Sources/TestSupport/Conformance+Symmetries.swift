import Domain
import Potentials

extension Conformance {
    func checkSymmetries() {
        var random = SeededGenerator(77)
        if applies(.translation) {
            let along = system.box.cartesian(Vector(xyz: 0.37, 0.61, -1.43)) - system.box.lo
            reportSame(.translation, "a part of the box", evaluate(system.translated(along)), plain, moved: true)
            // Each atom by its own number of boxes: what an atom without wrapping history may look like.
            var scattered = system
            for i in system.positions.indices {
                var boxes = SIMD4<Int32>.zero
                for d in 0..<3 where system.box.isPeriodic(d) { boxes[d] = Int32(random.next() % 5) - 2 }
                scattered.positions[i] += system.box.shift(boxes)
            }
            reportSame(.translation, "whole boxes", evaluate(scattered), plain, moved: true)
        }
        if applies(.rotation) {
            let free = system.isolated()
            let before = evaluate(free)
            let r = random.rotation()
            reportRotated("as a free cluster", before, evaluate(free.rotated(r)), r)
            if !system.box.isTriclinic, system.box.isFullyPeriodic {
                let cycle = Tensor(x: Vector(xyz: 0, 0, 1), y: Vector(xyz: 1, 0, 0), z: Vector(xyz: 0, 1, 0))
                var turned = system
                turned.positions = system.positions.map { cycle.times($0) }
                turned.box = Box(lo: cycle.times(system.box.lo), hi: cycle.times(system.box.hi))
                reportRotated("axes exchanged", plain, evaluate(turned), cycle)
            }
        }
        if applies(.permutation), system.count > 1 {
            var order = Array(system.positions.indices)
            order.shuffle(using: &random)
            reportSame(.permutation, "order", evaluate(system.selecting(order)), plain, moved: false)
            // New ids, with gaps: which side holds a half-list pair depends on them.
            var renamed = system
            for (i, new) in order.enumerated() { renamed.ids[i] = Int64(3 * new + 5) }
            let other = evaluate(renamed)
            var back = other
            let places = order.map { new in other.ids.firstIndex(of: Int64(3 * new + 5))! }
            let byID = system.ids.indices.sorted { system.ids[$0] < system.ids[$1] }
            back.ids = plain.ids
            back.forces = byID.map { other.forces[places[$0]] }
            if !other.atomEnergies.isEmpty { back.atomEnergies = byID.map { other.atomEnergies[places[$0]] } }
            reportSame(.permutation, "ids", back, plain, moved: false)
        }
    }

    private func reportRotated(_ detail: String, _ before: Evaluation, _ after: Evaluation, _ r: Tensor) {
        var expected = before
        expected.forces = before.forces.map { r.times($0) }
        expected.virial = before.virial.rotated(by: r)
        reportSame(.rotation, detail, after, expected, moved: true)
    }

    /// A periodic cell equals the supercell made of it, and a cell equals another cell of the same lattice.
    func checkPeriodicity() {
        guard (0..<3).contains(where: system.box.isPeriodic), system.count > 0 else { return }
        if applies(.replica) {
            guard potential.requirements.interactionRange.isFinite else {
                skip(.replica, "it sees whole molecules")
                return
            }
            let n =
                [3, 2, 1].compactMap { most -> [Int]? in
                    let n = (0..<3).map { system.box.isPeriodic($0) ? most : 1 }
                    return n[0] * n[1] * n[2] * system.count <= options.largestReplica ? n : nil
                }.first ?? [1, 1, 1]
            var copies = n
            if n == [1, 1, 1], 2 * system.count <= options.largestReplica, let d = (0..<3).first(where: system.box.isPeriodic) {
                copies[d] = 2
            }
            let number = copies[0] * copies[1] * copies[2]
            guard number > 1 else {
                skip(.replica, "the supercell would have more than \(options.largestReplica) atoms")
                return
            }
            let large = evaluate(system.replicated(copies[0], copies[1], copies[2]))
            var expected = plain
            expected.ids = large.ids
            expected.energy *= Double(number)
            expected.virial = plain.virial * Double(number)
            // Replicas are numbered in the order of the system's atoms, evaluations in the order of ids.
            let places = system.ids.map { rank(of: $0) }
            expected.forces = (0..<number).flatMap { _ in places.map { plain.forces[$0] } }
            expected.atomEnergies = plain.atomEnergies.isEmpty ? [] : (0..<number).flatMap { _ in places.map { plain.atomEnergies[$0] } }
            let tolerance = Double(number)
            report(
                .replica, "\(copies[0]) x \(copies[1]) x \(copies[2])",
                deviation(
                    large, expected, energy: options.movedEnergyTolerance * tolerance, force: options.movedForceTolerance), 1,
                note: "in units of the tolerance")
        }
        if applies(.tilt), system.box.isPeriodic(0), system.box.isPeriodic(1) {
            // b and b + a span the same lattice, so do c and c - b.
            var sheared = system
            let old = system.box
            let along = old.isPeriodic(2) ? 1.0 : 0.0
            sheared.box = Box(
                lo: old.lo, hi: old.hi, xy: old.xy + old.a.x, xz: old.xz - along * old.b.x, yz: old.yz - along * old.b.y,
                isTriclinic: true)
            sheared.box.boundary = old.boundary
            reportSame(.tilt, "", evaluate(sheared), plain, moved: true)
        }
    }

    func checkSeparation() {
        let range = potential.requirements.interactionRange
        if applies(.noAtoms) {
            let nothing = evaluate(system.selecting([]))
            report(.noAtoms, "", worse(nothing.energy.magnitude, nothing.virial.largest), 0)
        }
        if applies(.isolatedAtom) {
            var worst = 0.0
            for type in Set(system.types).sorted() {
                let i = system.types.firstIndex(of: type)!
                let one = evaluate(system.selecting([i]).isolated(margin: 3))
                worst = worse(worst, worse(one.largestForce, one.virial.largest))
                if !one.energy.isFinite { worst = .nan }
            }
            report(.isolatedAtom, "force and virial", worst, options.forceTolerance)
        }
        if applies(.separation), system.count > 1, hasEnergy {
            // Halves of the free cluster, then the second moved away along x.
            let free = system.isolated()
            let middle = system.count / 2
            let first = free.selecting(Array(0..<middle)), second = free.selecting(Array(middle..<system.count))
            let apart = (range.isFinite ? range + 1 : options.farApart) + free.box.lengths.x
            var both = free
            for i in middle..<system.count { both.positions[i].x += apart }
            let together = evaluate(both.isolated()), a = evaluate(first.isolated()), b = evaluate(second.isolated())
            var sum = a
            sum.energy += b.energy
            sum.virial += b.virial
            let byID = zip(a.ids + b.ids, a.forces + b.forces).sorted { $0.0 < $1.0 }
            sum.ids = byID.map { $0.0 }
            sum.forces = byID.map { $0.1 }
            sum.atomEnergies = []
            reportSame(.separation, "", together, sum, moved: true)
        }
    }
}
