import Deck
import Foundation

/// A stacked ensemble as `mdfit stack train` writes it: a safetensors file whose metadata hold the `StackConfiguration` as JSON under
/// `mdrun_stack`.
public struct StackFile {
    public let path: String
    public let configuration: StackConfiguration
    let tensors: Safetensors

    static let key = "mdrun_stack"

    /// - Throws: `DeckError` at the word that named the file, when it is not such a file or is not sound.
    public init(_ bytes: [UInt8], path: String, at location: SourceLocation?) throws {
        self.path = path
        tensors = try Safetensors(bytes, file: path, at: location)
        guard let text = tensors.metadata[Self.key] else {
            throw DeckError(
                "\(path) is not a stacked ensemble: its metadata have no \(Self.key) (mdfit stack train writes such files)", at: location)
        }
        do {
            configuration = try JSONDecoder().decode(StackConfiguration.self, from: Data(text.utf8))
        } catch {
            throw DeckError("\(path): the metadata \(Self.key) cannot be read: \(error)", at: location)
        }
        if let fault = configuration.fault { throw DeckError("\(path): \(fault)", at: location) }
    }

    /// Reads the file that the next word names.
    /// - Throws: `DeckError` at the word, also for a file of the other kind.
    static func read(_ words: inout Words, _ setup: PotentialSetup, kind: StackConfiguration.Kind) throws -> (Word, StackFile) {
        let word = try words.word("the stacked ensemble's file, NAME.safetensors")
        let file = try StackFile(try setup.read(word.text, word.location), path: word.text, at: word.location)
        guard file.configuration.kind == kind else {
            throw DeckError(
                "\(word.text) holds a \(file.configuration.kind) ensemble; its style is ensemble/\(file.configuration.kind)",
                at: word.location)
        }
        return (word, file)
    }

    static func bytes(_ configuration: StackConfiguration, _ tensors: [(name: String, shape: [Int], values: [Double])]) throws -> [UInt8] {
        var writer = SafetensorsWriter(metadata: [key: try configuration.json])
        for tensor in tensors { writer.add(tensor.name, shape: tensor.shape, tensor.values, .single) }
        return try writer.bytes()
    }
}
