import Deck
import Domain

/// SchNet, a continuous-filter convolutional network (Schuett et al., J. Chem. Phys. 148, 241722 (2018)), as SchNetPack 2 trains it:
///
///     x_i = embedding(Z_i);   T times:  x_i += f2out( sum_j in2f(x_j) * W_t(d_ij) );   E = sum_i readout(x_i) + offset(Z_i)
///
/// with filters W_t(d) = network_t(phi(d)) f(d) for neighbours within the cutoff. Energies and lengths are converted from the units
/// that the model file names (eV, A, ...) to the deck's.
///
/// Owned atoms are centres; neighbours' in2f(x) come from their owners, one halo exchange an interaction after the first, and their
/// adjoints go back the same way.
public final class SchNet: MessagePassingPotential {
    public static let entry = PotentialStyle(
        "schnet", usage: "pair_style schnet \(MessagePassingOptions.usage)\npair_coeff * * MODEL.json ELEMENT|NULL ..."
    ) { words, _ in SchNet(try MessagePassingOptions(&words)) }

    let core: MessagePassingCore

    init(_ options: MessagePassingOptions) { core = MessagePassingCore(.schnet, options) }
}
