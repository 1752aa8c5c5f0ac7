//! What a column is by its name: an index, an identifier, an address, a time, a label. None of these is a feature.
//!
//! A model must not learn who was attacked from or when a capture was made, only what traffic looks like. Names are
//! compared as everywhere, see [`normalised`].

use crate::schema::{is_usual_label, normalised};

/// What a column holds, going by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedAs {
    /// What a flow is.
    Label,
    /// The number of a row.
    Index,
    /// Who a flow is among all.
    Id,
    /// A host.
    Address,
    /// A moment.
    Time,
}

/// Names of columns that count rows, normalised.
const INDEXES: [&str; 8] = ["", "no", "unnamed:0", "id", "index", "idx", "rowid", "row"];
/// Names of columns that identify flows.
const IDS: [&str; 8] = [
    "uid",
    "flowid",
    "uuid",
    "guid",
    "sessionid",
    "connectionid",
    "communityid",
    "tunnelparents",
];
/// Names of columns that hold addresses.
const ADDRESSES: [&str; 18] = [
    "id.orig_h",
    "id.resp_h",
    "src_ip",
    "dst_ip",
    "source_ip",
    "destination_ip",
    "srcip_addr",
    "dstip_addr",
    "saddr",
    "daddr",
    "src_addr",
    "dst_addr",
    "ip_src",
    "ip_dst",
    "src_mac",
    "dst_mac",
    "smac",
    "dmac",
];
/// Names of columns that hold times.
const TIMES: [&str; 12] = [
    "ts",
    "timestamp",
    "time",
    "datetime",
    "date",
    "stime",
    "ltime",
    "start_time",
    "end_time",
    "frame.time",
    "flow_start",
    "first_seen",
];

/// What a column of this name holds; `None` where the name does not say.
pub fn named_as(name: &str) -> Option<NamedAs> {
    let name = normalised(name);
    let is_one_of = |names: &[&str]| names.iter().any(|other| normalised(other) == name);
    if is_label(&name) {
        Some(NamedAs::Label)
    } else if INDEXES.contains(&name.as_str()) {
        Some(NamedAs::Index)
    } else if is_one_of(&IDS) {
        Some(NamedAs::Id)
    } else if is_one_of(&ADDRESSES) {
        Some(NamedAs::Address)
    } else if is_one_of(&TIMES) {
        Some(NamedAs::Time)
    } else {
        None
    }
}

impl NamedAs {
    /// Why such a column is no feature, for people.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Label => "a label, by its name",
            Self::Index => "an index, by its name",
            Self::Id => "identifies flows, by its name",
            Self::Address => "addresses, which name the hosts of one network",
            Self::Time => "times, which tell when a capture was made",
        }
    }
}

fn is_label(normalised_name: &str) -> bool {
    is_usual_label(normalised_name)
        || normalised_name.contains("label")
        || normalised_name.starts_with("attack")
        || normalised_name.starts_with("attempted")
        || normalised_name.ends_with("category")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_is_no_feature() {
        for (name, expected) in [
            ("Attack Type", Some(NamedAs::Label)),
            ("sub_category", Some(NamedAs::Label)),
            ("", Some(NamedAs::Index)),
            ("Unnamed: 0", Some(NamedAs::Index)),
            ("Flow ID", Some(NamedAs::Id)),
            ("Src IP", Some(NamedAs::Address)),
            ("id.orig_h", Some(NamedAs::Address)),
            ("Timestamp", Some(NamedAs::Time)),
            ("id.orig_p", None),
            ("flow_duration", None),
        ] {
            assert_eq!(named_as(name), expected, "{name:?}");
        }
    }
}
