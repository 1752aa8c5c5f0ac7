//! `cargo xtask models`: the models and samples that the page ships, made from the public data sets.
//!
//! The files are committed, so that a clone has them without the data. `--check` makes them again and compares: what is
//! committed is what the command makes, to the byte.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;
use crate::{data, files, process};

#[derive(clap::Args)]
pub(crate) struct ModelsArguments {
    /// Make the files in a temporary folder and compare them with the committed ones
    #[arg(long)]
    check: bool,
}

/// A model that the page ships, with the sample that goes with it.
struct ShippedModel {
    /// The name of `www/models/NAME.sieve` and `www/samples/NAME-synthetic.csv`.
    name: &'static str,
    /// The files of flows that it learns from, below the folder of data sets.
    flows: &'static [&'static str],
    /// How many of them, from the first on, the sample is made like.
    sample_files: usize,
    /// The column that says what each flow is; of several, the first that a file has.
    label: &'static str,
    /// Which labels belong together and which are attacks, below the checkout.
    taxonomy: &'static str,
    /// The most bytes that the forest may take; its size is chosen among those.
    forest_bytes: &'static str,
    /// What is said of columns and rows: options of `flowsieve train`.
    options: &'static [&'static str],
    /// Rows of the sample: as many as stay below 300 KB.
    sample_rows: u32,
}

/// Trees of every shipped detector: as good as a hundred, at half the time (BENCHMARKS.md).
const ISOLATION_TREES: &str = "50";

/// In the order in which the page offers them.
const SHIPPED: [ShippedModel; 4] = [
    ShippedModel {
        name: "rt-iot2022",
        flows: &["rt-iot2022/rt_iot2022.csv"],
        sample_files: 1,
        label: "Attack_type",
        taxonomy: "trainer/datasets/rt-iot2022.toml",
        forest_bytes: "20000",
        options: &[],
        sample_rows: 750,
    },
    ShippedModel {
        name: "ciciot2023",
        flows: &["ciciot2023/ciciot2023_39f_10family_sample.csv"],
        sample_files: 1,
        label: "label_multiclass",
        taxonomy: "trainer/datasets/ciciot2023.toml",
        forest_bytes: "40000",
        // Window size and counts tell how the captures were cut; what they would add is in the card.
        options: &["--without-lab-columns"],
        sample_rows: 1_500,
    },
    ShippedModel {
        name: "iot23",
        // The log and the mixed captures have all of Zeek's columns, so what the third has of their flows counts once.
        flows: &[
            "iot23/CTU-IoT-Malware-Capture-34-1.conn.log.labeled",
            "iot23/iot23_mixed_captures.csv",
            "iot23/iot23_onehot.csv",
        ],
        sample_files: 2,
        label: "detailed-label,detailedlabel,label",
        taxonomy: "trainer/datasets/iot23.toml",
        forest_bytes: "20000",
        // A port names a service, and is no quantity; the port that a connection comes from is drawn at random.
        options: &[
            "--categorical",
            "id.resp_p",
            "--drop",
            "id.orig_p",
            "--once",
        ],
        sample_rows: 2_000,
    },
    ShippedModel {
        name: "cicflowmeter",
        flows: &["cicflowmeter/cicids2017_improved.csv"],
        sample_files: 1,
        label: "Label",
        taxonomy: "trainer/datasets/cicflowmeter.toml",
        forest_bytes: "20000",
        // Ports name the attack in these data; the others are columns that no other generation of CICFlowMeter writes.
        options: &[
            "--drop",
            "Src Port,Dst Port,Fwd RST Flags,Bwd RST Flags,ICMP Code,ICMP Type,Total TCP Flow Time",
        ],
        sample_rows: 500,
    },
];

/// Where a model comes in the order of the page; one that is not made here comes last.
pub(crate) fn place_of(model: &str) -> usize {
    let known = SHIPPED.iter().position(|shipped| shipped.name == model);
    known.unwrap_or(SHIPPED.len())
}

/// Makes the shipped files, or proves that they are what this command makes.
pub(crate) fn models(workspace: &Workspace, arguments: &ModelsArguments) -> Result<()> {
    let data = data::required_folder()?;
    let program = build_program(workspace)?;
    if !arguments.check {
        return make_all(workspace, &program, &data, &workspace.www()).map(drop);
    }

    let folder = tempfile::tempdir().context("cannot create a temporary folder")?;
    let made = make_all(workspace, &program, &data, folder.path())?;
    let mut different = Vec::new();
    for path in made {
        let committed = workspace.www().join(&path);
        if std::fs::read(&committed).ok() == Some(std::fs::read(folder.path().join(&path))?) {
            println!("www/{} is what the command makes", path.display());
        } else {
            different.push(format!("www/{}", path.display()));
        }
    }
    if !different.is_empty() {
        bail!(
            "not what `cargo xtask models` makes: {}. Run it and commit the result, or find out \
             why it changed",
            different.join(", ")
        );
    }
    Ok(())
}

/// Builds the command-line program and returns its path.
pub(crate) fn build_program(workspace: &Workspace) -> Result<PathBuf> {
    process::run(
        process::cargo()
            .args(["build", "--release", "--package", "flowsieve-trainer"])
            .current_dir(workspace.root()),
    )?;
    let name = format!("flowsieve{}", std::env::consts::EXE_SUFFIX);
    Ok(workspace.target().join("release").join(name))
}

/// Makes every shipped file below `out`; returns their paths relative to it.
fn make_all(
    workspace: &Workspace,
    program: &Path,
    data: &Path,
    out: &Path,
) -> Result<Vec<PathBuf>> {
    for folder in ["models", "samples"] {
        files::create_folder(&out.join(folder))?;
    }
    let mut made = Vec::new();
    for model in &SHIPPED {
        let flows: Vec<PathBuf> = model.flows.iter().map(|name| data.join(name)).collect();
        if let Some(missing) = flows.iter().position(|path| !path.is_file()) {
            bail!(
                "{} has no {} (docs/datasets.md)",
                data.display(),
                model.flows[missing]
            );
        }
        let pack = PathBuf::from(format!("models/{}.sieve", model.name));
        let sample = PathBuf::from(format!("samples/{}-synthetic.csv", model.name));
        let run = |command: &mut Command| process::run(command.current_dir(workspace.root()));
        run(&mut train(model, program, &flows, &out.join(&pack)))?;
        run(&mut generate_sample(
            model,
            program,
            &flows[..model.sample_files],
            &out.join(&sample),
        ))?;
        made.extend([pack, sample]);
    }
    Ok(made)
}

/// The command that trains a model.
fn train(model: &ShippedModel, program: &Path, flows: &[PathBuf], out: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .arg("train")
        .args(flows)
        .args(["--label", model.label]);
    command
        .args(["--taxonomy", model.taxonomy])
        .args(["--forest-bytes", model.forest_bytes])
        .args(["--isolation-trees", ISOLATION_TREES])
        .args(model.options)
        .arg("--out")
        .arg(out);
    command
}

/// The command that writes a synthetic sample.
fn generate_sample(model: &ShippedModel, program: &Path, flows: &[PathBuf], out: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .arg("synth")
        .args(flows)
        .args(["--label", model.label]);
    command
        .args(["--rows", &model.sample_rows.to_string()])
        .arg("--out")
        .arg(out);
    command
}
