//! How far a command is, on the terminal's error stream; nothing where that is no terminal.

use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

/// A bar over `total` steps of `what`.
pub(crate) fn bar(what: &str, total: u64) -> ProgressBar {
    styled(
        what,
        total,
        "{msg:28} {wide_bar} {pos:>6}/{len} {elapsed:>4}",
    )
}

/// A bar over bytes read.
pub(crate) fn bytes_bar(what: &str, total: u64) -> ProgressBar {
    styled(
        what,
        total,
        "{msg:28} {wide_bar} {bytes:>10}/{total_bytes} {elapsed:>4}",
    )
}

/// A sign of life for work of unknown length.
pub(crate) fn spinner(what: &str) -> ProgressBar {
    let spinner = ProgressBar::new_spinner().with_message(what.to_owned());
    spinner.enable_steady_tick(Duration::from_millis(200));
    spinner
}

fn styled(what: &str, total: u64, template: &str) -> ProgressBar {
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total)
        .with_style(style)
        .with_message(what.to_owned())
}
