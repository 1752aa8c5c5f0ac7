//! The command line's side: `flowsieve score` writes the file's rows with what the model says of them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;

/// How often the program's memory is looked at.
const MEMORY_INTERVAL: Duration = Duration::from_millis(10);

/// What one run took.
pub(super) struct Measured {
    /// From start to exit.
    pub(super) seconds: f64,
    /// The most resident memory, in bytes; `None` where the system does not tell.
    pub(super) peak_memory: Option<u64>,
}

/// Scores `flows` once into a new file `out` with the shipped RT-IoT2022 model.
pub(super) fn time(
    workspace: &Workspace,
    program: &Path,
    flows: &Path,
    out: &Path,
    threads: usize,
    results_only: bool,
) -> Result<Measured> {
    let model = workspace.www().join("models/rt-iot2022.sieve");
    let start = Instant::now();
    let mut child = Command::new(program)
        .arg("score")
        .arg(model)
        .arg(flows)
        .arg("--out")
        .arg(out)
        .args(["--threads", &threads.to_string()])
        .args(results_only.then_some("--results-only"))
        .stdout(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let status_file = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut peak_memory = None;
    loop {
        // The high-water mark, so that no peak between two looks is missed.
        peak_memory = high_water_mark(&status_file).max(peak_memory);
        if let Some(status) = child.try_wait()? {
            let seconds = start.elapsed().as_secs_f64();
            if !status.success() {
                bail!("{} score failed ({status})", program.display());
            }
            return Ok(Measured {
                seconds,
                peak_memory,
            });
        }
        std::thread::sleep(MEMORY_INTERVAL);
    }
}

/// `VmHWM` of a Linux process, in bytes.
fn high_water_mark(status_file: &Path) -> Option<u64> {
    let status = std::fs::read_to_string(status_file).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
