//! A cached script of one build on a deployment of another build.

use super::{BUTTON, FALLBACK, any_port, page, pinned, publish, shop, www_folder};
use http::Response;
use serde_json::json;
use stand_in::{Server, serve};
use std::{fs, path::Path};
use tempfile::TempDir;
use tests::browser::Browser;

/// An edge that serves the folder `www`, behind a cache that may still have the script of another folder.
fn deployment(www: &Path, cached: Option<&Path>) -> (Server, String) {
    let (www, cached) = (www.to_owned(), cached.map(Path::to_owned));
    let server = serve(any_port(), move |request| {
        let path = request.uri().path().trim_start_matches('/');
        // The cache knows the script by its plain address.
        let is_cached = path == "add-to-smooch.js" && request.uri().query().is_none();
        let folder = cached.as_ref().filter(|_| is_cached).unwrap_or(&www);
        let Ok(bytes) = fs::read(folder.join(path)) else {
            // The Worker's 404 cannot be read by other origins.
            return Response::builder().status(404).body(Vec::new()).unwrap();
        };
        let kind = if path.ends_with("add-to-smooch.wasm") { "application/wasm" } else { "text/javascript" };
        let answer =
            Response::builder().header("content-type", kind).header("access-control-allow-origin", "*");
        answer.header("cache-control", "public, max-age=300").body(bytes).unwrap()
    });
    let server = server.unwrap();
    let address = format!("http://{}", server.address());
    (server, address)
}

/// A folder `www` with one build: the current one, whose script adds its name to `builds`.
fn published(name: &str) -> TempDir {
    let current = pinned(&www_folder()).0;
    let current = www_folder().join(current.trim_start_matches('/'));
    let folder = current.parent().unwrap();
    let (built, www) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, built.path().join(path.file_name().unwrap())).unwrap();
    }
    // The published script has its folder and its integrity filled in.
    let floating = fs::read_to_string(www_folder().join("add-to-smooch.js")).unwrap();
    let embed = folder.strip_prefix(www_folder()).unwrap().to_str().unwrap();
    let integrity = floating.split("sha384-").nth(1).unwrap().split('"').next().unwrap();
    let template = floating.replace(&format!("{embed}/"), "@FOLDER@");
    let template = template.replace(&format!("sha384-{integrity}"), "@INTEGRITY@");
    let script = format!("globalThis.builds = [...(globalThis.builds ?? []), '{name}'];\n{template}");
    fs::write(built.path().join("add-to-smooch.js"), script).unwrap();
    let (done, printed) = publish(built.path(), www.path());
    assert!(done, "{printed}");
    www
}

/// Loads the script of one build from a cache and everything else from a deployment of another, as after a deployment or a
/// rollback. Each build's script adds its name to `builds` when it runs.
#[track_caller]
fn check_skew(cached: &str, deployed: &str) {
    let folders = [cached, deployed].map(published);
    let (_edge, edge) = deployment(folders[1].path(), Some(folders[0].path()));
    let (_shop, address) = shop(page(&edge, &format!("src={edge}/add-to-smooch.js")));
    let browser = Browser::new();
    browser.open(&address);
    browser.wait("the button is ready", BUTTON);
    assert_eq!(browser.js("return builds"), json!([cached, deployed]));
    assert_eq!(browser.js("return document.title"), "Shop", "nothing failed");
}

#[test]
fn an_old_script_on_a_new_deployment_loads_the_new_build_once() {
    check_skew("old", "new");
}

#[test]
fn a_new_script_on_an_old_deployment_loads_the_old_build_once() {
    check_skew("new", "old");
}

#[test]
fn a_script_whose_wasm_is_gone_everywhere_loads_once_more_and_leaves_the_fallback() {
    let www = published("only");
    fs::remove_dir_all(www.path().join("embed")).unwrap();
    let (_edge, edge) = deployment(www.path(), None);
    let (_shop, address) = shop(page(&edge, &format!("src={edge}/add-to-smooch.js")));
    let browser = Browser::new();
    browser.open(&address);
    browser.wait("the element reports that it cannot work", "document.title == 'failed'");
    assert_eq!(browser.js("return builds"), json!(["only", "only"]));
    assert_eq!(browser.js(&format!("return {FALLBACK} && !({BUTTON})")), true);
}
