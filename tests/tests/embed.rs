//! `docs/embed.md`, as it stands: each example is served as a page and walked through to its end in a browser, and the
//! page has every attribute, custom property and text that the element has.
#![expect(clippy::unwrap_used, clippy::panic, reason = "where it panics, a test has failed")]

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
    play::{BUTTON, FRAMES, Play, READY, SCRIPT, WATCH, click_button, go_through_smooch, wait_for_connected},
    tools::{root, tool},
};

/// A readable page, and no more.
const MOST_LINES: usize = 300;

fn page() -> String {
    fs::read_to_string(root().join("docs/embed.md")).unwrap()
}

/// The example in this language whose text has `mark`, with our hosts and client for the ones that it names.
fn example(language: &str, mark: &str, play: &Play) -> String {
    let page = page();
    let blocks = page.split("\n```").skip(1).step_by(2);
    let mut found = blocks.filter_map(|block| block.strip_prefix(&format!("{language}\n")));
    let block =
        found.find(|block| block.contains(mark)).unwrap_or_else(|| panic!("no {language} with {mark}"));
    of_our_hosts(block, play)
}

fn of_our_hosts(block: &str, play: &Play) -> String {
    let client =
        format!("client-id=\"shoplifter\" authorize-url=\"{}/oauth/authorize\"", play.stage.smooch_origin);
    assert!(block.contains("client-id=\"your-client-id\"") && block.contains("//connect.partner.example"));
    block
        .replace("client-id=\"your-client-id\"", &client)
        .replace("https://connect.partner.example", &play.stage.edge)
}

/// Sets out in the tab that is open, and comes back connected.
fn install(browser: &Browser, play: &Play, back: &str) {
    click_button(browser);
    go_through_smooch(browser, &play.stage);
    browser.wait_for_url(back);
    wait_for_connected(browser, "Corner Bakery EU");
    assert_eq!(play.connections(), 1);
}

/// What a page that has heard of a connection shows, in the examples that show something.
fn assert_noted(browser: &Browser, play: &Play) {
    let connections = play.stage.connections();
    let id = connections.first().and_then(|it| it.get("id")).and_then(|id| id.as_str()).unwrap();
    browser.wait("the page was told", "document.querySelector('#note').textContent");
    let note = browser.js("return document.querySelector('#note').textContent");
    assert_eq!(note, format!("Ask your backend for {id}"));
}

/// The snippet of the README, and the style that it says leaves room.
fn of_the_readme(play: &Play) -> (String, String) {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, code) = readme.split_once("    <script type=\"module\"").unwrap();
    let (code, _) = code.split_once("</add-to-smooch>").unwrap();
    let (_, style) = readme.split_once("`add-to-smooch {").unwrap();
    let (style, _) = style.split_once('`').unwrap();
    let snippet = format!("<script type=\"module\"{code}</add-to-smooch>");
    (of_our_hosts(&snippet, play), format!("<style>add-to-smooch {{{style}</style>"))
}

/// Opens a page with this in it, and with its element once more in a line of text, whose scripts come long after its
/// first paint. What the engine counts of moves, which is none below three pixels, and in how many places things are seen.
fn moves(play: &Play, html: &str) -> (Value, Value) {
    let (from, to) = (html.find("<add-to-smooch ").unwrap(), html.find("</add-to-smooch>").unwrap());
    let element = html.get(from..to).unwrap();
    let body = format!(
        "<h1>Connect</h1>{html}<p><i>Or</i> {element}</add-to-smooch> <b>beside</b></p><p id=last>Below</p>"
    );
    play.page("/moves", &[], FRAMES, &body);
    let browser = Browser::new();
    browser.cdp("Network.enable", &json!({}));
    let slow = json!({"offline": false, "latency": 700, "downloadThroughput": -1, "uploadThroughput": -1});
    browser.cdp("Network.emulateNetworkConditions", &slow);
    browser.open(&format!("{}/moves", play.stage.partner));
    browser.wait("both are live", "seen.at(-10)?.live.every(Boolean)");
    let first = "return [seen[0].fallback, seen[0].live, paints.find(([name]) => name == 'first-contentful-paint')[1] \
         < performance.getEntriesByType('resource').find(({name}) => name.endsWith('.wasm')).responseEnd]";
    assert_eq!(
        browser.js(first),
        json!([[true, true], [false, false], true]),
        "the fallback is painted first"
    );
    (browser.js("return shifts"), browser.js("return new Set(seen.map(({places}) => places)).size"))
}

#[test]
fn nothing_moves_when_the_button_takes_over_in_the_documented_snippets() {
    let play = Play::new();
    let still = (json!([]), json!(1));
    let (snippet, style) = of_the_readme(&play);
    assert_eq!(moves(&play, &[style, snippet.clone()].concat()), still, "README");
    assert_eq!(moves(&play, &example("html", "id=\"note\"", &play)), still, "in plain HTML");
    assert_eq!(moves(&play, &example("html", "mode=\"popup\"", &play)), still, "in a window of its own");
    // What leaves no room moves, or the others could not fail.
    let (shifts, places) = moves(&play, &snippet);
    assert!(
        shifts.as_array().is_some_and(|shifts| !shifts.is_empty()) && places != json!(1),
        "{shifts} {places}"
    );
}

#[test]
fn the_example_in_plain_html_connects_and_moves_nothing() {
    let play = Play::new();
    play.page("/", &[], "", &example("html", "id=\"note\"", &play));
    let browser = Browser::new();
    browser.open(&play.stage.partner);
    browser.wait("the button is ready", READY);
    let room = browser.js(&format!(
        "const [one, other] = [document.querySelector('add-to-smooch'), {BUTTON}].map((it) => it.getBoundingClientRect()); \
         return [one.width, one.height, other.width, other.height]"
    ));
    assert_eq!(room, json!([165, 40, 165, 40]));
    install(&browser, &play, &play.stage.partner);
    assert_noted(&browser, &play);
}

#[test]
fn the_example_with_a_window_connects_and_is_styled() {
    let play = Play::new();
    play.page("/popup", &[], WATCH, &example("html", "mode=\"popup\"", &play));
    play.page("/", &[], SCRIPT, "ELEMENT");
    let browser = Browser::new();
    browser.open(&format!("{}/popup", play.stage.partner));
    browser.wait("the button is ready", READY);
    let loaded = "performance.getEntriesByType('resource').some(({name}) => name.endsWith('.popup.js'))";
    browser.wait("the script for windows is there", loaded);
    let looks = browser.js(&format!(
        "const {{width, height}} = ({BUTTON}).getBoundingClientRect(), style = getComputedStyle({BUTTON}); \
         return [width, height, style.backgroundColor, style.color, style.borderRadius]"
    ));
    assert_eq!(looks, json!([278, 40, "rgb(0, 54, 61)", "rgb(255, 255, 255)", "20px"]));
    let page = browser.tab();
    browser.click_found(BUTTON);
    browser.to_newest_tab();
    go_through_smooch(&browser, &play.stage);
    browser.to_tab(page);
    wait_for_connected(&browser, "Corner Bakery EU");
    assert!(browser.url().ends_with("/popup"), "{}", browser.url());
    assert_eq!(browser.js("return heard"), json!(["connected"]));
}

#[test]
fn the_example_in_react_type_checks_and_connects_once_in_strict_mode() {
    let play = Play::new();
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let modules = Path::new(&tool("PAGE_MODULES")).to_owned();
    symlink(&modules, at("node_modules")).unwrap();
    fs::copy(root().join("www/add-to-smooch.d.ts"), at("add-to-smooch.d.ts")).unwrap();
    // Its own types are not among the tests' tools; this is all that the example takes of them.
    let react_dom = "declare module 'react-dom/client' { \
         export const createRoot: (place: Element) => { render(what: import('react').ReactNode): void } }";
    fs::write(at("react-dom.d.ts"), react_dom).unwrap();
    fs::write(at("page.tsx"), example("tsx", "StrictMode", &play)).unwrap();
    let run = |command: &mut Command| {
        let made = command.current_dir(folder.path()).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&[made.stdout, made.stderr].concat()));
    };
    let checked = "--strict --noEmit --types react --lib es2023,dom --target es2023 --module esnext \
         --moduleResolution bundler --jsx react-jsx add-to-smooch.d.ts react-dom.d.ts page.tsx";
    run(Command::new(modules.join(".bin/tsc")).args(checked.split(' ')));
    let bundled = "page.tsx --bundle --jsx=automatic --outfile=page.js --log-level=warning";
    let development = "--define:process.env.NODE_ENV=\"development\"";
    run(Command::new(tool("ESBUILD_BIN")).args(bundled.split(' ')).arg(development));
    play.script("/page.js", fs::read(at("page.js")).unwrap());
    play.page("/", &[], &[WATCH, SCRIPT].concat(), "<div id=root></div><script src=\"/page.js\"></script>");
    let browser = Browser::new();
    browser.open(&play.stage.partner);
    install(&browser, &play, &play.stage.partner);
    assert_noted(&browser, &play);
    assert_eq!(browser.js("return [...heard, ...said]"), json!(["connected"]));
}

/// The example's server, stopped when the test is over.
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
    let play = Play::with(&json!({"SITES": {"main": site}}));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("server.mjs");
    fs::write(&path, example("js", "createServer", &play)).unwrap();
    let mut node = Command::new("node");
    node.arg(&path).env("API_KEY", &play.secrets.api_key).env("PORT", port.to_string());
    let _server = Server(node.spawn().unwrap());
    let settings = format!("{origin}/settings");
    let up = (0..200).any(|_try| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        ureq::get(&settings).call().is_ok_and(|page| page.headers().contains_key("content-security-policy"))
    });
    assert!(up, "the example's server answers");
    let browser = Browser::new();
    browser.open(&settings);
    // Back where they set out, by way of `return_to`.
    install(&browser, &play, &settings);
    let connections = play.stage.connections();
    assert_eq!(connections.first().and_then(|it| it.get("subject")), Some(&json!("user-42")));
}

#[test]
fn every_text_that_a_person_can_see_is_on_the_page() {
    let view = fs::read_to_string(root().join("client/js/view.js")).unwrap();
    let english = view.split_once("const english = {\n").unwrap().1.split_once("\n};").unwrap().0;
    let page = page();
    assert!(english.lines().count() > 40 && page.lines().count() <= MOST_LINES);
    for line in english.lines() {
        let (key, text) = line.trim().trim_end_matches(',').split_once("\": \"").unwrap();
        let (key, text) = (format!("`{}`", key.trim_start_matches('"')), text.trim_end_matches('"'));
        let rows = page.lines().filter(|row| row.starts_with("| `"));
        let mut cells = rows.map(|row| row.split(" | ").collect::<Vec<_>>()).filter(|cells| cells.len() == 4);
        let has = |cell: Option<&&str>, text: &str| cell.is_some_and(|cell| cell.contains(text));
        assert!(cells.any(|row| has(row.first(), &key) && has(row.get(1), text)), "{key}: {text}");
    }
}

#[test]
fn every_attribute_and_every_custom_property_is_on_the_page() {
    let read = |path| fs::read_to_string(root().join(path)).unwrap();
    let (element, view, page) = (read("client/js/element.js"), read("client/js/view.js"), page());
    let observed = element.split_once("observedAttributes = \"").unwrap().1.split_once('"').unwrap().0;
    let attributes = observed.split(' ').chain(["theme"]).map(str::to_owned);
    let properties = view.split("var(--smooch-").skip(1).map(|rest| rest.split(',').next().unwrap());
    let names: Vec<String> = attributes.chain(properties.map(|name| format!("--smooch-{name}"))).collect();
    assert_eq!(names.len(), 13);
    for name in names {
        assert!(page.lines().any(|row| row.starts_with(&format!("| `{name}` |"))), "{name} has no row");
    }
}
