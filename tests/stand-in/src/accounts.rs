//! The people and apps that exist from the start, and what an app holds: its users, conversations and messages.

use std::collections::BTreeMap;

/// Owns three apps, so has to pick one.
pub const OWNER: &str = "owner@example.com";
/// Owns one app, so is never asked to pick.
pub const SINGLE: &str = "single@example.com";
/// Owns one app: the person an attacker's link is mailed to.
pub const VICTIM: &str = "victim@example.com";
/// The password of every account.
pub const PASSWORD: &str = "demo";

/// The id of "Corner Bakery", of [`OWNER`].
pub const CORNER_BAKERY: &str = "5deb3bf0e3ad4e0010a3f0c1";
/// The id of "Corner Bakery EU", of [`OWNER`].
pub const CORNER_BAKERY_EU: &str = "5deb3bf0e3ad4e0010a3f0c2";
/// The id of "Night Market", of [`OWNER`].
pub const NIGHT_MARKET: &str = "5deb3bf0e3ad4e0010a3f0c3";
/// The id of "Blue Bicycle", of [`SINGLE`].
pub const BLUE_BICYCLE: &str = "5deb3bf0e3ad4e0010a3f0d1";
/// The id of "Harbour Clinic", of [`VICTIM`].
pub const HARBOUR_CLINIC: &str = "5deb3bf0e3ad4e0010a3f0e1";

/// The external id of the one user that every app has from the start.
pub const CUSTOMER: &str = "customer-1";

/// When the first customers wrote: 2026-01-05, 09:30 UTC.
const FIRST_MESSAGE_MS: u64 = 1_767_605_400_000;

/// A person who can sign in.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) email: &'static str,
    pub(crate) name: &'static str,
    pub(crate) apps: Vec<&'static str>,
}

/// An app: what an integration is connected to.
#[derive(Clone, Debug)]
pub struct App {
    /// 24 hex digits.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// The host of its API in the `sunshine` family: `{subdomain}.zendesk.com`.
    pub subdomain: String,
    pub(crate) users: Vec<User>,
    pub(crate) conversations: Vec<Conversation>,
}

/// A customer of the app's owner.
#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) external_id: Option<String>,
    pub(crate) given_name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) signed_up_ms: u64,
}

/// What a user and the business say to each other.
#[derive(Clone, Debug)]
pub(crate) struct Conversation {
    pub(crate) id: String,
    pub(crate) user_id: String,
    pub(crate) display_name: Option<String>,
    pub(crate) messages: Vec<Message>,
}

/// One message, as the owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// 24 hex digits.
    pub id: String,
    /// Who wrote it.
    pub author: Author,
    /// What it says.
    pub text: String,
    /// When it came, in milliseconds since 1970.
    pub received_ms: u64,
}

/// Who wrote a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Author {
    /// A customer, by name.
    Customer(String),
    /// The business, through the integration of this name.
    Business(String),
}

impl App {
    fn new(id: &str, name: &str, customer: &str, text: &str) -> Self {
        // The first digit tells what an id is of; the rest is the app's own.
        let own = |digit: char| format!("{digit}{}", id.get(1..).unwrap_or_default());
        let user = User {
            id: own('a'),
            external_id: Some(CUSTOMER.to_owned()),
            given_name: Some(customer.to_owned()),
            email: Some(format!("{}@customer.example", customer.to_lowercase())),
            signed_up_ms: FIRST_MESSAGE_MS,
        };
        let message = Message {
            id: own('c'),
            author: Author::Customer(customer.to_owned()),
            text: text.to_owned(),
            received_ms: FIRST_MESSAGE_MS,
        };
        let conversation = Conversation {
            id: own('b'),
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

    /// A user by id or by external id, as both APIs take either.
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
    /// What a page calls this user.
    pub(crate) fn label(&self) -> &str {
        self.given_name.as_deref().or(self.external_id.as_deref()).unwrap_or("Someone")
    }
}

/// The accounts that exist, for good.
pub(crate) fn accounts() -> Vec<Account> {
    let account = |email, name, apps: &[&'static str]| Account { email, name, apps: apps.to_vec() };
    vec![
        account(OWNER, "Olive Owner", &[CORNER_BAKERY, CORNER_BAKERY_EU, NIGHT_MARKET]),
        account(SINGLE, "Sam Single", &[BLUE_BICYCLE]),
        account(VICTIM, "Vera Victim", &[HARBOUR_CLINIC]),
    ]
}

/// The apps that exist at the start, by id.
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
    fn every_account_owns_apps_that_exist_and_no_two_own_the_same() {
        let (accounts, apps) = (accounts(), apps());
        let owned: Vec<&str> = accounts.iter().flat_map(|account| account.apps.clone()).collect();
        assert_eq!(owned.len(), apps.len());
        assert!(owned.iter().all(|id| apps.contains_key(*id)));
    }

    #[test]
    fn every_app_has_one_user_in_one_conversation() {
        for app in apps().values() {
            let user = app.user(CUSTOMER).unwrap();
            assert_eq!(app.conversations.len(), 1);
            assert_eq!(app.conversations[0].user_id, user.id);
            assert!(app.subdomain.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'));
        }
    }
}
