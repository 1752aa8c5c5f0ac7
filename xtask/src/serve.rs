//! A static file server for the built page, on this machine alone.

use std::fs::File;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, anyhow};
use tiny_http::{Header, Method, Request, Response, Server};

/// How many requests are answered at once.
const THREADS: usize = 4;

/// Serves a folder on 127.0.0.1 until the process ends.
pub(crate) fn serve(folder: &Path, port: u16) -> Result<()> {
    let server = Server::http(("127.0.0.1", port)).map_err(|error| {
        anyhow!("cannot serve on port {port} ({error}): name another one with --port, or 0 for any")
    })?;
    let address = server.server_addr();
    println!("Flowsieve is at http://{address}/ (Ctrl+C ends it)");
    let server = Arc::new(server);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for request in server.incoming_requests() {
                    answer(request, folder);
                }
            });
        }
    });
    Ok(())
}

/// Sends the file that a request names. A client that went away is nobody's problem.
fn answer(request: Request, folder: &Path) {
    let allowed = matches!(request.method(), Method::Get | Method::Head);
    let found = if allowed {
        file_of(request.url(), folder)
    } else {
        None
    };
    let opened = found.and_then(|path| File::open(&path).ok().map(|file| (path, file)));
    let _ = match opened {
        Some((path, file)) => request.respond(
            Response::from_file(file)
                .with_header(header("Content-Type", content_type(&path)))
                .with_header(header("Cache-Control", "no-cache")),
        ),
        None => request.respond(Response::from_string("not found\n").with_status_code(404)),
    };
}

/// The file below `folder` that a URL's path names, if there is one.
fn file_of(url: &str, folder: &Path) -> Option<PathBuf> {
    let path = url.split(['?', '#']).next()?.trim_start_matches('/');
    let path = Path::new(if path.is_empty() { "index.html" } else { path });
    let inside = path
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    let file = folder.join(path);
    (inside && file.is_file()).then_some(file)
}

fn content_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("css") => "text/css; charset=utf-8",
        Some("csv") => "text/csv; charset=utf-8",
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    }
}

fn header(name: &str, value: &str) -> Header {
    Header::from_bytes(name, value).expect("header names and values here are plain ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_file_below_the_folder_or_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let models = folder.path().join("models");
        std::fs::create_dir(&models).unwrap();
        std::fs::write(folder.path().join("index.html"), "").unwrap();
        std::fs::write(models.join("a.sieve"), "").unwrap();
        let found = |url: &str| file_of(url, folder.path());

        assert_eq!(found("/"), Some(folder.path().join("index.html")));
        assert_eq!(found("/?seed=1"), Some(folder.path().join("index.html")));
        assert_eq!(found("/models/a.sieve"), Some(models.join("a.sieve")));
        assert_eq!(found("/models"), None);
        assert_eq!(found("/nothing.js"), None);
        let name = folder.path().file_name().unwrap().to_str().unwrap();
        assert_eq!(found(&format!("/../{name}/index.html")), None);
        assert_eq!(found("//etc/hostname"), None);
    }

    #[test]
    fn browsers_are_told_what_a_file_is() {
        assert_eq!(
            content_type(Path::new("flowsieve.wasm")),
            "application/wasm"
        );
        assert_eq!(
            content_type(Path::new("app.js")),
            "text/javascript; charset=utf-8"
        );
        assert_eq!(
            content_type(Path::new("models/a.sieve")),
            "application/octet-stream"
        );
    }
}
