//! `cargo xtask test`: the native tests, then the built page in a real browser.

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{build, chromium, data, models, npm, process};

#[derive(clap::Args)]
pub(crate) struct TestArguments {
    /// Arguments for Playwright, such as `--grep 'single file'`; with any, the native tests are left out
    #[arg(last = true)]
    page: Vec<String>,
}

/// Runs the tests. Those that need real traffic are skipped, and say so, where `FLOWSIEVE_DATA` is not set.
pub(crate) fn test(workspace: &Workspace, arguments: &TestArguments) -> Result<()> {
    let data = data::folder()?;
    if data.is_none() {
        eprintln!(
            "{} is not set: the tests on real traffic are skipped (docs/datasets.md)",
            data::VARIABLE
        );
    }
    if arguments.page.is_empty() {
        let mut native = process::cargo();
        native
            .args(["test", "--workspace"])
            .current_dir(workspace.root());
        if let Some(folder) = &data {
            native.env(data::VARIABLE, folder);
        }
        process::run(&mut native)?;
    }

    build::build(workspace)?;
    let program = models::build_program(workspace)?;
    let browser = chromium::find_or_install(workspace)?;
    let mut page = npm::tool(workspace, "playwright");
    page.args(["test", "--config", "tests/page/playwright.config.ts"])
        .args(&arguments.page);
    page.env("FLOWSIEVE_BIN", program);
    if let Some(folder) = &data {
        page.env(data::VARIABLE, folder);
    }
    chromium::name_to(&mut page, browser.as_deref());
    process::run(&mut page)
}
