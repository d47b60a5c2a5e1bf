import Deck
import Observers

/// `compute_modify ID`: degrees of freedom of a temperature.
struct ComputeModifyCommand: DeckCommand {
    static let name = "compute_modify"
    static let usage = "compute_modify ID [extra/dof N] [dynamic/dof yes|no]"
    let compute: any Compute
    var modifications: [ComputeModification] = []
    let location: SourceLocation

    init(_ words: inout Words, _ session: Session) throws {
        location = words.location
        compute = try session.observation.requireCompute(words.word("the ID of a compute"))
        repeat {
            switch try words.choice("a keyword", ["extra/dof", "extra", "dynamic/dof", "dynamic"].map { ($0, $0.hasPrefix("extra")) }) {
            case true: modifications.append(.extraDegrees(try words.double("the number of degrees of freedom")))
            case false: modifications.append(.dynamicDegrees(try words.flag("yes or no")))
            }
        } while !words.isAtEnd
    }

    func execute(_ session: Session) throws {
        for one in modifications where !compute.modify(one) {
            throw DeckError("compute '\(compute.id)' (\(compute.style)) has no degrees of freedom", at: location)
        }
    }
}
