//! A person at Smooch's pages, without JavaScript: follows redirects, keeps cookies, fills in the forms it is
//! shown. It knows no address but the one it is given.

mod html;

use crate::accounts::PASSWORD;
use crate::{Request, Response};
use html::Form;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use http::{Method, Uri};
use std::collections::BTreeMap;

/// More pages than any way through Smooch has.
const PATIENCE: usize = 12;

/// An app owner with a browser of their own.
#[derive(Clone, Debug)]
pub struct Owner {
    email: String,
    password: String,
    cookies: BTreeMap<String, String>,
}

impl Owner {
    /// A person with one of the accounts of [`accounts`](crate::accounts), not signed in yet.
    #[must_use]
    pub fn new(email: &str) -> Self {
        Self::with_password(email, PASSWORD)
    }

    /// A person who believes that this is the password.
    #[must_use]
    pub fn with_password(email: &str, password: &str) -> Self {
        let (email, password) = (email.to_owned(), password.to_owned());
        Self { email, password, cookies: BTreeMap::new() }
    }

    /// Goes to an authorization request and allows it for the app of this name: signs in if asked, picks the
    /// app if asked. Returns where Smooch sends the browser in the end, out of Smooch. Only requests to the host
    /// of `authorize_url` go through `transport`.
    ///
    /// # Errors
    ///
    /// A sentence on what stopped the person: a page without a form to fill in, another app than this one.
    pub fn allow<T>(&mut self, authorize_url: &str, app: &str, transport: T) -> Result<String, String>
    where
        T: FnMut(Request) -> Response,
    {
        self.decide(authorize_url, app, "allow", transport)
    }

    /// The same, and presses Deny.
    ///
    /// # Errors
    ///
    /// As [`Owner::allow`].
    pub fn deny<T>(&mut self, authorize_url: &str, app: &str, transport: T) -> Result<String, String>
    where
        T: FnMut(Request) -> Response,
    {
        self.decide(authorize_url, app, "deny", transport)
    }

    /// Looks at a page, signing in first if asked, and returns its HTML.
    ///
    /// # Errors
    ///
    /// As [`Owner::allow`].
    pub fn look<T>(&mut self, url: &str, mut transport: T) -> Result<String, String>
    where
        T: FnMut(Request) -> Response,
    {
        let (_, page) = self.page(url, &mut transport)?;
        Ok(page)
    }

    /// Removes the integration from the app of this id, in the console of the Smooch at `origin`.
    ///
    /// # Errors
    ///
    /// As [`Owner::allow`].
    pub fn remove<T>(&mut self, origin: &str, app_id: &str, mut transport: T) -> Result<(), String>
    where
        T: FnMut(Request) -> Response,
    {
        let (url, page) = self.page(&format!("{origin}/console/apps/{app_id}"), &mut transport)?;
        let form = Form::all(&page).into_iter().find(|form| form.action.ends_with("/remove"));
        let form = form.ok_or("There is nothing to remove.")?;
        let response = self.submit(&url, &form, &mut transport)?;
        if response.status().is_redirection() { Ok(()) } else { Err(told(&response)) }
    }

    fn decide<T>(&mut self, url: &str, app: &str, decision: &str, mut transport: T) -> Result<String, String>
    where
        T: FnMut(Request) -> Response,
    {
        let mut url = parse(url)?;
        let mut response = self.send(&Method::GET, &url, String::new(), &mut transport)?;
        for _ in 0..PATIENCE {
            if response.status().is_redirection() {
                let location = location(&response)?;
                match within(&url, &location)? {
                    Some(next) => url = next,
                    None => return Ok(location),
                }
                response = self.send(&Method::GET, &url, String::new(), &mut transport)?;
                continue;
            }
            let page = String::from_utf8_lossy(response.body()).into_owned();
            let mut form = Form::all(&page).into_iter().next().ok_or_else(|| told(&response))?;
            if form.has("password") {
                if !response.status().is_success() {
                    return Err(told(&response));
                }
                self.sign_in(&mut form);
            } else if form.has("app") {
                form.choose("app", app)?;
            } else if form.has("decision") {
                if !html::text(&page).contains(app) {
                    return Err(format!("The page does not ask about {app}."));
                }
                form.press("decision", decision)?;
                return location(&self.submit(&url, &form, &mut transport)?);
            } else {
                return Err(told(&response));
            }
            response = self.submit(&url, &form, &mut transport)?;
        }
        Err("Smooch keeps asking.".to_owned())
    }

    /// The page at `url` and where it is in the end.
    fn page<T>(&mut self, url: &str, transport: &mut T) -> Result<(Uri, String), String>
    where
        T: FnMut(Request) -> Response,
    {
        let mut url = parse(url)?;
        let mut response = self.send(&Method::GET, &url, String::new(), transport)?;
        for _ in 0..PATIENCE {
            if response.status().is_redirection() {
                let location = location(&response)?;
                url = within(&url, &location)?.ok_or("The page is not at Smooch.")?;
                response = self.send(&Method::GET, &url, String::new(), transport)?;
                continue;
            }
            let page = String::from_utf8_lossy(response.body()).into_owned();
            if !response.status().is_success() {
                return Err(told(&response));
            }
            let Some(mut form) = Form::all(&page).into_iter().find(|form| form.has("password")) else {
                return Ok((url, page));
            };
            self.sign_in(&mut form);
            response = self.submit(&url, &form, transport)?;
        }
        Err("Smooch keeps asking.".to_owned())
    }

    fn sign_in(&self, form: &mut Form) {
        form.fill("email", &self.email);
        form.fill("password", &self.password);
    }

    fn submit<T>(&mut self, page: &Uri, form: &Form, transport: &mut T) -> Result<Response, String>
    where
        T: FnMut(Request) -> Response,
    {
        let url = within(page, &form.action)?.ok_or("The form leads out of Smooch.")?;
        self.send(&Method::POST, &url, form.encode(), transport)
    }

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
    url.parse().map_err(|error| format!("{url} is not an address: {error}"))
}

fn location(response: &Response) -> Result<String, String> {
    let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
    location.map(str::to_owned).ok_or_else(|| told(response))
}

/// `reference` as an address on the host of `base`, or None if it is on another.
fn within(base: &Uri, reference: &str) -> Result<Option<Uri>, String> {
    let origin =
        format!("{}://{}", base.scheme_str().unwrap_or("http"), base.authority().map_or("", |a| a.as_str()));
    if reference.starts_with('/') && !reference.starts_with("//") {
        return parse(&format!("{origin}{reference}")).map(Some);
    }
    let url = parse(reference)?;
    let same = url.scheme() == base.scheme() && url.authority() == base.authority();
    Ok(same.then_some(url))
}

/// What the page says that stopped the person.
fn told(response: &Response) -> String {
    let text = html::text(&String::from_utf8_lossy(response.body()));
    format!("{}: {}", response.status(), text.trim())
}
