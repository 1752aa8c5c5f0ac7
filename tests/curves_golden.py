"""ROC and precision-recall curves of made-up ranks by scikit-learn: the expected values of curves.rs.

    pip install scikit-learn==1.9.1
    python tests/curves_golden.py > tests/golden/curves.txt

Several made-up sets, each with the lines

    set NAME AUROC AVERAGE_PRECISION
    row RANK ATTACK                   ATTACK is 1 or 0
    roc FALSE_ALARM_RATE RECALL       from (0, 0) to (1, 1)
    threshold RECALL PRECISION        of all rows of at least one rank, the highest first
"""

import numpy as np
import sklearn
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

assert sklearn.__version__ == "1.9.1", sklearn.__version__
rng = np.random.default_rng(11)


def print_set(name, ranks, attacks):
    ranks, attacks = np.asarray(ranks), np.asarray(attacks)
    print("set", name, roc_auc_score(attacks, ranks), average_precision_score(attacks, ranks))
    for rank, attack in zip(ranks, attacks):
        print("row", rank, attack)
    rates, recalls, _ = roc_curve(attacks, ranks, drop_intermediate=False)
    for rate, recall in zip(rates, recalls):
        print("roc", rate, recall)
    precisions, recalls, _ = precision_recall_curve(attacks, ranks)
    # The last is (1, 0), which belongs to no threshold.
    for precision, recall in zip(precisions[-2::-1], recalls[-2::-1]):
        print("threshold", recall, precision)


print_set("perfect", [9, 65535, 8, 7, 0], [1, 1, 1, 0, 0])
print_set("reversed", [1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 0, 0])
print_set("one-rank", [500] * 8, [1, 0, 0, 0, 1, 0, 0, 1])
print_set("ties", [1, 3, 3, 7, 2, 1, 7, 7], [0, 0, 1, 1, 0, 1, 0, 1])
print_set("edges", [0, 65535, 65535, 0, 65535, 0, 1, 65534], [0, 1, 1, 1, 0, 0, 1, 0])
attacks = (rng.random(80) < 0.3).astype(int)
print_set("few-ranks", 1024 + 5000 * (rng.integers(0, 6, 80) + 3 * attacks), attacks)
attacks = (rng.random(90) < 0.08).astype(int)
print_set("rare-attacks", np.clip(20000 + 9000 * rng.normal(size=90) + 15000 * attacks, 0, 65535).astype(int), attacks)
