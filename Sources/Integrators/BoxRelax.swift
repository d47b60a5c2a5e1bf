import Deck
import Domain
import Potentials

/// `fix box/relax`: a minimisation also changes the box, towards an external pressure P (a target per direction adds a deviatoric stress).
///
/// The objective gets P (V - V_0) + tr(sigma h h^T) / 2, with sigma from the targets and the cell h_0 at the start; the box's generalised
/// forces are V_0 (p - P) times the other edges' strains, p being the virial's pressure (Parrinello and Rahman, J. Appl. Phys. 52, 7182
/// (1981), as in LAMMPS). f_ID: that energy.
public final class BoxRelax: Fix {
    struct Settings {
        var stress: StressControl
        /// Largest change of a strain in one line search.
        var largestStrain = 0.0001
        var resetEvery = 0
        var fixedPoint: Vector
        var dilated = Group.all
    }

    public let id: String
    public let style = "box/relax"
    public var group: Group
    public var changesBox: Bool { true }
    private let settings: Settings
    private var pressure = Pressure(temperature: nil)
    private var stress: StressControl { settings.stress }
    private var isDeviatoric: Bool

    // Reference of this minimisation.
    private var firstEntries = [Double](repeating: 0, count: 6)
    private var edges = Vector.zero
    private var referenceVolume = 0.0
    private var hydrostatic = 0.0
    private var sigma = [Double](repeating: 0, count: 6)
    private var stored: Box
    private var energy = 0.0

    init(_ setup: FixSetup, settings: Settings) {
        (id, group, self.settings) = (setup.id, setup.group, settings)
        isDeviatoric = settings.stress.isDeviatoric
        stored = setup.system.box
    }

    public var scalar: Double? { energy }
    public var isExtensive: Bool { true }

    public func modify(_ keyword: String, _ value: FixModification) -> Bool {
        Pressure.modify(&pressure, keyword, value)
    }

    // MARK: - As degrees of freedom

    /// How many numbers describe the box.
    var freedoms: Int { stress.shape == .isotropic ? 1 : stress.shape == .anisotropic ? 3 : 6 }

    /// Before a minimisation.
    func begin(_ system: System) {
        firstEntries = system.box.entries
        takeReference(system)
        let controlled = (0..<3).filter { stress.isControlled[$0] }
        hydrostatic = controlled.reduce(0) { $0 + stress.start[$1] }
        if !controlled.isEmpty { hydrostatic /= Double(controlled.count) }
        if controlled.contains(where: { (hydrostatic - stress.start[$0]).magnitude > 1e-6 }) { isDeviatoric = true }
        if (3..<6).contains(where: { stress.isControlled[$0] && stress.start[$0].magnitude > 1e-6 }) { isDeviatoric = true }
        if isDeviatoric { setSigma(system) }
    }

    private func takeReference(_ system: System) {
        edges = system.box.lengths
        if stress.dimension == 2 { edges.z = 1 }
        referenceVolume = edges.x * edges.y * edges.z
    }

    /// The energy that the box adds, and minus its gradient. Collective.
    func energyAndForce(_ system: System) throws -> (energy: Double, force: [Double]) {
        pressure.temperature?.evaluate(system)
        let p = try stress.acting(pressure, system)
        let toEnergy = 1.0 / system.units.nktv2p, target = stress.start
        let h = system.box.entries
        var force = [Double](repeating: 0, count: freedoms)
        if stress.shape == .isotropic {
            let scale = h[0] / edges.x
            if stress.dimension == 3 {
                energy = toEnergy * target[0] * (scale * scale * scale - 1.0) * referenceVolume
                force[0] = toEnergy * (p[0] - target[0]) * 3.0 * scale * scale * referenceVolume
            } else {
                energy = toEnergy * target[0] * (scale * scale - 1.0) * referenceVolume
                force[0] = toEnergy * (p[0] - target[0]) * 2.0 * scale * referenceVolume
            }
            return (energy, force)
        }
        var scale = [1.0, 1.0, 1.0]
        for d in 0..<3 where stress.isControlled[d] { scale[d] = h[d] / edges[d] }
        energy = toEnergy * hydrostatic * (scale[0] * scale[1] * scale[2] - 1.0) * referenceVolume
        for d in 0..<3 where stress.isControlled[d] {
            let (a, b) = d == 0 ? (1, 2) : d == 1 ? (0, 2) : (0, 1)
            force[d] = toEnergy * (p[d] - hydrostatic) * scale[a] * scale[b] * referenceVolume
        }
        if stress.shape == .triclinic {
            if stress.isControlled[3] { force[3] = toEnergy * p[3] * scale[1] * edges.y * scale[0] * edges.x * edges.y }
            if stress.isControlled[4] { force[4] = toEnergy * p[4] * scale[0] * edges.x * scale[1] * edges.y * edges.x }
            if stress.isControlled[5] { force[5] = toEnergy * p[5] * scale[0] * edges.x * scale[2] * edges.z * edges.x }
        }
        if isDeviatoric {
            let deviatoric = deviatoricForce(h, toEnergy)
            for d in stress.range where stress.isControlled[d] {
                force[d] -= deviatoric[d] * (d == 3 ? edges.y : d > 3 ? edges.x : edges[d])
            }
            energy += strainEnergy(h, toEnergy)
        }
        return (energy, force)
    }

    func store(_ system: System) { stored = system.box }

    /// Moves the box to its place at `store`, or from there by alpha h; atoms go along.
    func step(_ alpha: Double, _ direction: [Double], _ system: System) throws {
        var strain = [Double](repeating: 0, count: 6)
        for d in stress.range where stress.shape == .isotropic || stress.isControlled[d] {
            strain[d] = alpha * direction[stress.shape == .isotropic ? 0 : d]
        }
        let fixed = settings.fixedPoint
        try system.dilate(settings.dilated) { box in
            let now = box.lengths
            for d in 0..<3 where stress.isControlled[d] {
                box.lo[d] = stored.lo[d] + (stored.lo[d] - fixed[d]) / now[d] * strain[d] * firstEntries[d]
                box.hi[d] = stored.hi[d] + (stored.hi[d] - fixed[d]) / now[d] * strain[d] * firstEntries[d]
                guard box.lo[d] < box.hi[d] else { throw SimulationError("fix \(id) box/relax has made the box vanish; lower vmax") }
            }
            let l = box.lengths
            if stress.scales[3] { box.yz = l.z * firstEntries[3] / firstEntries[2] }
            if stress.scales[4] { box.xz = l.z * firstEntries[4] / firstEntries[2] }
            if stress.scales[5] { box.xy = l.y * firstEntries[5] / firstEntries[1] }
            if stress.isControlled[3] { box.yz = stored.yz + strain[3] * edges.y }
            if stress.isControlled[4] { box.xz = stored.xz + strain[4] * edges.x }
            if stress.isControlled[5] { box.xy = stored.xy + strain[5] * edges.x }
        }
    }

    /// The longest step along `direction` that changes no strain by more than vmax.
    func longestStep(_ direction: [Double]) -> Double {
        if stress.shape == .isotropic { return settings.largestStrain / direction[0].magnitude }
        return stress.range.filter { stress.isControlled[$0] }.reduce(1.0) { min($0, settings.largestStrain / direction[$1].magnitude) }
    }

    /// After a line search: a new reference cell every `nreset` iterations. Returns whether energies have changed by that.
    func renewReference(_ system: System) -> Bool {
        guard isDeviatoric, settings.resetEvery > 0, (system.step - system.run.rampFirst) % settings.resetEvery == 0 else { return false }
        takeReference(system)
        setSigma(system)
        return true
    }

    // MARK: - Deviatoric targets

    private func setSigma(_ system: System) {
        let inverse = system.box.inverseEntries, first = firstEntries, target = stress.start
        var p = Tensor()
        for d in 0..<3 where stress.isControlled[d] { p[d, d] = target[d] - hydrostatic }
        (p[1, 2], p[2, 1]) = (target[3], target[3])
        (p[0, 2], p[2, 0]) = (target[4], target[4])
        (p[0, 1], p[1, 0]) = (target[5], target[5])
        // So that the stress is stationary where off-diagonal entries of the cell are not zero: P h^-T diag(h).
        p[1, 1] -= p[1, 2] * inverse[3] * first[1]
        p[0, 1] -= p[0, 2] * inverse[3] * first[1]
        p[1, 0] = p[0, 1]
        p[0, 0] -= p[0, 1] * inverse[5] * first[0] + p[0, 2] * inverse[4] * first[0]
        var h = Tensor()
        (h[0, 0], h[1, 1], h[2, 2], h[1, 2], h[0, 2], h[0, 1]) = (inverse[0], inverse[1], inverse[2], inverse[3], inverse[4], inverse[5])
        func element(_ a: Int, _ b: Int) -> Double {
            var sum = 0.0
            for c in 0..<3 { for e in 0..<3 { sum += h[a, c] * p[c, e] * h[b, e] } }
            return referenceVolume * sum
        }
        sigma = [element(0, 0), element(1, 1), element(2, 2), element(1, 2), element(0, 2), element(0, 1)]
        guard stress.dimension == 2 else { return }
        (sigma[2], sigma[3], sigma[4]) = (0, 0, 0)
    }

    private func strainEnergy(_ h: [Double], _ toEnergy: Double) -> Double {
        let s = sigma
        let x = s[0] * (h[0] * h[0] + h[5] * h[5] + h[4] * h[4]) + s[5] * (h[1] * h[5] + h[3] * h[4]) + s[4] * (h[2] * h[4])
        let y = s[5] * (h[5] * h[1] + h[4] * h[3]) + s[1] * (h[1] * h[1] + h[3] * h[3]) + s[3] * (h[2] * h[3])
        let z = s[4] * (h[4] * h[2]) + s[3] * (h[3] * h[2]) + s[2] * (h[2] * h[2])
        return 0.5 * (x + y + z) * toEnergy
    }

    private func deviatoricForce(_ h: [Double], _ toEnergy: Double) -> [Double] {
        let s = sigma
        let force = [
            h[0] * s[0] + h[5] * s[5] + h[4] * s[4], h[1] * s[1] + h[3] * s[3], h[2] * s[2], h[1] * s[3] + h[3] * s[2],
            h[0] * s[4] + h[5] * s[3] + h[4] * s[2], h[0] * s[5] + h[5] * s[1] + h[4] * s[3],
        ]
        return force.map { toEnergy * $0 }
    }
}

extension FixStyle {
    static let boxRelax = FixStyle(
        "box/relax",
        usage: """
            fix ID GROUP box/relax iso|aniso|tri|x|y|z|yz|xz|xy PTARGET ... [couple none|xyz|xy|yz|xz] [vmax F] [nreset N] [fixedpoint X Y Z]
                [dilate all|partial] [scalexy yes|no] [scalexz yes|no] [scaleyz yes|no]
            """
    ) { words, setup in
        let box = setup.system.box
        var settings = BoxRelax.Settings(stress: StressControl(box), fixedPoint: (box.lo + box.hi) * 0.5)
        while !words.isAtEnd {
            let own = ["vmax", "nreset", "fixedpoint", "dilate"]
            let keyword = try words.choice("a keyword of fix box/relax", (StressControl.keywords + own).map { ($0, $0) })
            switch keyword {
            case "vmax": settings.largestStrain = try words.positiveDouble("the largest change of a strain")
            case "nreset": settings.resetEvery = try words.nonNegativeInt("the iterations between renewals of the reference cell")
            case "dilate": settings.dilated = try words.choice("all or partial", [("all", Group.all), ("partial", setup.group)])
            case "fixedpoint":
                let x = try words.double("x of the fixed point"), y = try words.double("y of the fixed point")
                settings.fixedPoint = Vector(x, y, try words.double("z of the fixed point"), 0)
            default: try settings.stress.read(keyword, &words, .target)
            }
        }
        guard settings.stress.isActive else { throw words.error("fix box/relax needs a pressure: iso, aniso, tri, x, y, z, yz, xz or xy") }
        if let problem = settings.stress.problem(box) { throw words.error("fix box/relax: \(problem)") }
        return BoxRelax(setup, settings: settings)
    }
}
