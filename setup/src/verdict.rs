//! Says in plain words what is right and what is wrong, and what to do about it. For each fact of the edge there is a
//! sentence; a new one does not compile without.

use crate::{
    deployment::{Deployment, Problem, SMOOCH},
    options::Options,
    snippet,
};
use shared::facts::{Attribute, Blocked, Facts, HtmlFacts, PageFact, ScriptFact, SiteFact};

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// How it is.
    pub level: Level,
    /// What is so.
    pub title: String,
    /// What to do, or why it matters; empty where nothing is to be done.
    pub advice: String,
    /// What to write, where that helps; empty otherwise.
    pub example: String,
}

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// As it should be.
    Right,
    /// It could not be seen from here: a person has to look.
    Look,
    /// The button will not work like this.
    Wrong,
}

impl Level {
    /// Its name, as the style sheet has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Look => "look",
            Self::Wrong => "wrong",
        }
    }

    /// What a screen reader says before the title.
    #[must_use]
    pub const fn spoken(self) -> &'static str {
        match self {
            Self::Right => "Right: ",
            Self::Look => "Look yourself: ",
            Self::Wrong => "Wrong: ",
        }
    }
}

/// What was entered and what it is checked against.
#[derive(Clone, Copy, Debug)]
pub struct Checked<'a> {
    /// What was entered.
    pub options: &'a Options,
    /// The origin of the page that the button is to be on.
    pub origin: &'a str,
    /// Where the edge is.
    pub edge: &'a str,
}

impl Checked<'_> {
    /// All that the deployment and its facts say.
    #[must_use]
    pub fn verdicts(&self, deployment: Option<&Deployment>, facts: &Facts) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        if let Some(deployment) = deployment {
            self.settings(deployment, &mut verdicts);
        }
        self.site(facts, &mut verdicts);
        if facts.require_session == Some(true) && !self.options.session {
            verdicts.push(wrong(
                &format!("The site {} wants to know who connects, and the snippet has no session.", self.options.site),
                "Choose “My users are logged in” above, and fill the attribute session on each page load with what your \
                 backend gets from POST /v1/sessions.",
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
                &format!("This server is set up for another client id than {}.", self.options.client_id),
                "Enter the client id that SMOOCH_CLIENT_ID has in wrangler.toml, or correct it there.",
            ));
        }
        let authorize_url =
            if self.options.authorize_url.is_empty() { SMOOCH } else { &self.options.authorize_url };
        if authorize_url != deployment.authorize_url {
            verdicts.push(wrong(
                "This server exchanges codes at another place than the button sends people to.",
                &format!(
                    "Choose the place above that the server has in its settings: {}",
                    deployment.authorize_url
                ),
            ));
        }
        if self.options.pkce != deployment.pkce {
            verdicts.push(wrong(
                "The button and this server do not agree on PKCE.",
                "Tick it above exactly if SMOOCH_PKCE is true in wrangler.toml.",
            ));
        }
        if verdicts.len() == before {
            verdicts.push(right("This server is set up for this client id."));
        }
    }

    fn site(&self, facts: &Facts, verdicts: &mut Vec<Verdict>) {
        let (site, origin) = (&self.options.site, self.origin);
        verdicts.push(match facts.site {
            SiteFact::Known => right(&format!("The site {site} at {origin} is in this server’s settings.")),
            SiteFact::OtherOrigin => wrong(
                &format!("In this server’s settings, the site {site} has another origin than {origin}."),
                "Origins are compared to the letter: http or https, with or without www, and the port all count. Correct \
                 the origin in SITES in wrangler.toml, or the address here.",
            ),
            SiteFact::OtherName => wrong(
                &format!("This server knows a site at {origin}, but not by the name {site}."),
                "Enter the name that SITES in wrangler.toml has for it.",
            ),
            SiteFact::Unknown => Verdict {
                example: snippet::setting(site, origin),
                ..wrong(
                    &format!("This server knows no site called {site}, and none at {origin}."),
                    "Add it to wrangler.toml and run make deploy. return_to is the page that people come back to; it needs \
                     the button too.",
                )
            },
        });
    }

    fn page(&self, page: &PageFact, verdicts: &mut Vec<Verdict>) {
        let site = &self.options.site;
        verdicts.push(match page {
            PageFact::Html(html) => {
                verdicts.push(right("The return page is there."));
                return self.html(html, verdicts);
            }
            PageFact::OtherType => wrong(
                "The return page is not an HTML page.",
                &format!("The address in return_to of {site} leads to something else. It must be a page with the button."),
            ),
            PageFact::Redirect { status } => look(
                &format!("The return page answers with a redirect ({status}), so what is behind it was not looked at."),
                "If it leads strangers to a login, open the page while you are logged in, and see whether the button is \
                 there. If it leads everybody to another address, let return_to be that address.",
            ),
            PageFact::Error { status: status @ (401 | 403) } => look(
                &format!("The return page does not let strangers in ({status}), so it was not looked at."),
                "Open it while you are logged in, and see whether the button is there.",
            ),
            PageFact::Error { status: 404 | 410 } => wrong(
                "The return page does not exist (404).",
                &format!("People would come back to an error. Correct return_to of {site} in wrangler.toml, or make the page."),
            ),
            PageFact::Error { status } => wrong(
                &format!("The return page answers with an error ({status})."),
                "People would come back to it. Look at your web server’s log.",
            ),
            PageFact::Unreachable => wrong(
                "The return page does not answer.",
                &format!(
                    "This server waited five seconds for the address that return_to of {site} has. Is your web server \
                     running, and can it be reached from the internet?"
                ),
            ),
            PageFact::OnTheEdge => look(
                "The return page is on this server itself, which does not look at its own pages.",
                "Open it, and see whether the button is there.",
            ),
        });
    }

    fn html(&self, html: &HtmlFacts, verdicts: &mut Vec<Verdict>) {
        if html.cut {
            verdicts
                .push(look("The return page is longer than 512 KB; only its beginning was looked at.", ""));
        }
        self.script(html.script, verdicts);
        if html.button {
            if html.wrong.is_empty() {
                verdicts.push(right("The button is on it, with the right attributes."));
            }
            verdicts.extend(html.wrong.iter().map(|attribute| self.attribute(*attribute)));
        } else {
            verdicts.push(look(
                "The button is not in the return page as it is served.",
                "If a script puts it there, as React does, open the page and see. If not, paste the snippet into it: the \
                 button finishes the connection where people come back to.",
            ));
        }
        if html.blocked.is_empty() {
            verdicts.push(right("The page’s Content-Security-Policy does not stand in the way."));
        } else {
            let what: Vec<&str> = html.blocked.iter().map(|blocked| stopped(*blocked)).collect();
            verdicts.push(Verdict {
                example: snippet::policy(self.edge),
                ..wrong(
                    &format!("The page’s Content-Security-Policy {}.", what.join(", and ")),
                    "Add to the policy’s own sources:",
                )
            });
        }
    }

    fn script(&self, script: ScriptFact, verdicts: &mut Vec<Verdict>) {
        let edge = self.edge;
        verdicts.push(match script {
            ScriptFact::Floating => right("It loads the script from this server."),
            ScriptFact::Pinned => right("It loads the script from this server, one build and no other."),
            ScriptFact::FloatingWithDigest => wrong(
                "The script’s address stays the same while the script changes, but the page insists on one digest.",
                "The next deployment would stop the button. Take integrity away, or choose the pinned version above.",
            ),
            ScriptFact::NotModule => wrong(
                "The script is loaded without type=\"module\", and cannot run like that.",
                "Copy the line with the script from the snippet.",
            ),
            ScriptFact::Elsewhere => wrong(
                "The page loads the script from another server than this one.",
                &format!("The script talks to the server it comes from. Load it from {edge}"),
            ),
            ScriptFact::Missing => look(
                "The script is not in the return page as it is served.",
                "If another script loads it, open the page and see whether the button is there. If not, paste the snippet's \
                 first line into it.",
            ),
        });
    }

    fn attribute(&self, attribute: Attribute) -> Verdict {
        let site = &self.options.site;
        match attribute {
            Attribute::Site => wrong(
                &format!("The button on the return page is of another site than {site}."),
                &format!("It finishes only its own flows. Write site=\"{site}\" on it."),
            ),
            Attribute::ClientId => wrong(
                "The button on the return page has no client-id, or not this server’s.",
                "Copy the element from the snippet.",
            ),
            Attribute::AuthorizeUrl => wrong(
                "The button on the return page sends people to another place than this server exchanges codes at.",
                "Copy the attribute authorize-url from the snippet; where the snippet has none, take it away.",
            ),
            Attribute::Pkce => wrong(
                "The button on the return page and this server do not agree on PKCE.",
                "The attribute pkce belongs there exactly if SMOOCH_PKCE is true in wrangler.toml.",
            ),
            Attribute::Session => wrong(
                &format!("The button on the return page has no session, and the site {site} wants one."),
                "Fill the attribute session on each page load with what your backend gets from POST /v1/sessions. A page \
                 that strangers see without one is looked at here as by a stranger: then this is as it should be.",
            ),
        }
    }
}

/// What is to be said when the edge answered with a problem, or not at all.
#[must_use]
pub fn failure(answer: Option<(u16, &str)>) -> Verdict {
    let Some((_, body)) = answer else {
        return wrong("This server did not answer.", "Are you online? Try again in a moment.");
    };
    let problem: Problem = serde_json::from_str(body).unwrap_or_default();
    match problem.code.as_str() {
        "rate_limited" => look("That was asked too often.", "Try again in a minute."),
        "misconfigured" => wrong(
            "This server is not set up yet.",
            "Open /healthz here: it names each setting that is missing or wrong.",
        ),
        _ => wrong("This server answered with something else than expected.", "Try again in a moment."),
    }
}

/// All of it in a line, for those who do not see the list.
#[must_use]
pub fn summary(verdicts: &[Verdict]) -> String {
    let count = |level| verdicts.iter().filter(|verdict| verdict.level == level).count();
    match (count(Level::Wrong), count(Level::Look)) {
        (0, 0) => "All of it is right.".into(),
        (0, 1) => "Nothing is wrong. One thing could not be seen from here.".into(),
        (0, some) => format!("Nothing is wrong. {some} things could not be seen from here."),
        (1, _) => "One thing is wrong.".into(),
        (some, _) => format!("{some} things are wrong."),
    }
}

const fn stopped(blocked: Blocked) -> &'static str {
    match blocked {
        Blocked::Script => "does not let the script load",
        Blocked::Wasm => "does not let WebAssembly run",
        Blocked::Connect => "does not let the button talk to this server",
    }
}

fn right(title: &str) -> Verdict {
    Verdict { level: Level::Right, title: title.into(), advice: String::new(), example: String::new() }
}

fn look(title: &str, advice: &str) -> Verdict {
    Verdict { level: Level::Look, advice: advice.into(), ..right(title) }
}

fn wrong(title: &str, advice: &str) -> Verdict {
    Verdict { level: Level::Wrong, advice: advice.into(), ..right(title) }
}

#[cfg(test)]
mod tests;
