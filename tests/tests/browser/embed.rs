//! `docs/embed.md`: each example is served as a page and used to its end in a browser.

use serde_json::{Value, json};
use std::{
    fs,
    net::TcpListener,
    os::unix::fs::symlink,
    path::Path,
    process::{Child, Command},
};
use tests::{
    browser::Browser,
    fixtures::{
        BUTTON, FRAMES, Fixture, READY, SCRIPT, WATCH, click_button, go_through_smooch, wait_for_connected,
    },
    tools::{root, tool},
};

fn page() -> String {
    fs::read_to_string(root().join("docs/embed.md")).unwrap()
}

/// The example in this language whose text contains `mark`, with the hosts and the client id of the test.
fn example(language: &str, mark: &str, fixture: &Fixture) -> String {
    let page = page();
    let blocks = page.split("\n```").skip(1).step_by(2);
    let mut found = blocks.filter_map(|block| block.strip_prefix(&format!("{language}\n")));
    let block =
        found.find(|block| block.contains(mark)).unwrap_or_else(|| panic!("no {language} with {mark}"));
    with_our_hosts(block, fixture)
}

fn with_our_hosts(block: &str, fixture: &Fixture) -> String {
    let client = format!(
        "client-id=\"shoplifter\" authorize-url=\"{}/oauth/authorize\"",
        fixture.environment.smooch_origin
    );
    assert!(block.contains("client-id=\"your-client-id\"") && block.contains("//connect.partner.example"));
    block
        .replace("client-id=\"your-client-id\"", &client)
        .replace("https://connect.partner.example", &fixture.environment.edge)
}

/// Runs a flow in the open tab.
fn install(browser: &Browser, fixture: &Fixture, back: &str) {
    click_button(browser);
    go_through_smooch(browser, &fixture.environment);
    browser.wait_for_url(back);
    wait_for_connected(browser, "Corner Bakery EU");
    assert_eq!(fixture.connections(), 1);
}

/// Checks the line that the examples show when they are connected.
fn assert_noted(browser: &Browser, fixture: &Fixture) {
    let connections = fixture.environment.connections();
    let id = connections.first().and_then(|it| it.get("id")).and_then(|id| id.as_str()).unwrap();
    browser.wait("the page shows the connection", "document.querySelector('#note').textContent");
    let note = browser.js("return document.querySelector('#note').textContent");
    assert_eq!(note, format!("Ask your backend for {id}"));
}

/// The snippet of the README, and its style that reserves space.
fn readme_snippet(fixture: &Fixture) -> (String, String) {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, code) = readme.split_once("    <script type=\"module\"").unwrap();
    let (code, _) = code.split_once("</add-to-smooch>").unwrap();
    let (_, style) = readme.split_once("`add-to-smooch {").unwrap();
    let (style, _) = style.split_once('`').unwrap();
    let snippet = format!("<script type=\"module\"{code}</add-to-smooch>");
    (with_our_hosts(&snippet, fixture), format!("<style>add-to-smooch {{{style}</style>"))
}

/// Opens a page with a snippet, and with its element a second time in a line of text. Its scripts arrive long after the first
/// paint. Returns the engine's layout shifts, which it counts from three pixels on, and the number of different layouts.
fn layout_shifts(fixture: &Fixture, html: &str) -> (Value, Value) {
    let (from, to) = (html.find("<add-to-smooch ").unwrap(), html.find("</add-to-smooch>").unwrap());
    let element = html.get(from..to).unwrap();
    let body = format!(
        "<h1>Connect</h1>{html}<p><i>Or</i> {element}</add-to-smooch> <b>beside</b></p><p id=last>Below</p>"
    );
    fixture.serve_page("/moves", &[], FRAMES, &body);
    let browser = Browser::new();
    browser.cdp("Network.enable", &json!({}));
    let slow = json!({"offline": false, "latency": 700, "downloadThroughput": -1, "uploadThroughput": -1});
    browser.cdp("Network.emulateNetworkConditions", &slow);
    browser.open(&format!("{}/moves", fixture.environment.partner));
    browser.wait("both buttons are ready", "seen.at(-10)?.live.every(Boolean)");
    let first = "return [seen[0].fallback, seen[0].live, paints.find(([name]) => name == 'first-contentful-paint')[1] \
         < performance.getEntriesByType('resource').find(({name}) => name.endsWith('.wasm')).responseEnd]";
    assert_eq!(
        browser.js(first),
        json!([[true, true], [false, false], true]),
        "the fallback is not painted first"
    );
    (browser.js("return shifts"), browser.js("return new Set(seen.map(({places}) => places)).size"))
}

#[test]
fn nothing_moves_when_the_button_replaces_the_fallback_in_the_documented_snippets() {
    let fixture = Fixture::new();
    let unmoved = (json!([]), json!(1));
    let (snippet, style) = readme_snippet(&fixture);
    assert_eq!(layout_shifts(&fixture, &[style, snippet.clone()].concat()), unmoved, "README");
    assert_eq!(layout_shifts(&fixture, &example("html", "id=\"note\"", &fixture)), unmoved, "in plain HTML");
    assert_eq!(layout_shifts(&fixture, &example("html", "mode=\"popup\"", &fixture)), unmoved, "in a popup");
    // Without reserved space the layout shifts, so the assertions above can fail.
    let (shifts, layouts) = layout_shifts(&fixture, &snippet);
    assert!(
        shifts.as_array().is_some_and(|shifts| !shifts.is_empty()) && layouts != json!(1),
        "{shifts} {layouts}"
    );
}

#[test]
fn the_example_in_plain_html_connects_and_moves_nothing() {
    let fixture = Fixture::new();
    fixture.serve_page("/", &[], "", &example("html", "id=\"note\"", &fixture));
    let browser = Browser::new();
    browser.open(&fixture.environment.partner);
    browser.wait("the button is ready", READY);
    let sizes = browser.js(&format!(
        "const [one, other] = [document.querySelector('add-to-smooch'), {BUTTON}].map((it) => it.getBoundingClientRect()); \
         return [one.width, one.height, other.width, other.height]"
    ));
    assert_eq!(sizes, json!([165, 40, 165, 40]));
    install(&browser, &fixture, &fixture.environment.partner);
    assert_noted(&browser, &fixture);
}

#[test]
fn the_example_with_a_window_connects_and_is_styled() {
    let fixture = Fixture::new();
    fixture.serve_page("/popup", &[], WATCH, &example("html", "mode=\"popup\"", &fixture));
    fixture.serve_page("/", &[], SCRIPT, "ELEMENT");
    let browser = Browser::new();
    browser.open(&format!("{}/popup", fixture.environment.partner));
    browser.wait("the button is ready", READY);
    let loaded = "performance.getEntriesByType('resource').some(({name}) => name.endsWith('.popup.js'))";
    browser.wait("the popup module is loaded", loaded);
    let styles = browser.js(&format!(
        "const {{width, height}} = ({BUTTON}).getBoundingClientRect(), style = getComputedStyle({BUTTON}); \
         return [width, height, style.backgroundColor, style.color, style.borderRadius]"
    ));
    assert_eq!(styles, json!([278, 40, "rgb(0, 54, 61)", "rgb(255, 255, 255)", "20px"]));
    let page = browser.tab();
    browser.click_expression(BUTTON);
    browser.switch_to_newest_tab();
    go_through_smooch(&browser, &fixture.environment);
    browser.switch_to_tab(page);
    wait_for_connected(&browser, "Corner Bakery EU");
    assert!(browser.url().ends_with("/popup"), "{}", browser.url());
    assert_eq!(browser.js("return eventNames"), json!(["connected"]));
}

#[test]
fn the_example_in_react_type_checks_and_connects_once_in_strict_mode() {
    let fixture = Fixture::new();
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let modules = Path::new(&tool("PAGE_MODULES")).to_owned();
    symlink(&modules, at("node_modules")).unwrap();
    fs::copy(root().join("www/add-to-smooch.d.ts"), at("add-to-smooch.d.ts")).unwrap();
    // The tests' tools lack the types of react-dom; this is all that the example uses of them.
    let react_dom = "declare module 'react-dom/client' { \
         export const createRoot: (place: Element) => { render(what: import('react').ReactNode): void } }";
    fs::write(at("react-dom.d.ts"), react_dom).unwrap();
    fs::write(at("page.tsx"), example("tsx", "StrictMode", &fixture)).unwrap();
    let run = |command: &mut Command| {
        let output = command.current_dir(folder.path()).output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&[output.stdout, output.stderr].concat())
        );
    };
    let checked = "--strict --noEmit --types react --lib es2023,dom --target es2023 --module esnext \
         --moduleResolution bundler --jsx react-jsx add-to-smooch.d.ts react-dom.d.ts page.tsx";
    run(Command::new(modules.join(".bin/tsc")).args(checked.split(' ')));
    let bundled = "page.tsx --bundle --jsx=automatic --outfile=page.js --log-level=warning";
    let development = "--define:process.env.NODE_ENV=\"development\"";
    run(Command::new(tool("ESBUILD_BIN")).args(bundled.split(' ')).arg(development));
    fixture.serve_script("/page.js", fs::read(at("page.js")).unwrap());
    fixture.serve_page(
        "/",
        &[],
        &[WATCH, SCRIPT].concat(),
        "<div id=root></div><script src=\"/page.js\"></script>",
    );
    let browser = Browser::new();
    browser.open(&fixture.environment.partner);
    install(&browser, &fixture, &fixture.environment.partner);
    assert_noted(&browser, &fixture);
    assert_eq!(browser.js("return [...eventNames, ...consoleErrors]"), json!(["connected"]));
}

/// The example's server. It stops when the test is over.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_example_of_a_server_connects_for_its_user_under_its_policy() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let origin = format!("http://127.0.0.1:{port}");
    let site = json!({"origin": origin, "return_to": format!("{origin}/"), "require_session": true});
    let fixture = Fixture::with_settings(&json!({"SITES": {"main": site}}));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("server.mjs");
    fs::write(&path, example("js", "createServer", &fixture)).unwrap();
    let mut node = Command::new("node");
    node.arg(&path).env("API_KEY", &fixture.secrets.api_key).env("PORT", port.to_string());
    let _server = Server(node.spawn().unwrap());
    let settings = format!("{origin}/settings");
    let up = (0..200).any(|_try| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        ureq::get(&settings).call().is_ok_and(|page| page.headers().contains_key("content-security-policy"))
    });
    assert!(up, "the example's server answers");
    let browser = Browser::new();
    browser.open(&settings);
    // The flow ends on the page where it started, after `return_to`.
    install(&browser, &fixture, &settings);
    let connections = fixture.environment.connections();
    assert_eq!(connections.first().and_then(|it| it.get("subject")), Some(&json!("user-42")));
}
