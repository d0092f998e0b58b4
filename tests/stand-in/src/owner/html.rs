//! Reads forms and text from the HTML of this crate's own templates. They quote every attribute and escape every
//! special character, so this is not a general HTML parser.

/// A form with its fields and their current values.
#[derive(Clone, Debug)]
pub(super) struct Form {
    pub(super) action: String,
    fields: Vec<Field>,
}

#[derive(Clone, Debug)]
struct Field {
    name: String,
    value: String,
    /// The text of the label of a radio button.
    label: String,
    /// True for radio buttons and submit buttons. A form sends them only if they are selected.
    needs_selection: bool,
    selected: bool,
}

impl Form {
    /// Reads all forms with method POST, in page order.
    pub(super) fn parse_all(page: &str) -> Vec<Self> {
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

    /// True if the form has a field with this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name)
    }

    /// Sets the value of a field.
    pub(super) fn fill(&mut self, name: &str, value: &str) {
        for field in self.fields.iter_mut().filter(|field| field.name == name) {
            value.clone_into(&mut field.value);
        }
    }

    /// Selects the radio button with this label.
    pub(super) fn choose_radio(&mut self, name: &str, label: &str) -> Result<(), String> {
        self.select(name, |field| field.label == label)
            .ok_or_else(|| format!("The page has no choice \"{label}\"."))
    }

    /// Selects the submit button with this value.
    pub(super) fn press_button(&mut self, name: &str, value: &str) -> Result<(), String> {
        self.select(name, |field| field.value == value)
            .ok_or_else(|| format!("The page has no button with the value \"{value}\"."))
    }

    fn select(&mut self, name: &str, matches: impl Fn(&Field) -> bool) -> Option<()> {
        let field = self.fields.iter_mut().find(|field| field.name == name && matches(field))?;
        field.selected = true;
        Some(())
    }

    /// The form body that a browser would send.
    pub(super) fn encode(&self) -> String {
        let sent = self.fields.iter().filter(|field| field.selected || !field.needs_selection);
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(sent.map(|field| (&field.name, &field.value))).finish()
    }
}

/// Reads the fields from the inside of a `<form>` element.
fn fields(inside: &str) -> Vec<Field> {
    let mut fields = Vec::new();
    for part in inside.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap_or((part, ""));
        if let Some(name) = is_control(tag).then(|| attribute(tag, "name")).flatten() {
            let needs_selection =
                tag.starts_with("button") || attribute(tag, "type").as_deref() == Some("radio");
            let value = attribute(tag, "value").unwrap_or_default();
            fields.push(Field { name, value, label: String::new(), needs_selection, selected: false });
        } else if let Some(field) = fields.last_mut().filter(|_| tag.starts_with("strong")) {
            field.label = unescape(text);
        }
    }
    fields
}

fn is_control(tag: &str) -> bool {
    tag.starts_with("input ") || tag.starts_with("button ")
}

/// The value of an attribute in an opening tag.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(unescape(value))
}

/// The text of a page's body, without markup.
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
    // `&amp;` comes last, or `&amp;lt;` would become `<`.
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
    fn a_form_sends_hidden_fields_and_selected_controls_only() {
        let mut form = Form::parse_all(PAGE).remove(0);
        assert_eq!(form.action, "/a?x=1&y=2");
        assert_eq!(form.encode(), "csrf=t%22k");
        form.choose_radio("app", "Two").unwrap();
        form.press_button("go", "yes").unwrap();
        assert_eq!(form.encode(), "csrf=t%22k&app=2&go=yes");
    }

    #[test]
    fn a_missing_radio_button_or_submit_button_is_an_error() {
        let mut form = Form::parse_all(PAGE).remove(0);
        assert!(form.choose_radio("app", "Three").is_err());
        assert!(form.press_button("go", "no").is_err());
        form.choose_radio("app", "One <1>").unwrap();
    }

    #[test]
    fn the_text_of_a_page_has_no_markup() {
        assert!(text(PAGE).starts_with("Hi & welcome"));
    }
}
