//! The content security policies: nothing but the page's own parts runs, and nothing leaves the page.

use anyhow::{Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The policy of the page on a static host, as www/index.html has it.
pub(super) const HOSTED: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
    style-src 'self'; connect-src 'self'; worker-src 'self' blob:; img-src 'self' data: blob:; \
    base-uri 'none'; form-action 'none'";

/// The policy of the single file: its one script and one style sheet are named by what they hold, and there is no
/// origin to connect to.
pub(super) fn single_file(script: &str, style: &str) -> String {
    format!(
        "default-src 'none'; script-src '{}' 'wasm-unsafe-eval'; style-src '{}'; \
         connect-src 'none'; worker-src blob:; img-src data: blob:; base-uri 'none'; \
         form-action 'none'",
        source_hash(script),
        source_hash(style)
    )
}

/// Fails unless the page carries [`HOSTED`].
pub(super) fn require_hosted(html: &str) -> Result<()> {
    if !html.contains(&attribute(HOSTED)) {
        bail!("www/index.html must have a <meta> with the content security policy {HOSTED}");
    }
    Ok(())
}

/// The policy as it stands in the `<meta>` element.
pub(super) fn attribute(policy: &str) -> String {
    format!("content=\"{policy}\"")
}

/// The hash that admits an inline script or style (Content Security Policy Level 3, 2.3.1).
fn source_hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_single_file_admits_its_script_and_style_and_no_connection() {
        let policy = single_file("doSomething();", "");
        // The specification's own example of a hash.
        let script = "'sha256-RFWPLDbv2BY+rCkDzsE+0fr8ylGr2R2faWMhq4lfEQc='";
        let empty = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='";
        assert!(
            policy.contains(&format!("script-src {script} 'wasm-unsafe-eval';")),
            "{policy}"
        );
        assert!(policy.contains(&format!("style-src {empty};")), "{policy}");
        assert!(policy.contains("connect-src 'none';"), "{policy}");
        assert!(
            !policy.contains("'self'") && !policy.contains("unsafe-inline"),
            "{policy}"
        );
    }

    #[test]
    fn a_page_without_the_policy_is_refused() {
        let meta = format!(
            "<meta http-equiv=\"Content-Security-Policy\" {}>",
            attribute(HOSTED)
        );
        assert!(require_hosted(&meta).is_ok());
        assert!(require_hosted(&meta.replace("'none'", "*")).is_err());
    }
}
