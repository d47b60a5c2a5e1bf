import Deck
import Domain
import Potentials

/// `fix ti/spring`: thermodynamic integration to an Einstein crystal, F = (1 - lambda) F + lambda F_spring, F_spring = -K (x - x0), x0 being the unwrapped places
/// when the fix was made. After T_EQUIL steps lambda goes from 0 to 1 within T_SWITCH, stays for T_EQUIL, and goes back:
///
///     function 1   lambda = t                                                            t = steps of the switch / T_SWITCH
///     function 2   lambda = t^5 (70 t^4 - 315 t^3 + 540 t^2 - 420 t + 126)
///
/// f_ID is the energy of the springs (extensive), f_ID[1] lambda, f_ID[2] dlambda/dt per step. R. Freitas, M. Asta, M. de Koning, Comput. Mater. Sci. 112, 333 (2016).
public final class SpringIntegration: Fix {
    public let id: String
    public let style = "ti/spring"
    public var group: Group
    public let actsInMinimization = true
    public let isExtensive = true
    private let stiffness: Double
    private let switchSteps: Int
    private let restSteps: Int
    private let isSmooth: Bool
    private let origin: AtomProperty
    private var start: Int
    private var lambda = 0.0
    private var rate = 0.0
    private var parts = AddedParts(energy: true, virial: false)
    private var energy = StepSums(count: 1)

    init(_ setup: FixSetup, stiffness: Double, switchSteps: Int, restSteps: Int, isSmooth: Bool) {
        (id, group, self.stiffness, self.isSmooth) = (setup.id, setup.group, stiffness, isSmooth)
        (self.switchSteps, self.restSteps, start) = (switchSteps, restSteps, setup.system.step)
        origin = setup.system.claimPositions("f_\(setup.id)", of: setup.group)
    }

    public func save(_ state: inout StateWriter) {
        state.put(start)
        state.put(lambda)
        state.put(rate)
    }

    public func restore(_ state: inout StateReader) throws {
        start = try state.int()
        lambda = try state.double()
        rate = try state.double()
    }

    public func modify(_ keyword: String, _ value: FixModification) -> Bool { parts.modify(keyword, value) }

    public func initialIntegrate(_ system: System) {
        let t = system.step - start - restSteps
        guard t >= 0 else { return }
        let inverse = 1 / Double(switchSteps)
        if t <= switchSteps { (lambda, rate) = Self.progress(Double(t) * inverse, inverse, isSmooth) }
        let back = t - restSteps - switchSteps
        if back >= 0, back <= switchSteps {
            (lambda, rate) = Self.progress(1 - Double(back) * inverse, inverse, isSmooth)
            rate = -rate
        }
    }

    private static func progress(_ t: Double, _ inverse: Double, _ isSmooth: Bool) -> (Double, Double) {
        guard isSmooth else { return (t, inverse) }
        let t2 = t * t, t4 = t2 * t2, polynomial: Double = 70 * t4 - 315 * t2 * t + 540 * t2 - 420 * t + 126
        let slope: Double = 630 * t4 - 2520 * t2 * t + 3780 * t2 - 2520 * t + 630
        return (t4 * t * polynomial, t4 * slope * inverse)
    }

    public func setup(_ system: System) { postForce(system) }

    public func postForce(_ system: System) {
        guard system.step - start >= restSteps else { return }
        let f = system.forces.force.pointer, origin = origin.values.pointer
        var sum = 0.0
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            let x = system.unwrapped(i)
            let d = Vector(x.x - origin[3 * i], x.y - origin[3 * i + 1], x.z - origin[3 * i + 2], 0)
            f[i] = f[i].xyz * (1 - lambda) - d * (lambda * stiffness)
            sum += stiffness * d.dot(d)
        }
        energy.set([sum * 0.5], system.communicator)
    }

    public var scalar: Double? { energy.totals[0] }
    public var vector: [Double] { [lambda, rate] }
    public var potentialEnergy: Double { parts.addsEnergy ? energy.totals[0] : 0 }
}

extension FixStyle {
    static let tiSpring = FixStyle("ti/spring", usage: "fix ID GROUP ti/spring K T_SWITCH T_EQUIL [function 1|2]") { words, setup in
        let stiffness = try words.positiveDouble("the spring constant")
        let switchSteps = try words.positiveInt("the number of steps of the switch"), restSteps = try words.nonNegativeInt("the number of steps before it")
        var isSmooth = false
        if words.optional("function") { isSmooth = try words.int("the switching function", in: 1...2) == 2 }
        return SpringIntegration(setup, stiffness: stiffness, switchSteps: switchSteps, restSteps: restSteps, isSmooth: isSmooth)
    }
}
