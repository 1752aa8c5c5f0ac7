//! Explanations of a small forest, contribution by contribution as the package `shap` has them.

use flowsieve::explain::{Explanation, TreeShap, node_covers};
use flowsieve::model::tree::{Tree, TreeNode};
use serde_json::Value;

/// What `explain_golden.py` prints with the packages that it names.
const GOLDEN: &str = include_str!("golden/explain.json");

/// A tree, and the bytes and the training weight of each leaf, by the number that its node holds.
struct Leaves {
    tree: Tree,
    shares: Vec<Vec<f64>>,
    weights: Vec<f64>,
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn numbers(value: &Value) -> Vec<f64> {
    let number = |value: &Value| value.as_f64().expect("a number");
    list(value).iter().map(number).collect()
}

fn tree(nodes: &Value) -> Leaves {
    let mut leaves = Leaves {
        tree: Tree::default(),
        shares: Vec::new(),
        weights: Vec::new(),
    };
    for node in list(nodes) {
        let node = match list(node) {
            [leaf, weight] => {
                let bytes = numbers(leaf);
                leaves
                    .shares
                    .push(bytes.iter().map(|byte| byte / 255.0).collect());
                leaves.weights.push(weight.as_f64().expect("a weight"));
                TreeNode::Leaf {
                    value: leaves.shares.len() as u32 - 1,
                }
            }
            [feature, threshold, missing_left, right] => TreeNode::Split {
                feature: feature.as_u64().expect("an index") as u16,
                threshold: threshold
                    .as_f64()
                    .map_or(f32::INFINITY, |threshold| threshold as f32),
                missing_left: missing_left.as_bool().expect("a side"),
                right: right.as_u64().expect("an index") as u32,
            },
            other => panic!("{other:?} is no node"),
        };
        leaves.tree.nodes.push(node);
    }
    leaves
}

#[test]
fn contributions_are_those_of_shap() {
    let golden: Value = serde_json::from_str(GOLDEN).expect("JSON");
    let forest: Vec<Leaves> = list(&golden["trees"]).iter().map(tree).collect();
    let expectations = numbers(&golden["expectations"]);
    let trees: Vec<Tree> = forest.iter().map(|leaves| leaves.tree.clone()).collect();
    let mut shap = TreeShap::new(&trees);
    let mut compared = 0;
    for (row, by_class) in list(&golden["rows"])
        .iter()
        .zip(list(&golden["contributions"]))
    {
        let values: Vec<f32> = list(row)
            .iter()
            .map(|cell| cell.as_f64().map_or(f32::NAN, |cell| cell as f32))
            .collect();
        for (class, (expected, &expectation)) in
            list(by_class).iter().zip(&expectations).enumerate()
        {
            let mut found =
                Explanation::nothing(flowsieve::model::forest::Leaves::Shares, values.len());
            for leaves in &forest {
                let covers = node_covers(&leaves.tree, |leaf| leaves.weights[leaf as usize]);
                let share = |leaf: u32| leaves.shares[leaf as usize][class] / forest.len() as f64;
                shap.add(&leaves.tree, &covers, &values, share, &mut found);
            }
            assert!(
                (found.expectation - expectation).abs() < 1e-12,
                "class {class}"
            );
            for (ours, theirs) in found.contributions.iter().zip(numbers(expected)) {
                assert!(
                    (ours - theirs).abs() < 1e-10,
                    "class {class}: {ours}, not {theirs}"
                );
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 24 * 4 * 7);
}
