// swift-tools-version: 6.1
import PackageDescription

// Apart from the engine's package, so that building the engine stays short. The same CPU as there.
#if arch(x86_64)
    let defaultCPU = "x86-64-v3"
#else
    let defaultCPU = "none"
#endif
let cpu = Context.environment["MDRUN_CPU"] ?? defaultCPU
let optimised: [SwiftSetting] = cpu == "none" ? [] : [.unsafeFlags(["-Xcc", "-march=\(cpu)"])]

let package = Package(
    name: "Benchmarks",
    dependencies: [.package(name: "mdrun", path: "..")],
    targets: [
        .executableTarget(
            name: "nep-benchmark", dependencies: [.product(name: "Potentials", package: "mdrun")], path: "Sources/nep",
            swiftSettings: optimised)
    ],
    swiftLanguageModes: [.v6]
)
