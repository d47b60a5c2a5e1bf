import Deck
import Domain
import Potentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// `fix rhok`: a harmonic bias on the collective density of a wave vector k = 2 pi (nx / lx, ny / ly, nz / lz), of the box as it was when the fix was made:
///
///     U = KAPPA / 2 (|rho_k| - A)^2,   rho_k = sum_i exp(-i k r_i) / sqrt(N)
///
/// f_ID is U, f_ID[1..3] the real and imaginary part and the modulus of rho_k. U. R. Pedersen, J. Chem. Phys. 139, 104102 (2013).
public final class DensityBias: Fix {
    public let id: String
    public let style = "rhok"
    public var group: Group
    public let actsInMinimization = true
    private let k: Vector
    private let kappa: Double
    private let goal: Double
    private var parts = AddedParts(energy: true, virial: false)
    private var count = 0.0
    private var density = [0.0, 0]

    init(_ setup: FixSetup, k: Vector, kappa: Double, goal: Double) {
        (id, group, self.k, self.kappa, self.goal) = (setup.id, setup.group, k, kappa, goal)
    }

    public func modify(_ keyword: String, _ value: FixModification) -> Bool { parts.modify(keyword, value) }

    public func prepare(_ system: System) {
        var own = 0
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 { own += 1 }
        count = Double(system.communicator.sum(own))
    }

    public func setup(_ system: System) { postForce(system) }

    public func postForce(_ system: System) {
        guard count > 0 else { return }
        var sums = [0.0, 0]
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            let phase = k.xyz.dot(system.atoms.position[i].xyz)
            sums[0] += cos(phase)
            sums[1] -= sin(phase)
        }
        system.communicator.all(.sum, &sums)
        density = sums.map { $0 / count.squareRoot() }
        let modulus = self.modulus
        guard modulus > 0 else { return }
        let strength = kappa * (modulus - goal) / modulus / count.squareRoot()
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            let phase = k.xyz.dot(system.atoms.position[i].xyz)
            system.forces.force[i] = system.forces.force[i].xyz + k.xyz * (strength * (density[0] * sin(phase) + density[1] * cos(phase)))
        }
    }

    private var modulus: Double { (density[0] * density[0] + density[1] * density[1]).squareRoot() }
    public var scalar: Double? { 0.5 * kappa * (modulus - goal) * (modulus - goal) }
    public var vector: [Double] { density + [modulus] }
    public var potentialEnergy: Double { parts.addsEnergy ? scalar ?? 0 : 0 }
}

extension FixStyle {
    static let rhok = FixStyle("rhok", usage: "fix ID GROUP rhok NX NY NZ KAPPA A") { words, setup in
        var k = Vector.zero
        let box = setup.system.box
        for d in 0..<3 {
            k[d] = Double(try words.int("the number of waves along \(["x", "y", "z"][d])")) * (2 * .pi / (box.hi[d] - box.lo[d]))
        }
        return DensityBias(setup, k: k, kappa: try words.double("the spring constant kappa"), goal: try words.double("the anchor of |rho_k|"))
    }
}
