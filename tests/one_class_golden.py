"""What scikit-learn's one-class SVM says of made-up rows: the expected values of one_class.rs.

    pip install scikit-learn==1.9.1
    python tests/one_class_golden.py > tests/golden/one_class.txt

Several made-up sets, each with the lines

    set NAME NU GAMMA           a new set; gamma is a number or `scale`
    row VALUE…                  a row that it is fitted on
    query DECISION VALUE…       a row and its decision_function, a training row or another one

Values are multiples of 1/256, so that 32 bits hold them exactly. The tolerance is 1e-9, for libsvm's default of 1e-3 leaves
errors of about as much.
"""

import numpy as np
import sklearn
from sklearn.svm import OneClassSVM

assert sklearn.__version__ == "1.9.1", sklearn.__version__
random = np.random.default_rng(2001)


def rounded(values):
    return np.round(np.asarray(values) * 256) / 256


def blobs(n, d, n_blobs=2):
    centres = random.normal(0, 2, (n_blobs, d))
    return rounded(centres[random.integers(0, n_blobs, n)] + random.normal(0, 1, (n, d)))


constant = blobs(70, 3)
constant[:, 1] = 4.5
SETS = [
    ("plane", 0.1, "scale", blobs(100, 2)),
    ("narrow-kernel", 0.05, 0.5, blobs(80, 8, 3)),
    ("duplicates", 0.3, "scale", np.repeat(blobs(30, 3), 3, axis=0)),
    ("most-outside", 0.9, 0.05, blobs(60, 4)),
    ("constant-column", 0.2, "scale", constant),
    ("less-than-one-outside", 0.001, 0.2, blobs(50, 5)),
    ("no-free-support-vector", 0.5, 100.0, blobs(40, 2)),
    ("all-equal", 0.25, "scale", np.full((10, 2), 3.25)),
    ("one-row", 0.5, 2.0, blobs(1, 3)),
]


def line(*words):
    print(*(repr(float(word)) if isinstance(word, (float, np.floating)) else word for word in words))


for name, nu, gamma, rows in SETS:
    model = OneClassSVM(nu=nu, gamma=gamma, tol=1e-9).fit(rows)
    line("set", name, nu, gamma)
    for row in rows:
        line("row", *row)
    spread = rows.std(axis=0) + 0.5
    others = rounded(rows[random.integers(0, len(rows), 12)] + random.normal(0, 1, (12, rows.shape[1])) * spread)
    far = rounded(rows.mean(axis=0) + 40 * spread)
    queries = np.vstack([rows[:8], others, far])
    for query, decision in zip(queries, model.decision_function(queries)):
        line("query", decision, *query)
