//! Each fact has its explanation, and a correct page passes.

use super::*;
use crate::verdict::{Level, summary};

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

/// Level and title of each finding that is not right.
fn findings(facts: &Facts) -> Vec<(Level, String)> {
    let verdicts = verdicts(&options(), facts).into_iter().filter(|verdict| verdict.level != Level::Right);
    verdicts.map(|verdict| (verdict.level, verdict.title)).collect()
}

#[track_caller]
fn check(facts: &Facts, level: Level, words: &str) {
    let findings = findings(facts);
    let is_it = matches!(&*findings, [(of, title)] if *of == level && title.contains(words));
    assert!(is_it, "{words}: {findings:?}");
}

#[test]
fn a_correct_page_passes() {
    let verdicts = verdicts(&options(), &known(PageFact::Html(html())));
    assert!(verdicts.iter().all(|verdict| verdict.level == Level::Right), "{verdicts:?}");
    assert_eq!(verdicts.len(), 6);
    assert_eq!(summary(&verdicts), "Everything is right.");
}

#[test]
fn an_unknown_site_comes_with_its_setting() {
    let unknown = Facts { site: SiteFact::Unknown, require_session: None, page: None };
    check(&unknown, Level::Wrong, "knows no site called main, and none at https://shop.example");
    let example = "[vars.SITES.main]\norigin = \"https://shop.example\"\nreturn_to = \"https://shop.example/connected\"";
    assert!(verdicts(&options(), &unknown).iter().any(|verdict| verdict.example.contains(example)));
    check(&Facts { site: SiteFact::OtherName, ..unknown.clone() }, Level::Wrong, "not by the name main");
    check(&Facts { site: SiteFact::OtherOrigin, ..unknown }, Level::Wrong, "another origin");
}

#[test]
fn every_answer_of_a_page_is_explained() {
    let check = |page, level, words| check(&known(page), level, words);
    check(PageFact::Unreachable, Level::Wrong, "does not answer");
    check(PageFact::Error { status: 404 }, Level::Wrong, "does not exist");
    check(PageFact::Error { status: 502 }, Level::Wrong, "(502)");
    check(PageFact::Error { status: 403 }, Level::Unverified, "(403)");
    check(PageFact::Redirect { status: 302 }, Level::Unverified, "(302)");
    check(PageFact::OtherType, Level::Wrong, "not an HTML page");
    check(PageFact::OnTheEdge, Level::Unverified, "on this server itself");
}

#[test]
fn every_kind_of_script_is_explained() {
    let check = |script, level, words| {
        check(&known(PageFact::Html(HtmlFacts { script, ..html() })), level, words);
    };
    check(ScriptFact::FloatingWithDigest, Level::Wrong, "integrity digest");
    check(ScriptFact::NotModule, Level::Wrong, "type=\"module\"");
    check(ScriptFact::Elsewhere, Level::Wrong, "another server");
    check(ScriptFact::Missing, Level::Unverified, "no script of this server");
    assert_eq!(findings(&known(PageFact::Html(HtmlFacts { script: ScriptFact::Pinned, ..html() }))), []);
}

#[test]
fn a_wrong_attribute_and_a_blocking_policy_are_explained() {
    let check = |html, level, words| check(&known(PageFact::Html(html)), level, words);
    let with = |attribute| HtmlFacts { wrong: vec![attribute], ..html() };
    check(with(Attribute::Site), Level::Wrong, "another site than main");
    check(with(Attribute::ClientId), Level::Wrong, "client-id");
    check(with(Attribute::AuthorizeUrl), Level::Wrong, "another authorization endpoint");
    check(with(Attribute::Pkce), Level::Wrong, "PKCE");
    check(with(Attribute::Session), Level::Wrong, "no session");
    check(HtmlFacts { button: false, ..html() }, Level::Unverified, "has no button");
    check(HtmlFacts { cut: true, ..html() }, Level::Unverified, "512 KB");
    let blocked = vec![Blocked::Wasm, Blocked::Connect];
    check(HtmlFacts { blocked, ..html() }, Level::Wrong, "blocks WebAssembly, and blocks requests");
    check(HtmlFacts { blocked: vec![Blocked::Script], ..html() }, Level::Wrong, "blocks the script");
}

#[test]
fn the_snippet_is_compared_with_the_deployment() {
    let facts = known(PageFact::Html(html()));
    let other = Options {
        client_id: "thief".into(),
        authorize_url: "https://a.example/".into(),
        pkce: true,
        ..options()
    };
    let found = verdicts(&other, &facts);
    assert_eq!(found.iter().filter(|verdict| verdict.level == Level::Wrong).count(), 3, "{found:?}");
    assert_eq!(summary(&found), "3 things are wrong.");
    let with_session = Facts { require_session: Some(true), ..facts };
    check(&with_session, Level::Wrong, "requires a session");
}

#[test]
fn a_problem_of_the_edge_is_explained() {
    assert!(failure(None).title.contains("did not answer"));
    assert!(failure(Some((429, r#"{"code":"rate_limited"}"#))).title.contains("Too many"));
    assert!(failure(Some((503, r#"{"code":"misconfigured"}"#))).advice.contains("/healthz"));
    assert!(failure(Some((502, "<html>"))).title.contains("unexpected"));
}

#[test]
fn every_explanation_is_a_sentence() {
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
