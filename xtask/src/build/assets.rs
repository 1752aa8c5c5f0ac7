//! Models and samples, and the catalogues that list them.
//!
//! A static host cannot list a folder, so `models/index.json` and `samples/index.json` say what there is.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Serialize;

use crate::workspace::Workspace;
use crate::{files, models};

/// A line of `models/index.json`.
#[derive(Serialize)]
struct ModelEntry {
    name: String,
    file: String,
    bytes: u64,
}

/// A line of `samples/index.json`.
#[derive(Serialize)]
struct SampleEntry {
    name: String,
    file: String,
    bytes: u64,
    /// The model that the sample was made for.
    model: String,
}

/// What was copied.
pub(super) struct Assets {
    /// How many models there are.
    pub(super) models: usize,
    /// Every file of the two folders, as a path below dist/, catalogues first.
    pub(super) names: Vec<String>,
}

/// Copies models and samples to dist/ and writes their catalogues.
pub(super) fn copy_all(workspace: &Workspace) -> Result<Assets> {
    let dist = workspace.dist();
    let mut models = Vec::new();
    for (name, file, bytes) in copy_folder(workspace, "models", "sieve")? {
        models.push(ModelEntry { name, file, bytes });
    }
    let mut samples = Vec::new();
    for (name, file, bytes) in copy_folder(workspace, "samples", "csv")? {
        let made_for = |model: &&ModelEntry| name.strip_suffix("-synthetic") == Some(&model.name);
        let Some(model) = models.iter().find(made_for) else {
            bail!("www/samples/{file} has no model: a sample is called MODEL-synthetic.csv");
        };
        samples.push(SampleEntry {
            model: model.name.clone(),
            name,
            file,
            bytes,
        });
    }

    models.sort_by_key(|model| models::place_of(&model.name));
    samples.sort_by_key(|sample| models::place_of(&sample.model));
    write_catalogue(&dist.join("models/index.json"), &models)?;
    write_catalogue(&dist.join("samples/index.json"), &samples)?;
    let mut names = vec![
        "models/index.json".to_owned(),
        "samples/index.json".to_owned(),
    ];
    names.extend(models.iter().map(|model| format!("models/{}", model.file)));
    names.extend(
        samples
            .iter()
            .map(|sample| format!("samples/{}", sample.file)),
    );
    Ok(Assets {
        models: models.len(),
        names,
    })
}

/// Copies the files of `www/FOLDER` and returns the name without extension, the name and the size of each.
fn copy_folder(
    workspace: &Workspace,
    folder: &str,
    extension: &str,
) -> Result<Vec<(String, String, u64)>> {
    let to = workspace.dist().join(folder);
    files::create_folder(&to)?;
    let mut copied = Vec::new();
    for path in files::with_extension(&workspace.www().join(folder), extension)? {
        let text = |part: Option<&std::ffi::OsStr>| {
            part.and_then(|part| part.to_str())
                .map(str::to_owned)
                .context("a name is not UTF-8")
        };
        let (name, file) = (text(path.file_stem())?, text(path.file_name())?);
        files::copy(&path, &to.join(&file))?;
        copied.push((name, file, path.metadata()?.len()));
    }
    Ok(copied)
}

fn write_catalogue(path: &Path, entries: &impl Serialize) -> Result<()> {
    files::write(path, serde_json::to_string(entries)?.as_bytes())
}
