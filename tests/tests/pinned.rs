//! A page can be pinned to one build: it has the build's digest in its address, the browser refuses a script or a wasm
//! that is not that build's, and later builds take nothing away.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "where it panics, a test has failed")]

use http::Response;
use serde_json::{Value, json};
use stand_in::{Server, serve};
use std::{
    collections::BTreeSet,
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    process::Command,
    sync::mpsc,
};
use tests::{
    browser::Browser,
    stage::{Ports, Secrets, Stage},
    tools::{require, root},
};

const BUTTON: &str =
    "document.querySelector('add-to-smooch')?.shadowRoot?.querySelector('[part=button]')?.href";
const FALLBACK: &str = "document.querySelector('#fallback').checkVisibility()";

/// The script's path and its integrity.
fn pinned(www: &Path) -> (String, String) {
    let text = fs::read_to_string(www.join("pinned.json")).unwrap();
    let pinned: Value = serde_json::from_str(&text).unwrap();
    let part = |name: &str| pinned[name].as_str().unwrap().to_owned();
    (part("script"), part("integrity"))
}

/// A partner's page, pinned to the build; it notes what fails to load, and what the element says.
fn page(edge: &str) -> String {
    let (script, integrity) = pinned(&root().join("www"));
    format!(
        "<!doctype html><title>Shop</title><link rel=icon href=data:,>
         <script>for (const kind of ['error', 'failed']) addEventListener(kind, () => {{ document.title = kind }}, true)</script>
         <script type=module src={edge}{script} integrity={integrity} crossorigin=anonymous></script>
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

/// An edge that serves the build, but for what `alter` makes of each of its files.
fn edge(alter: impl Fn(&str, Vec<u8>) -> Vec<u8> + Send + Sync + 'static) -> (Server, String) {
    let server = serve(any_port(), move |request| {
        let path = request.uri().path();
        let bytes = fs::read(root().join("www").join(path.trim_start_matches('/'))).unwrap();
        let kind = if path.ends_with("add-to-smooch.js") { "text/javascript" } else { "application/wasm" };
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
    require("www/pinned.json", "make embed");
    let state = tempfile::tempdir().unwrap();
    let (sender, _) = mpsc::channel();
    let options = stand_in::Options::default();
    let stage =
        Stage::start(Ports::default(), state.path(), &Secrets::fresh(), &json!({}), options, sender).unwrap();
    let (_shop, address) = shop(page(&stage.edge));
    let browser = Browser::new();
    browser.open(&address);
    browser.wait("the button is ready", BUTTON);
    let loaded = browser.js("return performance.getEntriesByType('resource').map((entry) => entry.name)");
    let loaded: BTreeSet<&str> = loaded.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let of_the_edge: Vec<_> = loaded.into_iter().filter(|url| url.starts_with(&stage.edge)).collect();
    let folder = pinned(&root().join("www")).0.replace("add-to-smooch.js", "");
    assert!(of_the_edge.len() >= 2, "{of_the_edge:?}");
    for url in of_the_edge {
        assert!(url.strip_prefix(&stage.edge).unwrap().starts_with(&folder), "{url} can change");
        let answer = ureq::get(url).call().unwrap();
        let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(header("cache-control").as_deref(), Some("public, max-age=31536000, immutable"), "{url}");
        assert_eq!(header("access-control-allow-origin").as_deref(), Some("*"), "{url}");
        assert_eq!(header("cross-origin-resource-policy").as_deref(), Some("cross-origin"), "{url}");
    }
    let floating = ureq::get(format!("{}/add-to-smooch.js", stage.edge)).call().unwrap();
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
    let (_shop, address) = shop(page(&address));
    let browser = Browser::new();
    browser.open(&address);
    browser.wait("the script is refused", "document.title == 'error'");
    assert_eq!(browser.js(&format!("return {FALLBACK} && !customElements.get('add-to-smooch')")), true);
}

#[test]
fn an_altered_wasm_does_not_run_and_the_fallback_stays() {
    // An empty section by a name of its own changes nothing but the digest.
    let (_edge, address) = edge(|path, mut bytes| {
        if path.ends_with("add-to-smooch.wasm") {
            bytes.extend([0, 2, 1, b'x']);
        }
        bytes
    });
    let (_shop, address) = shop(page(&address));
    let browser = Browser::new();
    browser.open(&address);
    browser.wait("the element says that it cannot work", "document.title == 'failed'");
    assert_eq!(browser.js(&format!("return {FALLBACK} && !({BUTTON})")), true);
}

/// Or the two above could not fail.
#[test]
fn what_is_not_altered_runs() {
    let (_edge, address) = edge(|_, bytes| bytes);
    let (_shop, address) = shop(page(&address));
    let browser = Browser::new();
    browser.open(&address);
    browser.wait("the button is ready", BUTTON);
    assert_eq!(browser.js(&format!("return {FALLBACK}")), false);
}

#[test]
fn a_later_build_takes_no_earlier_one_away() {
    let www = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(www.path().join(name), text).unwrap();
    let pin = || {
        let output = Command::new(root().join("scripts/pin-client")).arg(www.path()).output().unwrap();
        (
            output.status.success(),
            String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
        )
    };
    let folders = || fs::read_dir(www.path().join("embed")).unwrap().count();
    write("add-to-smooch.js", "fetch(new URL(\"add-to-smooch.wasm\",import.meta.url))");
    write("add-to-smooch.wasm", "one");
    write("add-to-smooch.fr.js", "export default 1");
    write("add-to-smooch.d.ts", "export {}");
    let (done, said) = pin();
    let (first, integrity) = pinned(www.path());
    assert!(done && said.contains(&first) && said.contains(&integrity), "{said}");
    assert!(pin().0 && folders() == 1 && pinned(www.path()).0 == first, "the same build has the same name");
    let of_first = |name: &str| fs::read_to_string(www.path().join(&first[1..]).with_file_name(name));
    // `printf one | openssl dgst -sha384 -binary | openssl base64 -A`
    let digest = "sha384-Xby+2wDRMaKeBZP5dvK0N5QpOSORmtQnZt6Bf+yCSmJieZ/sjQTLmxfEjo6ukSZY";
    assert!(of_first("add-to-smooch.js").unwrap().contains(digest), "{:?}", of_first("add-to-smooch.js"));
    assert!(of_first("add-to-smooch.fr.js").is_ok(), "what is loaded on demand is of the build");
    assert!(of_first("add-to-smooch.d.ts").is_err());

    // A change of any file is another build.
    write("add-to-smooch.fr.js", "export default 2");
    assert!(pin().0 && folders() == 2 && pinned(www.path()).0 != first);
    write("add-to-smooch.wasm", "two");
    assert!(pin().0 && folders() == 3);
    assert_eq!(of_first("add-to-smooch.wasm").unwrap(), "one");

    // What it could not hold, it does not pin.
    write("add-to-smooch.js", "fetch(elsewhere)");
    let (done, said) = pin();
    assert!(!done && said.contains("does not fetch add-to-smooch.wasm once"), "{said}");
}

/// Git is told to leave builds out, but for those that it is given by hand.
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
    for name in ["scripts/pin-client", "www/.gitignore"] {
        fs::copy(root().join(name), at(name)).unwrap();
    }
    fs::write(at("www/add-to-smooch.js"), "fetch(new URL(\"add-to-smooch.wasm\",import.meta.url))").unwrap();
    fs::write(at("www/add-to-smooch.wasm"), "one").unwrap();
    let run = |arguments: &[&str]| {
        assert!(Command::new(at("scripts/pin-client")).args(arguments).output().unwrap().status.success());
    };
    run(&[]);
    assert!(!git(&["status", "--porcelain", "--untracked-files=all"]).contains("www/embed"));
    run(&["--keep"]);
    let folder = format!("www{}", pinned(&at("www")).0.replace("/add-to-smooch.js", ""));
    let kept = git(&["diff", "--cached", "--name-only"]);
    assert_eq!(kept, format!("{folder}/add-to-smooch.js\n{folder}/add-to-smooch.wasm\n"));
}
