//! One line of JSON a request. No code, state, token, key, query or text from outside is ever in it: what is
//! logged is an enum, a name from the settings, a number, or an id of ours.

use crate::platform::Millis;
use shared::{Object, quoted};

/// What happened, filled in as a handler goes along.
#[derive(Debug, Default)]
pub struct Report {
    /// What came of it: `ok`, `bounced`, `connected`, or an error code.
    pub outcome: &'static str,
    /// The site, by its name in the settings.
    pub site: Option<String>,
    /// The API key, by its name in the settings.
    pub key: Option<String>,
    /// The connection.
    pub connection: Option<String>,
    /// What was done, in order.
    pub steps: Vec<&'static str>,
    /// What a developer needs to know of a failure, in our own words.
    pub note: Option<&'static str>,
    /// How long Smooch took.
    pub upstream: Millis,
}

/// The line for one request.
pub(crate) struct Line<'a> {
    pub(crate) time: Millis,
    pub(crate) request_id: &'a str,
    pub(crate) route: &'static str,
    pub(crate) outcome: &'static str,
    pub(crate) status: u16,
    pub(crate) site: Option<&'a str>,
    pub(crate) key: Option<&'a str>,
    pub(crate) connection: Option<&'a str>,
    pub(crate) steps: &'a [&'static str],
    pub(crate) note: Option<&'a str>,
    pub(crate) milliseconds: Millis,
    pub(crate) upstream_milliseconds: Millis,
}

impl Line<'_> {
    pub(crate) fn text(&self) -> String {
        let mut line = Object::new()
            .number("time", self.time)
            .text("request_id", self.request_id)
            .text("route", self.route)
            .text("outcome", self.outcome)
            .number("status", self.status.into())
            .maybe("site", self.site)
            .maybe("key", self.key)
            .maybe("connection", self.connection);
        if !self.steps.is_empty() {
            line = line.list("steps", self.steps.iter().map(|step| quoted(step)));
        }
        line.maybe("note", self.note)
            .number("milliseconds", self.milliseconds)
            .number("upstream_milliseconds", self.upstream_milliseconds)
            .end()
    }
}
