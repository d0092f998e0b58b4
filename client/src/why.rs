//! What is wrong with a page, for its developer. The words for the console are in `client/js/view.js`, in this order.

/// Why the element cannot work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Why {
    /// There is no client id.
    NoClientId,
    /// The site's name has another shape.
    BadSite,
    /// The authorization endpoint is not https.
    BadAuthorizeUrl,
    /// There is no Web Crypto.
    Insecure,
    /// There is no storage.
    NoStorage,
}
