//! Builds of the embed: a page can be pinned to one, the browser refuses altered files, later builds remove nothing, and a
//! script and a deployment of different builds work together.

mod skew;

use http::Response;
use serde_json::{Value, json};
use stand_in::{Server, serve};
use std::{
    collections::BTreeSet,
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::Command,
    sync::mpsc,
};
use tests::{
    browser::Browser,
    environment::{Environment, Ports, Secrets},
    tools::{built, root},
};

const BUTTON: &str =
    "document.querySelector('add-to-smooch')?.shadowRoot?.querySelector('[part=button]')?.href";
const FALLBACK: &str = "document.querySelector('#fallback').checkVisibility()";

/// The folder of the static files, built.
fn www_folder() -> PathBuf {
    built("build/www/pinned.json").with_file_name("")
}

/// Path and integrity of the current build's script.
fn pinned(www: &Path) -> (String, String) {
    let text = fs::read_to_string(www.join("pinned.json")).unwrap();
    let pinned: Value = serde_json::from_str(&text).unwrap();
    let part = |name: &str| pinned[name].as_str().unwrap().to_owned();
    (part("script"), part("integrity"))
}

/// A partner's page that is pinned to the current build.
fn pinned_page(edge: &str) -> String {
    let (script, integrity) = pinned(&www_folder());
    page(edge, &format!("src={edge}{script} integrity={integrity} crossorigin=anonymous"))
}

/// A partner's page with this script. Its title names the last load error or `failed` event.
fn page(edge: &str, script: &str) -> String {
    format!(
        "<!doctype html><title>Shop</title><link rel=icon href=data:,>
         <script>for (const kind of ['error', 'failed']) addEventListener(kind, () => {{ document.title = kind }}, true)</script>
         <script type=module {script}></script>
         <add-to-smooch client-id=shoplifter><a id=fallback href={edge}/install>Add to Smooch</a></add-to-smooch>"
    )
}

fn any_port() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

fn shop(page: String) -> (Server, String) {
    let server = serve(any_port(), move |_| {
        Response::builder().header("content-type", "text/html").body(page.clone().into_bytes()).unwrap()
    });
    let server = server.unwrap();
    let address = format!("http://{}", server.address());
    (server, address)
}

/// An edge that serves the current build, with each file changed by `alter`.
fn edge(alter: impl Fn(&str, Vec<u8>) -> Vec<u8> + Send + Sync + 'static) -> (Server, String) {
    let server = serve(any_port(), move |request| {
        let path = request.uri().path();
        let bytes = fs::read(www_folder().join(path.trim_start_matches('/'))).unwrap();
        let kind = if path.ends_with("add-to-smooch.wasm") { "application/wasm" } else { "text/javascript" };
        Response::builder()
            .header("content-type", kind)
            .header("access-control-allow-origin", "*")
            .body(alter(path, bytes))
            .unwrap()
    });
    let server = server.unwrap();
    let address = format!("http://{}", server.address());
    (server, address)
}

#[test]
fn a_pinned_page_loads_its_build_and_nothing_else_of_the_edge() {
    let state = tempfile::tempdir().unwrap();
    let (sender, _) = mpsc::channel();
    let options = stand_in::Options::default();
    let environment =
        Environment::start(Ports::default(), state.path(), &Secrets::generate(), &json!({}), options, sender)
            .unwrap();
    let (_shop, address) = shop(pinned_page(&environment.edge));
    let browser = Browser::new();
    browser.open(&address);
    browser.wait("the button is ready", BUTTON);
    let loaded = browser.js("return performance.getEntriesByType('resource').map((entry) => entry.name)");
    let loaded: BTreeSet<&str> = loaded.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let of_the_edge: Vec<_> = loaded.into_iter().filter(|url| url.starts_with(&environment.edge)).collect();
    let folder = pinned(&www_folder()).0.replace("add-to-smooch.js", "");
    assert!(of_the_edge.len() >= 2, "{of_the_edge:?}");
    for url in of_the_edge {
        assert!(url.strip_prefix(&environment.edge).unwrap().starts_with(&folder), "{url} can change");
        let answer = ureq::get(url).call().unwrap();
        let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(header("cache-control").as_deref(), Some("public, max-age=31536000, immutable"), "{url}");
        assert_eq!(header("access-control-allow-origin").as_deref(), Some("*"), "{url}");
        assert_eq!(header("cross-origin-resource-policy").as_deref(), Some("cross-origin"), "{url}");
    }
    let floating = ureq::get(format!("{}/add-to-smooch.js", environment.edge)).call().unwrap();
    let kept = floating.headers().get("cache-control").unwrap().to_str().unwrap();
    assert!(kept.starts_with("public, max-age=300"), "{kept}");
}

#[test]
fn an_altered_script_does_not_run_and_the_fallback_stays() {
    let (_edge, address) = edge(|path, mut bytes| {
        if path.ends_with("add-to-smooch.js") {
            bytes.extend(b"\n;document.title = 'altered'");
        }
        bytes
    });
    let (_shop, address) = shop(pinned_page(&address));
    let browser = Browser::new();
    browser.open(&address);
    browser.wait("the script is refused", "document.title == 'error'");
    assert_eq!(browser.js(&format!("return {FALLBACK} && !customElements.get('add-to-smooch')")), true);
}

#[test]
fn an_altered_wasm_does_not_run_and_the_fallback_stays() {
    // An empty custom section changes nothing but the digest.
    let (_edge, address) = edge(|path, mut bytes| {
        if path.ends_with("add-to-smooch.wasm") {
            bytes.extend([0, 2, 1, b'x']);
        }
        bytes
    });
    let (_shop, address) = shop(pinned_page(&address));
    let browser = Browser::new();
    browser.open(&address);
    browser.wait("the element reports that it cannot work", "document.title == 'failed'");
    assert_eq!(browser.js(&format!("return {FALLBACK} && !({BUTTON})")), true);
}

/// Proves that the two tests above can fail.
#[test]
fn an_unaltered_build_runs() {
    let (_edge, address) = edge(|_, bytes| bytes);
    let (_shop, address) = shop(pinned_page(&address));
    let browser = Browser::new();
    browser.open(&address);
    browser.wait("the button is ready", BUTTON);
    assert_eq!(browser.js(&format!("return {FALLBACK}")), false);
}

/// Runs scripts/pin-client. Returns its success and everything that it printed.
fn publish(built: &Path, www: &Path) -> (bool, String) {
    let output = Command::new(root().join("scripts/pin-client")).arg(built).arg(www).output().unwrap();
    let printed = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    (output.status.success(), printed)
}

#[test]
fn a_later_build_removes_no_earlier_one() {
    let (built, www) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let write = |name: &str, text: &str| fs::write(built.path().join(name), text).unwrap();
    let publish = || publish(built.path(), www.path());
    let folders = || fs::read_dir(www.path().join("embed")).unwrap().count();
    write("add-to-smooch.js", "load('@FOLDER@', '@INTEGRITY@')");
    write("add-to-smooch.wasm", "one");
    write("add-to-smooch.fr.js", "export default 1");
    let (done, printed) = publish();
    let (first, integrity) = pinned(www.path());
    assert!(done && printed.contains(&first) && printed.contains(&integrity), "{printed}");
    assert!(
        publish().0 && folders() == 1 && pinned(www.path()).0 == first,
        "the same build has the same name"
    );
    let of_first = |name: &str| fs::read_to_string(www.path().join(&first[1..]).with_file_name(name));
    // `printf one | openssl dgst -sha384 -binary | openssl base64 -A`
    let digest = "sha384-Xby+2wDRMaKeBZP5dvK0N5QpOSORmtQnZt6Bf+yCSmJieZ/sjQTLmxfEjo6ukSZY";
    assert_eq!(of_first("add-to-smooch.js").unwrap(), format!("load('', '{digest}')"));
    let folder = first[1..].replace("add-to-smooch.js", "");
    let floating = fs::read_to_string(www.path().join("add-to-smooch.js")).unwrap();
    assert_eq!(floating, format!("load('{folder}', '{digest}')"), "the floating script loads its own build");
    assert!(of_first("add-to-smooch.fr.js").is_ok(), "modules that are loaded on demand belong to the build");

    // A change of any file makes another build.
    write("add-to-smooch.fr.js", "export default 2");
    assert!(publish().0 && folders() == 2 && pinned(www.path()).0 != first);
    write("add-to-smooch.wasm", "two");
    assert!(publish().0 && folders() == 3);
    assert_eq!(of_first("add-to-smooch.wasm").unwrap(), "one");

    // A script that does not check its wasm is not published.
    write("add-to-smooch.js", "load('@FOLDER@')");
    let (done, printed) = publish();
    assert!(!done && printed.contains("has no @INTEGRITY@"), "{printed}");
}

/// Git ignores builds, except those that are added by hand.
#[test]
fn a_build_that_is_kept_is_in_git() {
    let repository = tempfile::tempdir().unwrap();
    let at = |path: &str| repository.path().join(path);
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).current_dir(repository.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    git(&["init", "--quiet"]);
    fs::create_dir_all(at("scripts")).unwrap();
    fs::create_dir_all(at("www")).unwrap();
    fs::write(at("www/favicon.svg"), "<svg/>").unwrap();
    fs::copy(root().join("scripts/pin-client"), at("scripts/pin-client")).unwrap();
    fs::create_dir_all(at("built")).unwrap();
    fs::write(at("built/add-to-smooch.js"), "load('@FOLDER@', '@INTEGRITY@')").unwrap();
    fs::write(at("built/add-to-smooch.wasm"), "one").unwrap();
    let run = |arguments: &[&str]| {
        assert!(Command::new(at("scripts/pin-client")).args(arguments).output().unwrap().status.success());
    };
    run(&["built"]);
    assert_eq!(git(&["status", "--porcelain", "--untracked-files=all", "--", "www/embed"]), "");
    run(&["--keep"]);
    let folder = format!("www{}", pinned(&at("build/www")).0.replace("/add-to-smooch.js", ""));
    let kept = git(&["diff", "--cached", "--name-only"]);
    assert_eq!(kept, format!("{folder}/add-to-smooch.js\n{folder}/add-to-smooch.wasm\n"));
}
