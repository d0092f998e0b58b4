//! What only Chromium's driver can do: its logs, and its own protocol.

use super::{Browser, Engine, Raw, keep};
use serde_json::{Value, json};
use std::path::Path;

/// These panic in any other engine.
impl Browser {
    /// Makes a picture of one element and some room around it, at twice the size.
    pub fn picture_of(&self, expression: &str, path: &Path) {
        let clip = self.js(&format!(
            "const box = ({expression}).getBoundingClientRect(); \
             return {{x: box.x - 12, y: box.y - 12, width: box.width + 24, height: box.height + 24, scale: 2}}"
        ));
        let picture = self.cdp("Page.captureScreenshot", &json!({"format": "png", "clip": clip}));
        let data = picture["data"].as_str().expect("a picture");
        let bytes = <base64ct::Base64 as base64ct::Encoding>::decode_vec(data).expect("base64");
        keep(path, &bytes);
    }

    /// Everything that came into one of the driver's logs since it was last asked: `browser` is the console,
    /// `performance` the network.
    #[must_use]
    pub fn log(&self, kind: &'static str) -> Vec<Value> {
        let log = self.of_chromium("se/log", json!({"type": kind}));
        log.as_array().cloned().unwrap_or_default()
    }

    /// Says a word of Chromium's own protocol.
    pub fn cdp(&self, command: &str, parameters: &Value) -> Value {
        self.of_chromium("goog/cdp/execute", json!({"cmd": command, "params": parameters}))
    }

    fn of_chromium(&self, path: &'static str, body: Value) -> Value {
        assert_eq!(self.engine, Engine::Chromium, "only Chromium's driver knows {path}");
        self.run(self.client.issue_cmd(Raw { path, body }))
    }
}
