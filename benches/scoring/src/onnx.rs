//! A forest as an ONNX model: one node `TreeEnsembleClassifier` of the domain `ai.onnx.ml`, written field by field in the
//! wire format of protocol buffers. The numbers of fields are those of `onnx.proto`.

use flowsieve::model::forest::ForestSpec;
use flowsieve::model::tree::TreeNode;

/// The model. Its input `x` is rows of `n_features` floats, its output `label` the class of each row as an `int64`.
pub(crate) fn forest(spec: &ForestSpec, n_features: usize) -> Vec<u8> {
    let (batch, features) = (dimension(None), dimension(Some(n_features)));
    let n_classes = usize::from(spec.n_classes);
    let mut graph = Vec::new();
    message(&mut graph, 1, &classifier(spec));
    text(&mut graph, 2, "forest");
    let scores = [batch.clone(), dimension(Some(n_classes))];
    message(
        &mut graph,
        11,
        &tensor("x", FLOAT, &[batch.clone(), features]),
    );
    message(&mut graph, 12, &tensor("label", INT64, &[batch]));
    message(&mut graph, 12, &tensor("scores", FLOAT, &scores));

    let mut model = Vec::new();
    number(&mut model, 1, 8);
    message(&mut model, 7, &graph);
    message(&mut model, 8, &operators("", 17));
    message(&mut model, 8, &operators("ai.onnx.ml", 3));
    model
}

const FLOAT: u64 = 1;
const INT64: u64 = 7;

/// The lists that describe all nodes of all trees.
#[derive(Default)]
struct Nodes {
    tree: Vec<u64>,
    node: Vec<u64>,
    feature: Vec<u64>,
    threshold: Vec<f32>,
    mode: Vec<&'static str>,
    left: Vec<u64>,
    right: Vec<u64>,
    missing_left: Vec<u64>,
    leaf_tree: Vec<u64>,
    leaf_node: Vec<u64>,
    leaf_class: Vec<u64>,
    share: Vec<f32>,
}

fn classifier(spec: &ForestSpec) -> Vec<u8> {
    let n_classes = usize::from(spec.n_classes);
    let mut nodes = Nodes::default();
    for (tree, index) in spec.trees.iter().zip(0u64..) {
        for (node, place) in tree.nodes.iter().zip(0u64..) {
            nodes.tree.push(index);
            nodes.node.push(place);
            match *node {
                TreeNode::Split {
                    feature,
                    threshold,
                    missing_left,
                    right,
                } => {
                    nodes.feature.push(u64::from(feature));
                    nodes.threshold.push(threshold);
                    nodes.mode.push("BRANCH_LEQ");
                    nodes.left.push(place + 1);
                    nodes.right.push(u64::from(right));
                    nodes.missing_left.push(u64::from(missing_left));
                }
                TreeNode::Leaf { value } => {
                    nodes.feature.push(0);
                    nodes.threshold.push(0.0);
                    nodes.mode.push("LEAF");
                    nodes.left.push(0);
                    nodes.right.push(0);
                    nodes.missing_left.push(0);
                    let distribution =
                        &spec.distributions[value as usize * n_classes..][..n_classes];
                    // Classes that a leaf does not have need no entry.
                    let shares = distribution
                        .iter()
                        .zip(0u64..)
                        .filter(|(share, _)| **share > 0);
                    for (&share, class) in shares {
                        nodes.leaf_tree.push(index);
                        nodes.leaf_node.push(place);
                        nodes.leaf_class.push(class);
                        nodes.share.push(f32::from(share));
                    }
                }
            }
        }
    }

    let mut out = Vec::new();
    text(&mut out, 1, "x");
    text(&mut out, 2, "label");
    text(&mut out, 2, "scores");
    text(&mut out, 4, "TreeEnsembleClassifier");
    let labels: Vec<u64> = (0..n_classes as u64).collect();
    for (name, values) in [
        ("nodes_treeids", &nodes.tree),
        ("nodes_nodeids", &nodes.node),
        ("nodes_featureids", &nodes.feature),
        ("nodes_truenodeids", &nodes.left),
        ("nodes_falsenodeids", &nodes.right),
        ("nodes_missing_value_tracks_true", &nodes.missing_left),
        ("class_treeids", &nodes.leaf_tree),
        ("class_nodeids", &nodes.leaf_node),
        ("class_ids", &nodes.leaf_class),
        ("classlabels_int64s", &labels),
    ] {
        attribute(&mut out, name, 7, |out| numbers(out, 8, values));
    }
    for (name, values) in [
        ("nodes_values", &nodes.threshold),
        ("class_weights", &nodes.share),
    ] {
        attribute(&mut out, name, 6, |out| floats(out, 7, values));
    }
    attribute(&mut out, "nodes_modes", 8, |out| {
        for mode in &nodes.mode {
            text(out, 9, mode);
        }
    });
    attribute(&mut out, "post_transform", 3, |out| text(out, 4, "NONE"));
    text(&mut out, 7, "ai.onnx.ml");
    out
}

/// An attribute of a node; `kind` is its type and `put` writes its value.
fn attribute(out: &mut Vec<u8>, name: &str, kind: u64, put: impl FnOnce(&mut Vec<u8>)) {
    let mut attribute = Vec::new();
    text(&mut attribute, 1, name);
    put(&mut attribute);
    number(&mut attribute, 20, kind);
    message(out, 5, &attribute);
}

/// A tensor that goes in or comes out, with its dimensions.
fn tensor(name: &str, element: u64, dimensions: &[Vec<u8>]) -> Vec<u8> {
    let mut shape = Vec::new();
    for dimension in dimensions {
        message(&mut shape, 1, dimension);
    }
    let mut of_elements = Vec::new();
    number(&mut of_elements, 1, element);
    message(&mut of_elements, 2, &shape);
    let mut kind = Vec::new();
    message(&mut kind, 1, &of_elements);
    let mut out = Vec::new();
    text(&mut out, 1, name);
    message(&mut out, 2, &kind);
    out
}

/// A dimension of a known size, or of any.
fn dimension(size: Option<usize>) -> Vec<u8> {
    let mut out = Vec::new();
    match size {
        Some(size) => number(&mut out, 1, size as u64),
        None => text(&mut out, 2, "rows"),
    }
    out
}

fn operators(domain: &str, version: u64) -> Vec<u8> {
    let mut out = Vec::new();
    text(&mut out, 1, domain);
    number(&mut out, 2, version);
    out
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn number(out: &mut Vec<u8>, field: u64, value: u64) {
    varint(out, field << 3);
    varint(out, value);
}

fn message(out: &mut Vec<u8>, field: u64, bytes: &[u8]) {
    varint(out, field << 3 | 2);
    varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn text(out: &mut Vec<u8>, field: u64, text: &str) {
    message(out, field, text.as_bytes());
}

fn numbers(out: &mut Vec<u8>, field: u64, values: &[u64]) {
    let mut packed = Vec::new();
    for &value in values {
        varint(&mut packed, value);
    }
    message(out, field, &packed);
}

fn floats(out: &mut Vec<u8>, field: u64, values: &[f32]) {
    let packed: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    message(out, field, &packed);
}
