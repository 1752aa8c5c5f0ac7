"""What fitting scikit-learn's random forest takes.

    split DATA LABEL DROP OUT               writes the 70 % of the rows that are fitted on to OUT
    fit DATA LABEL DROP THREADS LEAVES      fits 100 trees on a matrix in memory; LEAVES is the most per tree, 0 for no limit

DROP is a comma between the names of columns that are no features.
"""

import json
import sys
import time
import zlib

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier


def matrix(data, label, drop):
    """Features as float32, words as codes, missing values as the column's median; the labels."""
    table = pd.read_csv(data, low_memory=False)
    labels = table.pop(label).astype(str).to_numpy()
    table = table.drop(columns=drop.split(","), errors="ignore")
    for column in table.columns:
        if not pd.api.types.is_numeric_dtype(table[column]):
            table[column] = table[column].astype("category").cat.codes
    table = table.replace([np.inf, -np.inf], np.nan).astype("float32")
    return table.fillna(table.median()), labels


def status(name):
    """A line of what Linux tells of this process, in bytes."""
    with open("/proc/self/status") as lines:
        return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(name)), None)


def split(data, label, drop, out):
    values, _ = matrix(data, label, drop)
    # Identical rows are on one side.
    fitted = [zlib.crc32(row.tobytes()) % 10 < 7 for row in values.to_numpy()]
    with open(data) as lines, open(out, "w") as written:
        written.write(next(lines))
        written.writelines(line for line, is_fitted in zip(lines, fitted, strict=True) if is_fitted)


def fit(data, label, drop, threads, leaves):
    values, labels = matrix(data, label, drop)
    values = values.loc[:, values.nunique() > 1].to_numpy()
    forest = RandomForestClassifier(100, n_jobs=int(threads), max_leaf_nodes=int(leaves) or None, random_state=0)
    try:
        # The most resident memory is looked for anew.
        with open("/proc/self/clear_refs", "w") as clear:
            clear.write("5")
        memory_before = status("VmRSS")
    except OSError:
        memory_before = None
    start, cpu_start = time.perf_counter(), time.process_time()
    forest.fit(values, labels)
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
    print(
        json.dumps(
            {
                "rows": len(values),
                "features": values.shape[1],
                "nodes": sum(tree.tree_.node_count for tree in forest.estimators_),
                "seconds": seconds,
                "cpu_seconds": cpu_seconds,
                "memory_before": memory_before,
                "peak_memory": memory_before and status("VmHWM"),
            }
        )
    )


command, *arguments = sys.argv[1:]
{"split": split, "fit": fit}[command](*arguments)
