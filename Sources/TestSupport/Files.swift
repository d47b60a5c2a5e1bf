import Foundation

public struct FileProblem: Error, CustomStringConvertible {
    public let description: String
}

/// A whole file's bytes.
public func readFile(_ path: String) throws -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: path) else { throw FileProblem(description: "cannot read \(path)") }
    return [UInt8](data)
}

public func writeFile(_ text: String, to path: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
}
