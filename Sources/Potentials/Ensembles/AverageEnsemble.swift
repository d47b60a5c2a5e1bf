/// `pair_style ensemble/average`: the plain mean, the baseline AVG that other ensembles are measured against.
///
///     E = (1/K) sum_k E_k,   F_i = (1/K) sum_k F_ki
///
/// A `Committee` whose weights cannot be chosen.
public enum AverageEnsemble {
    public static let entry = PotentialStyle(
        "ensemble/average",
        usage: """
            pair_style ensemble/average \(DeviationOptions.usage)
                STYLE ARGS STYLE ARGS ...
            pair_coeff * * STYLE [k] ARGS          k: which one, if the style occurs more than once
            """
    ) { words, setup in
        var options = DeviationOptions()
        while try options.read(&words) {}
        let memberSet = try MemberSet.read(&words, setup, owner: "ensemble/average", options: DeviationOptions.keywords)
        return Committee(
            try MemberJudge(memberSet, options), weights: Array(repeating: 1 / Double(memberSet.count), count: memberSet.count),
            style: "ensemble/average", hasCoefficients: false)
    }
}
