//! Writes the inputs that fuzzing starts from: `seeds FOLDER` makes a folder for each target in it.

use flowsieve_fuzz::seeds::{self, Seed};
use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).ok_or("usage: seeds FOLDER")?;
    let targets: [(&str, Vec<Seed>); 5] = [
        ("csv", seeds::csv()),
        ("zeek", seeds::zeek()),
        ("json", seeds::json()),
        ("sniff", seeds::sniff()),
        ("pack", seeds::pack()),
    ];
    for (target, seeds) in targets {
        let folder = PathBuf::from(&folder).join(target);
        std::fs::create_dir_all(&folder)?;
        for (name, bytes) in seeds {
            std::fs::write(folder.join(name), bytes)?;
        }
    }
    Ok(())
}
