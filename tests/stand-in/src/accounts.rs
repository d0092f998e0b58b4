//! The demo accounts and apps, and the data of an app: its users, conversations and messages.

use crate::integration::INTEGRATION_NAME;
use std::collections::BTreeMap;

/// The e-mail address of an owner of three apps, who has to choose one.
pub const OWNER: &str = "owner@example.com";
/// The e-mail address of an owner of one app, who never sees the app picker.
pub const SINGLE: &str = "single@example.com";
/// The e-mail address of an owner of one app, the victim in the tests of attacks.
pub const VICTIM: &str = "victim@example.com";
/// The password of every account.
pub const PASSWORD: &str = "demo";

/// The id of "Corner Bakery", an app of [`OWNER`].
pub const CORNER_BAKERY: &str = "5deb3bf0e3ad4e0010a3f0c1";
/// The id of "Corner Bakery EU", an app of [`OWNER`].
pub const CORNER_BAKERY_EU: &str = "5deb3bf0e3ad4e0010a3f0c2";
/// The id of "Night Market", an app of [`OWNER`].
pub const NIGHT_MARKET: &str = "5deb3bf0e3ad4e0010a3f0c3";
/// The id of "Blue Bicycle", the app of [`SINGLE`].
pub const BLUE_BICYCLE: &str = "5deb3bf0e3ad4e0010a3f0d1";
/// The id of "Harbour Clinic", the app of [`VICTIM`].
pub const HARBOUR_CLINIC: &str = "5deb3bf0e3ad4e0010a3f0e1";

/// The external id of the user that every app has from the start. External ids are the partner's own.
pub const CUSTOMER: &str = "customer-1";

/// The time of the first message in each app: 2026-01-05, 09:30 UTC.
const FIRST_MESSAGE_MS: u64 = 1_767_605_400_000;

/// An account of an app owner.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) email: &'static str,
    pub(crate) name: &'static str,
    /// The ids of the apps that the account owns.
    pub(crate) apps: Vec<&'static str>,
}

/// An app, to which an integration can be connected.
#[derive(Clone, Debug)]
pub struct App {
    /// The id, 24 hex digits.
    pub id: String,
    /// The display name, chosen by the owner.
    pub name: String,
    /// The subdomain of its API host in the `sunshine` family: `{subdomain}.zendesk.com`.
    pub subdomain: String,
    pub(crate) users: Vec<User>,
    pub(crate) conversations: Vec<Conversation>,
}

/// A user of an app: a customer of the app's owner.
#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) id: String,
    /// The id of the user in the partner's own system.
    pub(crate) external_id: Option<String>,
    pub(crate) given_name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) signed_up_ms: u64,
}

/// A conversation between a user and the business.
#[derive(Clone, Debug)]
pub(crate) struct Conversation {
    pub(crate) id: String,
    pub(crate) user_id: String,
    pub(crate) display_name: Option<String>,
    pub(crate) messages: Vec<Message>,
}

/// A message in a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The id, 24 hex digits.
    pub id: String,
    /// The author.
    pub author: Author,
    /// The text.
    pub text: String,
    /// The time of arrival, in milliseconds since 1970.
    pub received_ms: u64,
}

/// The author of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Author {
    /// The customer with this name.
    Customer(String),
    /// The business, through the integration with this name.
    Business(String),
}

impl App {
    /// Creates an app with one customer, who has written one message.
    fn new(id: &str, name: &str, customer: &str, text: &str) -> Self {
        // Derives an id from the app id: the first digit becomes `a` for a user, `b` for a conversation and `c` for
        // a message.
        let derived_id = |digit: char| format!("{digit}{}", id.get(1..).unwrap_or_default());
        let user = User {
            id: derived_id('a'),
            external_id: Some(CUSTOMER.to_owned()),
            given_name: Some(customer.to_owned()),
            email: Some(format!("{}@customer.example", customer.to_lowercase())),
            signed_up_ms: FIRST_MESSAGE_MS,
        };
        let message = Message {
            id: derived_id('c'),
            author: Author::Customer(customer.to_owned()),
            text: text.to_owned(),
            received_ms: FIRST_MESSAGE_MS,
        };
        let conversation = Conversation {
            id: derived_id('b'),
            user_id: user.id.clone(),
            display_name: Some(customer.to_owned()),
            messages: vec![message],
        };
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            subdomain: name.to_lowercase().replace(' ', "-"),
            users: vec![user],
            conversations: vec![conversation],
        }
    }

    /// Finds a user by id or by external id. Both API versions accept either.
    pub(crate) fn user(&self, id: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == id || user.external_id.as_deref() == Some(id))
    }

    pub(crate) fn conversation(&self, id: &str) -> Option<&Conversation> {
        self.conversations.iter().find(|conversation| conversation.id == id)
    }

    pub(crate) fn conversation_mut(&mut self, id: &str) -> Option<&mut Conversation> {
        self.conversations.iter_mut().find(|conversation| conversation.id == id)
    }
}

impl User {
    /// The name of this user on the pages.
    pub(crate) fn display_name(&self) -> &str {
        self.given_name.as_deref().or(self.external_id.as_deref()).unwrap_or("Someone")
    }
}

impl Message {
    /// Creates a message from the business, sent through the integration.
    pub(crate) fn from_business(id: String, text: &str, received_ms: u64) -> Self {
        let author = Author::Business(INTEGRATION_NAME.to_owned());
        Self { id, author, text: text.to_owned(), received_ms }
    }
}

/// All accounts. They never change.
pub(crate) fn accounts() -> Vec<Account> {
    let account = |email, name, apps: &[&'static str]| Account { email, name, apps: apps.to_vec() };
    vec![
        account(OWNER, "Olive Owner", &[CORNER_BAKERY, CORNER_BAKERY_EU, NIGHT_MARKET]),
        account(SINGLE, "Sam Single", &[BLUE_BICYCLE]),
        account(VICTIM, "Vera Victim", &[HARBOUR_CLINIC]),
    ]
}

/// The initial apps, by id.
pub(crate) fn apps() -> BTreeMap<String, App> {
    let apps = [
        App::new(CORNER_BAKERY, "Corner Bakery", "Maya", "Hi! Do you bake rye bread on Sundays?"),
        App::new(CORNER_BAKERY_EU, "Corner Bakery EU", "Luca", "Is the Lisbon shop open on Monday?"),
        App::new(NIGHT_MARKET, "Night Market", "Noor", "Which stalls take cards tonight?"),
        App::new(BLUE_BICYCLE, "Blue Bicycle", "Ines", "Is my bicycle ready to collect?"),
        App::new(HARBOUR_CLINIC, "Harbour Clinic", "Tom", "Can I move my appointment to Friday?"),
    ];
    apps.into_iter().map(|app| (app.id.clone(), app)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_app_belongs_to_exactly_one_account() {
        let (accounts, apps) = (accounts(), apps());
        let owned: Vec<&str> = accounts.iter().flat_map(|account| account.apps.clone()).collect();
        assert_eq!(owned.len(), apps.len());
        assert!(owned.iter().all(|id| apps.contains_key(*id)));
    }

    #[test]
    fn every_app_starts_with_one_user_and_one_conversation() {
        for app in apps().values() {
            let user = app.user(CUSTOMER).unwrap();
            assert_eq!(app.conversations.len(), 1);
            assert_eq!(app.conversations[0].user_id, user.id);
            assert!(app.subdomain.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'));
        }
    }
}
