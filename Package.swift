// swift-tools-version: 6.1
import PackageDescription

// The CPU is chosen by the environment: MDRUN_CPU=native, x86-64-v4, none ... Default: x86-64-v3 on x86-64.
#if arch(x86_64)
    let defaultCPU = "x86-64-v3"
#else
    let defaultCPU = "none"
#endif
let cpu = Context.environment["MDRUN_CPU"] ?? defaultCPU
let optimised: [SwiftSetting] = cpu == "none" ? [] : [.unsafeFlags(["-Xcc", "-march=\(cpu)"])]
let cOptimised: [CSetting] = cpu == "none" ? [] : [.unsafeFlags(["-march=\(cpu)"])]
let lifetimes: SwiftSetting = .enableExperimentalFeature("Lifetimes")

let package = Package(
    name: "mdrun",
    products: [
        .executable(name: "mdrun", targets: ["mdrun"]),
        .executable(name: "mdfit", targets: ["mdfit"]),
        .executable(name: "mdsweep", targets: ["mdsweep"]),
        // For Benchmarks/, a package of its own.
        .library(name: "Potentials", targets: ["Potentials", "Domain", "Deck"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        // YAML: mdsweep's plans, models of ACE.
        .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
        // mdsweep's index.
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.0.0"),
    ],
    targets: [
        .systemLibrary(name: "CMPICH", pkgConfig: "mpich", providers: [.apt(["libmpich-dev"])]),
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .target(name: "CLanes"),
        .target(name: "CMPI", dependencies: ["CMPICH"], cSettings: cOptimised),
        .target(name: "CProcess"),
        .target(name: "Digest", swiftSettings: optimised),
        .target(name: "Deck", swiftSettings: optimised),
        .target(name: "Domain", dependencies: ["CMPI", "CZlib", "CZstd", "Deck"], swiftSettings: optimised + [lifetimes]),
        .target(
            name: "Potentials", dependencies: ["CLanes", "Domain", "Deck", "COpenBLAS", .product(name: "Yams", package: "Yams")],
            swiftSettings: optimised + [lifetimes]),
        .target(name: "Integrators", dependencies: ["Potentials", "Domain", "Deck"], swiftSettings: optimised),
        .target(
            name: "Observers", dependencies: ["Integrators", "Potentials", "Domain", "Deck"],
            swiftSettings: optimised),
        .target(name: "Fitting", dependencies: ["Potentials", "Domain", "Deck", "Digest"], swiftSettings: optimised),
        .target(
            name: "MDSession", dependencies: ["Observers", "Integrators", "Potentials", "Domain", "Deck", "Digest"],
            path: "Sources/mdrun/Session", swiftSettings: optimised),
        .executableTarget(
            name: "mdrun", dependencies: ["MDSession", "Integrators"], path: "Sources/mdrun/Main", swiftSettings: optimised),
        .executableTarget(
            name: "mdfit",
            dependencies: [
                "Fitting", "MDSession", "Digest", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: optimised),
        .target(
            name: "Sweep",
            dependencies: [
                "CProcess", "Deck", "Digest", .product(name: "Yams", package: "Yams"), .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        .executableTarget(
            name: "mdsweep", dependencies: ["Sweep", .product(name: "ArgumentParser", package: "swift-argument-parser")]),
        .target(name: "TestSupport", dependencies: ["Potentials", "Domain", "Deck"], swiftSettings: optimised),
        .executableTarget(name: "mdcheck", dependencies: ["TestSupport"], swiftSettings: optimised),
        .testTarget(name: "DeckTests", dependencies: ["Deck"]),
        .testTarget(name: "EndToEndTests", dependencies: ["Potentials", "TestSupport", "mdrun", "mdcheck"], swiftSettings: optimised),
        .testTarget(name: "ObserversTests", dependencies: ["Domain", "TestSupport", "mdrun"], swiftSettings: optimised),
        .testTarget(
            name: "DomainTests", dependencies: ["Domain", "Potentials", "Deck", "TestSupport"], swiftSettings: optimised),
        .testTarget(
            name: "PotentialsTests", dependencies: ["Potentials", "Domain", "Deck", "TestSupport"],
            swiftSettings: optimised),
        .testTarget(
            name: "FittingTests", dependencies: ["Fitting", "Digest", "Potentials", "Domain", "Deck", "TestSupport", "mdfit"],
            swiftSettings: optimised),
        .testTarget(
            name: "MDSessionTests",
            dependencies: ["MDSession", "Observers", "Integrators", "Potentials", "Domain", "Deck", "TestSupport"],
            swiftSettings: optimised),
        .testTarget(name: "SweepTests", dependencies: ["Sweep", "Deck", "TestSupport", "mdrun", "mdsweep"]),
    ],
    swiftLanguageModes: [.v6]
)
