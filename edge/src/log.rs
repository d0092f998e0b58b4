//! The log: one line of JSON for each request. It never contains a code, state, token, key, query or any text from
//! outside: each value is one of a fixed set of texts, a name from the settings, a number, or an id in the format of
//! the edge's ids.

use crate::{fault::Fault, platform::Millis};
use serde::Serialize;
use shared::to_json;

/// The values of a log line that the handler sets while it works.
#[derive(Debug, Default)]
pub struct Report {
    /// The result: `bounced`, `connected` or an error code. Empty means `ok`.
    pub outcome: &'static str,
    /// The name of the site in the settings.
    pub site: Option<String>,
    /// The name of the API key in the settings.
    pub key: Option<String>,
    /// The id of the connection.
    pub connection: Option<String>,
    /// The steps that were done, in order.
    pub steps: Vec<&'static str>,
    /// The cause of a failure, for the developer.
    pub note: Option<&'static str>,
    /// The time spent waiting for Smooch or for the return page.
    pub upstream: Millis,
}

/// The log line of one request.
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
    /// The faults of the settings, if they are the cause of the result.
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
