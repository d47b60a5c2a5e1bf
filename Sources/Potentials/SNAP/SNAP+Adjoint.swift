import Domain

/// What happens to the centres of one batch, which lie side by side in lanes.
extension SNAPKernel {
    /// From the totals to the rows that forces are made of. Returns the energies, seeds included.
    @inline(__always)
    func energies(_ batch: CentreBatch, _ seeds: L, _ sums: inout Sums) -> L {
        let a = batch.species
        for channel in 0..<view.channels {
            unfold(scratch.totals + channel * view.stride, into: scratch.full + channel * 2 * view.full)
        }
        if view.isQuadratic || bispectrum != nil { components(a) }
        if let bispectrum {
            for c in 0..<batch.count {
                let into = bispectrum + Int(batch.centres[c]) * view.count
                for k in 0..<view.count { into[k] = scratch.components[k][lane: c].value }
            }
        }
        for u in 0..<view.channels * view.stride { scratch.adjoint[u] = .zero }
        var energy: L
        if view.isQuadratic {
            energy = quadraticAdjoint(a)
        } else {
            linearAdjoint(a)
            energy = .zero
            for channel in 0..<view.channels {
                let u = scratch.totals + channel * view.stride, y = scratch.adjoint + channel * view.stride
                for h in 0..<view.half {
                    let pair = (u[2 * h] * y[2 * h]).addingProduct(u[2 * h + 1], y[2 * h + 1])
                    energy.add(pair, timesPlain: P(view.elements[h].share))
                }
            }
            energy = L(view.constants[a]).addingProduct(energy, plain: P(1.0 / 3))
        }
        turn(seeds)
        return energy * seeds
    }

    /// The full matrices of half ones.
    @inline(__always)
    func unfold(_ half: UnsafePointer<L>, into full: UnsafeMutablePointer<L>) {
        for k in 0..<view.full {
            let m = view.mirrors[k], u = 2 * Int(m.element)
            full[2 * k] = half[u].scaled(by: P(m.reSign))
            full[2 * k + 1] = half[u + 1].scaled(by: P(m.imSign))
        }
    }

    /// Hands to `body` every sum of products of channels p and q, with its target.
    @inline(__always)
    func products(_ p: Int, _ q: Int, _ body: (_ target: Int, _ re: L, _ im: L) -> Void) {
        let first = UnsafePointer(scratch.full + p * 2 * view.full), second = UnsafePointer(scratch.full + q * 2 * view.full)
        for k in 0..<view.jobCount {
            let job = view.jobs[k]
            let product = view.products + Int(job.product), length = Int(job.length), target = Int(job.target)
            var c = view.coefficients + Int(job.coefficient)
            var r0 = L.zero, i0 = L.zero
            switch job.count {
            case 1:
                for m in 0..<length {
                    let u = first + Int(product[m].first), w = second + Int(product[m].second)
                    let re = (u[0] * w[0]) - u[1] * w[1], im = (u[0] * w[1]).addingProduct(u[1], w[0])
                    let c0 = P(c[0])
                    r0.add(re, timesPlain: c0)
                    i0.add(im, timesPlain: c0)
                    c += 1
                }
                body(target, r0, i0)
            case 2:
                var r1 = L.zero, i1 = L.zero
                for m in 0..<length {
                    let u = first + Int(product[m].first), w = second + Int(product[m].second)
                    let re = (u[0] * w[0]) - u[1] * w[1], im = (u[0] * w[1]).addingProduct(u[1], w[0])
                    let c0 = P(c[0])
                    r0.add(re, timesPlain: c0)
                    i0.add(im, timesPlain: c0)
                    let c1 = P(c[1])
                    r1.add(re, timesPlain: c1)
                    i1.add(im, timesPlain: c1)
                    c += 2
                }
                body(target, r0, i0)
                body(target &+ 1, r1, i1)
            case 3:
                var r1 = L.zero, i1 = L.zero, r2 = L.zero, i2 = L.zero
                for m in 0..<length {
                    let u = first + Int(product[m].first), w = second + Int(product[m].second)
                    let re = (u[0] * w[0]) - u[1] * w[1], im = (u[0] * w[1]).addingProduct(u[1], w[0])
                    let c0 = P(c[0])
                    r0.add(re, timesPlain: c0)
                    i0.add(im, timesPlain: c0)
                    let c1 = P(c[1])
                    r1.add(re, timesPlain: c1)
                    i1.add(im, timesPlain: c1)
                    let c2 = P(c[2])
                    r2.add(re, timesPlain: c2)
                    i2.add(im, timesPlain: c2)
                    c += 3
                }
                body(target, r0, i0)
                body(target &+ 1, r1, i1)
                body(target &+ 2, r2, i2)
            default:
                var r1 = L.zero, i1 = L.zero, r2 = L.zero, i2 = L.zero, r3 = L.zero, i3 = L.zero
                for m in 0..<length {
                    let u = first + Int(product[m].first), w = second + Int(product[m].second)
                    let re = (u[0] * w[0]) - u[1] * w[1], im = (u[0] * w[1]).addingProduct(u[1], w[0])
                    let c0 = P(c[0])
                    r0.add(re, timesPlain: c0)
                    i0.add(im, timesPlain: c0)
                    let c1 = P(c[1])
                    r1.add(re, timesPlain: c1)
                    i1.add(im, timesPlain: c1)
                    let c2 = P(c[2])
                    r2.add(re, timesPlain: c2)
                    i2.add(im, timesPlain: c2)
                    let c3 = P(c[3])
                    r3.add(re, timesPlain: c3)
                    i3.add(im, timesPlain: c3)
                    c += 4
                }
                body(target, r0, i0)
                body(target &+ 1, r1, i1)
                body(target &+ 2, r2, i2)
                body(target &+ 3, r3, i3)
            }
        }
    }

    /// Y of a linear model.
    @inline(__always)
    func linearAdjoint(_ a: Int) {
        let n = view.channels, targets = view.targets, stride = view.stride, y = scratch.adjoint, targetCount = view.targetCount
        for p in 0..<n {
            for q in 0..<n {
                let weights = view.weights + ((a * n + p) * n + q) * n * targetCount
                products(p, q) { target, re, im in
                    let element = Int(targets[target].element)
                    for channel in 0..<n {
                        let w = P(weights[channel &* targetCount &+ target])
                        let into = y + (channel &* stride &+ element)
                        into[0].add(re, timesPlain: w)
                        into[1].add(im, timesPlain: w)
                    }
                }
            }
        }
    }

    /// B of all components.
    @inline(__always)
    func components(_ a: Int) {
        let n = view.channels, targets = view.targets, stride = view.stride, u = scratch.totals, b = scratch.components
        let tripleCount = view.tripleCount
        for k in 0..<view.count { b[k] = .zero }
        for p in 0..<n {
            for q in 0..<n {
                products(p, q) { target, re, im in
                    let t = targets[target]
                    guard t.component >= 0 else { return }
                    let factor = P(t.share)
                    for channel in 0..<n {
                        let from = u + (channel &* stride &+ Int(t.element))
                        let k = ((p &* n &+ q) &* n &+ channel) &* tripleCount &+ Int(t.component)
                        b[k].add((from[0] * re).addingProduct(from[1], im), timesPlain: factor)
                    }
                }
            }
        }
        let own = n == 1 ? 0 : view.channelOf[a]
        for k in 0..<view.count where view.countsSelfInAll || k / tripleCount == (own * n + own) * n + own {
            b[k] = b[k] - L(view.isolated[k])
        }
    }

    /// Y of a quadratic model, and its energy.
    @inline(__always)
    func quadraticAdjoint(_ a: Int) -> L {
        let n = view.channels, count = view.count, b = scratch.components, beta = scratch.beta, gamma = scratch.gamma
        let linear = view.linear + a * count
        var energy = L(view.constants[a])
        for k in 0..<count {
            let row = view.quadratic + (a * count + k) * count
            var sum = L.zero
            for l in 0..<count { sum.add(b[l], timesPlain: P(row[l])) }
            beta[k] = sum + L(linear[k])
            energy.add(b[k], times: sum.scaled(by: P(0.5)) + L(linear[k]))
        }
        for g in 0..<view.gammaCount { gamma[g] = .zero }
        for t in 0..<view.termCount {
            let term = view.terms[t]
            gamma[Int(term.gamma)].add(beta[Int(term.component)], timesPlain: P(term.factor))
        }
        let targets = view.targets, stride = view.stride, y = scratch.adjoint
        for p in 0..<n {
            for q in 0..<n {
                products(p, q) { target, re, im in
                    let t = targets[target]
                    for channel in 0..<n {
                        let w = gamma[((Int(t.product) &* n &+ p) &* n &+ q) &* n &+ channel]
                        let into = y + (channel &* stride &+ Int(t.element))
                        into[0].add(re, times: w)
                        into[1].add(im, times: w)
                    }
                }
            }
        }
        return energy
    }

    /// For each lane and element: Y, and Y with its rows mixed so that contracted with v it gives the derivatives by turns about x, y, z:
    /// i (f below + g above), -f below + g above, -i (j - 2 mb) own. Shares and seeds are multiplied in.
    @inline(__always)
    func turn(_ seeds: L) {
        let half = view.half, full = scratch.full
        for channel in 0..<view.channels {
            unfold(scratch.adjoint + channel * view.stride, into: full)
            for h in 0..<half {
                let e = view.elements[h]
                let own = full + 2 * Int(e.own), below = full + 2 * Int(e.below), above = full + 2 * Int(e.above)
                let scale = seeds.scaled(by: P(e.share))
                let f = P(e.belowFactor), g = P(e.aboveFactor), phase = P(e.phase)
                let fr = below[0].scaled(by: f), fi = below[1].scaled(by: f)
                let gr = above[0].scaled(by: g), gi = above[1].scaled(by: g)
                let values = (
                    own[0] * scale, own[1] * scale, -(fi + gi) * scale, (fr + gr) * scale, (gr - fr) * scale, (gi - fi) * scale,
                    own[1].scaled(by: phase) * scale, -own[0].scaled(by: phase) * scale
                )
                for c in 0..<L.laneCount {
                    let into = scratch.rows + ((c * view.channels + channel) * half + h) * 8
                    into[0] = values.0[lane: c]
                    into[1] = values.1[lane: c]
                    into[2] = values.2[lane: c]
                    into[3] = values.3[lane: c]
                    into[4] = values.4[lane: c]
                    into[5] = values.5[lane: c]
                    into[6] = values.6[lane: c]
                    into[7] = values.7[lane: c]
                }
            }
        }
    }
}

/// Memory for one batch of centres, kept from call to call.
final class SNAPWorkspace<L: EdgeLane> {
    private var lanes = Column<L>()
    private var singles = Column<L.Single>()
    private let near = NeighbourScratch()
    private var pairs = Column<Vector>()
    private var groups = Column<Int32>()

    /// - Parameter largest: neighbours of any centre in the list.
    func scratch(_ view: SNAPView, largest: Int) -> SNAPScratch<L> {
        let width = L.laneCount
        // Every channel is padded to whole lanes.
        let chunks = (largest + width - 1) / width + view.channels, capacity = chunks * width + 4
        let sizes = [
            width * chunks * SNAPScratch<L>.geometryStride, width * chunks * view.stride, view.channels * view.stride,
            2 * view.channels * view.full, view.channels * view.stride, view.count, view.count, view.gammaCount,
        ]
        lanes.resize(to: sizes.reduce(0, +), filling: .zero)
        singles.resize(to: 8 * width * view.channels * view.half, filling: .zero)
        pairs.resize(to: width * capacity, filling: .zero)
        groups.resize(to: width * (view.channels + 1), filling: 0)
        var at = lanes.pointer
        let starts = sizes.map { size in
            defer { at += size }
            return at
        }
        return SNAPScratch(
            capacity: capacity, chunks: chunks, near: near.reserve(width * capacity), pairs: pairs.pointer,
            groups: groups.pointer,
            geometry: starts[0], matrices: starts[1], totals: starts[2], full: starts[3], adjoint: starts[4], components: starts[5],
            beta: starts[6], gamma: starts[7], rows: singles.pointer)
    }
}

/// Where the parts of a workspace are.
struct SNAPScratch<L: EdgeLane>: BitwiseCopyable {
    static var geometryStride: Int { 9 }

    /// Edges and chunks of each lane.
    let capacity: Int
    let chunks: Int
    /// [lane][edge]: neighbours within the cutoff by channel, each channel padded to whole lanes.
    let near: NearNeighbours
    /// [lane][edge]: cutoff, weight, and centre and width of the inner switch.
    let pairs: UnsafeMutablePointer<Vector>
    /// [lane][channel]: first chunk, and the end.
    let groups: UnsafeMutablePointer<Int32>
    /// [lane][chunk]: unit vector, 1/r, sin theta, cos theta, theta', w f, (w f)'.
    let geometry: UnsafeMutablePointer<L>
    /// [lane][chunk][element][re, im]
    let matrices: UnsafeMutablePointer<L>
    /// Lanes are centres from here: [channel][element][re, im], half, full, half.
    let totals: UnsafeMutablePointer<L>
    let full: UnsafeMutablePointer<L>
    let adjoint: UnsafeMutablePointer<L>
    let components: UnsafeMutablePointer<L>
    let beta: UnsafeMutablePointer<L>
    let gamma: UnsafeMutablePointer<L>
    /// [lane][channel][element][8]
    let rows: UnsafeMutablePointer<L.Single>
}
