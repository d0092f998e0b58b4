//! One line of JSON a request. No code, state, token, key, query or text from outside is ever in it: what is
//! logged is an enum, a name from the settings, a number, or an id of ours.

use crate::{fault::Fault, platform::Millis};
use serde::Serialize;
use shared::to_json;

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
#[derive(Serialize)]
pub(crate) struct Line<'a> {
    pub(crate) time: Millis,
    pub(crate) request_id: &'a str,
    pub(crate) route: &'static str,
    pub(crate) outcome: &'static str,
    pub(crate) status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) site: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) connection: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(crate) steps: &'a [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<&'a str>,
    /// The faults of the settings, where they are the cause.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(crate) settings: &'a [Fault],
    pub(crate) milliseconds: Millis,
    pub(crate) upstream_milliseconds: Millis,
}

impl Line<'_> {
    pub(crate) fn text(&self) -> String {
        to_json(self)
    }
}
