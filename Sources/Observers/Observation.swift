import Integrators

/// What a deck has asked to be watched: computes, thermo, dumps.
public final class Observation {
    public init() {}
}
