import Deck
import Domain
import Integrators

/// `compute pressure`: P = (dof k_B T + tr W) / (d V) in d dimensions and P_ab = (sum m v_a v_b + W_ab) / V as c_ID[1..6] = xx yy zz xy xz
/// yz, pressure units; W is the virial. `compute ID all pressure NULL virial` leaves the kinetic part out.
public final class PressureCompute: Compute {
    public static let entry = ComputeStyle(
        "pressure", usage: "compute ID all pressure TEMP-ID|NULL [ke] [virial] [pair] [fix] [bond] [angle] [dihedral] [improper] [kspace]",
        help: "pressure and its tensor"
    ) { id, group, words, observation in
        let temperature = try words.word("the id of a temperature compute, or NULL")
        if temperature.text != "NULL", !(try observation.requireCompute(temperature) is TemperatureCompute) {
            throw words.error("compute '\(temperature.text)' is no temperature", at: temperature)
        }
        guard group == .all else { throw words.error("compute pressure is of group all") }
        let parts = StressParts(try words.parts(of: "the pressure", StressParts.names))
        if parts.hasKinetic && temperature.text == "NULL" {
            throw words.error("the kinetic part needs a temperature compute; use 'NULL virial' without one", at: temperature)
        }
        return PressureCompute(
            id: id, temperatureID: parts.hasKinetic ? temperature.text : nil, parts)
    }

    public let id: String
    public let style = "pressure"
    public let group = Group.all
    /// nil: no kinetic part.
    public var temperatureID: String?
    let parts: StressParts
    public let shape = ComputeShape(scalar: true, vector: 6)
    public var wants: Wanted { parts.needsVirial ? .virial : [] }
    public var inputs: [String] { temperatureID.map { [$0] } ?? [] }

    public init(id: String, temperatureID: String?) {
        (self.id, self.temperatureID, parts) = (id, temperatureID, StressParts([]))
    }

    init(id: String, temperatureID: String?, _ parts: StressParts) {
        (self.id, self.temperatureID, self.parts) = (id, temperatureID, parts)
    }

    private func virial(_ snapshot: Snapshot) throws -> [Double] {
        guard parts.needsVirial else { return [0, 0, 0, 0, 0, 0] }
        let all = try snapshot.virial(for: "the pressure '\(id)'")
        guard !parts.hasAll else { return all }
        let added = try snapshot.addedVirial()
        let kept =
            parts.hasPair
            ? zip(all, parts.hasFixes ? [0, 0, 0, 0, 0, 0] : added).map { $0 - $1 } : parts.hasFixes ? added : [0, 0, 0, 0, 0, 0]
        // Those of bonds are part of the whole: taken out of it, or added to nothing.
        let bonded = try snapshot.bondedVirial(TopologyKind.allCases.filter { parts.bonded.contains($0) != parts.hasPair })
        return zip(kept, bonded).map { $0 + (parts.hasPair ? -$1 : $1) }
    }

    public func scalar(_ snapshot: Snapshot) throws -> Double {
        let virial = try virial(snapshot)
        guard let temperatureID else { return Pressure.scalar(snapshot.system, nil, virial) }
        _ = try snapshot.scalar(temperatureID)
        guard let compute = try snapshot.observation.requireCompute(temperatureID) as? TemperatureCompute else {
            throw DeckError("compute '\(temperatureID)' is no temperature", at: nil)
        }
        return Pressure.scalar(snapshot.system, compute.temperature, virial)
    }

    public func vector(_ snapshot: Snapshot) throws -> [Double] {
        let virial = try virial(snapshot)
        let kinetic = try temperatureID.map { try snapshot.vector($0) } ?? [0, 0, 0, 0, 0, 0]
        let inverseVolume = 1 / snapshot.system.box.volume
        let tensor = zip(kinetic, virial).map { ($0 + $1) * inverseVolume * snapshot.system.units.nktv2p }
        return snapshot.system.box.dimension == 3 ? tensor : [tensor[0], tensor[1], 0, tensor[3], 0, 0]
    }

    /// The same as a barostat takes it (`fix_modify ID press`).
    public func pressure(_ observation: Observation) throws -> Pressure {
        let temperature = try temperatureID.map { try observation.requireCompute($0) as? TemperatureCompute }
        guard parts.hasAll || !parts.needsVirial else {
            throw DeckError("compute '\(id)' leaves a part of the virial out: no barostat can hold that pressure", at: nil)
        }
        return Pressure(temperature: temperature??.temperature, hasVirial: parts.needsVirial)
    }
}

/// The parts of a pressure or stress that are asked for: all when none is named; `virial` is all but the kinetic one.
struct StressParts: Sendable {
    static let names = ["ke", "virial"] + EnergyPart.allCases.map(\.rawValue)
    let hasKinetic: Bool
    let hasPair: Bool
    let hasFixes: Bool
    let bonded: [TopologyKind]
    var needsVirial: Bool { hasPair || hasFixes || !bonded.isEmpty }
    /// Whether it is the whole virial.
    var hasAll: Bool { hasPair && hasFixes && bonded.count == TopologyKind.allCases.count }

    init(_ named: Set<String>) {
        hasKinetic = named.isEmpty || named.contains("ke")
        let all = named.isEmpty || named.contains("virial")
        (hasPair, hasFixes) = (all || named.contains("pair"), all || named.contains("fix"))
        bonded = TopologyKind.allCases.filter { all || named.contains($0.name) }
    }
}
