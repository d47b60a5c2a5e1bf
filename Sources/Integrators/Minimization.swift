/// How `minimize` goes about it: `min_style`, `min_modify`. Defaults are LAMMPS'.
public struct MinimizerSettings: Sendable {
    public enum Style: String, Sendable, CaseIterable {
        /// Conjugate gradients of Polak and Ribiere.
        case cg
        /// Steepest descent.
        case sd
        /// Fast inertial relaxation engine: Bitzek et al., Phys. Rev. Lett. 97, 170201 (2006), as revised by Guenole et al., Comput.
        /// Mater. Sci. 175, 109584 (2020).
        case fire
        /// Velocities along the forces, stopped when they go uphill: Sheppard, Terrell and Henkelman, J. Chem. Phys. 128, 134106 (2008).
        case quickmin

        /// Whether it moves atoms by dynamics, from rest.
        public var isDynamic: Bool { self != .cg && self != .sd }
    }
    public enum LineSearch: String, Sendable, CaseIterable { case backtrack, quadratic, forcezero }
    public enum Norm: String, Sendable, CaseIterable {
        /// Root of the sum of squares; largest force of an atom; largest component.
        case two, max, inf
    }
    public enum Integrator: String, Sendable, CaseIterable { case eulerimplicit, verlet, leapfrog, eulerexplicit }

    public var style = Style.cg
    /// Farthest that an atom moves along a coordinate in one iteration.
    public var dmax = 0.1
    public var line = LineSearch.quadratic
    public var norm = Norm.two

    // FIRE's.
    public var integrator = Integrator.eulerimplicit
    public var delaySteps = 20
    public var delaysAtStart = true
    public var growth = 1.1
    public var shrinkage = 0.5
    public var alpha = 0.25
    public var alphaShrinkage = 0.99
    /// Largest and smallest time step in time steps of the deck.
    public var largestStep = 10.0
    public var smallestStep = 0.02
    public var stepsHalfBack = true
    /// Iterations in a row with v . f < 0 after which it gives up; 0 = never.
    public var uphillLimit = 2000

    public init() {}
}

/// When a minimisation ends: `minimize ETOL FTOL MAXITER MAXEVAL`.
public struct MinimizationLimits: Sendable {
    /// |E - E'| < energy (|E| + |E'|) / 2
    public var energy: Double
    /// norm of the forces < force
    public var force: Double
    public var iterations: Int
    public var evaluations: Int

    public init(energy: Double, force: Double, iterations: Int, evaluations: Int) {
        (self.energy, self.force, self.iterations, self.evaluations) = (energy, force, iterations, evaluations)
    }
}

/// Why a minimisation ended, in LAMMPS' words.
public enum MinimizationEnd: String, Sendable {
    case iterations = "max iterations"
    case evaluations = "max force evaluations"
    case energy = "energy tolerance"
    case force = "force tolerance"
    case uphill = "search direction is not downhill"
    case noStep = "linesearch alpha is zero"
    case noForce = "forces are zero"
    case flat = "quadratic factors are zero"
    case interrupted = "walltime limit reached"
    case stuck = "max iterations with v.f negative"
}

/// What is told of a minimisation.
public struct MinimizationResult: Sendable {
    public var end = MinimizationEnd.iterations
    /// Initial, next to last, final; per atom where the table's energies are.
    public var energies = (initial: 0.0, previous: 0.0, final: 0.0)
    public var twoNorms = (initial: 0.0, final: 0.0)
    public var largestComponents = (initial: 0.0, final: 0.0)
    /// Of the last line search.
    public var alpha = 0.0
    public var iterations = 0
    public var evaluations = 0
}
