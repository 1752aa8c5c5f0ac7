//! `dist/flowsieve.d.ts`: the types of the module that others embed, in one file.

use anyhow::{Result, bail};

use crate::workspace::Workspace;
use crate::{files, npm, process};

/// The module with the public types; all that the library's declarations may refer to.
const TYPES_MODULE: &str = "./api.js";

/// Has the compiler declare the library and its types, and joins the two.
pub(super) fn write(workspace: &Workspace) -> Result<()> {
    let folder = workspace.scratch()?.join("types");
    let mut compiler = npm::tool(workspace, "tsc");
    compiler.args(["--project", "www/tsconfig.types.json", "--outDir"]);
    process::run(compiler.arg(&folder))?;
    let library = files::read(&folder.join("flowsieve.d.ts"))?;
    let types = files::read(&folder.join("api.d.ts"))?;
    let declarations = join(&types, &library)?;
    files::write(
        &workspace.dist().join("flowsieve.d.ts"),
        declarations.as_bytes(),
    )
}

/// The types, then the library without the lines that import or export those types.
fn join(types: &str, library: &str) -> Result<String> {
    let mut joined = types.trim_end().to_owned();
    joined.push('\n');
    for line in library.lines() {
        match imported_module(line) {
            Some(TYPES_MODULE) => {}
            Some(other) => bail!(
                "www/src/flowsieve.ts declares something in terms of {other}: \
                 public types belong in www/src/api.ts"
            ),
            None => {
                joined.push_str(line);
                joined.push('\n');
            }
        }
    }
    if let Some(other) = types.lines().find_map(imported_module) {
        bail!("www/src/api.ts declares something in terms of {other}: it has to stand alone");
    }
    Ok(joined)
}

/// The module that a line of declarations imports or exports from. The compiler writes each on one line.
fn imported_module(line: &str) -> Option<&str> {
    let statement = line.starts_with("import ") || line.starts_with("export ");
    let (_, after) = line.split_once(" from ")?;
    let module = after.trim().trim_end_matches(';').trim_matches(['"', '\'']);
    statement.then_some(module)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_library_become_one_file() {
        let types = "export interface Row {\n}\n";
        let library = "import type { Row } from './api.js';\n\
                       export type { Row } from \"./api.js\";\n\
                       export declare function rows(): Row[];\n";
        let joined = join(types, library).unwrap();
        assert_eq!(
            joined,
            "export interface Row {\n}\nexport declare function rows(): Row[];\n"
        );
    }

    #[test]
    fn a_type_from_elsewhere_is_refused() {
        let library = "import type { Pool } from './engine/pool.js';\n";
        let error = join("", library).unwrap_err();
        assert!(error.to_string().contains("./engine/pool.js"), "{error}");
        assert!(join("export type { A } from './b.js';\n", "").is_err());
    }
}
