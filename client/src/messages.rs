//! Everything a person or a developer reads, in English. What went wrong, and what to do about it, in plain words.

use shared::ErrorCode;

/// What the button says.
pub const LABEL: &str = "Add to Smooch";
/// What it says when one deliberate click is wanted.
pub const CONFIRM_LABEL: &str = "Finish connecting";
/// What it says while the edge works.
pub const FINISHING_LABEL: &str = "Connecting…";
/// What it says when the same receipt can be sent again.
pub const AGAIN_LABEL: &str = "Try again";
/// What it says when all is done.
pub const CONNECTED_LABEL: &str = "Connected";

/// On the way to Smooch.
pub const LEAVING: &str = "Taking you to Smooch…";
/// A direct install waits for the click.
pub const CONFIRM: &str = "One more step: press the button to finish connecting your app.";
/// The edge works.
pub const FINISHING: &str = "Finishing the connection…";
/// The edge works, and not for the first time.
pub const STILL: &str = "Still working…";
/// Between [`CONNECTED_LABEL`] and the name of the connected app.
pub const TO: &str = " to ";
/// Before the number that finds a failure in the edge's log.
pub const REFERENCE: &str = " Reference: ";

/// For the console: no client id.
pub const NO_CLIENT_ID: &str = "the attribute client-id is missing";
/// For the console: a site name of another shape.
pub const BAD_SITE: &str = "the attribute site is not a name of a-z, 0-9 and -";
/// For the console: an endpoint that is not https.
pub const BAD_AUTHORIZE_URL: &str = "the attribute authorize-url is neither https nor http on loopback";
/// For the console: no Web Crypto.
pub const INSECURE: &str = "Web Crypto is missing: serve this page over https";
/// For the console: no storage.
pub const NO_STORAGE: &str = "this browser lets the page store nothing";

/// What a person reads when something went wrong.
#[must_use]
pub const fn failure(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::AccessDenied => "You chose not to connect. Nothing was changed.",
        ErrorCode::WrongBrowser => {
            "This was started in another browser, or is finished already. Nothing was changed. Start again here."
        }
        ErrorCode::Unsupported => "This button cannot work in this browser. Try another one.",
        ErrorCode::EdgeUnreachable => "No answer came back. Check your connection and try again.",
        // An earlier try may have been completed, in these three.
        ErrorCode::ReceiptExpired => "That took too long. If your app is not connected, start again.",
        ErrorCode::CodeRejected => {
            "That took too long, or is finished already. If your app is not connected, start again."
        }
        ErrorCode::ReceiptInvalid | ErrorCode::VerifierMismatch | ErrorCode::InvalidRequest => {
            "This could not be checked, so nothing was changed. Start again where you began."
        }
        ErrorCode::SessionInvalid | ErrorCode::SessionExpired | ErrorCode::SessionRequired => {
            "Your login here has ended. Reload this page, log in, and start again."
        }
        ErrorCode::SessionMismatch => {
            "You are logged in here as someone else than when you started. Start again."
        }
        ErrorCode::SmoochUnavailable | ErrorCode::SmoochMalformed => {
            "Smooch is not answering as it should. Try again in a minute."
        }
        ErrorCode::StorageUnavailable => {
            "Smooch said yes, but it could not be saved yet. Try again in a minute."
        }
        ErrorCode::RateLimited => "Too many tries at once. Try again in a minute.",
        ErrorCode::OriginNotAllowed
        | ErrorCode::ClientRejected
        | ErrorCode::Misconfigured
        | ErrorCode::Unauthorized
        | ErrorCode::NotFound
        | ErrorCode::MethodNotAllowed
        | ErrorCode::ConnectionRevoked
        | ErrorCode::ConnectionRemoving => {
            "This is not set up correctly yet. Ask the people who run this site to check its connection to Smooch."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_tells_a_person_something_in_whole_sentences() {
        for &code in ErrorCode::ALL {
            let text = failure(code);
            assert!(text.len() > 20 && text.ends_with('.'), "{code:?}: {text}");
            assert!(!text.contains('_') && !text.contains(code.as_str()), "{code:?}: {text}");
        }
    }

    #[test]
    fn every_failure_but_a_choice_says_what_to_do() {
        for &code in ErrorCode::ALL.iter().filter(|code| **code != ErrorCode::AccessDenied) {
            let text = failure(code);
            assert!(
                ["tart again", "ry again", "Try another", "Ask "].iter().any(|way| text.contains(way)),
                "{text}"
            );
        }
    }
}
