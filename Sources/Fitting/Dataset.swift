import Domain

/// A sequence of frames that is read one at a time, so that its size does not matter.
public protocol Dataset: AnyObject {
    /// The next frame; nil behind the last.
    /// - Throws: `DeckError` with file, line and column for text, `DataError` with the file's name for binary files.
    func next() throws -> Frame?
    /// Passes over a frame, reading no more of it than needed; false behind the last.
    func skip() throws -> Bool
    /// How many frames there are, if that is known without reading them.
    var count: Int? { get }
}

extension ExtendedXYZReader: Dataset {
    /// Not known before the file has been read.
    public var count: Int? { nil }
}
