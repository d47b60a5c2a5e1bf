import Foundation

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// Whether a text is well-formed XML.
enum XMLParserCheck {
    struct Malformed: Error { var line: Int }

    static func parse(_ text: String) throws {
        let parser = XMLParser(data: Data(text.utf8))
        if !parser.parse() { throw Malformed(line: parser.lineNumber) }
    }
}
