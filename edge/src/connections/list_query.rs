//! The query of a list of connections.

use crate::query;
use shared::{ErrorCode, Subject};

/// The number of connections of a page, if the caller gives no limit.
const DEFAULT_LIMIT: u16 = 100;

/// Maximum length of a cursor in bytes. KV's own cursors are shorter.
const MAX_CURSOR: usize = 512;

/// The parsed query: `?subject=&cursor=&limit=`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ListQuery {
    pub(super) subject: Option<Subject>,
    pub(super) cursor: Option<String>,
    pub(super) limit: u16,
}

impl ListQuery {
    /// Parses a query.
    ///
    /// # Errors
    ///
    /// `invalid_request` for an unknown, repeated or malformed parameter.
    pub(super) fn parse(text: &str) -> Result<Self, ErrorCode> {
        let [subject, cursor, limit] = query::parse(text, ["subject", "cursor", "limit"])?;
        let subject = match subject {
            Some(text) => Some(Subject::parse(&text).ok_or(ErrorCode::InvalidRequest)?),
            None => None,
        };
        // Some callers send an empty cursor for the first page.
        let cursor = cursor.filter(|cursor| !cursor.is_empty());
        if cursor.as_ref().is_some_and(|cursor| cursor.len() > MAX_CURSOR) {
            return Err(ErrorCode::InvalidRequest);
        }
        Ok(Self { subject, cursor, limit: limit.as_deref().map_or(Ok(DEFAULT_LIMIT), query::parse_limit)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<(Option<&str>, Option<&str>, u16)>) {
        let query = ListQuery::parse(text).ok();
        let expected = expected.map(|(subject, cursor, limit)| ListQuery {
            subject: subject.and_then(Subject::parse),
            cursor: cursor.map(Into::into),
            limit,
        });
        assert_eq!(query, expected, "{text:?}");
    }

    #[test]
    fn an_unknown_repeated_or_malformed_parameter_is_refused() {
        check("", Some((None, None, 100)));
        check("subject=ann%40partner.example&limit=1000", Some((Some("ann@partner.example"), None, 1000)));
        check("cursor=abc", Some((None, Some("abc"), 100)));
        check("cursor=", Some((None, None, 100)));
        check("limit=0", None);
        check("limit=1001", None);
        check("limit=+1", None);
        check("limit=-1", None);
        check("limit=", None);
        check("subject=", None);
        check("subject=a/b", None);
        check("subject=a&subject=b", None);
        check("limit=1&limit=1", None);
        check("page=2", None);
        check(&format!("cursor={}", "a".repeat(513)), None);
    }
}
