import Foundation

/// A small writer of SVG: what the figures of a report need, no more.
struct SVG {
    let width: Double
    let height: Double
    private var elements: [String] = []

    init(width: Double, height: Double) { (self.width, self.height) = (width, height) }

    enum Anchor: String { case start, middle, end }

    static func escape(_ text: String) -> String {
        text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
            .replacingOccurrences(of: ">", with: "&gt;").replacingOccurrences(of: "\"", with: "&quot;")
    }

    /// Two decimals, no more than needed.
    static func number(_ x: Double) -> String {
        guard x.isFinite else { return "0" }
        let text = String(format: "%.2f", x)
        return text.hasSuffix("00") ? String(text.dropLast(3)) : text
    }

    mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) {
        elements.append(
            "<line x1=\"\(Self.number(x1))\" y1=\"\(Self.number(y1))\" x2=\"\(Self.number(x2))\" y2=\"\(Self.number(y2))\" \(style)/>")
    }

    mutating func path(_ points: [(x: Double, y: Double)], _ style: String, isClosed: Bool = false) {
        guard points.count > 1 else { return }
        let words = points.map { "\(Self.number($0.x)) \(Self.number($0.y))" }.joined(separator: "L")
        elements.append("<path d=\"M\(words)\(isClosed ? "Z" : "")\" \(style)/>")
    }

    mutating func circle(_ x: Double, _ y: Double, _ radius: Double, _ style: String, title: String? = nil) {
        let inner = title.map { "><title>\(Self.escape($0))</title></circle>" } ?? "/>"
        elements.append("<circle cx=\"\(Self.number(x))\" cy=\"\(Self.number(y))\" r=\"\(Self.number(radius))\" \(style)\(inner)")
    }

    mutating func rectangle(_ x: Double, _ y: Double, _ width: Double, _ height: Double, _ style: String, title: String? = nil) {
        let inner = title.map { "><title>\(Self.escape($0))</title></rect>" } ?? "/>"
        elements.append(
            "<rect x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" width=\"\(Self.number(max(0, width)))\" height=\"\(Self.number(max(0, height)))\" "
                + "\(style)\(inner)")
    }

    mutating func text(
        _ text: String, _ x: Double, _ y: Double, _ anchor: Anchor = .start, size: Double = 12, colour: String = Style.ink,
        weight: Int = 400,
        rotation: Double = 0
    ) {
        let turn = rotation == 0 ? "" : " transform=\"rotate(\(Self.number(rotation)) \(Self.number(x)) \(Self.number(y)))\""
        elements.append(
            "<text x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" text-anchor=\"\(anchor.rawValue)\" font-size=\"\(Self.number(size))\" "
                + "fill=\"\(colour)\"\(weight == 400 ? "" : " font-weight=\"\(weight)\"")\(turn)>\(Self.escape(text))</text>")
    }

    func document(title: String) -> String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Self.number(width)) \(Self.number(height))" width="\(Self.number(width))" \
        height="\(Self.number(height))" role="img" font-family="\(Style.font)">
        <title>\(Self.escape(title))</title>
        \(elements.joined(separator: "\n"))
        </svg>
        """
    }
}

/// How figures look.
enum Style {
    static let font = "'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif"
    static let ink = "#222222"
    static let faint = "#6b6b6b"
    static let grid = "#e3e3e3"

    /// Colours that colour-blind readers tell apart: M. Okabe and K. Ito. Yellow is left out: it cannot be read on paper.
    static let colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
    static let dashes = ["", "6 3", "2 2", "8 3 2 3", "10 4", "4 2 1 2", "1 3"]

    static func colour(_ place: Int) -> String { colours[place % colours.count] }

    /// Line and dash differ too, so that a print without colour can be read.
    static func stroke(_ place: Int, width: Double = 1.8) -> String {
        let dash = dashes[(place + place / colours.count) % dashes.count]
        return "fill=\"none\" stroke=\"\(colour(place))\" stroke-width=\"\(SVG.number(width))\" stroke-linejoin=\"round\""
            + (dash.isEmpty ? "" : " stroke-dasharray=\"\(dash)\"")
    }

    /// The width of a text, about.
    static func width(_ text: String, size: Double = 12) -> Double { 0.54 * size * Double(text.count) }
}
