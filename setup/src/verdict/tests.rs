//! Each fact has its sentence, and what is right is said to be.

use super::*;

const ORIGIN: &str = "https://shop.example";

fn options() -> Options {
    Options { client_id: "shoplifter".into(), site: "main".into(), ..Options::default() }
}

fn deployment() -> Deployment {
    Deployment { client_id: "shoplifter".into(), authorize_url: SMOOCH.into(), pkce: false }
}

fn html() -> HtmlFacts {
    let (wrong, blocked) = (Vec::new(), Vec::new());
    HtmlFacts { cut: false, script: ScriptFact::Floating, button: true, wrong, blocked }
}

fn known(page: PageFact) -> Facts {
    Facts { site: SiteFact::Known, require_session: Some(false), page: Some(page) }
}

fn verdicts(options: &Options, facts: &Facts) -> Vec<Verdict> {
    let edge = "https://connect.shop.example";
    Checked { options, origin: ORIGIN, edge }.verdicts(Some(&deployment()), facts)
}

/// What is not right of these facts, each as its level and title.
fn said(facts: &Facts) -> Vec<(Level, String)> {
    let verdicts = verdicts(&options(), facts).into_iter().filter(|verdict| verdict.level != Level::Right);
    verdicts.map(|verdict| (verdict.level, verdict.title)).collect()
}

#[track_caller]
fn check(facts: &Facts, level: Level, words: &str) {
    let said = said(facts);
    assert!(matches!(&*said, [(of, title)] if *of == level && title.contains(words)), "{words}: {said:?}");
}

#[test]
fn a_page_that_is_right_is_said_to_be() {
    let verdicts = verdicts(&options(), &known(PageFact::Html(html())));
    assert!(verdicts.iter().all(|verdict| verdict.level == Level::Right), "{verdicts:?}");
    assert_eq!(verdicts.len(), 6);
    assert_eq!(summary(&verdicts), "All of it is right.");
}

#[test]
fn a_site_that_is_not_there_comes_with_what_to_write() {
    let unknown = Facts { site: SiteFact::Unknown, require_session: None, page: None };
    check(&unknown, Level::Wrong, "knows no site called main, and none at https://shop.example");
    let example = "[vars.SITES.main]\norigin = \"https://shop.example\"\nreturn_to = \"https://shop.example/connected\"";
    assert!(verdicts(&options(), &unknown).iter().any(|verdict| verdict.example.contains(example)));
    check(&Facts { site: SiteFact::OtherName, ..unknown.clone() }, Level::Wrong, "not by the name main");
    check(&Facts { site: SiteFact::OtherOrigin, ..unknown }, Level::Wrong, "another origin");
}

#[test]
fn every_answer_of_a_page_is_told() {
    let check = |page, level, words| check(&known(page), level, words);
    check(PageFact::Unreachable, Level::Wrong, "does not answer");
    check(PageFact::Error { status: 404 }, Level::Wrong, "does not exist");
    check(PageFact::Error { status: 502 }, Level::Wrong, "(502)");
    check(PageFact::Error { status: 403 }, Level::Look, "(403)");
    check(PageFact::Redirect { status: 302 }, Level::Look, "(302)");
    check(PageFact::OtherType, Level::Wrong, "not an HTML page");
    check(PageFact::OnTheEdge, Level::Look, "on this server itself");
}

#[test]
fn every_script_is_told() {
    let check = |script, level, words| {
        check(&known(PageFact::Html(HtmlFacts { script, ..html() })), level, words);
    };
    check(ScriptFact::FloatingWithDigest, Level::Wrong, "insists on one digest");
    check(ScriptFact::NotModule, Level::Wrong, "type=\"module\"");
    check(ScriptFact::Elsewhere, Level::Wrong, "another server");
    check(ScriptFact::Missing, Level::Look, "not in the return page");
    assert_eq!(said(&known(PageFact::Html(HtmlFacts { script: ScriptFact::Pinned, ..html() }))), []);
}

#[test]
fn what_is_wrong_with_the_element_or_the_policy_is_told() {
    let check = |html, level, words| check(&known(PageFact::Html(html)), level, words);
    let with = |attribute| HtmlFacts { wrong: vec![attribute], ..html() };
    check(with(Attribute::Site), Level::Wrong, "another site than main");
    check(with(Attribute::ClientId), Level::Wrong, "client-id");
    check(with(Attribute::AuthorizeUrl), Level::Wrong, "another place");
    check(with(Attribute::Pkce), Level::Wrong, "PKCE");
    check(with(Attribute::Session), Level::Wrong, "no session");
    check(HtmlFacts { button: false, ..html() }, Level::Look, "not in the return page");
    check(HtmlFacts { cut: true, ..html() }, Level::Look, "512 KB");
    let blocked = vec![Blocked::Wasm, Blocked::Connect];
    check(HtmlFacts { blocked, ..html() }, Level::Wrong, "does not let WebAssembly run, and does not let");
    check(
        HtmlFacts { blocked: vec![Blocked::Script], ..html() },
        Level::Wrong,
        "does not let the script load",
    );
}

#[test]
fn the_snippet_is_held_against_the_deployment() {
    let facts = known(PageFact::Html(html()));
    let other = Options {
        client_id: "thief".into(),
        authorize_url: "https://a.example/".into(),
        pkce: true,
        ..options()
    };
    let said = verdicts(&other, &facts);
    assert_eq!(said.iter().filter(|verdict| verdict.level == Level::Wrong).count(), 3, "{said:?}");
    assert_eq!(summary(&said), "3 things are wrong.");
    let vouched = Facts { require_session: Some(true), ..facts };
    check(&vouched, Level::Wrong, "wants to know who connects");
}

#[test]
fn a_problem_of_the_edge_is_told() {
    assert!(failure(None).title.contains("did not answer"));
    assert!(failure(Some((429, r#"{"code":"rate_limited"}"#))).title.contains("too often"));
    assert!(failure(Some((503, r#"{"code":"misconfigured"}"#))).advice.contains("/healthz"));
    assert!(failure(Some((502, "<html>"))).title.contains("something else"));
}

#[test]
fn every_sentence_is_a_sentence() {
    let page = |page| verdicts(&options(), &known(page));
    let html =
        HtmlFacts { blocked: vec![Blocked::Script], button: false, script: ScriptFact::Missing, ..html() };
    let all = [page(PageFact::Html(html)), page(PageFact::Unreachable), page(PageFact::OnTheEdge)].concat();
    for Verdict { title, advice, .. } in all {
        assert!(
            title.ends_with('.') && (advice.is_empty() || advice.ends_with(['.', '?', ':'])),
            "{title} {advice}"
        );
        assert!(!title.contains("  ") && !advice.contains("  "), "{title} {advice}");
    }
}
