/// Rotation invariants of the moments s_lm = sum_j g(r_j) Y_lm(r_j / |r_j|) of one centre and one n, and their gradient.
///
/// Y_lm here are NEP's unnormalised real harmonics, in the order m = 0, cos 1, sin 1, cos 2, sin 2 ... for l = 1 ... 4:
///
///     q_l = sum_m C_lm s_lm^2                                                                        3-body
///     q_222 = -c (s0^3 + 18 s0 (s1^2 + s2^2) - 9 s0 (s3^2 + s4^2)
///                 - 54 s3 (s2^2 - s1^2) + 108 s1 s2 s4), s = s_2m                                    4-body
///     q_1111 = (21 / 80 pi^2) (s0^2 + s1^2 + s2^2)^2, s = s_1m                                       5-body
///
/// with C_lm such that q_l is (2 l + 1) / 4 pi times the sum over pairs of neighbours of g g P_l(cos), and c = 5 / (4 sqrt 14) (4 pi)^(-3/2).
/// Z. Fan et al., J. Chem. Phys. 157, 114801 (2022), section II.
enum NEPInvariants {
    /// Moments of one n: 3 + 5 + 7 + 9. Those above l_max are zero.
    static let momentCount = 24

    static let weights: [Double] = {
        let p = Double.pi
        return [
            3 / (4 * p), 3 / (4 * p), 3 / (4 * p),
            5 / (16 * p), 15 / (4 * p), 15 / (4 * p), 15 / (16 * p), 15 / (16 * p),
            7 / (16 * p), 21 / (32 * p), 21 / (32 * p), 105 / (16 * p), 105 / (16 * p), 35 / (32 * p), 35 / (32 * p),
            9 / (256 * p), 45 / (32 * p), 45 / (32 * p), 45 / (64 * p), 45 / (64 * p), 315 / (32 * p), 315 / (32 * p),
            315 / (256 * p), 315 / (256 * p),
        ]
    }()

    static let fourBody = -5 / (4 * 14.0.squareRoot()) / (64 * Double.pi * Double.pi * Double.pi).squareRoot()
    static let fiveBody = 21 / (80 * Double.pi * Double.pi)
}

/// What the invariants need to know of the model.
struct NEPInvariantShape: BitwiseCopyable {
    var count: Int  // of n
    var lMax: Int
    var hasFourBody: Bool
    var hasFiveBody: Bool
    let weights: UnsafePointer<Double>

    /// Fills q[kind * count + n] from s[n * 24 + lm].
    @inline(__always)
    func values<S: Lane>(_ s: UnsafePointer<S>, into q: UnsafeMutablePointer<S>) where S.Plain == Double {
        for n in 0..<count {
            let s = s + n * NEPInvariants.momentCount
            for l in 1..<lMax + 1 {
                var sum = S.zero
                for m in l * l - 1..<l * l + 2 * l { sum.add(s[m] * s[m], timesPlain: weights[m]) }
                q[(l - 1) * count + n] = sum
            }
            var kind = lMax
            if hasFourBody {
                let (s0, s1, s2, s3, s4) = (s[3], s[4], s[5], s[6], s[7])
                let p = s1 * s1 + s2 * s2, d = s2 * s2 - s1 * s1, r = s3 * s3 + s4 * s4
                let cubic = (s0 * s0).addingProduct(p, plain: 18).addingProduct(r, plain: -9) * s0
                let rest = (s1 * s2 * s4).scaled(by: 108).addingProduct(s3 * d, plain: -54)
                q[kind * count + n] = (cubic + rest).scaled(by: NEPInvariants.fourBody)
                kind += 1
            }
            if hasFiveBody {
                let p = s[0] * s[0] + s[1] * s[1] + s[2] * s[2]
                q[kind * count + n] = (p * p).scaled(by: NEPInvariants.fiveBody)
            }
        }
    }

    /// Fills a[n * 24 + lm] = sum over kinds of f[kind * count + n] dq/ds_lm.
    @inline(__always)
    func adjoint<S: Lane>(_ s: UnsafePointer<S>, _ f: UnsafePointer<S>, into a: UnsafeMutablePointer<S>) where S.Plain == Double {
        for n in 0..<count {
            let s = s + n * NEPInvariants.momentCount, a = a + n * NEPInvariants.momentCount
            for l in 1..<lMax + 1 {
                let twice = f[(l - 1) * count + n].scaled(by: 2)
                for m in l * l - 1..<l * l + 2 * l { a[m] = (twice * s[m]).scaled(by: weights[m]) }
            }
            for m in lMax * (lMax + 2)..<NEPInvariants.momentCount { a[m] = .zero }
            var kind = lMax
            if hasFourBody {
                let (s0, s1, s2, s3, s4) = (s[3], s[4], s[5], s[6], s[7])
                let p = s1 * s1 + s2 * s2, d = s2 * s2 - s1 * s1, r = s3 * s3 + s4 * s4
                let c = f[kind * count + n].scaled(by: NEPInvariants.fourBody)
                let t0 = (s0 * s0).scaled(by: 3).addingProduct(p, plain: 18).addingProduct(r, plain: -9)
                a[3].add(c, times: t0)
                a[4].add(c, times: (s0 * s1).scaled(by: 36).addingProduct(s3 * s1, plain: 108).addingProduct(s2 * s4, plain: 108))
                a[5].add(c, times: (s0 * s2).scaled(by: 36).addingProduct(s3 * s2, plain: -108).addingProduct(s1 * s4, plain: 108))
                a[6].add(c, times: (s0 * s3).scaled(by: -18).addingProduct(d, plain: -54))
                a[7].add(c, times: (s0 * s4).scaled(by: -18).addingProduct(s1 * s2, plain: 108))
                kind += 1
            }
            if hasFiveBody {
                let p = s[0] * s[0] + s[1] * s[1] + s[2] * s[2]
                let c = (f[kind * count + n] * p).scaled(by: 4 * NEPInvariants.fiveBody)
                for m in 0..<3 { a[m].add(c, times: s[m]) }
            }
        }
    }
}
