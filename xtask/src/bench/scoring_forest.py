# Prints the rows to fit on and those to score of a table as CSV, and what people use today: scikit-learn's random forests,
# fitted on the former, as skl2onnx writes them, with the latter as f32 in random order, one row after another. The large one
# has 100 trees without a limit, the small one as many trees and leaves as are asked for.
#
#     python scoring_forest.py FLOWS.csv LABEL LEFT_OUT,… FOLDER NAME TREES LEAVES ROWS_PER_LEAF
#
# Writes NAME.train.csv, NAME.test.csv, NAME.f32, NAME.small.onnx and NAME.large.onnx; prints {"features", "small", "large"}, of
# each forest {"macro_f1", "nodes"}.

import json
import sys
import zlib

import numpy as np
import pandas as pd
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import f1_score

flows, label, left_out, folder, name, *small = sys.argv[1:]
trees, leaves, rows_per_leaf = map(int, small)
out = f"{folder}/{name}"

table = pd.read_csv(flows, low_memory=False)
classes = pd.factorize(table.pop(label).astype(str), sort=True)[0]
table = table.drop(columns=[column for column in left_out.split(",") if column])
for column in table.columns:
    if not pd.api.types.is_numeric_dtype(table[column]):
        table[column] = table[column].astype("category").cat.codes
rows = table.replace([np.inf, -np.inf], np.nan).astype("float32")
rows = rows.fillna(rows.median()).values

# By a hash of the row, so that no identical row is on both sides.
held_out = np.array([zlib.crc32(row.tobytes()) % 10 >= 7 for row in rows])
with open(flows) as file:
    header, *lines = file.read().splitlines()
for part, chosen in (("train", ~held_out), ("test", held_out)):
    with open(f"{out}.{part}.csv", "w") as file:
        file.write("\n".join([header] + [lines[i] for i in np.flatnonzero(chosen)]) + "\n")

np.random.default_rng(0).permutation(rows[held_out]).tofile(f"{out}.f32")


def fit(size, forest):
    forest.set_params(n_jobs=-1, random_state=0).fit(rows[~held_out], classes[~held_out])
    options = {id(forest): {"zipmap": False}}
    inputs = [("x", FloatTensorType([None, rows.shape[1]]))]
    onnx = convert_sklearn(forest, initial_types=inputs, options=options)
    with open(f"{out}.{size}.onnx", "wb") as file:
        file.write(onnx.SerializeToString())
    predicted = forest.predict(rows[held_out])
    return {
        "macro_f1": f1_score(classes[held_out], predicted, average="macro"),
        "nodes": int(sum(tree.tree_.node_count for tree in forest.estimators_)),
    }


small = RandomForestClassifier(
    trees, max_leaf_nodes=leaves, min_samples_leaf=rows_per_leaf, max_features=0.4, class_weight="balanced"
)
print(
    json.dumps(
        {
            "features": rows.shape[1],
            "small": fit("small", small),
            "large": fit("large", RandomForestClassifier(100)),
        }
    )
)
