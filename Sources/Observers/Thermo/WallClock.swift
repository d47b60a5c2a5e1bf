import Integrators

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Wall and processor time of a run, and what thermo keywords make of it.
final class WallClock {
    private var start = 0.0
    private var processorStart = 0.0
    private(set) var isRunning = false
    private var lastRow = (time: 0.0, seconds: 0.0)
    private var lastStep = (step: 0, seconds: 0.0)

    /// The loop begins: everything is 0 until the first row has been printed.
    func begin() {
        start = Timings.now()
        processorStart = processorSeconds()
        isRunning = false
    }
    func leaveFirstRow() { isRunning = true }

    var elapsed: Double { isRunning ? Timings.now() - start : 0 }
    var processorElapsed: Double { processorSeconds() - processorStart }

    func simulatedTimeRate(_ step: Int, _ timestep: Double) -> Double {
        let now = (time: Double(step) * timestep, seconds: elapsed)
        defer { lastRow = now }
        let seconds = now.seconds - lastRow.seconds
        return isRunning && seconds > 0 && now.time > lastRow.time ? (now.time - lastRow.time) / seconds : 0
    }

    func stepRate(_ step: Int) -> Double {
        let now = (step: step, seconds: elapsed)
        defer { lastStep = now }
        let seconds = now.seconds - lastStep.seconds
        return isRunning && seconds > 0 ? Double(now.step - lastStep.step) / seconds : 0
    }

    func remaining(_ run: Run?, at step: Int) -> Double {
        guard let run, isRunning, step > run.first else { return 0 }
        return elapsed * Double(run.last - step) / Double(step - run.first)
    }
}

/// Processor seconds of this process so far.
func processorSeconds() -> Double {
    var t = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t)
    return Double(t.tv_sec) + Double(t.tv_nsec) * 1e-9
}

func arcCosine(_ x: Double) -> Double { acos(x) }

/// Megabytes (2^20 bytes) of memory that this process holds; 0 where the system does not say.
func residentMegabytes() -> Double {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    guard fgets(&line, 256, file) != nil else { return 0 }
    let words = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(separator: " ")
    guard words.count > 1, let pages = Double(words[1]) else { return 0 }
    return pages * Double(sysconf(Int32(_SC_PAGESIZE))) / 1_048_576
}
