//! Explains each fact that the edge found about a page, and the way to correct it. The matches are exhaustive, so a new
//! fact does not compile without its explanation.

use crate::{
    deployment::{Deployment, Problem, SMOOCH},
    options::Options,
    snippet,
    verdict::{Verdict, right, unverified, wrong},
};
use shared::facts::{Attribute, Blocked, Facts, HtmlFacts, PageFact, ScriptFact, SiteFact};

/// The input of a check.
#[derive(Clone, Copy, Debug)]
pub struct Checked<'a> {
    /// The options that were entered.
    pub options: &'a Options,
    /// The origin of the page with the button.
    pub origin: &'a str,
    /// The edge's origin.
    pub edge: &'a str,
}

impl Checked<'_> {
    /// Explains the facts, in the order in which a partner would correct them.
    #[must_use]
    pub fn verdicts(&self, deployment: Option<&Deployment>, facts: &Facts) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        if let Some(deployment) = deployment {
            self.settings(deployment, &mut verdicts);
        }
        self.site(facts, &mut verdicts);
        if facts.require_session == Some(true) && !self.options.session {
            verdicts.push(wrong(
                &format!("The site {} requires a session, and the snippet has none.", self.options.site),
                "Choose “My users are logged in” above. On each page load, your backend gets a session from POST \
                 /v1/sessions and writes it into the attribute session.",
            ));
        }
        if let Some(page) = &facts.page {
            self.page(page, &mut verdicts);
        }
        verdicts
    }

    fn settings(&self, deployment: &Deployment, verdicts: &mut Vec<Verdict>) {
        let before = verdicts.len();
        if self.options.client_id != deployment.client_id {
            verdicts.push(wrong(
                &format!("This server has another client id than {}.", self.options.client_id),
                "Enter the value of SMOOCH_CLIENT_ID in wrangler.toml, or correct it there.",
            ));
        }
        let authorize_url =
            if self.options.authorize_url.is_empty() { SMOOCH } else { &self.options.authorize_url };
        if authorize_url != deployment.authorize_url {
            verdicts.push(wrong(
                "The button sends people to another authorization endpoint than this server uses.",
                &format!("Choose the server’s endpoint above: {}", deployment.authorize_url),
            ));
        }
        if self.options.pkce != deployment.pkce {
            verdicts.push(wrong(
                "PKCE is on for only one of the button and this server.",
                "Tick PKCE above if SMOOCH_PKCE is true in wrangler.toml, and clear it otherwise.",
            ));
        }
        if verdicts.len() == before {
            verdicts.push(right("This server has the same client id and endpoint."));
        }
    }

    fn site(&self, facts: &Facts, verdicts: &mut Vec<Verdict>) {
        let (site, origin) = (&self.options.site, self.origin);
        verdicts.push(match facts.site {
            SiteFact::Known => right(&format!("The site {site} at {origin} is in this server’s settings.")),
            SiteFact::OtherOrigin => wrong(
                &format!("In this server’s settings, the site {site} has another origin than {origin}."),
                "Origins must match exactly: http or https, with or without www, and the port. Correct the origin \
                 in SITES in wrangler.toml, or the address here.",
            ),
            SiteFact::OtherName => wrong(
                &format!("This server knows a site at {origin}, but not by the name {site}."),
                "Enter its name from SITES in wrangler.toml.",
            ),
            SiteFact::Unknown => Verdict {
                example: snippet::setting(site, origin),
                ..wrong(
                    &format!("This server knows no site called {site}, and none at {origin}."),
                    "Add it to wrangler.toml and run make deploy. return_to is the page that people come back to; \
                     it needs the button too.",
                )
            },
        });
    }

    fn page(&self, page: &PageFact, verdicts: &mut Vec<Verdict>) {
        let site = &self.options.site;
        verdicts.push(match page {
            PageFact::Html(html) => {
                verdicts.push(right("The return page exists."));
                return self.html(html, verdicts);
            }
            PageFact::OtherType => wrong(
                "The return page is not an HTML page.",
                &format!("return_to of {site} must be the address of a page with the button."),
            ),
            PageFact::Redirect { status } => unverified(
                &format!("The return page redirects ({status}), so this server did not see the page behind it."),
                "If it redirects to a login, log in, open the page, and check that the button is there. If it \
                 redirects everybody to another address, set return_to to that address.",
            ),
            PageFact::Error { status: status @ (401 | 403) } => unverified(
                &format!("The return page needs a login ({status}), so this server did not see it."),
                "Log in, open it, and check that the button is there.",
            ),
            PageFact::Error { status: 404 | 410 } => wrong(
                "The return page does not exist (404).",
                &format!("People would come back to an error. Correct return_to of {site} in wrangler.toml, or \
                 create the page."),
            ),
            PageFact::Error { status } => wrong(
                &format!("The return page answers with an error ({status})."),
                "People would come back to this error. Check your web server’s log.",
            ),
            PageFact::Unreachable => wrong(
                "The return page does not answer.",
                &format!(
                    "This server waited five seconds for the address in return_to of {site}. Is your web server \
                     running, and can the internet reach it?"
                ),
            ),
            PageFact::OnTheEdge => unverified(
                "The return page is on this server itself, which does not check its own pages.",
                "Open it, and check that the button is there.",
            ),
        });
    }

    fn html(&self, html: &HtmlFacts, verdicts: &mut Vec<Verdict>) {
        if html.cut {
            verdicts.push(unverified(
                "The return page is longer than 512 KB; only its beginning was checked.",
                "",
            ));
        }
        self.script(html.script, verdicts);
        if html.button {
            if html.wrong.is_empty() {
                verdicts.push(right("The button is on it, with the right attributes."));
            }
            verdicts.extend(html.wrong.iter().map(|attribute| self.attribute(*attribute)));
        } else {
            verdicts.push(unverified(
                "The served HTML of the return page has no button.",
                "If a script such as React adds it, open the page and check. If not, paste the snippet into it: the \
                 button finishes the connection on the page that people come back to.",
            ));
        }
        if html.blocked.is_empty() {
            verdicts.push(right("The page’s Content-Security-Policy permits the button."));
        } else {
            let effects: Vec<&str> = html.blocked.iter().map(|blocked| blocked_text(*blocked)).collect();
            verdicts.push(Verdict {
                example: snippet::policy(self.edge),
                ..wrong(
                    &format!("The page’s Content-Security-Policy {}.", effects.join(", and ")),
                    "Add these sources to the policy:",
                )
            });
        }
    }

    fn script(&self, script: ScriptFact, verdicts: &mut Vec<Verdict>) {
        let edge = self.edge;
        verdicts.push(match script {
            ScriptFact::Floating => right("It loads the script from this server."),
            ScriptFact::Pinned => right("It loads a pinned build of the script from this server."),
            ScriptFact::FloatingWithDigest => wrong(
                "The script has an integrity digest, but its address serves a new build after each deployment.",
                "The next deployment would stop the button. Remove integrity, or choose “Pin this build” above.",
            ),
            ScriptFact::NotModule => wrong(
                "The script is loaded without type=\"module\", so it cannot run.",
                "Copy the script’s line from the snippet.",
            ),
            ScriptFact::Elsewhere => wrong(
                "The page loads the script from another server.",
                &format!("The script talks to the server that it comes from. Load it from {edge}"),
            ),
            ScriptFact::Missing => unverified(
                "The served HTML of the return page has no script of this server.",
                "If another script loads it, open the page and check that the button is there. If not, paste the \
                 snippet's first line into it.",
            ),
        });
    }

    fn attribute(&self, attribute: Attribute) -> Verdict {
        let site = &self.options.site;
        match attribute {
            Attribute::Site => wrong(
                &format!("The button on the return page has another site than {site}."),
                &format!("It finishes only flows of its own site. Set site=\"{site}\"."),
            ),
            Attribute::ClientId => wrong(
                "The button on the return page has no client-id, or another one than this server.",
                "Copy the element from the snippet.",
            ),
            Attribute::AuthorizeUrl => wrong(
                "The button on the return page has another authorization endpoint than this server.",
                "Copy the attribute authorize-url from the snippet, or remove it if the snippet has none.",
            ),
            Attribute::Pkce => wrong(
                "PKCE is on for only one of the button on the return page and this server.",
                "Set the attribute pkce if SMOOCH_PKCE is true in wrangler.toml, and remove it otherwise.",
            ),
            Attribute::Session => wrong(
                &format!("The button on the return page has no session, and the site {site} requires one."),
                "On each page load, your backend gets a session from POST /v1/sessions and writes it into the \
                 attribute. This server sees the page without a login: if only logged-in users get a session, all \
                  is well.",
            ),
        }
    }
}

/// Explains a check that failed. `answer` is the edge's status and body, or `None` without an answer.
#[must_use]
pub fn failure(answer: Option<(u16, &str)>) -> Verdict {
    let Some((_, body)) = answer else {
        return wrong("This server did not answer.", "Are you online? Try again in a moment.");
    };
    let problem: Problem = serde_json::from_str(body).unwrap_or_default();
    match problem.code.as_str() {
        "rate_limited" => unverified("Too many checks in a short time.", "Try again in a minute."),
        "misconfigured" => wrong(
            "This server is not set up yet.",
            "Open /healthz: it names each setting that is missing or wrong.",
        ),
        _ => wrong("This server gave an unexpected answer.", "Try again in a moment."),
    }
}

const fn blocked_text(blocked: Blocked) -> &'static str {
    match blocked {
        Blocked::Script => "blocks the script",
        Blocked::Wasm => "blocks WebAssembly",
        Blocked::Connect => "blocks requests to this server",
    }
}

#[cfg(test)]
mod tests;
