import Deck

extension SNAPDescriptor {
    /// The descriptor of an ML-IAP file, for computes: types are its species in order.
    /// - Throws: `ParameterFileError`, also where the number of species is not that of types.
    public static func reading(mliap bytes: [UInt8], name: String, types: Int) throws -> SNAPDescriptor {
        let keywords = try SNAPKeywordFile(name, bytes, known: SNAPKeywordFile.descriptorKeywords)
        guard let count = try keywords.integer("nelems") else { throw keywords.missing("nelems") }
        guard count == types else { throw keywords.error("\(count) species, but \(types) atom types", at: "nelems") }
        guard let radii = try keywords.numbers("radelems", count) else { throw keywords.missing("radelems") }
        guard radii.allSatisfy({ $0 > 0 }) else { throw keywords.error("radii must be positive", at: "radelems") }
        guard let weights = try keywords.numbers("welems", count) else { throw keywords.missing("welems") }
        return try keywords.descriptor(radii: radii, weights: weights, suffix: "elems")
    }
}

/// ML-IAP's form of the same models: the descriptor's file names the species, the model's file has the coefficients.
extension SNAPParameters {
    /// Reads `model linear|quadratic FILE descriptor sna FILE`, in either order.
    static func reading(mliap words: inout Words, _ setup: PotentialSetup) throws -> (SNAPParameters, ModelFiles) {
        var model: (word: Word, isQuadratic: Bool)?, descriptor: Word?
        while !words.isAtEnd {
            switch try words.choice("model or descriptor", [("model", 0), ("descriptor", 1), ("unified", 2)]) {
            case 0:
                let kind = try words.choice("a model of pair_style mliap", [("linear", 0), ("quadratic", 1), ("nn", 2), ("mliappy", 3)])
                guard kind < 2 else { throw words.error("only the models linear and quadratic are supported") }
                model = (try words.word("the model's file"), kind == 1)
            case 1:
                let kind = try words.choice("a descriptor of pair_style mliap", [("sna", 0), ("so3", 1), ("ace", 2)])
                guard kind == 0 else { throw words.error("only the descriptor sna is supported") }
                descriptor = try words.word("the descriptor's file")
            default: throw words.error("unified models run Python code, which is not supported")
            }
        }
        guard let model else { throw words.error("expected 'model linear|quadratic FILE'") }
        guard let descriptor else { throw words.error("expected 'descriptor sna FILE'") }
        var files = ModelFiles()
        let count: Int, elements: [String], description: SNAPDescriptor
        (count, elements, description) = try files.read(descriptor, words, setup) { name, bytes in
            try FileUnits.checkEqual(bytes, descriptor, setup.units)
            let keywords = try SNAPKeywordFile(name, bytes, known: SNAPKeywordFile.descriptorKeywords)
            guard let count = try keywords.integer("nelems") else { throw keywords.missing("nelems") }
            guard (1...1000).contains(count) else { throw keywords.error("nelems must be positive, not \(count)", at: "nelems") }
            guard let elements = try keywords.words("elems", count)?.map(\.text) else { throw keywords.missing("elems") }
            guard Set(elements).count == count else { throw keywords.error("a species appears twice", at: "elems") }
            guard let radii = try keywords.numbers("radelems", count) else { throw keywords.missing("radelems") }
            guard radii.allSatisfy({ $0 > 0 }) else { throw keywords.error("radii must be positive", at: "radelems") }
            guard let weights = try keywords.numbers("welems", count) else { throw keywords.missing("welems") }
            return (count, elements, try keywords.descriptor(radii: radii, weights: weights, suffix: "elems"))
        }
        let coefficients = try files.read(model.word, words, setup) { name, bytes in
            try FileUnits.checkEqual(bytes, model.word, setup.units)
            let file = try SNAPCoefficientFile(name, bytes, isModel: true)
            guard file.coefficients.count == count else {
                throw ParameterFileError(
                    file: name, line: 0, column: 0, message: "a model of \(file.coefficients.count) species, the descriptor has \(count)")
            }
            try file.check(description, isQuadratic: model.isQuadratic)
            return file.coefficients
        }
        let parameters = SNAPParameters(
            elements: elements, descriptor: description, isQuadratic: model.isQuadratic, coefficients: coefficients)
        return (parameters, files)
    }
}
