"""File to answers with pandas and scikit-learn: read the CSV, encode its categories, classify every row.

Arguments: the labelled flows to fit the forest on (not timed), the flows to classify (timed), the number of threads.
"""

import json
import sys
import time

import pandas as pd
from sklearn.ensemble import RandomForestClassifier

LABEL = "Attack_type"
INDEX = "no"


def features(table):
    """The columns to learn from as float32, categories as codes."""
    table = table.drop(columns=[LABEL, INDEX], errors="ignore")
    for column in table.columns:
        if not pd.api.types.is_numeric_dtype(table[column]):
            table[column] = table[column].astype("category").cat.codes
    return table.to_numpy(dtype="float32")


original, flows, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
table = pd.read_csv(original)
forest = RandomForestClassifier(100, n_jobs=threads, random_state=0)
forest.fit(features(table), table[LABEL])

start = time.perf_counter()
classes = forest.predict(features(pd.read_csv(flows)))
print(json.dumps({"seconds": time.perf_counter() - start, "rows": len(classes)}))
