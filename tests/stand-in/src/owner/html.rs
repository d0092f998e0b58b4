//! The little of HTML that a person needs to fill in forms as this crate's templates write them: every attribute
//! quoted, every special character escaped.

/// A form with what it would send.
#[derive(Clone, Debug)]
pub(super) struct Form {
    pub(super) action: String,
    fields: Vec<Field>,
}

#[derive(Clone, Debug)]
struct Field {
    name: String,
    value: String,
    /// What a person reads beside it: a radio button's label.
    label: String,
    /// Radio buttons and submit buttons are sent only when chosen.
    optional: bool,
    chosen: bool,
}

impl Form {
    /// Every form that posts, in the order of the page.
    pub(super) fn all(page: &str) -> Vec<Self> {
        let mut forms = Vec::new();
        for part in page.split("<form").skip(1) {
            let (opening, rest) = part.split_once('>').unwrap_or_default();
            let (inside, _) = rest.split_once("</form>").unwrap_or((rest, ""));
            if attribute(opening, "method").as_deref() == Some("post") {
                let action = attribute(opening, "action").unwrap_or_default();
                forms.push(Self { action, fields: fields(inside) });
            }
        }
        forms
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name)
    }

    /// Types into a field.
    pub(super) fn fill(&mut self, name: &str, value: &str) {
        for field in self.fields.iter_mut().filter(|field| field.name == name) {
            value.clone_into(&mut field.value);
        }
    }

    /// Picks the radio button whose label is `label`.
    pub(super) fn choose(&mut self, name: &str, label: &str) -> Result<(), String> {
        self.mark(name, |field| field.label == label).ok_or_else(|| format!("There is no {label} to pick."))
    }

    /// Presses the button of this value.
    pub(super) fn press(&mut self, name: &str, value: &str) -> Result<(), String> {
        self.mark(name, |field| field.value == value).ok_or_else(|| format!("There is no button {value}."))
    }

    fn mark(&mut self, name: &str, is_it: impl Fn(&Field) -> bool) -> Option<()> {
        let field = self.fields.iter_mut().find(|field| field.name == name && is_it(field))?;
        field.chosen = true;
        Some(())
    }

    pub(super) fn encode(&self) -> String {
        let sent = self.fields.iter().filter(|field| field.chosen || !field.optional);
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(sent.map(|field| (&field.name, &field.value))).finish()
    }
}

fn fields(inside: &str) -> Vec<Field> {
    let mut fields = Vec::new();
    for part in inside.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap_or((part, ""));
        if let Some(name) = is_control(tag).then(|| attribute(tag, "name")).flatten() {
            let optional = tag.starts_with("button") || attribute(tag, "type").as_deref() == Some("radio");
            let value = attribute(tag, "value").unwrap_or_default();
            fields.push(Field { name, value, label: String::new(), optional, chosen: false });
        } else if let Some(field) = fields.last_mut().filter(|_| tag.starts_with("strong")) {
            field.label = unescape(text);
        }
    }
    fields
}

fn is_control(tag: &str) -> bool {
    tag.starts_with("input ") || tag.starts_with("button ")
}

/// An attribute's value in an opening tag.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(unescape(value))
}

/// The text of a page, as it would be read out.
pub(super) fn text(page: &str) -> String {
    let (_, body) = page.split_once("<body").unwrap_or(("", page));
    let mut text = String::new();
    for part in body.split('<').skip(1) {
        let (_, words) = part.split_once('>').unwrap_or((part, ""));
        text.push_str(&unescape(words));
    }
    text
}

fn unescape(text: &str) -> String {
    // The ampersand last, or `&amp;lt;` would become `<`.
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"<body><p>Hi &amp; welcome</p><form method="post" action="/a?x=1&amp;y=2">
        <input type="hidden" name="csrf" value="t&quot;k">
        <label><input type="radio" name="app" value="1"><strong>One &lt;1&gt;</strong></label>
        <label><input type="radio" name="app" value="2"><strong>Two</strong></label>
        <button type="submit" name="go" value="yes">Go</button></form></body>"#;

    #[test]
    fn a_form_sends_its_hidden_fields_and_what_was_chosen() {
        let mut form = Form::all(PAGE).remove(0);
        assert_eq!(form.action, "/a?x=1&y=2");
        assert_eq!(form.encode(), "csrf=t%22k");
        form.choose("app", "Two").unwrap();
        form.press("go", "yes").unwrap();
        assert_eq!(form.encode(), "csrf=t%22k&app=2&go=yes");
    }

    #[test]
    fn what_is_not_on_the_page_cannot_be_chosen() {
        let mut form = Form::all(PAGE).remove(0);
        assert!(form.choose("app", "Three").is_err());
        assert!(form.press("go", "no").is_err());
        form.choose("app", "One <1>").unwrap();
    }

    #[test]
    fn the_text_of_a_page_has_no_markup() {
        assert!(text(PAGE).starts_with("Hi & welcome"));
    }
}
