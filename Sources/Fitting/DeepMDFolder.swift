import Domain

/// DeePMD-kit's data format: a folder with `type.raw`, `type_map.raw` and sets of frames.
///
///     set.*/coord.npy   [frames, 3 N] Angstrom      box.npy [frames, 9], rows a b c; a file `nopbc` in the folder: no box
///     set.*/energy.npy  [frames] eV, optional       force.npy [frames, 3 N] eV/Angstrom, optional     virial.npy [frames, 9] eV, optional
public final class DeepMDFolder: Dataset {
    public let path: String
    private let elements: [String]
    private let sets: [FrameSet]
    private var set = 0
    private var row = 0

    private struct FrameSet {
        let path: String
        let coordinates: NpyFile
        let box: NpyFile?
        let energy: NpyFile?
        let force: NpyFile?
        let virial: NpyFile?
    }

    /// Opens every file and checks that their shapes fit each other.
    /// - Throws: `DataError` naming the file that does not fit.
    public init(_ path: String) throws {
        self.path = path
        let types = try Self.words(path + "/type.raw")
        guard InputFile.exists(path + "/type_map.raw") else {
            throw DataError(path + "/type_map.raw", "is missing: it names the elements of the types in type.raw")
        }
        let names = try Self.words(path + "/type_map.raw")
        elements = try types.map { word in
            guard let type = Int(word), names.indices.contains(type) else {
                throw DataError(path + "/type.raw", "has type '\(word)'; type_map.raw names types 0 to \(names.count - 1)")
            }
            return names[type]
        }
        let hasBox = !InputFile.exists(path + "/nopbc"), atoms = types.count
        sets = try InputFile.names(in: path).filter { $0.hasPrefix("set.") }.map { name in
            let folder = path + "/" + name
            guard !InputFile.exists(folder + "/real_atom_types.npy") else {
                throw DataError(folder, "has real_atom_types.npy: frames of mixed composition are not supported")
            }
            let coordinates = try NpyFile(folder + "/coord.npy")
            let frames = coordinates.shape.first ?? 0
            func file(_ name: String, _ size: Int, isOptional: Bool = true) throws -> NpyFile? {
                if isOptional && !InputFile.exists("\(folder)/\(name).npy") { return nil }
                let file = try NpyFile("\(folder)/\(name).npy")
                guard !file.shape.isEmpty, file.rows == frames, file.rowSize == size else {
                    throw DataError(file.path, "has shape \(file.shape); \(frames) frames of \(size) numbers are expected")
                }
                return file
            }
            _ = try file("coord", 3 * atoms, isOptional: false)
            return FrameSet(
                path: folder, coordinates: coordinates, box: hasBox ? try file("box", 9, isOptional: false) : nil,
                energy: try file("energy", 1), force: try file("force", 3 * atoms), virial: try file("virial", 9))
        }
        guard !sets.isEmpty else { throw DataError(path, "has no folder set.*") }
    }

    public var count: Int? { sets.reduce(0) { $0 + $1.coordinates.rows } }

    private func settle() -> Bool {
        while set < sets.count, row >= sets[set].coordinates.rows { (set, row) = (set + 1, 0) }
        return set < sets.count
    }

    public func skip() throws -> Bool {
        guard settle() else { return false }
        row += 1
        return true
    }

    public func next() throws -> Frame? {
        guard settle() else { return nil }
        defer { row += 1 }
        let source = sets[set], place = "\(source.path), frame \(row)"
        func numbers(_ file: NpyFile) throws -> [Double] {
            let values = try file.row(row)
            guard values.allSatisfy(\.isFinite) else { throw DataError(file.path, "frame \(row) has a number that is not finite") }
            return values
        }
        func vectors(_ file: NpyFile) throws -> [Vector] {
            let flat = try numbers(file)
            return (0..<flat.count / 3).map { Vector(flat[3 * $0], flat[3 * $0 + 1], flat[3 * $0 + 2], 0) }
        }
        func tensor(_ file: NpyFile) throws -> Tensor {
            let rows = try vectors(file)
            return Tensor(x: rows[0], y: rows[1], z: rows[2])
        }
        return Frame(
            elements: elements, positions: try vectors(source.coordinates), cell: try source.box.map(tensor),
            energy: try source.energy.map { try numbers($0)[0] }, forces: try source.force.map(vectors),
            virial: try source.virial.map(tensor), place: place)
    }

    private static func words(_ path: String) throws -> [String] {
        let file = try InputFile(path)
        guard file.size <= 1 << 28 else { throw DataError(path, "is larger than 256 MiB") }
        let text = String(decoding: try file.read(file.size, at: 0), as: UTF8.self)
        let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        guard !words.isEmpty else { throw DataError(path, "is empty") }
        return words
    }
}

/// Several data sets one after the other.
final class Datasets: Dataset {
    private let parts: [any Dataset]
    private var at = 0
    init(_ parts: [any Dataset]) { self.parts = parts }

    var count: Int? { parts.reduce(0) { sum, part in sum.flatMap { sum in part.count.map { sum + $0 } } } }

    func next() throws -> Frame? {
        while at < parts.count {
            if let frame = try parts[at].next() { return frame }
            at += 1
        }
        return nil
    }

    func skip() throws -> Bool {
        while at < parts.count {
            if try parts[at].skip() { return true }
            at += 1
        }
        return false
    }
}

/// An extended XYZ file, a DeePMD-kit folder, or a folder of such folders.
/// - Throws: `DataError` when there is no data at `path`.
public func openDataset(_ path: String) throws -> any Dataset {
    guard InputFile.isFolder(path) else { return try ExtendedXYZReader(path) }
    func systems(_ folder: String, depth: Int) throws -> [any Dataset] {
        if InputFile.exists(folder + "/type.raw") { return [try DeepMDFolder(folder)] }
        guard depth < 4 else { return [] }
        return try InputFile.names(in: folder).map { folder + "/" + $0 }.filter(InputFile.isFolder).flatMap {
            try systems($0, depth: depth + 1)
        }
    }
    let parts = try systems(path, depth: 0)
    guard let first = parts.first else { throw DataError(path, "is a folder without type.raw, in it or below it") }
    return parts.count == 1 ? first : Datasets(parts)
}
