//! An app owner with a browser without JavaScript. It follows redirects, keeps cookies and fills in forms. It uses
//! only the URLs that it is given and those that it finds on pages.

mod html;

use crate::accounts::PASSWORD;
use crate::request::Request;
use crate::response::Response;
use html::Form;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use http::{Method, Uri};
use std::collections::BTreeMap;

/// The most pages on one visit. Every path through Smooch is shorter.
const MAX_PAGES: usize = 12;

/// An app owner with their own browser, whose cookies last as long as this value.
#[derive(Clone, Debug)]
pub struct Owner {
    email: String,
    password: String,
    cookies: BTreeMap<String, String>,
}

impl Owner {
    /// Creates an owner with an account of [`accounts`](crate::accounts). The owner is not signed in yet.
    #[must_use]
    pub fn new(email: &str) -> Self {
        Self::with_password(email, PASSWORD)
    }

    /// The same as [`Owner::new`], but the owner signs in with this password.
    #[must_use]
    pub fn with_password(email: &str, password: &str) -> Self {
        let (email, password) = (email.to_owned(), password.to_owned());
        Self { email, password, cookies: BTreeMap::new() }
    }

    /// Opens the authorization URL and presses Allow for the app with the name `app`. Signs in and chooses the app
    /// if the pages ask for it.
    ///
    /// Returns the URL that Smooch redirects to at the end, which is outside Smooch and is not requested.
    /// `transport` sends a request to Smooch and returns the response. It gets requests to the host of
    /// `authorize_url` only.
    ///
    /// # Errors
    ///
    /// A sentence with the reason, if a page is an error page, has no known form, or does not offer the app.
    pub fn allow<T>(&mut self, authorize_url: &str, app: &str, transport: T) -> Result<String, String>
    where
        T: FnMut(Request) -> Response,
    {
        self.decide(authorize_url, app, "allow", transport)
    }

    /// The same as [`Owner::allow`], but presses Deny.
    ///
    /// # Errors
    ///
    /// The same as for [`Owner::allow`].
    pub fn deny<T>(&mut self, authorize_url: &str, app: &str, transport: T) -> Result<String, String>
    where
        T: FnMut(Request) -> Response,
    {
        self.decide(authorize_url, app, "deny", transport)
    }

    /// Opens a page of Smooch and returns its HTML. Signs in first if needed.
    ///
    /// # Errors
    ///
    /// A sentence with the reason, if the final page is an error page or is not at Smooch.
    pub fn open<T>(&mut self, url: &str, mut transport: T) -> Result<String, String>
    where
        T: FnMut(Request) -> Response,
    {
        let (_, page) = self.open_page(url, &mut transport)?;
        Ok(page)
    }

    /// Removes the integration from the app with this id. Uses the console at `origin`.
    ///
    /// # Errors
    ///
    /// A sentence with the reason, for example if no integration is installed in the app.
    pub fn remove<T>(&mut self, origin: &str, app_id: &str, mut transport: T) -> Result<(), String>
    where
        T: FnMut(Request) -> Response,
    {
        let (url, page) = self.open_page(&format!("{origin}/console/apps/{app_id}"), &mut transport)?;
        let form = Form::parse_all(&page).into_iter().find(|form| form.action.ends_with("/remove"));
        let form = form.ok_or("The page has no integration to remove.")?;
        let response = self.submit(&url, &form, &mut transport)?;
        if response.status().is_redirection() { Ok(()) } else { Err(error_text(&response)) }
    }

    /// Opens the authorization URL, signs in, chooses the app, and presses the button with the value `decision`.
    fn decide<T>(&mut self, url: &str, app: &str, decision: &str, mut transport: T) -> Result<String, String>
    where
        T: FnMut(Request) -> Response,
    {
        let mut url = parse(url)?;
        let mut response = self.send(&Method::GET, &url, String::new(), &mut transport)?;
        for _ in 0..MAX_PAGES {
            if response.status().is_redirection() {
                let location = location(&response)?;
                match resolve(&url, &location)? {
                    Some(next) => url = next,
                    None => return Ok(location),
                }
                response = self.send(&Method::GET, &url, String::new(), &mut transport)?;
                continue;
            }
            let page = String::from_utf8_lossy(response.body()).into_owned();
            let mut form = Form::parse_all(&page).into_iter().next().ok_or_else(|| error_text(&response))?;
            if form.has("password") {
                if !response.status().is_success() {
                    return Err(error_text(&response));
                }
                self.sign_in(&mut form);
            } else if form.has("app") {
                form.choose_radio("app", app)?;
            } else if form.has("decision") {
                if !html::text(&page).contains(app) {
                    return Err(format!("The page does not mention {app}."));
                }
                form.press_button("decision", decision)?;
                return location(&self.submit(&url, &form, &mut transport)?);
            } else {
                return Err(error_text(&response));
            }
            response = self.submit(&url, &form, &mut transport)?;
        }
        Err(format!("The visit took more than {MAX_PAGES} pages."))
    }

    /// Opens a page and returns its final URL and its HTML. Signs in first if needed.
    fn open_page<T>(&mut self, url: &str, transport: &mut T) -> Result<(Uri, String), String>
    where
        T: FnMut(Request) -> Response,
    {
        let mut url = parse(url)?;
        let mut response = self.send(&Method::GET, &url, String::new(), transport)?;
        for _ in 0..MAX_PAGES {
            if response.status().is_redirection() {
                let location = location(&response)?;
                url = resolve(&url, &location)?.ok_or("The redirect leads out of Smooch.")?;
                response = self.send(&Method::GET, &url, String::new(), transport)?;
                continue;
            }
            let page = String::from_utf8_lossy(response.body()).into_owned();
            if !response.status().is_success() {
                return Err(error_text(&response));
            }
            let Some(mut form) = Form::parse_all(&page).into_iter().find(|form| form.has("password")) else {
                return Ok((url, page));
            };
            self.sign_in(&mut form);
            response = self.submit(&url, &form, transport)?;
        }
        Err(format!("The visit took more than {MAX_PAGES} pages."))
    }

    fn sign_in(&self, form: &mut Form) {
        form.fill("email", &self.email);
        form.fill("password", &self.password);
    }

    /// Posts `form`, found on the page at the URL `page`.
    fn submit<T>(&mut self, page: &Uri, form: &Form, transport: &mut T) -> Result<Response, String>
    where
        T: FnMut(Request) -> Response,
    {
        let url = resolve(page, &form.action)?.ok_or("The form leads out of Smooch.")?;
        self.send(&Method::POST, &url, form.encode(), transport)
    }

    /// Sends a request with the cookies, and keeps the cookies of the response.
    fn send<T>(
        &mut self,
        method: &Method,
        url: &Uri,
        body: String,
        transport: &mut T,
    ) -> Result<Response, String>
    where
        T: FnMut(Request) -> Response,
    {
        let mut request = http::Request::builder().method(method).uri(url);
        if !self.cookies.is_empty() {
            let cookies: Vec<String> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(COOKIE, cookies.join("; "));
        }
        if *method == Method::POST {
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
            request = request.header(CONTENT_LENGTH, body.len());
        }
        let response = transport(request.body(body.into_bytes()).map_err(|error| error.to_string())?);
        for cookie in response.headers().get_all(SET_COOKIE) {
            let pair = cookie.to_str().ok().and_then(|cookie| cookie.split(';').next()?.split_once('='));
            if let Some((name, value)) = pair {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(response)
    }
}

fn parse(url: &str) -> Result<Uri, String> {
    url.parse().map_err(|error| format!("{url} is not a URL: {error}"))
}

/// The value of the `Location` header.
fn location(response: &Response) -> Result<String, String> {
    let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
    location.map(str::to_owned).ok_or_else(|| error_text(response))
}

/// Resolves `reference`, a path or an absolute URL, against `base`. `None` if it has another origin.
fn resolve(base: &Uri, reference: &str) -> Result<Option<Uri>, String> {
    let origin =
        format!("{}://{}", base.scheme_str().unwrap_or("http"), base.authority().map_or("", |a| a.as_str()));
    if reference.starts_with('/') && !reference.starts_with("//") {
        return parse(&format!("{origin}{reference}")).map(Some);
    }
    let url = parse(reference)?;
    let same = url.scheme() == base.scheme() && url.authority() == base.authority();
    Ok(same.then_some(url))
}

/// The status of a response and the text of its page.
fn error_text(response: &Response) -> String {
    let text = html::text(&String::from_utf8_lossy(response.body()));
    format!("{}: {}", response.status(), text.trim())
}
