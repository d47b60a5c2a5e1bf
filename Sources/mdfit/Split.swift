import ArgumentParser
import Domain
import Fitting

/// `mdfit split DATA`: a data set as two, so that other programs train on the same parts as mdfit.
struct Split: RankCommand {
    static let configuration = CommandConfiguration(
        abstract: "Divides a data set into two by a seed, for base potentials and for what is stacked upon them.",
        discussion: """
            The parts are disjoint, cover everything, keep the order of frames, and depend on nothing but the number of frames and the \
            options; `mdfit stack ... --part bases|stack` with the same fraction, seed and block reads the same ones. A name that ends in \
            .xyz or .extxyz is an extended XYZ file, any other a DeePMD-kit folder.
            """)

    @Argument(help: "Extended XYZ file or DeePMD-kit folder.")
    var data: String

    @Option(help: "The fraction of frames in the first part.")
    var fraction = 0.8

    @Option(help: "Another seed gives other parts.")
    var seed = 1

    @Option(help: "So many consecutive frames stay together: more than a trajectory's correlation time.")
    var block = 1

    @Option(help: "Where the first part (bases) goes.")
    var writeA: String

    @Option(help: "Where the second part (stack) goes.")
    var writeB: String

    func validate() throws {
        guard block > 0 else { throw ValidationError("--block must be positive, not \(block)") }
        guard fraction > 0, fraction < 1 else { throw ValidationError("--fraction must be between 0 and 1, not \(fraction)") }
        guard writeA != writeB, writeA != data, writeB != data else {
            throw ValidationError("the two parts and DATA need three different names")
        }
    }

    func run(_ communicator: any Communicator) throws {
        // Rank 0 does it all; the others only learn of its errors. Both parts are read before anything is written, since a name may be
        // another one of DATA's.
        var sets: [FrameSet?] = [nil, nil]
        try agree(communicator) {
            guard communicator.rank == 0 else { return }
            sets = try (0..<2).map { try FrameSet(data, FrameSelection(split: ([fraction, 1 - fraction], $0, seed, block))) }
        }
        for (set, path) in zip(sets, [writeA, writeB]) {
            let isText = path.hasSuffix(".xyz") || path.hasSuffix(".extxyz")
            let output = try OutputFile(isText ? path : nil, communicator)
            try agree(communicator) {
                guard !isText, let set else { return }
                let folder = DeepMDFolderWriter(path)
                for frame in set.frames { try folder.append(frame) }
                try folder.finish()
            }
            if isText { try agree(communicator) { try output.append(set?.frames.map(\.extendedXYZ).joined() ?? "", communicator) } }
            if let set { print("\(path): \(set.total) frames, \(set.atoms) atoms") }
        }
    }
}
