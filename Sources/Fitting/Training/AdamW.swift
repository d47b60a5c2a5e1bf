import Foundation

/// AdamW (Loshchilov and Hutter, ICLR 2019, algorithm 2) on a flat vector of parameters, with an exponential moving average of them.
///
///     m = b1 m + (1 - b1) g,   v = b2 v + (1 - b2) g^2,   p -= rate (m^ / (sqrt(v^) + epsilon) + decay p),   m^ = m / (1 - b1^t)
///
/// Gradients longer than `clip` times the root mean square of the recent ones' lengths are shortened to that first, so that one odd frame
/// does not throw the parameters far off. The average forgets over 1 / (1 - averaging) steps, and over fewer at first.
public struct AdamW: Sendable {
    public struct Settings: Sendable, Equatable {
        public var decay = 0.0
        public var clip = 3.0
        public var averaging = 0.999
        public init() {}
    }

    public let settings: Settings
    public private(set) var step = 0
    public var parameters: [Double]
    public private(set) var average: [Double]
    var first: [Double]
    var second: [Double]
    /// Moving mean of the squared lengths of gradients, as far as they were not clipped.
    private(set) var squaredLength = 0.0

    static let b1 = 0.9, b2 = 0.999, epsilon = 1e-8

    public init(_ parameters: [Double], _ settings: Settings) {
        (self.parameters, self.settings, average) = (parameters, settings, parameters)
        first = Array(repeating: 0, count: parameters.count)
        second = first
    }

    /// As it was after `step` steps.
    init(
        _ settings: Settings, step: Int, parameters: [Double], average: [Double], first: [Double], second: [Double], squaredLength: Double
    ) {
        (self.settings, self.step, self.parameters, self.average) = (settings, step, parameters, average)
        (self.first, self.second, self.squaredLength) = (first, second, squaredLength)
    }

    /// - Returns: the gradient's length before it was clipped.
    @discardableResult
    public mutating func update(_ gradient: [Double], rate: Double) -> Double {
        step += 1
        let length = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let limit = step > 1 ? settings.clip * squaredLength.squareRoot() : length
        let scale = length > limit ? limit / length : 1
        let forget = max(0.01, 1 / Double(step))
        squaredLength += forget * (min(length, limit) * min(length, limit) - squaredLength)
        let correction1 = 1 / (1 - pow(Self.b1, Double(step))), correction2 = 1 / (1 - pow(Self.b2, Double(step)))
        let keep = min(settings.averaging, Double(1 + step) / Double(10 + step))
        for k in parameters.indices {
            let g = gradient[k] * scale
            first[k] = Self.b1 * first[k] + (1 - Self.b1) * g
            second[k] = Self.b2 * second[k] + (1 - Self.b2) * g * g
            let move = first[k] * correction1 / ((second[k] * correction2).squareRoot() + Self.epsilon)
            parameters[k] -= rate * (move + settings.decay * parameters[k])
            average[k] = keep * average[k] + (1 - keep) * parameters[k]
        }
        return length
    }
}

/// The learning rate over a training: up linearly from 0 during the first steps, then down along half a cosine.
public struct LearningRate: Sendable {
    public var peak: Double
    public var end: Double
    public var warmUp: Int
    public var steps: Int

    public init(peak: Double, end: Double, warmUp: Int, steps: Int) {
        (self.peak, self.end, self.warmUp, self.steps) = (peak, end, warmUp, steps)
    }

    /// - Parameter step: from 0.
    public func callAsFunction(_ step: Int) -> Double {
        if step < warmUp { return peak * Double(step + 1) / Double(warmUp) }
        let x = Double(step - warmUp) / Double(max(1, steps - warmUp))
        return end + (peak - end) * 0.5 * (1 + cos(Double.pi * min(1, x)))
    }
}
