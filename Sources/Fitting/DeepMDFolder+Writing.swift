import Domain
import Foundation

/// Frames of one composition as a DeePMD-kit folder with one set, `set.000`, in double precision: what `DeepMDFolder` reads.
public final class DeepMDFolderWriter {
    public let path: String
    private var first: Frame?
    private var values: [String: [Double]] = [:]
    private var frames = 0

    public init(_ path: String) { self.path = path }

    /// - Throws: `DataError` for a frame whose atoms, or whose kinds of data, are not those of the first one.
    public func append(_ frame: Frame) throws {
        let first = first ?? frame
        self.first = first
        guard frame.elements == first.elements else {
            throw DataError(
                frame.place, "has other atoms than \(first.place): a DeePMD-kit folder holds frames of one composition; write .extxyz")
        }
        let isOpen = !frame.isPeriodic.contains(true)
        guard isOpen || (frame.cell != nil && frame.isPeriodic.allSatisfy { $0 }) else {
            throw DataError(frame.place, "is periodic in some directions only, which DeePMD-kit folders cannot say; write .extxyz")
        }
        func flat(_ rows: [Vector]) -> [Double] { rows.flatMap { [$0.x, $0.y, $0.z] } }
        func flat(_ tensor: Tensor) -> [Double] { flat([tensor.x, tensor.y, tensor.z]) }
        values["coord", default: []] += flat(frame.positions)
        if !isOpen { values["box", default: []] += flat(frame.cell!) }
        if let energy = frame.energy { values["energy", default: []].append(energy) }
        if let forces = frame.forces { values["force", default: []] += flat(forces) }
        if let virial = frame.virial { values["virial", default: []] += flat(virial) }
        frames += 1
        for (name, numbers) in values where numbers.count != frames * size(name) {
            throw DataError(frame.place, "differs from \(first.place) in whether it has \(name == "coord" ? "atoms" : name)")
        }
    }

    private func size(_ name: String) -> Int {
        switch name {
        case "energy": 1
        case "box", "virial": 9
        default: 3 * first!.count
        }
    }

    /// Writes the files; a folder that has data already is refused, since sets that remain would be read as well.
    /// - Throws: `DataError` with the system's reason.
    public func finish() throws {
        guard let first else { throw DataError(path, "has no frames to be written") }
        guard !InputFile.exists(path + "/type.raw") else { throw DataError(path, "has data already") }
        var elements: [String] = []
        for element in first.elements where !elements.contains(element) { elements.append(element) }
        let types = first.elements.map { "\(elements.firstIndex(of: $0)!)\n" }
        do {
            try FileManager.default.createDirectory(atPath: path + "/set.000", withIntermediateDirectories: true)
            for (name, numbers) in values {
                let shape = name == "energy" ? [frames] : [frames, size(name)]
                try Data(npyBytes(numbers, shape: shape)).write(to: URL(fileURLWithPath: "\(path)/set.000/\(name).npy"))
            }
            if values["box"] == nil { try Data().write(to: URL(fileURLWithPath: path + "/nopbc")) }
            try Data(elements.map { $0 + "\n" }.joined().utf8).write(to: URL(fileURLWithPath: path + "/type_map.raw"))
            try Data(types.joined().utf8).write(to: URL(fileURLWithPath: path + "/type.raw"))
        } catch {
            throw DataError(path, "cannot be written: \(error.localizedDescription)")
        }
    }
}

/// An npy file, version 1.0, of doubles in C order (numpy.lib.format): what `NpyFile` reads.
func npyBytes(_ values: [Double], shape: [Int]) -> [UInt8] {
    let extents = shape.map { "\($0)" }.joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var header = Array("{'descr': '<f8', 'fortran_order': False, 'shape': (\(extents)), }".utf8)
    while (10 + header.count + 1) % 64 != 0 { header.append(32) }
    header.append(10)
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.count & 0xFF), UInt8(header.count >> 8)] + header + encoded(values)
}
