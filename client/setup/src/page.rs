//! The page: reads the form, shows the button and the snippet, and asks the edge to check the partner's page.

use crate::{
    deployment::{Deployment, SMOOCH, SUNSHINE, health},
    dom::{
        add, announce, choose, chosen, copy, encoded, entered, field, get, is_ticked, on, origin_of, part,
        set, window, write,
    },
    explain::{Checked, failure},
    options::{Options, Variant, client_id_problem, origin_problem, site_problem},
    preview,
    preview_state::PreviewState,
    snippet::{self, Pinned, pieces},
    verdict::{Verdict, summary},
};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, Event};

/// The edge's origin, and its answers as they arrive.
#[derive(Default)]
struct Page {
    edge: String,
    deployment: RefCell<Option<Deployment>>,
    pinned: RefCell<Option<Pinned>>,
}

#[wasm_bindgen(start)]
fn begin() {
    let edge = window().and_then(|window| window.location().origin().ok()).unwrap_or_default();
    let page = Rc::new(Page { edge, ..Page::default() });
    write("policy", &snippet::policy(&page.edge));
    write("redirect-uri", &[&page.edge, "/callback"].concat());

    for form in ["options", "looks", "build"] {
        for kind in ["input", "change"] {
            let shown = Rc::clone(&page);
            on(form, kind, false, move |_| shown.show());
        }
    }
    on("options", "submit", false, Event::prevent_default);
    let checking = Rc::clone(&page);
    on("check", "submit", false, move |event| {
        event.prevent_default();
        let page = Rc::clone(&checking);
        spawn_local(async move { page.check().await });
    });
    preview::block_presses();
    for id in ["snippet", "room", "policy", "redirect-uri"] {
        on(&["copy-", id].concat(), "click", false, move |_| {
            spawn_local(async move {
                let result =
                    if copy(id).await { "Copied" } else { "Selected: press Ctrl+C, or ⌘C, to copy" };
                announce(&[id, "-copied"].concat(), result);
            });
        });
    }
    page.show();
    let (health_page, deployment_page) = (Rc::clone(&page), Rc::clone(&page));
    spawn_local(async move { health_page.show_health().await });
    spawn_local(async move { deployment_page.load_deployment().await });
    spawn_local(async move { page.load_pinned().await });
}

impl Page {
    /// The options that are entered now.
    fn options(&self) -> Options {
        let or_usual = |value: String| if value == "usual" { String::new() } else { value };
        let authorize_url = match chosen("provider").as_str() {
            "sunshine" => SUNSHINE.into(),
            "own" => {
                self.deployment.borrow().as_ref().map(|own| own.authorize_url.clone()).unwrap_or_default()
            }
            _ => String::new(),
        };
        Options {
            client_id: entered("client-id"),
            site: entered("site"),
            label: entered("label"),
            popup: chosen("mode") == "popup",
            theme: or_usual(chosen("theme")),
            variant: if chosen("variant") == "sunshine" { Variant::Sunshine } else { Variant::Smooch },
            lang: entered("lang"),
            session: is_ticked("session"),
            pkce: is_ticked("pkce"),
            authorize_url,
        }
    }

    /// Updates everything that depends on the options.
    fn show(&self) {
        let options = self.options();
        // An empty field is no mistake before the check.
        show_problem(
            "client-id",
            client_id_problem(&options.client_id).filter(|_| !options.client_id.is_empty()),
        );
        show_problem("site", site_problem(&options.site));
        let pinned = self.pinned.borrow();
        let text = snippet::html(
            &preview::with_placeholders(&options),
            &self.edge,
            pinned.as_ref().filter(|_| is_ticked("pinned")),
        );
        if let Some(code) = part("snippet").filter(|code| code.text_content().as_deref() != Some(&text)) {
            code.set_text_content(None);
            for (kind, piece) in pieces(&text) {
                add(&code, "span", kind, piece);
            }
            write("snippet-copied", "");
        }
        write("room", &snippet::room(&options));
        if let Some(stage) = part("stage") {
            let theme = chosen("theme");
            set(&stage, "data-theme", Some(&theme).filter(|theme| *theme != "usual").map(String::as_str));
            let state = PreviewState::parse(&chosen("state")).unwrap_or(PreviewState::Ready);
            preview::show(&stage, &options, state);
        }
    }

    /// Shows the edge's health.
    async fn show_health(&self) {
        let Some((status, body)) = get("/healthz").await else { return };
        let (class, text) = match health(status, &body) {
            Ok(text) => ("health well", text.to_owned()),
            Err(text) => ("health ill", text),
        };
        if let Some(line) = part("health") {
            line.set_class_name(class);
        }
        write("health", &text);
    }

    /// Fills in the deployment's settings.
    async fn load_deployment(&self) {
        let Some((200, body)) = get("/embed.json").await else { return };
        let Ok(deployment) = serde_json::from_str::<Deployment>(&body) else { return };
        if let Some(field) = field("client-id").filter(|field| field.value().is_empty()) {
            field.set_value(&deployment.client_id);
        }
        if let Some(field) = field("pkce") {
            field.set_checked(deployment.pkce);
        }
        let provider = match deployment.authorize_url.as_str() {
            SMOOCH => "smooch",
            SUNSHINE => "sunshine",
            url => {
                write("own-url", url);
                if let Some(own) = part("own") {
                    own.set_hidden(false);
                }
                "own"
            }
        };
        choose("provider", provider);
        self.deployment.replace(Some(deployment));
        self.show();
    }

    /// Loads the build that can be pinned.
    async fn load_pinned(&self) {
        let Some((200, body)) = get("/pinned.json").await else { return };
        let Ok(pinned) = serde_json::from_str(&body) else { return };
        self.pinned.replace(Some(pinned));
        if let Some(field) = field("pinned") {
            field.set_disabled(false);
        }
        self.show();
    }

    /// Asks the edge to check the site and its return page.
    async fn check(&self) {
        let options = self.options();
        let origin = origin_of(&entered("origin"));
        let problems = [
            ("client-id", client_id_problem(&options.client_id)),
            ("site", site_problem(&options.site)),
            ("origin", origin_problem(origin.as_deref())),
        ];
        for (id, problem) in problems {
            show_problem(id, problem);
        }
        let Some(list) = part("verdicts") else { return };
        if let Some((first, _)) = problems.iter().find(|(_, problem)| problem.is_some()) {
            list.set_text_content(None);
            announce("check-status", "Correct the fields that are marked above, then check again.");
            // It fails only for a field that cannot be focused.
            if let Some(field) = field(first) {
                let _ = field.focus();
            }
            return;
        }
        let origin = origin.unwrap_or_default();
        if let Some(field) = field("origin") {
            field.set_value(&origin);
        }
        announce("check-status", "Checking…");
        list.set_text_content(None);
        let path = ["/setup.json?site=", &encoded(&options.site), "&origin=", &encoded(&origin)].concat();
        let answer = get(&path).await;
        let facts = answer.as_ref().filter(|(status, _)| *status == 200);
        let verdicts = match facts.and_then(|(_, body)| serde_json::from_str(body).ok()) {
            Some(facts) => {
                let checked = Checked { options: &options, origin: &origin, edge: &self.edge };
                checked.verdicts(self.deployment.borrow().as_ref(), &facts)
            }
            None => vec![failure(answer.as_ref().map(|(status, body)| (*status, body.as_str())))],
        };
        for verdict in &verdicts {
            append_verdict(&list, verdict);
        }
        announce("check-status", &summary(&verdicts));
    }
}

/// Shows the problem of a field below it, or hides the line.
fn show_problem(id: &str, problem: Option<&str>) {
    let place = [id, "-wrong"].concat();
    write(&place, problem.unwrap_or_default());
    if let Some(line) = part(&place) {
        line.set_hidden(problem.is_none());
    }
    if let Some(field) = field(id) {
        set(&field, "aria-invalid", problem.map(|_| "true"));
    }
}

/// Appends a verdict to the list.
fn append_verdict(list: &Element, verdict: &Verdict) {
    let Some(item) = add(list, "li", verdict.level.name(), "") else { return };
    if let Some(title) = add(&item, "strong", "", "") {
        add(&title, "span", "aside", verdict.level.prefix());
        add(&title, "span", "", &verdict.title);
    }
    if !verdict.advice.is_empty() {
        add(&item, "p", "", &verdict.advice);
    }
    if !verdict.example.is_empty()
        && let Some(code) = add(&item, "pre", "", &verdict.example)
    {
        // A block that scrolls must be reachable by keyboard.
        set(&code, "tabindex", Some("0"));
    }
}
