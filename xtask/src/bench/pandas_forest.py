"""File to answers with pandas and scikit-learn: read the CSV, encode its categories, classify every row.

Arguments: the labelled flows to fit on (not timed), the flows to classify (timed), the number of threads, and, to do what
`flowsieve score` does, the file to write: then rows are read in blocks, get class, confidence, probability of an attack
and an isolation forest's score and flag, and are written with these behind.
"""

import json
import sys
import time

import pandas as pd
from sklearn.ensemble import IsolationForest, RandomForestClassifier

LABEL = "Attack_type"
INDEX = "no"
BENIGN = ["MQTT_Publish", "Thing_Speak", "Wipro_bulb"]
CONTAMINATION = 0.05
BLOCK_ROWS = 250_000


def features(table):
    """The columns to learn from as float32, categories as codes: those of this table, which is enough for timing."""
    table = table.drop(columns=[LABEL, INDEX], errors="ignore")
    for column in table.columns:
        if not pd.api.types.is_numeric_dtype(table[column]):
            table[column] = table[column].astype("category").cat.codes
    return table.to_numpy(dtype="float32")


original, flows, threads, *out = sys.argv[1:]
table = pd.read_csv(original)
forest = RandomForestClassifier(100, n_jobs=int(threads), random_state=0)
forest.fit(features(table), table[LABEL])

if not out:
    start = time.perf_counter()
    rows = len(forest.predict(features(pd.read_csv(flows))))
else:
    benign = features(table[table[LABEL].isin(BENIGN)])
    detector = IsolationForest(contamination=CONTAMINATION, n_jobs=int(threads), random_state=0).fit(benign)
    attacks = ~pd.Series(forest.classes_).isin(BENIGN).to_numpy()
    start = time.perf_counter()
    rows = 0
    for block in pd.read_csv(flows, chunksize=BLOCK_ROWS):
        values = features(block)
        shares = forest.predict_proba(values)
        block["class"] = forest.classes_[shares.argmax(axis=1)]
        block["attack_probability"] = shares[:, attacks].sum(axis=1).round(4)
        block["confidence"] = shares.max(axis=1).round(4)
        scores = detector.score_samples(values)
        block["isolation_forest_score"] = (-scores).round(5)
        block["isolation_forest_flag"] = (scores < detector.offset_).astype(int)
        block.to_csv(out[0], mode="a" if rows else "w", header=rows == 0, index=False)
        rows += len(block)
print(json.dumps({"seconds": time.perf_counter() - start, "rows": rows}))
