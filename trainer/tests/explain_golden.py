"""A small forest and what the package `shap` says of it: the expected values of explain.rs.

    pip install numpy scikit-learn shap
    python trainer/tests/explain_golden.py > trainer/tests/golden/explain.json

The forest is scikit-learn's, on a made-up matrix with missing values and rare classes. Its leaves are rounded to multiples of
1/255 before shap is asked, as Flowsieve stores them; shap's inner nodes are means of its leaves by their weights, so nothing
else has to change. Thresholds are rounded to 32 bits, which is what rows have. A node is [feature, threshold, whether missing values
go left, right child] in preorder, the left child being the next node and an infinite threshold null, or [leaf, weight of the
training rows].
"""

import json

import numpy as np
import shap
from sklearn.ensemble import RandomForestClassifier

N_ROWS, N_FEATURES, N_CLASSES, N_EXPLAINED = 600, 7, 4, 24
random = np.random.default_rng(11)
rows = np.round(random.gamma(2.0, 3.0, (N_ROWS, N_FEATURES)) * 16) / 16
rows[:, 3] = random.integers(0, 3, N_ROWS)
labels = (rows[:, 0] > 6).astype(int) + (rows[:, 1] + rows[:, 3] > 9) + (rows[:, 2] * rows[:, 4] > 90)
rows[random.random(rows.shape) < 0.08] = np.nan
rows = rows.astype(np.float32)
forest = RandomForestClassifier(
    9, max_leaf_nodes=40, class_weight="balanced", max_features=3, random_state=5
).fit(rows, labels)
assert forest.n_classes_ == N_CLASSES


def rounded(shares):
    """Shares as bytes that add up to 255: rounded down, and what is missing to the largest remainders."""
    scaled = shares / shares.sum() * 255
    whole = np.floor(scaled + 1e-9).astype(int)
    for place in np.argsort(whole - scaled, kind="stable")[: 255 - whole.sum()]:
        whole[place] += 1
    return whole.tolist()


def preorder(tree):
    """The nodes as our own format has them, and as shap takes them."""
    nodes, values = [], []
    places = {}

    def visit(node):
        here = places[node] = len(nodes)
        nodes.append(None)
        weight = float(tree.weighted_n_node_samples[node])
        left, right = tree.children_left[node], tree.children_right[node]
        if left < 0:
            leaf = rounded(tree.value[node][0])
            nodes[here] = [leaf, weight]
            values.append((here, leaf))
            return
        visit(left)
        place_of_right = len(nodes)
        visit(right)
        threshold = float(np.float32(tree.threshold[node]))
        nodes[here] = [int(tree.feature[node]), threshold, bool(tree.missing_go_to_left[node]), place_of_right]

    visit(0)
    n = len(nodes)
    back = np.empty(n, dtype=int)
    for node, place in places.items():
        back[place] = node
    leaves = np.zeros((n, N_CLASSES))
    for place, leaf in values:
        leaves[place] = np.array(leaf) / 255
    is_split = np.array([len(node) == 4 for node in nodes])
    left = np.where(is_split, np.arange(n) + 1, -1)
    right = np.array([node[3] if len(node) == 4 else -1 for node in nodes])
    missing = np.array([(left[i] if node[2] else right[i]) if len(node) == 4 else -1 for i, node in enumerate(nodes)])
    return nodes, {
        "children_left": left.astype(np.int32),
        "children_right": right.astype(np.int32),
        "children_default": missing.astype(np.int32),
        "features": np.array([node[0] if len(node) == 4 else -2 for node in nodes], dtype=np.int32),
        "thresholds": np.array([node[1] if len(node) == 4 else -2.0 for node in nodes]),
        "values": leaves / len(forest.estimators_),
        "node_sample_weight": tree.weighted_n_node_samples[back],
    }


trees, for_shap = zip(*(preorder(estimator.tree_) for estimator in forest.estimators_))
explainer = shap.TreeExplainer({"trees": list(for_shap)}, feature_perturbation="tree_path_dependent")
asked = rows[:N_EXPLAINED]
values = np.asarray(explainer.shap_values(asked, check_additivity=False))
assert values.shape == (N_EXPLAINED, N_FEATURES, N_CLASSES)
print(
    json.dumps(
        {
            "shap": shap.__version__,
            "trees": [[[None if cell == np.inf else cell for cell in node] for node in tree] for tree in trees],
            "rows": [[None if np.isnan(cell) else float(cell) for cell in row] for row in asked],
            "expectations": [float(value) for value in explainer.expected_value],
            "contributions": values.transpose(0, 2, 1).tolist(),
        },
        separators=(",", ":"),
    )
)
