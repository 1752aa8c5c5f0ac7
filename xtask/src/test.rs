//! `cargo xtask test`: the native tests, then the built page in a real browser.

use std::path::Path;

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
        run_native(workspace, data.as_deref())?;
    }
    run_page(workspace, data.as_deref(), &arguments.page)
}

fn run_native(workspace: &Workspace, data: Option<&Path>) -> Result<()> {
    let mut core_and_trainer = process::cargo();
    core_and_trainer.args(["test", "--workspace", "--exclude", "xtask"]);
    core_and_trainer.current_dir(workspace.root());
    data::name_to(&mut core_and_trainer, data);
    process::run(&mut core_and_trainer)?;
    // In the profile that it was just built in: in the tests' own, its WebAssembly tools take minutes to compile.
    let mut this_tool = process::cargo();
    this_tool.args(["test", "--package", "xtask", "--profile", "xtask"]);
    process::run(this_tool.current_dir(workspace.root()))
}

fn run_page(workspace: &Workspace, data: Option<&Path>, arguments: &[String]) -> Result<()> {
    build::build(workspace)?;
    let program = models::build_program(workspace)?;
    let browser = chromium::find_or_install(workspace)?;
    let mut playwright = npm::tool(workspace, "playwright");
    playwright
        .args(["test", "--config", "tests/page/playwright.config.ts"])
        .args(arguments);
    playwright.env("FLOWSIEVE_BIN", program);
    data::name_to(&mut playwright, data);
    chromium::name_to(&mut playwright, browser.as_deref());
    process::run(&mut playwright)
}
