"""Isolation forests of made-up rows by scikit-learn, and its scores: the trees and the expected values of isolation.rs.

    pip install scikit-learn==1.9.1
    python tests/isolation_golden.py > tests/golden/isolation.txt

Each forest begins with a line `forest NAME rows-per-tree ROWS features FEATURES`. Its trees follow, a node a line in preorder:

    tree
    split FEATURE THRESHOLD RIGHT    the left child is the next node; RIGHT is the right one's place in the tree
    leaf ROWS                        how many of the rows that the tree was grown on ended here

and then rows, those fitted on and others:

    row SCORE VALUE…

SCORE is -score_samples of IsolationForest. Values are multiples of 1/1024, so that 32 bits hold them exactly. scikit-learn
compares them with thresholds of 64 bits, by `<=`: for values of 32 bits that is the same as `<=` the next number of 32 bits
that is no larger, which is written here.
"""

import numpy as np
from sklearn.ensemble import IsolationForest

rng = np.random.default_rng(11)


def on_grid(values):
    return np.round(np.asarray(values, dtype=float) * 1024) / 1024


def rounded_down(threshold):
    short = np.float32(threshold)
    return short if short <= threshold else np.nextafter(short, np.float32(-np.inf))


def print_tree(tree, features):
    print("tree")
    places = {}

    def place(node):
        places[node] = len(places)
        if tree.children_left[node] >= 0:
            place(tree.children_left[node])
            place(tree.children_right[node])

    place(0)
    for node in places:
        if tree.children_left[node] < 0:
            print("leaf", tree.n_node_samples[node])
        else:
            feature, threshold = features[tree.feature[node]], rounded_down(tree.threshold[node])
            print("split", feature, f"{threshold:.9g}", places[tree.children_right[node]])


def forest(name, rows, new, **options):
    fitted = IsolationForest(random_state=3, **options).fit(rows)
    print("forest", name, "rows-per-tree", fitted.max_samples_, "features", rows.shape[1])
    for estimator, features in zip(fitted.estimators_, fitted.estimators_features_):
        print_tree(estimator.tree_, features)
    asked = np.vstack([rows[:: max(1, len(rows) // 15)], new])
    for score, values in zip(-fitted.score_samples(asked), asked):
        print("row", repr(float(score)), *(f"{value:.12g}" for value in values))


clusters = on_grid(np.vstack([rng.normal(0, 1, (200, 3)), rng.normal(6, 0.2, (100, 3))]))
forest("two-clusters", clusters, on_grid(rng.normal(3, 4, (20, 3))), n_estimators=4, max_samples=256)
forest("few-rows-per-tree", clusters, on_grid(rng.normal(3, 4, (20, 3))), n_estimators=11, max_samples=16)
# Few values, so rows lie on thresholds and leaves at the greatest depth hold many.
steps = rng.integers(0, 4, (150, 4)).astype(float)
forest("few-values", steps, rng.integers(-1, 6, (20, 4)).astype(float), n_estimators=4, max_samples=100)
forest("heavy-tails", on_grid(rng.standard_t(1.2, (300, 6))), on_grid(rng.standard_t(1.2, (20, 6))), n_estimators=3,
       max_samples=300)
forest("some-features-per-tree", on_grid(rng.normal(0, 1, (120, 8))), on_grid(rng.normal(0, 2, (20, 8))), n_estimators=10,
       max_samples=64, max_features=0.4)
forest("constant-columns", on_grid(np.hstack([rng.normal(0, 1, (60, 1)), np.full((60, 2), 3.5)])),
       on_grid([[0, 3.5, 3.5], [0, 9, 3.5], [5, 3.5, -9]]), n_estimators=4, max_samples=60)
forest("equal-rows", np.full((40, 2), 1.5), on_grid([[1.5, 1.5], [9, -9]]), n_estimators=5, max_samples=32)
forest("one-row", np.full((1, 2), 1.5), on_grid([[1.5, 1.5], [9, -9]]), n_estimators=5, max_samples=1)
