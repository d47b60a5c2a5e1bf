import Deck
import Domain
import Potentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// `fix press/berendsen`: at the end of each step box and atoms are scaled towards a pressure; it does not sample an ensemble.
///
///     L_d *= (1 - dt / damp (P_0 - P_d) / K)^(1/3)
///
/// with the modulus K (Berendsen et al., J. Chem. Phys. 81, 3684 (1984)). Orthogonal boxes only.
public final class PressureBerendsen: Fix {
    public let id: String
    public let style = "press/berendsen"
    public var group: Group
    public var needsVirial: Bool { true }
    public var boxComponents: Set<Int> { Set((0..<3).filter { stress.isControlled[$0] }) }
    private let stress: StressControl
    private let modulus: Double
    private let dilated: Group
    private var pressure: Pressure

    init(_ setup: FixSetup, stress: StressControl, modulus: Double, dilated: Group) {
        (id, group, self.stress, self.modulus, self.dilated) = (setup.id, setup.group, stress, modulus, dilated)
        pressure = Pressure(temperature: Temperature(group: .all))
    }

    public func wants(at step: Int) -> Wanted { .virial }

    public func modify(_ keyword: String, _ value: FixModification) -> Bool {
        Pressure.modify(&pressure, keyword, value)
    }

    public func prepare(_ system: System) throws {
        guard !system.box.isTriclinic else {
            throw SimulationError("fix \(id) press/berendsen: the box must not be triclinic; use fix npt")
        }
        pressure.temperature?.prepare(system, removed: 0)
    }

    public func endOfStep(_ system: System) throws {
        if stress.shape == .isotropic { pressure.temperature?.evaluate(system) }
        let acting = try stress.acting(pressure, system)
        let fraction = system.run.fraction(system.step)
        var factors = [1.0, 1.0, 1.0]
        for d in 0..<3 where stress.isControlled[d] {
            let target = stress.start[d] + fraction * (stress.stop[d] - stress.start[d])
            factors[d] = pow(1.0 - system.timestep / stress.period[d] * (target - acting[d]) / modulus, 1.0 / 3.0)
            guard factors[d] > 0 else {
                throw SimulationError("step \(system.step): fix \(id) press/berendsen: damp or modulus is too small")
            }
        }
        system.dilate(dilated) { box in
            for d in 0..<3 where stress.isControlled[d] {
                let centre = 0.5 * (box.lo[d] + box.hi[d])
                box.lo[d] = (box.lo[d] - centre) * factors[d] + centre
                box.hi[d] = (box.hi[d] - centre) * factors[d] + centre
            }
        }
    }
}

extension FixStyle {
    static let pressureBerendsen = FixStyle(
        "press/berendsen",
        usage:
            "fix ID GROUP press/berendsen iso|aniso|x|y|z PSTART PSTOP PDAMP ... [couple none|xyz|xy|yz|xz] [modulus K] [dilate all|partial]"
    ) { words, setup in
        var stress = StressControl(setup.system.box), modulus = 10.0, dilated = Group.all
        let own = ["iso", "aniso", "x", "y", "z", "couple"]
        while !words.isAtEnd {
            let keyword = try words.choice("a keyword of fix press/berendsen", (own + ["modulus", "dilate"]).map { ($0, $0) })
            switch keyword {
            case "modulus": modulus = try words.positiveDouble("the bulk modulus")
            case "dilate": dilated = try words.choice("all or partial", [("all", Group.all), ("partial", setup.group)])
            default: try stress.read(keyword, &words, .ramp)
            }
        }
        guard stress.isActive else { throw words.error("fix press/berendsen needs a pressure: iso, aniso, x, y or z") }
        stress.scales = [Bool](repeating: false, count: 6)
        if let problem = stress.problem(setup.system.box) { throw words.error("fix press/berendsen: \(problem)") }
        return PressureBerendsen(setup, stress: stress, modulus: modulus, dilated: dilated)
    }
}
