"""What forests are worth on rows that they have not seen, and what they weigh: scikit-learn's and Flowsieve's.

Arguments: the folder of data sets, a folder to write to, the program `flowsieve`, the number of seeds, and the sets to
go through. Rows are split 70/30 by a hash of the row, so that no identical row is on both sides; both learn from the
same rows and columns. smartcore learns inside `flowsieve train --baseline`, which splits the fitted rows once more, so its line and the one
of Flowsieve on the same rows compare with each other alone. Prints one line for each learner.
"""

import json
import pickle
import re
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.metrics import accuracy_score, f1_score

# File, label, columns that are no features, options of `flowsieve train`, and the most bytes of the forest.
SETS = {
    "rt": ("rt-iot2022/rt_iot2022.csv", "Attack_type", ["no"], ["--benign", "MQTT_Publish,Thing_Speak,Wipro_bulb"], 20_000),
    "cic10": ("ciciot2023/ciciot2023_39f_10family_sample.csv", "label_multiclass", ["label_binary"], ["--benign", "Benign"], 40_000),
    "cic12": ("ciciot2023/ciciot2023_39f_12class_official.csv", "label", [], [], 150_000),
    "iot23": (
        "iot23/iot23_mixed_captures.csv",
        "detailed-label",
        ["ts", "uid", "label", "id.orig_h", "id.resp_h", "tunnel_parents", "local_orig", "local_resp"],
        ["--benign=-"],
        20_000,
    ),
}
PEERS = {
    "RandomForest(100)": lambda seed: RandomForestClassifier(100, n_jobs=2, random_state=seed),
    "RandomForest(100), balanced_subsample, leaves of 2": lambda seed: RandomForestClassifier(
        100, n_jobs=2, random_state=seed, class_weight="balanced_subsample", min_samples_leaf=2
    ),
    "HistGradientBoosting(200, 0.08)": lambda seed: HistGradientBoostingClassifier(
        max_iter=200, learning_rate=0.08, random_state=seed
    ),
}


def matrix(data, name):
    """Features as float32, words as codes, medians where values are missing; labels; which rows are held out."""
    file, label, drop, _, _ = SETS[name]
    table = pd.read_csv(data / file, low_memory=False)
    labels = table.pop(label).astype(str).values
    table = table.drop(columns=drop)
    for column in table.columns:
        if not pd.api.types.is_numeric_dtype(table[column]):
            numbers = pd.to_numeric(table[column], errors="coerce")
            mostly = numbers.notna().mean() > 0.3
            table[column] = numbers if mostly else table[column].astype("category").cat.codes
    features = table.replace([np.inf, -np.inf], np.nan).astype("float32")
    features = features.fillna(features.median()).values
    held_out = np.array([zlib.crc32(row.tobytes()) % 10 >= 7 for row in features])
    return features, labels, held_out


def write_sides(data, out, name, held_out):
    """The same rows as CSV files."""
    head, *rows = (data / SETS[name][0]).read_text().splitlines()
    assert len(rows) == len(held_out)
    sides = {}
    for side, wanted in (("fitted", False), ("held-out", True)):
        sides[side] = out / f"{name}.{side}.csv"
        chosen = [row for row, held in zip(rows, held_out) if held == wanted]
        sides[side].write_text("\n".join([head, *chosen]) + "\n")
    return sides


def report(name, learner, scores, accuracies, size):
    mean = sum(scores) / len(scores)
    each = " ".join(f"{score:.4f}"[1:] for score in scores)
    accuracy = sum(accuracies) / len(accuracies)
    print(f"{name:6} {learner:52} macro-F1 {mean:.4f} ({each})  accuracy {accuracy:.4f}  {size}", flush=True)


def peers(name, seeds, features, labels, held_out):
    test = held_out & np.isin(labels, labels[~held_out])
    for learner, make in PEERS.items():
        scores, accuracies, size = [], [], 0
        for seed in range(seeds):
            model = make(seed).fit(features[~held_out], labels[~held_out])
            found = model.predict(features[test])
            scores.append(f1_score(labels[test], found, average="macro"))
            accuracies.append(accuracy_score(labels[test], found))
            size = len(pickle.dumps(model))
        report(name, learner, scores, accuracies, f"pickle {size / 1e6:.1f} MB")


def own(name, seeds, program, out, sides):
    _, label, drop, options, most = SETS[name]
    model, found = out / f"{name}.sieve", out / f"{name}.json"
    inner = {"this model": "Flowsieve, fitted rows split again", "smartcore, 100 trees": "smartcore, RandomForest(100), the same rows"}
    results = {learner: ([], [], []) for learner in ("Flowsieve", *inner.values())}
    for seed in range(seeds):
        command = [program, "train", sides["fitted"], "--label", label, "--evaluate", "grouped", *options]
        command += ["--drop", ",".join(drop)] if drop else []
        command += ["--seed", str(seed), "--forest-bytes", str(most)]
        printed = subprocess.run([*command, "--baseline", "--out", model], check=True, capture_output=True, text=True).stdout
        subprocess.run([program, "evaluate", model, sides["held-out"], "--json", found], check=True, capture_output=True)
        scores = json.loads(found.read_text())
        info = subprocess.run([program, "info", model], check=True, capture_output=True, text=True).stdout
        forest = re.search(r"FR\w\w +([\d,]+)", info).group(1)
        taken = re.search(r"taken +[\d,]+ +[\d.]+ +[\d.]+ +(\w+) +(\d+) +(\d+)", info)
        size = f"{taken.group(1)} {taken.group(2)} x {taken.group(3)} leaves, {forest} bytes, file {model.stat().st_size} bytes"
        keep(results["Flowsieve"], scores["macro_f1"], scores["accuracy"], size)
        for printed_name, learner in inner.items():
            found_inside = re.search(rf"{printed_name} +([\d.]+) +([\d.]+)", printed)
            keep(results[learner], float(found_inside.group(1)), float(found_inside.group(2)), "")
    for learner, (scores, accuracies, sizes) in results.items():
        report(name, learner, scores, accuracies, "; ".join(sizes))


def keep(result, score, accuracy, size):
    for values, value in zip(result, (score, accuracy, size)):
        values.append(value)


def main():
    data, out, program, seeds, *names = sys.argv[1:]
    data, out, seeds = Path(data), Path(out), int(seeds)
    for name in names or SETS:
        features, labels, held_out = matrix(data, name)
        sides = write_sides(data, out, name, held_out)
        own(name, seeds, program, out, sides)
        peers(name, seeds, features, labels, held_out)


main()
