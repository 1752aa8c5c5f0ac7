//! Columns that the user connects by hand, where a header calls them what no model knows.

use super::{Schema, normalised};
use crate::{Error, ErrorKind};

/// What the user says about a column of the schema: which column of the file it is, or that it is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The column's name in the schema.
    pub column: String,
    /// The name of the file's column, or `column 3` for the third, where none is called that. `None` leaves it missing,
    /// although a column of the file may have its name.
    pub header: Option<String>,
}

/// What is known by hand of a column of the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ByHand {
    /// Nothing: it is found by its name.
    Nothing,
    /// It is not in the file.
    Missing,
    /// It is the column of the file with this index.
    Cell(usize),
}

/// Resolves what the user says: one entry per column of the schema.
pub(super) fn resolve(
    schema: &Schema,
    header: &[String],
    connections: &[Connection],
) -> Result<Vec<ByHand>, Error> {
    let mut by_hand = vec![ByHand::Nothing; schema.columns.len()];
    let ours: Vec<String> = schema
        .columns
        .iter()
        .map(|column| column.name.clone())
        .collect();
    for Connection {
        column,
        header: name,
    } in connections
    {
        let place = find(&ours, column).ok_or_else(|| {
            Error::new(
                ErrorKind::BadConnection,
                format!(
                    "The model has no column “{column}” to connect. It has: {}.",
                    ours.join(", ")
                ),
            )
        })?;
        if by_hand[place] != ByHand::Nothing {
            return Err(Error::new(
                ErrorKind::BadConnection,
                format!("The column “{column}” is connected twice. Connect it once."),
            ));
        }
        by_hand[place] = ByHand::Missing;
        if let Some(name) = name {
            let cell = find(header, name).or_else(|| {
                (0..header.len()).find(|index| format!("column {}", index + 1) == *name)
            });
            by_hand[place] = ByHand::Cell(cell.ok_or_else(|| {
                Error::new(
                    ErrorKind::NoSuchColumn,
                    format!(
                        "There is no column “{name}” to connect with “{column}”. The file has: {}.",
                        header.join(", ")
                    ),
                )
            })?);
        }
    }
    Ok(by_hand)
}

/// Why the column that holds the labels cannot be connected.
pub(super) fn is_label(name: &str) -> Error {
    let message = format!(
        "The column “{name}” holds the labels, so no column of the model can be connected with it. Choose another for one \
         of them."
    );
    Error::new(ErrorKind::BadConnection, message)
}

/// Where a name is among others: itself, or else one that is compared as equal.
fn find(names: &[String], name: &str) -> Option<usize> {
    let plain = normalised(name);
    let same = names.iter().position(|other| other == name);
    same.or_else(|| names.iter().position(|other| normalised(other) == plain))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{features, header, schema};
    use super::*;
    use crate::schema::{HeaderMatch, Ignored, LabelChoice, OneHot};

    fn connect(
        names: &str,
        label: &LabelChoice,
        pairs: &[(&str, &str)],
    ) -> Result<HeaderMatch, Error> {
        let connections: Vec<Connection> = pairs
            .iter()
            .map(|&(column, header)| Connection {
                column: column.to_owned(),
                header: (!header.is_empty()).then(|| header.to_owned()),
            })
            .collect();
        let features = features([&[], &[], &["tcp", "udp"]]);
        schema().match_header(&header(names), label, &features, &connections)
    }

    fn refusal(names: &str, label: &LabelChoice, pairs: &[(&str, &str)]) -> (ErrorKind, String) {
        let error = connect(names, label, pairs).expect_err("a refusal");
        (error.kind(), error.to_string())
    }

    #[test]
    fn what_is_connected_comes_before_names_and_aliases() {
        let names = "Dauer,flow_duration,Protokoll,label";
        let found = connect(
            names,
            &LabelChoice::Auto,
            &[("flow_duration", "Dauer"), ("Proto", "protokoll")],
        );
        let found = found.expect("a match");
        assert_eq!(found.columns, [Some(0), None, Some(2)]);
        assert_eq!(found.by_hand, [true, false, true]);
        assert_eq!(found.ignored, [(1, Ignored::Unknown)]);
        assert!((found.importance_share - 0.7).abs() < 1e-6);
    }

    #[test]
    fn a_column_can_be_connected_with_none() {
        let found = connect(
            "flow_duration,dur,proto_tcp,x",
            &LabelChoice::Auto,
            &[("flow_duration", ""), ("proto", "")],
        );
        let found = found.expect("a match");
        assert_eq!(found.columns, [None, Some(3), None]);
        assert_eq!(found.one_hot, Vec::<OneHot>::new());
        assert_eq!(found.by_hand, [true, false, true]);
    }

    #[test]
    fn a_column_that_is_connected_is_not_taken_for_another_or_for_the_label() {
        let pairs = [
            ("proto", "flow_duration"),
            ("fwd_pkts_payload.min", "attack"),
        ];
        let found =
            connect("flow_duration,attack,class", &LabelChoice::Auto, &pairs).expect("a match");
        assert_eq!(found.columns, [None, Some(1), Some(0)]);
        assert_eq!(found.label, Some(2));
    }

    #[test]
    fn columns_without_a_name_of_their_own_have_a_number() {
        let pairs = [("flow_duration", "column 1"), ("proto", "column 3")];
        let found = connect(",a,a", &LabelChoice::None, &pairs).expect("a match");
        assert_eq!(found.columns, [Some(0), None, Some(2)]);
        let by_name = connect("a,column 1", &LabelChoice::None, &pairs[..1]).expect("a match");
        assert_eq!(by_name.columns[0], Some(1));
    }

    #[test]
    fn connections_that_cannot_be_are_refused() {
        let auto = LabelChoice::Auto;
        let (kind, says) = refusal("a,b", &auto, &[("flow_duration", "c")]);
        assert_eq!(kind, ErrorKind::NoSuchColumn);
        assert!(
            says.contains("“c”") && says.contains("“flow_duration”") && says.contains("a, b"),
            "{says}"
        );
        for name in ["column 0", "column 3", "column x"] {
            assert_eq!(
                refusal("a,b", &auto, &[("proto", name)]).0,
                ErrorKind::NoSuchColumn
            );
        }
        let (kind, says) = refusal("a,b", &auto, &[("x1", "a")]);
        assert_eq!(kind, ErrorKind::BadConnection);
        assert!(
            says.contains("“x1”") && says.contains("flow_duration, fwd_pkts_payload.min, proto"),
            "{says}"
        );
        let (kind, _) = refusal("a,b", &auto, &[("proto", "a"), ("PROTO", "b")]);
        assert_eq!(kind, ErrorKind::BadConnection);
        let (kind, says) = refusal("a,b", &LabelChoice::Named("A".into()), &[("proto", "a")]);
        assert_eq!(kind, ErrorKind::BadConnection);
        assert!(says.contains("labels"), "{says}");
    }
}
