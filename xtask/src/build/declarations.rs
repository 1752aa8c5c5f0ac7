//! `dist/flowsieve.d.ts`: the types of the module that others embed, in one file.

use anyhow::{Result, bail};

use crate::workspace::Workspace;
use crate::{files, npm, process};

/// The modules with the public types, by their names without an ending: all that declarations may refer to.
const TYPES_MODULES: [&str; 2] = ["api-model", "api"];

/// Has the compiler declare the library and its types, and joins the two.
pub(super) fn write(workspace: &Workspace) -> Result<()> {
    let folder = workspace.scratch()?.join("types");
    let mut compiler = npm::tool(workspace, "tsc");
    compiler.args(["--project", "www/tsconfig.types.json", "--outDir"]);
    process::run(compiler.arg(&folder))?;
    let mut parts = Vec::new();
    for module in TYPES_MODULES.iter().chain(&["flowsieve"]) {
        parts.push(files::read(&folder.join(format!("{module}.d.ts")))?);
    }
    let declarations = join(&parts)?;
    files::write(
        &workspace.dist().join("flowsieve.d.ts"),
        declarations.as_bytes(),
    )
}

/// All parts, without the lines that import or export the types of one in another.
fn join(parts: &[String]) -> Result<String> {
    let mut joined = String::new();
    for line in parts.iter().flat_map(|part| part.lines()) {
        let is_ours = |module: &str| {
            let name = module
                .strip_prefix("./")
                .and_then(|name| name.strip_suffix(".js"));
            name.is_some_and(|name| TYPES_MODULES.contains(&name))
        };
        match imported_module(line) {
            Some(module) if is_ours(module) => {}
            Some(other) => bail!(
                "the library declares something in terms of {other}: public types belong in www/src/api.ts or api-model.ts"
            ),
            None => {
                joined.push_str(line);
                joined.push('\n');
            }
        }
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
        let models = "export interface Model {\n}\n";
        let types = "import type { Model } from './api-model.js';\n\
                     export type * from './api-model.js';\n\
                     export interface Row {\n}\n";
        let library = "import type { Row } from './api.js';\n\
                       export type { Row } from \"./api.js\";\n\
                       export declare function rows(): Row[];\n";
        let joined = join(&[models, types, library].map(str::to_owned)).unwrap();
        assert_eq!(
            joined,
            "export interface Model {\n}\nexport interface Row {\n}\nexport declare function rows(): Row[];\n"
        );
    }

    #[test]
    fn a_type_from_elsewhere_is_refused() {
        for line in [
            "import type { Pool } from './engine/pool.js';",
            "export type { A } from './b.js';",
        ] {
            let error = join(&[format!("{line}\n")]).unwrap_err();
            assert!(error.to_string().contains("in terms of ./"), "{error}");
        }
    }
}
