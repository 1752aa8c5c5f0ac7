//! `dist/flowsieve.html`: the whole page in one file that works by double-click.
//!
//! From file:// a page cannot fetch its neighbours, so script and style stand inline, and every asset is an element that
//! the page's loader looks for first: `<script type="text/plain" id="asset:NAME" data-encoding="base64">`.

use std::fmt::Write;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{page, policy, replace_once, wasm};
use crate::files;
use crate::workspace::Workspace;

/// How index.html names the parts that become inline.
const STYLE_LINK: &str = r#"<link rel="stylesheet" href="app.css">"#;
const SCRIPT_LINK: &str = r#"<script type="module" src="app.js"></script>"#;

/// Writes the single file from index.html, the bundle, and the assets in dist/.
pub(super) fn write(workspace: &Workspace, html: &str, catalogued: &[String]) -> Result<()> {
    let dist = workspace.dist();
    let script = page::single_script(workspace)?;
    let style = files::read(&dist.join("app.css"))?;

    let mut data = String::new();
    for name in super::NOTICES {
        data.push_str(&data_block(
            name,
            &files::read(&workspace.root().join(name))?,
        )?);
    }
    let modules = wasm::MODULES.iter().map(|module| module.file.to_owned());
    let workers = page::WORKERS.map(|worker| format!("{worker}.js"));
    let own: Vec<String> = modules.chain(workers).collect();
    for name in own.iter().chain(catalogued) {
        let encoded = STANDARD.encode(files::read_bytes(&dist.join(name))?);
        writeln!(
            data,
            "<script type=\"text/plain\" id=\"asset:{name}\" data-encoding=\"base64\">{encoded}</script>"
        )?;
    }

    let file = assemble(html, &script, &style, &data)?;
    files::write(&dist.join("flowsieve.html"), file.as_bytes())
}

/// Puts the parts into the page's markup and the hashes of script and style into its policy.
fn assemble(html: &str, script: &str, style: &str, data: &str) -> Result<String> {
    require_embeddable(script, "script").context("the page's script cannot stand inline")?;
    require_embeddable(style, "style").context("the page's style sheet cannot stand inline")?;
    // What comes last holds text that the earlier patterns might occur in.
    let hosted = policy::attribute(policy::HOSTED);
    let inline = policy::attribute(&policy::single_file(script, style));
    let html = replace_once(html, &hosted, &inline)?;
    let html = replace_once(&html, "</body>", &format!("{data}</body>"))?;
    let html = replace_once(&html, STYLE_LINK, &format!("<style>{style}</style>"))?;
    replace_once(
        &html,
        SCRIPT_LINK,
        &format!("<script type=\"module\">{script}</script>"),
    )
}

/// A block of text in the page that no browser runs or shows.
fn data_block(id: &str, text: &str) -> Result<String> {
    require_embeddable(text, "script").with_context(|| format!("{id} cannot stand inline"))?;
    Ok(format!(
        "<script type=\"text/plain\" id=\"{id}\">\n{text}</script>\n"
    ))
}

/// Fails where text would end the element that it is put in, or where a parser would change it before it is hashed: a
/// script ends at `</script`, `<!--` followed by `<script` hides that end (HTML, 13.2.5.21), and a carriage return
/// becomes a newline.
fn require_embeddable(text: &str, element: &str) -> Result<()> {
    let lower = text.to_ascii_lowercase();
    let ends = lower.contains(&format!("</{element}"));
    let hides = lower.contains("<!--") && lower.contains(&format!("<{element}"));
    if ends || hides {
        bail!("it has </{element} or <!-- with <{element} in it, which HTML reads as markup");
    }
    if text.contains(['\r', '\0']) {
        bail!("it has a carriage return or a null character, which HTML replaces");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index() -> String {
        format!(
            "<!doctype html><meta http-equiv=\"Content-Security-Policy\" {}>{STYLE_LINK}\
             {SCRIPT_LINK}<body></body>",
            policy::attribute(policy::HOSTED)
        )
    }

    #[test]
    fn every_part_stands_inline_and_the_policy_names_it() {
        let file = assemble(&index(), "go(\"</body>\")", "p{}", "<i>data</i>").unwrap();
        assert!(
            file.contains("<script type=\"module\">go(\"</body>\")</script>"),
            "{file}"
        );
        assert!(file.contains("<style>p{}</style>"), "{file}");
        assert!(file.ends_with("<body><i>data</i></body>"), "{file}");
        assert!(!file.contains("'self'"), "{file}");
        assert!(
            !file.contains("src=\"app.js\"") && !file.contains("href=\"app.css\""),
            "{file}"
        );
    }

    #[test]
    fn a_page_that_lacks_a_part_is_refused() {
        for part in [STYLE_LINK, SCRIPT_LINK, "</body>", "'wasm-unsafe-eval'"] {
            let error = assemble(&index().replace(part, ""), "", "", "").unwrap_err();
            assert!(
                error.to_string().contains("exactly once"),
                "{part}: {error}"
            );
        }
    }

    #[test]
    fn text_that_html_would_read_as_markup_is_refused() {
        for script in ["'</SCRIPT >'", "'<!--' + '<script>'", "a\r\nb"] {
            assert!(assemble(&index(), script, "", "").is_err(), "{script}");
        }
        assert!(assemble(&index(), "'<!-- lit -->' + '<\\/script>'", "", "").is_ok());
        assert!(assemble(&index(), "", "p::after{content:'</style>'}", "").is_err());
    }
}
