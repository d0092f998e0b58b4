//! The one integration that the stand-in knows, and its installation in an app.

use serde_json::json;

/// The client id of Smooch's public test integration, the only client that the stand-in knows. Smooch lets
/// anyone use it.
pub const CLIENT_ID: &str = "shoplifter";

/// The client secret of [`CLIENT_ID`].
pub const CLIENT_SECRET: &str = "secret";

/// The display name of [`CLIENT_ID`] on the pages.
pub const INTEGRATION_NAME: &str = "Shoplifter";

/// The integration as installed in one app.
#[derive(Clone, Debug)]
pub(crate) struct Integration {
    pub(crate) id: String,
    /// The time of the first token for the app, in milliseconds since 1970.
    pub(crate) installed_ms: u64,
}

/// A call to the integration's Remove URL that is due. Smooch does not sign it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// The id of the app. The call does not contain it.
    pub app_id: String,
    /// The id of the removed integration. Smooch never tells the partner this id during an install.
    pub integration_id: String,
    /// The time of the removal, in milliseconds since 1970.
    pub removed_ms: u64,
}

impl Removal {
    /// The JSON body of the call.
    #[must_use]
    pub fn body(&self) -> String {
        json!({"integrationId": self.integration_id}).to_string()
    }
}
