"""Local outlier factors of made-up rows by scikit-learn: the expected values of lof.rs.

    pip install scikit-learn==1.9.1
    python tests/lof_golden.py > tests/golden/lof.txt

Each table begins with a line `table NAME k K`; then one line each:

    row SCORE DISTINCT FLOOR VALUE…    fitted on, and scored as if it were new
    new SCORE DISTINCT FLOOR VALUE…    not fitted on

SCORE is -score_samples of LocalOutlierFactor(K, novelty=True), DISTINCT the same fitted on the distinct rows, and FLOOR that
with every k-distance raised to the median of the rows' k-distances, from the distinct rows' neighbours. Values are multiples
of 1/1024, so that 32 bits hold them exactly. Of neighbours at the same distance scikit-learn takes any, so every table is one
on which its ways of searching agree.
"""

import numpy as np
from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors

rng = np.random.default_rng(7)


def on_grid(values, step=1024):
    return np.round(values * step) / step


def searched(k, rows, asked):
    """Scores by one way of searching, once the others were found to give the same."""
    scores = [
        -LocalOutlierFactor(k, novelty=True, algorithm=algorithm).fit(rows).score_samples(asked)
        for algorithm in ("kd_tree", "ball_tree", "brute")
    ]
    # Brute force takes distances from products of matrices, which are a little off where rows are nearly equal.
    assert np.allclose(scores[0], scores[1], rtol=1e-9), "ties"
    assert np.allclose(scores[0], scores[2], rtol=1e-4), "ties"
    return scores[0]


def with_floor(k, rows, asked):
    points, counts = np.unique(rows, axis=0, return_counts=True)
    k = min(k, len(points) - 1)
    index = NearestNeighbors(n_neighbors=k, algorithm="kd_tree").fit(points)
    distances, neighbours = index.kneighbors()
    k_distances = np.maximum(distances[:, -1], np.quantile(np.repeat(distances[:, -1], counts), 0.5))
    densities = 1 / (np.maximum(distances, k_distances[neighbours]).mean(axis=1) + 1e-10)
    distances, neighbours = index.kneighbors(asked)
    reachability = np.maximum(distances, k_distances[neighbours]).mean(axis=1) + 1e-10
    return densities[neighbours].mean(axis=1) * reachability


def table(name, k, rows, new):
    print("table", name, "k", k)
    asked = np.vstack([rows, new])
    scores = zip(
        searched(k, rows, asked),
        searched(k, np.unique(rows, axis=0), asked),
        with_floor(k, rows, asked),
    )
    for place, (score, values) in enumerate(zip(scores, asked)):
        word = "row" if place < len(rows) else "new"
        print(word, *(repr(float(value)) for value in score), *(f"{value:.12g}" for value in values))


clusters = np.vstack([rng.normal(0, 1, (30, 3)), rng.normal(6, 0.2, (20, 3))])
table("two-clusters", 10, on_grid(clusters), on_grid(rng.normal(3, 3, (15, 3))))
table("few-neighbours", 1, on_grid(rng.normal(0, 2, (20, 2))), on_grid(rng.normal(0, 3, (10, 2))))
table("heavy-tails", 20, on_grid(rng.standard_t(1.5, (60, 12))), on_grid(rng.standard_t(1.5, (12, 12))))
table("constant-columns", 5, on_grid(np.hstack([rng.normal(0, 1, (25, 2)), np.full((25, 2), 3.5)])),
      on_grid(np.hstack([rng.normal(0, 1, (8, 2)), [[3.5, 3.5]] * 5 + [[4.5, 3.5]] * 3])))
pairs = on_grid(rng.normal(0, 1, (20, 4)))
table("pairs-of-rows", 6, np.repeat(pairs, [1, 2, 3, 1] * 5, axis=0), on_grid(rng.normal(0, 2, (8, 4))))
piles = on_grid(np.vstack([np.repeat(rng.normal(0, 1, (3, 3)), 12, axis=0), rng.normal(0, 1, (20, 3))]))
table("piles-above-k", 8, piles, np.vstack([on_grid(rng.normal(0, 1.5, (8, 3))), piles[:1] + 1 / 1024]))
table("more-neighbours-than-rows", 50, on_grid(rng.normal(0, 1, (12, 5))), on_grid(rng.normal(0, 2, (6, 5))))
ring = [[np.cos(angle), np.sin(angle)] for angle in np.arange(24) * np.pi / 12]
table("ties-around-a-ring", 4, on_grid(np.array(ring), 1 << 10), on_grid(rng.normal(0, 1, (8, 2))))
